"""What is quarantined feeds no dream: not before it, not while it runs, not once it was held."""

import pytest

from agents.models import Quarantine
from dreaming.dreams import admit_dream, cancel_dream
from dreaming.engines.base import DreamMaterial, DreamResult, Report
from dreaming.errors import IllegalDreamMove
from dreaming.models import DreamState
from dreaming.selection import quarantined_since
from tests import build
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.conftest import Seated
from tests.fake_engine import FakeEngine
from tests.reviews.poison import quarantine

pytestmark = pytest.mark.django_db(transaction=True)


class Overtaken(FakeEngine):
    """A lead quarantines a session while it dreams."""

    def __init__(self, cast: Cast, target: object, *candidates: object) -> None:
        super().__init__(tuple(candidates))
        self.cast, self.target = cast, target
        self.memories: list[str] = []

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        if self.target is not None:
            quarantine(self.cast, "session", self.target)
        self.memories = [memory.path for memory in material.memories]
        return super().dream(material, report)


def test_a_dream_that_read_it_files_nothing_and_says_why(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    seat(Overtaken(cast, seen[0], nights.wish(seen)))
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.CANCELLED
    assert dream.failure == f"{seen[0]}, which it read, was quarantined; nothing was filed."
    assert nights.filed_by(dream) == []


def test_a_dream_that_did_not_read_it_goes_on(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    other = build.session(build.agent(cast.workspace, "other-one"))
    seat(Overtaken(cast, other, nights.wish(seen)))
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.COMPLETED
    assert len(nights.filed_by(dream)) == 1


def test_the_next_dream_goes_on_from_what_is_left(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    quarantine(cast, "session", seen[0])
    seat(FakeEngine((nights.wish(seen[1:]),)))
    dream = nights.dreamt(cast.store)
    assert (dream.state, dream.sessions_read) == (DreamState.COMPLETED, 3)
    assert ["quarantined", 1] in dream.left_out


def test_a_held_dream_that_read_it_is_not_let_through(cast: Cast, seat: Seated):
    paths = [f"/tone/{n}.md" for n in range(3)]
    for path in paths:
        build.memory(cast.store, path)
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.retires(paths, seen)))
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.HELD
    admit_dream(dream, by=nights.member(cast, cast.lead))
    quarantine(cast, "session", seen[1])
    with pytest.raises(IllegalDreamMove, match=f"{seen[1]}, which it read, is quarantined"):
        admit_dream(nights.fresh(dream), by=nights.member(cast, cast.reviewer))
    assert nights.filed_by(dream) == []


def test_a_quarantined_memory_is_not_shown_to_an_engine(cast: Cast, seat: Seated):
    bad = build.memory(cast.store, "/bad.md")
    build.memory(cast.store, "/good.md")
    nights.sessions(cast.agent)
    quarantine(cast, "memory", bad)
    engine = Overtaken(cast, None)
    seat(engine)
    nights.dreamt(cast.store)
    assert engine.memories == ["/good.md"]


def test_a_text_that_was_approved_since_is_shown_again(cast: Cast, seat: Seated):
    bad = build.memory(cast.store, "/bad.md")
    nights.sessions(cast.agent)
    quarantine(cast, "memory", bad)
    Quarantine.objects.update(through=0)
    engine = Overtaken(cast, None)
    seat(engine)
    nights.dreamt(cast.store)
    assert engine.memories == ["/bad.md"]


def test_what_a_cancelled_dream_says_does_not_blame_a_quarantine(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    dream = nights.queued(cast.store)
    quarantine(cast, "session", seen[0])
    cancel_dream(dream, by=nights.member(cast, cast.lead))
    assert nights.fresh(dream).failure == "Cancelled before it began."
    assert quarantined_since(dream) is None
