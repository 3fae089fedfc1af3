"""What has to be chosen in a conflict, and the text the choices lead to."""

from dataclasses import replace

import pytest
from django.db import transaction

from agents.memory import retire_memory
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.conflicts import (
    conflict_of,
    fallen_approvals,
    first_picks,
    questions_of,
    read_picks,
    result_of,
    settle_text,
)
from reviews.diffs import Pick, UnsettledConflict
from tests import build
from tests.reviews.views.desks import LIVE, PATH, approve, conflict, fresh, update

pytestmark = pytest.mark.django_db

THEIRS = LIVE.replace("Two.", "Two, and a half.")
OURS = LIVE.replace("Two.", "Two or three.").replace("Four.", "Four at least.")


@pytest.fixture
def here(cast):
    return conflict_of(conflict(cast, OURS, THEIRS))


def test_the_three_texts_are_base_live_and_proposed(here) -> None:
    assert (here.base, here.live, here.proposed) == (LIVE, THEIRS, OURS)
    assert (here.written_on, here.moved.version) == (1, 2)


def test_what_moved_names_the_proposal_behind_it(here) -> None:
    assert here.moved.proposal == "P-1"
    assert here.moved.at is not None


def test_one_line_is_asked_and_one_change_carries_over(here) -> None:
    assert [choice.line for choice in here.choices] == [2]
    assert here.carried == 1


def test_each_question_offers_both_sides(here) -> None:
    [question] = questions_of(here, {0: Pick.LIVE})

    assert question.title == "Line 2: choose what it says"
    assert [(one.pick, one.is_picked) for one in question.options][:2] == [
        (Pick.LIVE, True),
        (Pick.PROPOSED, False),
    ]


def test_a_side_that_took_the_line_out_offers_nothing_in_its_place(cast) -> None:
    here = conflict_of(conflict(cast, OURS, LIVE.replace("Two.\n", "")))

    [question] = questions_of(here, {})
    assert question.options[0].rows == ()
    assert [one.pick for one in question.options] == [Pick.LIVE, Pick.PROPOSED]
    assert first_picks(here) == {}


@pytest.mark.parametrize(
    ("typed", "picks"),
    [
        ({"pick-0": "live"}, {0: Pick.LIVE}),
        ({"pick-0": "sideways"}, {}),
        ({"pick-1": "live"}, {}),
        ({}, {}),
    ],
)
def test_only_known_picks_of_asked_lines_are_read(here, typed, picks) -> None:
    assert read_picks(here, typed) == picks


def test_an_open_choice_has_no_result(here) -> None:
    assert result_of(here, {}) is None
    with pytest.raises(UnsettledConflict):
        settle_text(here, {})


def test_the_result_is_held_against_what_is_live(here) -> None:
    result = result_of(here, {0: Pick.LIVE})

    assert result is not None
    assert (result.added_words, result.removed_words) == (2, 0)
    assert settle_text(here, {0: Pick.LIVE}) == THEIRS.replace("Four.", "Four at least.")


def test_without_votes_no_approval_falls(here) -> None:
    assert fallen_approvals(here.proposal) == ()


@pytest.mark.parametrize(
    ("pick", "line"), [(Pick.LIVE, "Two, and a half."), (Pick.PROPOSED, "Two or three.")]
)
def test_a_pick_decides_its_line_and_the_rest_stays(here, pick: Pick, line: str) -> None:
    text = settle_text(here, {0: pick})
    assert text == f"One.\n{line}\nThree.\nFour at least.\nFive.\n"


def test_both_is_chosen_at_first_where_both_can_stand(here) -> None:
    (asked,) = here.choices
    alone = replace(here, blocks=(replace(asked, both=None),))
    together = replace(here, blocks=(replace(asked, both=("Two, both.",)),))
    assert first_picks(alone) == {}
    assert first_picks(together) == {0: Pick.BOTH}
    assert settle_text(together, {0: Pick.BOTH}).strip() == "Two, both."


def test_both_is_offered_only_where_both_can_stand(here) -> None:
    (asked,) = here.choices
    for both, offered in ((None, False), (("Two, both.",), True)):
        (question,) = questions_of(replace(here, blocks=(replace(asked, both=both),)), {})
        assert (Pick.BOTH in {option.pick for option in question.options}) is offered


def test_a_path_that_was_retired_leaves_the_proposal_as_new_memory(cast) -> None:
    waiting = update(cast, OURS)
    with transaction.atomic():
        retire_memory(cast.store, PATH, base_version=1, actor=SYSTEM)
    here = conflict_of(waiting)
    assert (here.base, here.live, here.moved.version) == ("", "", None)
    assert here.choices == ()
    assert settle_text(here, {}) == OURS


def test_a_retire_has_no_text_to_choose(cast) -> None:
    waiting = update(cast, LIVE + "Six.\n")
    goes = build.filed(cast.store, op=Op.RETIRE, path=PATH, content="", base_version=1)
    for name in ("reviewer", "second_reviewer"):
        if fresh(waiting).state in {"pending", "awaiting_second"}:
            approve(cast, waiting, name)
    here = conflict_of(goes)
    assert here.retires
    assert here.blocks == ()
    assert settle_text(here, {}) == ""


def test_new_memory_on_a_path_that_got_a_text_stands_on_nothing(cast) -> None:
    waiting = build.filed(cast.store, path=PATH, content=OURS)
    build.memory(cast.store, PATH, THEIRS)
    here = conflict_of(waiting)
    assert (here.written_on, here.base, here.live) == (None, "", THEIRS)
    assert here.choices


def test_approvals_of_the_text_as_it_was_have_fallen(cast) -> None:
    build.memory(cast.store, PATH, LIVE)
    two = {"rule": "r", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
    waiting = build.proposal(
        cast.store, op=Op.UPDATE, path=PATH, content=OURS, base_version=1, route=two
    )
    approve(cast, waiting, "reviewer")
    (fallen,) = fallen_approvals(fresh(waiting))
    assert fallen.person == cast.reviewer
