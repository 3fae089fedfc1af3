"""Tool calls paired with their results, and the steps a session took.

A step is a tool, or where a tool takes commands the tool and the first word of the command: all a
database agent ever calls is one tool, and what it does stands in the command.
"""

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from dreaming.engines.base import Candidate, Dropped, EngineEvent, EngineSession
from dreaming.engines.commands import command_word

SAFE_NAME = re.compile(r"^[A-Za-z_][\w.:/-]{0,63}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call and what came back. at: index of the call's event, -1 where it is missing."""

    tool: str
    at: int
    arguments: str = ""
    result: EngineEvent | None = None
    sub_session: str = ""

    @property
    def failed(self) -> bool:
        """Say whether the result is an error."""
        return self.result is not None and self.result.is_error

    @property
    def answered(self) -> bool:
        """Say whether something other than an error came back."""
        return self.result is not None and not self.result.is_error and bool(self.result.text)


@dataclass(frozen=True)
class Reading:
    """One session as the ledgers of the local engine take it in, its calls paired once."""

    session: EngineSession
    calls: tuple[Call, ...]
    speaks_at: tuple[int, ...]

    @cached_property
    def given(self) -> tuple[Mapping[str, object], ...]:
        """Return the arguments of each call, read once for every ledger."""
        return tuple(read_arguments(call.arguments) for call in self.calls)

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """Return the step of each call, '' where its tool has an unusual name."""
        return tuple(_name(call, given) for call, given in zip(self.calls, self.given, strict=True))


Found = tuple[tuple[Candidate, ...], tuple[Dropped, ...]]
"""What a ledger comes to: candidates, and what was left out with the reason."""


class Ledger(Protocol):
    """One kind of pattern, gathered a session at a time; the order of sessions does not matter."""

    def read_session(self, reading: Reading) -> None:
        """Take in one session."""
        ...

    def summarise(self, *, at_least: int) -> Found:
        """Return the patterns that `at_least` sessions show; called once, after every session."""
        ...


def read_calls(session: EngineSession) -> Reading:
    """Return the session with its calls, and the indexes at which a person spoke."""
    return Reading(
        session=session,
        calls=tuple(pair_calls(session.events)),
        speaks_at=tuple(
            event.index
            for event in session.events
            if event.kind == "message" and event.role == "user"
        ),
    )


def pair_calls(events: Sequence[EngineEvent]) -> list[Call]:
    """Return the calls of a session in order, each with its result.

    Paired by call id; a result without one answers the oldest open call of its tool, or of any tool
    where it names none. An error without a call is a call of its own.
    """
    made: list[EngineEvent | None] = []
    results: list[EngineEvent | None] = []
    open_by_id: dict[str, int] = {}
    waiting: dict[str, deque[int]] = {}
    for event in events:
        if event.kind == "tool_call":
            if event.call_id:
                open_by_id[event.call_id] = len(made)
            for name in {"", event.tool}:
                waiting.setdefault(name, deque()).append(len(made))
            made.append(event)
            results.append(None)
        elif event.kind == "tool_result":
            place = open_by_id.pop(event.call_id, -1) if event.call_id else -1
            if place < 0 and not event.call_id:
                place = _find_waiting(waiting.get(event.tool), results)
            if place >= 0:
                results[place] = event
            elif event.is_error:
                made.append(None)
                results.append(event)
    return [_join_call(call, result) for call, result in zip(made, results, strict=True)]


def _find_waiting(waiting: deque[int] | None, results: Sequence[EngineEvent | None]) -> int:
    """Return the oldest of the waiting calls without a result, -1 where there is none."""
    while waiting:
        place = waiting.popleft()
        if results[place] is None:
            return place
    return -1


def _join_call(call: EngineEvent | None, result: EngineEvent | None) -> Call:
    if call is not None:
        return Call(call.tool, call.index, call.text, result, call.sub_session)
    tool, sub_session = (result.tool, result.sub_session) if result else ("", "")
    return Call(tool, -1, "", result, sub_session)


def read_arguments(text: str) -> dict[str, object]:
    """Return the arguments of a call as a mapping; one entry '' where they are not an object."""
    try:
        value: object = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {"": text}
    return value if isinstance(value, dict) else {"": value}


def is_command_text(value: object) -> bool:
    """Say whether an argument is free text, such as a query, and no list written as text."""
    return (
        isinstance(value, str)
        and len(value) >= 8
        and " " in value.strip()
        and not value.startswith(("[", "{"))
    )


def first_word(arguments: Mapping[str, object]) -> str:
    """Return the first word of the one command among the arguments, in lower case, else ''."""
    return command_word(arguments)


def name_step(call: Call) -> str:
    """Return the step a call is: `tool`, or `tool: word` where the tool takes commands."""
    return _name(call, read_arguments(call.arguments))


def _name(call: Call, given: Mapping[str, object]) -> str:
    if not SAFE_NAME.match(call.tool):
        return ""
    word = first_word(given)
    return f"{call.tool}: {word}" if word else call.tool
