"""What has to be chosen in a conflict, and the text the choices lead to."""

import pytest

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
from tests.reviews.views.desks import LIVE, conflict

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
