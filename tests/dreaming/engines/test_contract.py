"""What every engine keeps, whoever wrote it. A new engine joins by one line in ENGINES."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import pytest

from dreaming.engines.base import (
    DreamCancelled,
    DreamMaterial,
    Engine,
    EngineSession,
)
from dreaming.engines.claude.engine import create_engine as create_claude
from dreaming.engines.local import LocalEngine
from dreaming.standin.recording import dream_on, speak
from dreaming.standin.server import standing_in
from reviews.changes import Relation, Trust
from tests.dreaming.build_sessions import answers, calls, fails, material, says, session
from tests.dreaming.engines.managed.hosted import House, Linked, engine_at
from tests.fake_engine import FakeEngine


@contextmanager
def as_it_is(make: Callable[[], Engine]) -> Iterator[Engine]:
    yield make()


@contextmanager
def claude() -> Iterator[Engine]:
    """Claude as the stand-in answers for it."""
    with standing_in() as vendor:
        vendor.messages.speaker = speak
        yield create_claude({"key": "any", "base_url": vendor.url, "retries": "0"})


@contextmanager
def managed() -> Iterator[Engine]:
    """A hosted dream as the stand-in dreams it, over a store that is linked."""
    with standing_in() as vendor:
        vendor.dreams.dreamer = dream_on
        yield Linked(engine_at(vendor), House(vendor, vendor.stores.make("clerk")))


ENGINES: Mapping[str, Callable[[], AbstractContextManager[Engine]]] = {
    "local": lambda: as_it_is(LocalEngine),
    "fake": lambda: as_it_is(FakeEngine),
    "claude": claude,
    "managed": managed,
}
SIGNALS = {"ground_truth", "outcome", "approval", "words"}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ENGINES[request.param]() as made:
        yield made


def _sessions(count: int = 4) -> list[EngineSession]:
    return [
        session(
            number,
            says("Please always use metric units instead of imperial units.", person=f"p{number}"),
            calls("find_order", "1", order_id=f"#W{number}"),
            fails("find_order", f"Error: order #W{number} not found", "1"),
            calls("find_order", "2", order_id=f"#X{number}"),
            answers("find_order", "ok", "2"),
            verdict="success" if number % 2 else "failure",
        )
        for number in range(1, count + 1)
    ]


class OnceOnly:
    """Sessions that can be read again and again but are never all in memory, as a spool is."""

    def __init__(self, sessions: list[EngineSession]) -> None:
        self.sessions = sessions

    def __iter__(self) -> Iterator[EngineSession]:
        yield from self.sessions


def _ignore(done: int, total: int) -> None:
    return None


def test_it_says_who_it_is(engine):
    assert engine.name
    assert engine.version
    assert isinstance(engine.sends_data_to, frozenset)


def test_nothing_read_means_nothing_said(engine):
    assert engine.dream(material([]), _ignore).candidates == ()


def test_its_candidates_are_well_formed(engine):
    for found in engine.dream(material(_sessions()), _ignore).candidates:
        assert found.kind
        assert found.statement.strip()
        assert 0 < len(found.title) <= 60
        assert found.signal in SIGNALS
        assert {Trust(source) for source in found.sources} <= set(Trust)


def test_it_names_only_sessions_it_was_given(engine):
    given = {one.id for one in _sessions()}
    for found in engine.dream(material(_sessions()), _ignore).candidates:
        assert found.matched <= given
        assert found.recovered <= found.matched
        assert found.exposed is None or found.matched <= found.exposed <= given


def test_its_quotes_stand_verbatim_in_the_events_they_name(engine):
    by_id = {one.id: one for one in _sessions()}
    quotes = [
        quote
        for found in engine.dream(material(_sessions()), _ignore).candidates
        for quote in found.quotes
    ]
    assert quotes
    for quote in quotes:
        assert quote.text in by_id[quote.session].events[quote.event].text
        assert quote.relation in set(Relation)


def test_equal_material_gives_equal_results(engine):
    first = engine.dream(material(_sessions()), _ignore)
    second = engine.dream(material(_sessions()), _ignore)
    assert first == second


def test_sessions_may_be_streamed(engine):
    streamed = DreamMaterial(
        sessions=OnceOnly(_sessions()),
        memories=(),
        scope="agent",
        session_count=4,
        input_sha256="0" * 64,
    )
    assert engine.dream(streamed, _ignore) == engine.dream(material(_sessions()), _ignore)


def test_progress_never_passes_its_total(engine):
    told: list[tuple[int, int]] = []
    engine.dream(material(_sessions()), lambda done, total: told.append((done, total)))
    assert told
    assert all(0 <= done <= total == 4 for done, total in told)
    assert told == sorted(told)


def test_a_cancel_passes_through(engine):
    def cancel(done: int, total: int) -> None:
        raise DreamCancelled

    with pytest.raises(DreamCancelled):
        engine.dream(material(_sessions()), cancel)
