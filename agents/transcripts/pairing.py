"""Pairing tool calls with their results when ids are missing, repeated or unknown."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace

from agents.transcripts.base import EventKind, ParsedEvent


class _OpenCalls:
    """The calls that wait for a result, found by id, by tool or by age, each in constant time."""

    def __init__(self) -> None:
        self.by_id: dict[str, deque[int]] = defaultdict(deque)
        self.by_tool: dict[str, deque[int]] = defaultdict(deque)
        self.by_age: deque[int] = deque()
        self.answered: set[int] = set()

    def add(self, call: ParsedEvent, index: int) -> None:
        if call.call_id:
            self.by_id[call.call_id].append(index)
        self.by_tool[call.tool].append(index)
        self.by_age.append(index)

    def take(self, result: ParsedEvent) -> int | None:
        """Return the index of the call this result answers, which is then no longer open."""
        if result.call_id:
            return self._first(self.by_id[result.call_id])
        return self._first(self.by_tool[result.tool] if result.tool else self.by_age)

    def _first(self, queue: deque[int]) -> int | None:
        while queue:
            index = queue.popleft()
            if index not in self.answered:
                self.answered.add(index)
                return index
        return None


def pair_calls(events: Sequence[ParsedEvent]) -> tuple[ParsedEvent, ...]:
    """Return the events with a call_id on every call and result, unique to its pair.

    A result goes to the oldest open call of its id; without an id to the oldest open call of its
    tool; with neither to the oldest open call. An id is kept where it is the first of its kind;
    others become `call-3` or `result-7` (the event's index). A result without a call keeps an id
    of its own. A result that names no tool takes its call's. Applying it twice changes nothing.
    """
    sent = {event.call_id for event in events}
    used: set[str] = set()
    open_calls = _OpenCalls()
    paired: list[ParsedEvent] = []
    for index, event in enumerate(events):
        if event.kind is EventKind.TOOL_CALL:
            open_calls.add(event, index)
            call_id = _own_id(event.call_id, f"call-{index}", sent, used)
            paired.append(replace(event, call_id=call_id))
        elif event.kind is EventKind.TOOL_RESULT:
            answers = open_calls.take(event)
            if answers is None:
                call_id = _own_id(event.call_id, f"result-{index}", sent, used)
                paired.append(replace(event, call_id=call_id))
            else:
                call = paired[answers]
                paired.append(replace(event, call_id=call.call_id, tool=event.tool or call.tool))
        else:
            paired.append(event)
    return tuple(paired)


def _own_id(given: str, made: str, sent: set[str], used: set[str]) -> str:
    """Return the id as given when it is new, else one that nobody sent."""
    name = given
    if not given or given in used:
        name = made
        while name in sent or name in used:
            name = f"{name}x"
    used.add(name)
    return name
