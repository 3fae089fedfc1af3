"""An engine for tests, at the seam where real ones stand. It keeps the same contract they do."""

from collections.abc import Mapping

from dreaming.engines.base import (
    Candidate,
    DreamMaterial,
    DreamResult,
    Dropped,
    Engine,
    EngineError,
    EngineSession,
    Quote,
    Report,
)


class FakeEngine:
    """Returns the candidates it was made with, or one that quotes the first words it reads.

    error: raised instead of answering; `asked` counts how often it was asked to dream.
    """

    name = "fake"
    version = "1"
    sends_data_to: frozenset[str] = frozenset()

    def __init__(
        self,
        candidates: tuple[Candidate, ...] | None = None,
        *,
        error: EngineError | None = None,
        dropped: tuple[Dropped, ...] = (),
        not_analysed: tuple[Dropped, ...] = (),
        usage: Mapping[str, int] | None = None,
    ) -> None:
        self.candidates = candidates
        self.error = error
        self.dropped = dropped
        self.not_analysed = not_analysed
        self.usage = usage or {"input_tokens": 0, "output_tokens": 0}
        self.asked = 0

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        """Read every session, report each, and answer."""
        self.asked += 1
        seen: list[Candidate] = []
        for done, session in enumerate(material.sessions, start=1):
            if not seen and (found := _quote_first_words(session)):
                seen.append(found)
            report(done, material.session_count)
        if self.error is not None:
            raise self.error
        return DreamResult(
            candidates=tuple(seen) if self.candidates is None else self.candidates,
            dropped=self.dropped,
            usage=self.usage,
            not_analysed=self.not_analysed,
        )


def _quote_first_words(session: EngineSession) -> Candidate | None:
    event = next((event for event in session.events if event.text), None)
    if event is None:
        return None
    return Candidate(
        kind="preference",
        tool="",
        template=event.text[:40],
        statement="Read the first words of a session before anything else.",
        title="Read the first words",
        matched=frozenset({session.id}),
        quotes=(Quote(session.id, event.index, event.text[:40]),),
        signal="words",
        sources=(event.trust,),
    )


def create_engine(options: Mapping[str, str]) -> FakeEngine:
    """Return the engine under its defaults; what an entry point names."""
    return FakeEngine()


class Seat:
    """Where a test puts the engine that dreams find under the name "test"."""

    engine: Engine = FakeEngine()


def create_seated(options: Mapping[str, str]) -> Engine:
    """Return the engine a test has put on the seat."""
    return Seat.engine
