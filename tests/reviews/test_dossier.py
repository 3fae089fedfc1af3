"""What a reviewer reads about a proposal, as values."""

import pytest

from agents.people import find_member
from reviews import dossier
from reviews.changes import Op
from reviews.dossier import compare, dossier_of, near_of
from tests import build
from tests.reviews.views.desks import LIVE, fresh, update

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


def test_near_memories_come_most_alike_first_and_at_most_three(cast) -> None:
    text = "Ask for the claim number before you answer any question."
    for n, ending in enumerate(("!", "!!", "!!!", "!!!!")):
        build.memory(cast.store, f"/{n}.md", text + ending, title=f"Near {n}")
    build.memory(cast.store, "/far.md", "Nothing of the kind stands here at all.", title="Far")

    near = near_of(build.filed(cast.store, content=text), text)

    assert [one.title for one in near] == ["Near 0", "Near 1", "Near 2"]
    assert near[0].alike >= near[1].alike >= near[2].alike > 90


def test_the_memory_itself_is_not_near(cast) -> None:
    assert near_of(update(cast, LIVE + "Six.\n"), LIVE) == ()


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
