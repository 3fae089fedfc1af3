"""What an engine saw, held against the sessions: numbers by Daybreak, quotes found or dropped."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from dreaming.engines.base import (
    Dropped,
    Engine,
    EngineMemory,
    EngineSession,
    Report,
)
from dreaming.evidence import StoredEvent, check_quotes
from dreaming.spool import Spool
from dreaming.statistics import LedgerRow, Measured, measure
from reviews.changes import Evidence

KEPT_SESSIONS = 256


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
    material = spool.material()
    result = engine.dream(material, report)
    ledger = tuple(ledger_row(session) for session in spool)
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
        self._kept: OrderedDict[str, EngineSession] = OrderedDict()

    def find(self, session: str, index: int) -> StoredEvent | None:
        """Return the event, or None when the dream did not read it."""
        found = self._kept.get(session) or self._spool.session(session)
        if found is None:
            return None
        self._kept[session] = found
        while len(self._kept) > KEPT_SESSIONS:
            self._kept.popitem(last=False)
        event = next((event for event in found.events if event.index == index), None)
        if event is None:
            return None
        revision = self._spool.located[session].revision
        return StoredEvent(event.text, revision, remembered=event.remembered)
