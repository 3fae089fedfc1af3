"""What an engine saw, held against the sessions: numbers by Daybreak, quotes found or dropped."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TypeVar, cast

from agents.redaction import replace_unstorable
from dreaming.departure import Departure
from dreaming.engines.base import (
    Candidate,
    Dropped,
    Engine,
    EngineEvent,
    EngineMemory,
    EngineSession,
    Journal,
    Memo,
    Permit,
    Report,
    permit_all,
)
from dreaming.evidence import StoredEvent, check_quotes
from dreaming.measures import Measured
from dreaming.spool import Spool
from dreaming.statistics import measure
from dreaming.support import find_echoes
from dreaming.tables import LedgerRow
from reviews.changes import Evidence, pattern_key

KEPT_SESSIONS = 32
T = TypeVar("T")


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
    covered: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what an engine dreams: what is covered on the way out, what it keeps and may spend."""

    masked: tuple[str, ...] = ()
    journal: Journal = field(default_factory=Memo)
    permit: Permit = permit_all


def mine(engine: Engine, spool: Spool, report: Report, terms: Terms | None = None) -> Mined:
    """Ask the engine, then count and check for it; no database, no transaction.

    What an engine would send out of the house is masked before it gets it; one that sends no words
    of sessions and memory has only what it is asked for masked. Raises EngineError and
    EngineWaits; passes DreamCancelled on.
    """
    terms = terms or Terms()
    witness, finder = Witness(spool), EventFinder(spool)
    own = replace(spool.material(), sessions=witness, journal=terms.journal, permit=terms.permit)
    departure = Departure(terms.masked if engine.sends_data_to else ())
    sends_words = bool(engine.sends_data_to) and getattr(engine, "sends_words", True)
    material = departure.send(own) if sends_words else departure.send_wishes(own)
    result = storable(engine.dream(material, report))
    if sends_words:
        result = departure.receive(result, finder.text)
    ledger = witness.ledger()
    echoes = find_echoes(result.candidates, read_remembering(spool, ledger, result.candidates))
    measured = measure(result.candidates, ledger, echoes)
    evidence: dict[str, tuple[Evidence, ...]] = {}
    dropped = list(result.dropped)
    asked = {key_of(candidate) for candidate in result.candidates}
    for one in measured:
        evidence[one.key], lost = check_quotes(one.candidate, finder.find)
        # A pattern of one field of work has its quotes from the whole, where they were said.
        dropped += lost if one.key in asked else ()
    dropped += _list_echoes(result.candidates, echoes)
    return Mined(
        measured=measured,
        evidence=evidence,
        dropped=tuple(dropped),
        not_analysed=result.not_analysed,
        memories=own.memories,
        scope=own.scope,
        usage=dict(result.usage),
        succeeded=sum(row.verdict == "success" for row in ledger),
        covered=departure.covered,
    )


def storable(said: T) -> T:
    """Return what an engine said with the characters no database keeps as U+FFFD.

    said: texts, and dataclasses, tuples and frozensets of them, however deep.
    """
    return cast("T", _storable(said))


def _storable(said: object) -> object:
    if isinstance(said, str):
        return replace_unstorable(said)[0]
    if isinstance(said, tuple | frozenset):
        return type(said)(_storable(one) for one in said)
    if is_dataclass(said) and not isinstance(said, type):
        return replace(
            said, **{one.name: _storable(getattr(said, one.name)) for one in fields(said)}
        )
    return said


def key_of(candidate: Candidate) -> str:
    """Return the key under which a candidate is known."""
    return pattern_key(candidate.kind, candidate.tool, candidate.template, candidate.scope)


def read_remembering(
    spool: Spool, ledger: Iterable[LedgerRow], candidates: Iterable[Candidate]
) -> Iterator[EngineSession]:
    """Yield the sessions that repeat memory and that a candidate names, in the spool's order."""
    named = {session for candidate in candidates for session in candidate.matched}
    for row in ledger:
        if row.remembers and row.id in named:
            session = spool.session(row.id)
            if session is not None:
                yield session


def _list_echoes(
    candidates: Sequence[Candidate], echoes: Mapping[int, frozenset[str]]
) -> list[Dropped]:
    told = []
    for place in sorted(echoes):
        count = len(echoes[place])
        which = "session that only repeats" if count == 1 else "sessions that only repeat"
        why = f"Not counted: {count} {which} memory."
        told.append(Dropped(f"support for {candidates[place].title}", why))
    return told


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
        remembers=any(event.remembered for event in session.events),
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

    def text(self, session: str, index: int) -> str | None:
        """Return the text of an event, or None when the dream did not read it."""
        found = self.find(session, index)
        return None if found is None else found.text
