"""What an engine saw, held against the sessions: numbers by Daybreak, quotes found or dropped."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dreaming.engines.base import (
    Dropped,
    Engine,
    EngineEvent,
    EngineMemory,
    EngineSession,
    Report,
)
from dreaming.evidence import StoredEvent, check_quotes
from dreaming.spool import Spool
from dreaming.statistics import LedgerRow, Measured, measure
from reviews.changes import Evidence

KEPT_SESSIONS = 32


@dataclass(frozen=True, slots=True)
class Mined:
    """An engine's candidates with their numbers and the evidence that was found, by pattern key."""

    measured: tuple[Measured, ...]
    evidence: Mapping[str, tuple[Evidence, ...]]
    dropped: tuple[Dropped, ...]
    not_analysed: tuple[Dropped, ...]
    memories: tuple[EngineMemory, ...]
    scope: str
    usage: Mapping[str, int]
    succeeded: int


def mine(engine: Engine, spool: Spool, report: Report) -> Mined:
    """Ask the engine, then count and check for it; no database, no transaction.

    Raises EngineError; passes DreamCancelled on.
    """
    witness = Witness(spool)
    material = replace(spool.material(), sessions=witness)
    result = engine.dream(material, report)
    ledger = witness.ledger()
    measured = measure(result.candidates, ledger)
    finder = EventFinder(spool)
    evidence: dict[str, tuple[Evidence, ...]] = {}
    dropped = list(result.dropped)
    for one in measured:
        evidence[one.key], lost = check_quotes(one.candidate, finder.find)
        dropped += lost
    return Mined(
        measured=measured,
        evidence=evidence,
        dropped=tuple(dropped),
        not_analysed=result.not_analysed,
        memories=material.memories,
        scope=material.scope,
        usage=dict(result.usage),
        succeeded=sum(row.verdict == "success" for row in ledger),
    )


class Witness:
    """A spool's sessions, of each of which a row for the statistics is kept as an engine reads it.

    Daybreak counts over every session of the dream; what an engine left unread is read for it.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._rows: dict[str, LedgerRow] = {}

    def __iter__(self) -> Iterator[EngineSession]:
        for session in self._spool:
            if session.id not in self._rows:
                self._rows[session.id] = ledger_row(session)
            yield session

    def ledger(self) -> tuple[LedgerRow, ...]:
        """Return a row for every session of the spool, in the spool's order."""
        if len(self._rows) < len(self._spool.located):
            for _ in self:
                continue
        return tuple(self._rows[session] for session in self._spool.located)


def ledger_row(session: EngineSession) -> LedgerRow:
    """Return what the statistics need of a session."""
    return LedgerRow(
        id=session.id,
        agent=session.agent,
        task_key=session.task_key,
        principal=session.principal,
        verdict=session.verdict,
        speakers=frozenset(event.person for event in session.events if event.person),
        domain=session.domain,
        started_at=session.started_at,
    )


class EventFinder:
    """Finds stored events by session and index; keeps the sessions it looked at last."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._kept: OrderedDict[str, dict[int, EngineEvent]] = OrderedDict()

    def find(self, session: str, index: int) -> StoredEvent | None:
        """Return the event, or None when the dream did not read it."""
        if session not in self._kept:
            found = self._spool.session(session)
            if found is None:
                return None
            self._kept[session] = {event.index: event for event in found.events}
            if len(self._kept) > KEPT_SESSIONS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(session)
        event = self._kept[session].get(index)
        if event is None:
            return None
        revision = self._spool.located[session].revision
        return StoredEvent(event.text, revision, remembered=event.remembered)
