"""What leaves the house: sessions and memory without personal data, and the way back for quotes.

Secrets were taken out when a session came in. Here what the workspace names as personal is covered,
and the people a session served or heard are called person 1, person 2 and so on. Pure.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from agents.personal import KINDS, mark_of, mask_personal
from dreaming.engines.base import (
    Candidate,
    DreamMaterial,
    DreamResult,
    Dropped,
    EngineCheck,
    EngineEvent,
    EngineMemory,
    EngineSession,
    Quote,
)

FindText = Callable[[str, int], str | None]
"""find_text(session id, event index): the stored text of an event, None where there is none."""

MARKS = tuple(mark_of(kind) for kind in KINDS)


class Departure:
    """One dream's material on its way out, and its result on its way back.

    kinds: of personal data that is covered. covered: how many places were, counted as they leave.
    """

    def __init__(self, kinds: Collection[str]) -> None:
        self.kinds = frozenset(kinds)
        self.covered = 0
        self._people: dict[str, str] = {}

    def send(self, material: DreamMaterial) -> DreamMaterial:
        """Return the material as it may leave; sessions are masked as they are read."""
        return replace(
            material,
            sessions=_Sent(material.sessions, self),
            memories=tuple(self._memory(memory) for memory in material.memories),
            instructions=self._mask(material.instructions),
            notes=tuple(replace(note, words=self._mask(note.words)) for note in material.notes),
        )

    def send_wishes(self, material: DreamMaterial) -> DreamMaterial:
        """Return the material with nothing masked but what people ask of the dream."""
        return replace(
            material,
            instructions=self._mask(material.instructions),
            notes=tuple(replace(note, words=self._mask(note.words)) for note in material.notes),
        )

    def session(self, session: EngineSession) -> EngineSession:
        """Return one session as it may leave."""
        return replace(
            session,
            principal=self._person(session.principal),
            task_key=self._mask(session.task_key),
            trial=self._mask(session.trial),
            events=tuple(self._event(event) for event in session.events),
            checks=tuple(
                EngineCheck(check.name, check.passed, self._mask(check.message))
                for check in session.checks
            ),
        )

    def _event(self, event: EngineEvent) -> EngineEvent:
        return replace(
            event,
            text=self._mask(event.text),
            call_id=self._mask(event.call_id),
            person=self._person(event.person),
        )

    def _memory(self, memory: EngineMemory) -> EngineMemory:
        return replace(memory, content=self._mask(memory.content), title=self._mask(memory.title))

    def _mask(self, text: str) -> str:
        masked = mask_personal(text, self.kinds)
        self.covered += len(masked.covers)
        return masked.text

    def _person(self, name: str) -> str:
        if not name:
            return ""
        return self._people.setdefault(name, f"person {len(self._people) + 1}")

    def receive(self, result: DreamResult, find_text: FindText) -> DreamResult:
        """Return the result in the words that are stored here.

        A quote of the masked text becomes the stored words it stands for. A text for memory that
        holds one of our marks is left out: what the mark covers is known to nobody who wrote it.
        """
        names = {said: name for name, said in self._people.items()}
        kept: list[Candidate] = []
        dropped = list(result.dropped)
        for candidate in result.candidates:
            if held := next((mark for mark in MARKS if mark in candidate.statement), ""):
                why = f"Its text holds {held}: what stood there did not leave this house."
                dropped.append(Dropped(candidate.title, why))
                continue
            quotes = tuple(self._quote(quote, find_text) for quote in candidate.quotes)
            people = frozenset(names.get(person, person) for person in candidate.people)
            kept.append(replace(candidate, quotes=quotes, people=people))
        return replace(result, candidates=tuple(kept), dropped=tuple(dropped))

    def _quote(self, quote: Quote, find_text: FindText) -> Quote:
        stored = find_text(quote.session, quote.event)
        if stored is None:
            return quote
        masked = mask_personal(stored, self.kinds)
        start = masked.text.find(quote.text)
        if start < 0 or not masked.covers:
            return quote
        first, last = masked.origin(start, start + len(quote.text))
        return replace(quote, text=stored[first:last])


@dataclass(frozen=True, slots=True)
class _Sent:
    """Sessions that can be read again and again, each masked as it is read."""

    sessions: Iterable[EngineSession]
    departure: Departure

    def __iter__(self) -> Iterator[EngineSession]:
        return (self.departure.session(one) for one in self.sessions)
