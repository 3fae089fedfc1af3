"""Where a change comes from: each new statement looked for, word for word, in what sessions hold.

What was remembered, or read from the store's own mount, is no source: memory cannot found itself.
A change is grounded when every new statement of it is; else it says which are not. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dreaming.engines.base import EngineEvent, EngineSession, Quote
from dreaming.engines.managed.statements import Reading, is_taken_back, read, says, sentences_of
from dreaming.likeness import normalise_text

MOUNT = "/mnt/memory/"
EVENT_CHARACTERS = 40_000
QUOTES_A_STATEMENT = 3
QUOTES_A_CHANGE = 12


@dataclass(frozen=True, slots=True)
class Grounds:
    """What stands behind a change. matched: sessions that say one of its new statements.

    missing: new statements no session says; trusts: of the events that are quoted.
    """

    quotes: tuple[Quote, ...] = ()
    matched: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    trusts: frozenset[str] = frozenset()

    @property
    def is_grounded(self) -> bool:
        """Say whether every new statement was found, and there was one."""
        return bool(self.quotes) and not self.missing


def new_statements(path: str, text: str, known: frozenset[str]) -> tuple[str, ...]:
    """Return what a text says that memory does not; known: as `known_statements` makes them.

    A heading that only repeats words of the path says nothing.
    """
    named = read(path.removesuffix(".md").replace("/", " ")).telling
    found = []
    for one in dict.fromkeys(sentences_of(text)):
        said = read(one)
        tells = said.telling or said.negations or said.turns
        if tells and normalise_text(one) not in known and not _repeats(said, named):
            found.append(one)
    return tuple(found)


def _repeats(said: Reading, named: frozenset[str]) -> bool:
    return said.telling <= named and not said.negations and not said.turns


def known_statements(texts: Iterable[str]) -> frozenset[str]:
    """Return the statements of memory, in the form in which they are compared."""
    return frozenset(normalise_text(one) for text in texts for one in sentences_of(text))


@dataclass(slots=True)
class _Wanted:
    """A statement that is looked for, and where it was found: one quote a session."""

    said: Reading
    quotes: dict[str, Quote] = field(default_factory=dict)
    trusts: set[str] = field(default_factory=set)


class Search:
    """Looks for many statements in sessions that are read once."""

    def __init__(self, statements: Iterable[str]) -> None:
        self._wanted = {one: _Wanted(read(one)) for one in statements}
        self._by_word: dict[str, list[_Wanted]] = {}
        for wanted in self._wanted.values():
            # Its longest word is as rare as any, and what has it is held against all of it.
            if rarest := max(wanted.said.telling, key=lambda word: (len(word), word), default=""):
                self._by_word.setdefault(rarest, []).append(wanted)

    def look_in(self, session: EngineSession) -> None:
        """Look through one session."""
        for event, following in _sources(session):
            parts = sentences_of(event.text[:EVENT_CHARACTERS])
            for at, part in enumerate(parts):
                behind = parts[at + 1] if at + 1 < len(parts) else following
                self._hold(session, event, part, behind)

    def _hold(self, session: EngineSession, event: EngineEvent, part: str, behind: str) -> None:
        # The tool's own name is said by its call and its result, though not in their text.
        said = read(f"{event.tool} {part}" if event.tool else part)
        near = {id(one): one for word in said.telling for one in self._by_word.get(word, ())}
        topic, colon, rest = part.partition(": ")
        turned = read(f"{rest} {topic}") if colon else said
        for wanted in near.values():
            is_said = says(said, wanted.said) or says(turned, wanted.said)
            if session.id in wanted.quotes or not is_said:
                continue
            if not is_taken_back(behind):
                wanted.quotes[session.id] = Quote(session.id, event.index, part)
                wanted.trusts.add(event.trust)

    def grounds_of(self, statements: Sequence[str]) -> Grounds:
        """Return what was found for the statements of one change."""
        sought = [self._wanted[one] for one in statements]
        missing = tuple(one for one in statements if not self._wanted[one].quotes)
        chosen = [list(one.quotes.values())[:QUOTES_A_STATEMENT] for one in sought]
        sessions = frozenset(name for one in sought for name in one.quotes)
        return Grounds(
            quotes=tuple(dict.fromkeys(_in_turn(chosen)))[:QUOTES_A_CHANGE],
            matched=frozenset() if missing else sessions,
            missing=missing,
            trusts=frozenset(trust for one in sought for trust in one.trusts),
        )


def _in_turn(chosen: Sequence[Sequence[Quote]]) -> Iterator[Quote]:
    """Yield the first quote of each statement, then the second, and so on."""
    for at in range(QUOTES_A_STATEMENT):
        yield from (quotes[at] for quotes in chosen if len(quotes) > at)


def _sources(session: EngineSession) -> Iterator[tuple[EngineEvent, str]]:
    """Yield the events whose words may found something, each with how the next one begins."""
    events = session.events
    mounted = {event.call_id for event in events if event.call_id and _reads_memory(event)}
    for at, event in enumerate(events):
        if event.remembered or _reads_memory(event) or event.call_id in mounted:
            continue
        after = events[at + 1] if at + 1 < len(events) else None
        yield event, after.text[:200] if after is not None and after.kind == "message" else ""


def _reads_memory(event: EngineEvent) -> bool:
    return event.kind == "tool_call" and MOUNT in event.text


def ground(
    changes: Mapping[str, Sequence[str]], sessions: Iterable[EngineSession]
) -> dict[str, Grounds]:
    """Return path -> what stands behind the new statements of its change."""
    search = Search(one for statements in changes.values() for one in statements)
    for session in sessions:
        search.look_in(session)
    return {path: search.grounds_of(statements) for path, statements in changes.items()}
