"""Where the names that memories hold worked in sessions, and where they were gone."""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from dreaming.engines.base import EngineEvent, EngineMemory
from dreaming.engines.calls import SAFE_NAME, Call, Reading
from dreaming.engines.mentions import (
    NAME,
    find_gone,
    may_say_gone,
    only_looks_for,
    read_mentions,
)
from dreaming.engines.wording import order_session

_WORDS = re.compile(r"[A-Za-z_]\w{1,63}")
_READ = 4000
_KEPT = 6
_EXCERPT = 200
_REACH = 5
_SHORT = 600
"""Characters: a longer answer that is no error may hold such words about anything."""
_TOOLS = 2000


@dataclass(frozen=True, slots=True)
class TracedSession:
    """What is kept of a session: its id, agent, task and start."""

    id: str
    agent: str
    task: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Words of one event: place of the session, index of the event, and the excerpt."""

    place: int
    event: int
    excerpt: str


@dataclass(slots=True)
class Uses:
    """How a name fared. worked: places of sessions; recent: the last of these in words."""

    worked: "array[int]" = field(default_factory=lambda: array("L"))
    recent: list[tuple[tuple[int, str], Seen]] = field(default_factory=list)
    gone: list[Seen] = field(default_factory=list)
    replaced: dict[str, set[int]] = field(default_factory=dict)
    arguments: frozenset[str] = frozenset()

    def note(self, order: tuple[int, str], seen: Seen) -> None:
        """Take in one session in which it worked."""
        self.worked.append(seen.place)
        if seen.excerpt:
            self.recent.append((order, seen))
            self.recent.sort(key=lambda item: item[0])
            del self.recent[:-_KEPT]


class Traces:
    """What sessions show of the names that memories hold, gathered one session at a time."""

    def __init__(self, memories: Iterable[EngineMemory]) -> None:
        self.held = [read_mentions(memory) for memory in sorted(memories, key=lambda one: one.path)]
        self._denied = {name for held in self.held for name in held.denies}
        self._names = {name for held in self.held for name in held.names}
        self.sessions: list[TracedSession] = []
        self.uses: dict[str, Uses] = {}

    def read_session(self, reading: Reading) -> None:
        """Take in which of the names one session used, and with what result."""
        if not self.held:
            return
        session = reading.session
        place = len(self.sessions)
        order = order_session(session.id)
        task = session.task_key or session.id
        self.sessions.append(TracedSession(session.id, session.agent, task, session.started_at))
        noted: set[str] = set()
        for at, call in enumerate(reading.calls):
            if call.result is None or call.result.remembered:
                continue
            result = call.result
            is_told = result.is_error or len(result.text) <= _SHORT
            is_told = is_told and may_say_gone(result.text)
            for name in self._names_in(call):
                if is_told and (line := find_gone(result.text, name, tool=call.tool)):
                    self._note_gone(reading, at, name, Seen(place, result.index, line))
                elif call.answered and name not in noted and not self._only_asks(call, name):
                    noted.add(name)
                    self._note_use(reading, at, name, order, place)

    def _names_in(self, call: Call) -> list[str]:
        words = set(_WORDS.findall(call.arguments[:_READ])) if self._names else set()
        names = words & self._names
        if SAFE_NAME.match(call.tool) and (call.tool in self.uses or len(self.uses) < _TOOLS):
            names.add(call.tool)
        return sorted(names)

    def _only_asks(self, call: Call, name: str) -> bool:
        denied = call.tool != name and name in self._denied
        return denied and only_looks_for(call.arguments, name)

    def _note_use(
        self, reading: Reading, at: int, name: str, order: tuple[int, str], place: int
    ) -> None:
        call = reading.calls[at]
        uses = self.uses.setdefault(name, Uses())
        if call.tool == name:
            uses.arguments |= frozenset(reading.given[at])
        if call.result is not None:
            uses.note(order, Seen(place, call.result.index, _excerpt(call.result)))

    def _note_gone(self, reading: Reading, at: int, name: str, seen: Seen) -> None:
        if name not in self._names:
            return
        uses = self.uses.setdefault(name, Uses())
        uses.gone.append(seen)
        if other := find_successor(reading, at, name):
            uses.replaced.setdefault(other, set()).add(seen.place)

    def ranks(self) -> list[int]:
        """Return the rank of each session in time: by start where all have one, else by number."""
        order = [(one.started_at, order_session(one.id)) for one in self.sessions]
        places = sorted(range(len(order)), key=lambda place: order[place][1])
        starts = [start.timestamp() for start, _ in order if start is not None]
        if len(starts) == len(order):
            places.sort(key=lambda place: starts[place])
        ranks = [0] * len(order)
        for rank, place in enumerate(places):
            ranks[place] = rank
        return ranks


def _excerpt(result: EngineEvent) -> str:
    line = next((line.strip() for line in result.text.splitlines() if line.strip()), "")
    return line[:_EXCERPT].strip()


def find_successor(reading: Reading, at: int, name: str) -> str:
    """Return the name that worked within five calls where `name` was gone, '' where none did.

    For a tool: another tool called with the same values. For a word of a call: the one new word of
    the same tool's next call that was answered without it.
    """
    failed = reading.calls[at]
    for place in range(at + 1, min(at + 1 + _REACH, len(reading.calls))):
        call = reading.calls[place]
        if not call.answered or call.sub_session != failed.sub_session:
            continue
        if failed.tool == name:
            if call.tool != name and _shares_value(reading, at, place) and NAME.match(call.tool):
                return call.tool
        elif call.tool == failed.tool:
            before = set(_WORDS.findall(failed.arguments[:_READ]))
            after = set(_WORDS.findall(call.arguments[:_READ]))
            new = after - before
            return new.pop() if len(new) == 1 and name not in after else ""
    return ""


def _shares_value(reading: Reading, one: int, other: int) -> bool:
    left, right = (
        {str(v) for v in reading.given[place].values() if isinstance(v, str | int)}
        for place in (one, other)
    )
    return not left.isdisjoint(right) if left else not right
