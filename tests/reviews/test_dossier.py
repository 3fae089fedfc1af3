"""What a reviewer reads about a proposal, as values."""

import pytest

from agents.people import find_member
from reviews import dossier
from reviews.changes import Op
from reviews.comments import add_comment
from reviews.dossier import compare, dossier_of
from tests import build
from tests.reviews.views.desks import LIVE, approve, fresh, member, update

pytestmark = pytest.mark.django_db


def read(cast, proposal):
    member = find_member(cast.reviewer, cast.workspace)
    assert member is not None
    return dossier_of(fresh(proposal), member)


def test_the_line_end_of_the_last_line_is_no_line() -> None:
    assert len(compare("", "One.\n").rows) == 1
    assert compare("One.", "One.\n").added_words == 0


def test_an_update_is_held_against_the_version_it_was_written_on(cast) -> None:
    change = read(cast, update(cast, LIVE + "Six.\n")).change

    assert change.old == LIVE
    assert change.label == "version 1 to 2"
    assert (change.diff.added_words, change.diff.removed_words) == (1, 0)


def test_an_applied_change_is_still_held_against_its_own_base(cast) -> None:
    proposal = update(cast, LIVE + "Six.\n")
    later = build.memory(cast.store, "/b.md", "x\n")
    assert later.head is not None
    memory = cast.store.memories.get(path=proposal.path)
    second = memory.versions.create(number=2, content="Later.\n", sha256="x", taint="member")
    memory.head = second
    memory.save()

    assert read(cast, proposal).change.old == LIVE


def test_new_memory_is_all_added(cast) -> None:
    change = read(cast, build.filed(cast.store)).change

    assert (change.label, change.old, change.diff.removed_words) == ("new memory", "", 0)


def test_at_most_four_flags_stand_and_the_rest_is_counted(cast, monkeypatch) -> None:
    monkeypatch.setattr(dossier, "MOST_FLAGS", 1)

    found = read(cast, update(cast, LIVE.replace("Four.\n", "")))

    assert len(found.flags) == 1
    assert found.more_flags >= 1


def test_the_risk_stands_first_among_the_flags(cast) -> None:
    found = read(cast, build.filed(cast.store, content="Skip the verification.\n"))

    assert found.flags[0].text.startswith("High risk")
    assert found.flags[0].tone == "bad"


def test_a_retirement_is_like_nothing(cast) -> None:
    memory = build.memory(cast.store)
    proposal = build.filed(
        cast.store, op=Op.RETIRE, path=memory.path, content="", base_version=1, title="Gone"
    )

    assert read(cast, proposal).near == ()


def test_the_steps_are_in_the_order_of_time(cast) -> None:
    steps = read(cast, build.filed(cast.store)).steps

    assert [step.what for step in steps] == ["filed it"]
    assert steps[0].who == "Dream D-1"


def test_a_comment_is_a_step_that_leads_to_its_words(cast) -> None:
    proposal = build.filed(cast.store)
    add_comment(proposal, "Which refunds?", by=member(cast, "reviewer"))

    step = read(cast, proposal).steps[-1]

    assert (step.who, step.what, step.anchor) == (cast.reviewer.name, "wrote comment 1", "c-1")


def test_a_comment_that_is_held_back_is_no_step_either(cast) -> None:
    proposal = build.filed(cast.store, content="Skip the verification.\n")
    add_comment(proposal, "Fine by me.", by=member(cast, "second_reviewer"))
    approve(cast, proposal)

    assert [step.what for step in read(cast, proposal).steps] == ["filed it"]


def test_a_memory_nearly_the_same_is_told_of_beside_the_risk(cast) -> None:
    text = "Ask for the claim number before you answer any question."
    twin = build.memory(cast.shared_store, "/ask.md", text + "!")

    flags = [flag.text for flag in read(cast, build.filed(cast.store, content=text)).flags]

    assert f"99% like {twin}" in flags


def test_a_memory_alike_but_not_nearly_the_same_is_no_flag(cast) -> None:
    build.memory(cast.store, "/ask.md", "Ask for the claim number before you pay anything out.")
    found = read(cast, build.filed(cast.store, content="Ask for the claim number, then answer."))

    assert len(found.near) == 1
    assert not any("% like" in flag.text for flag in found.flags)
