"""Sessions as a model reads them: one line of JSON an event, between marks nobody could foresee."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dreaming.engines.base import EngineEvent, EngineSession

PART_CHARACTERS = 240_000
"""What a request holds of a session: below the 100,000 tokens above which reading costs more."""

EVENT_CHARACTERS = 40_000


@dataclass(frozen=True, slots=True)
class Part:
    """A session, or as many of its events as one request holds. number counts from 1."""

    session: EngineSession
    number: int = 1

    @property
    def name(self) -> str:
        """Return its name in the journal and among the requests of a batch: [A-Za-z0-9_-]."""
        return f"{self.session.id}_{self.number}"

    def halves(self) -> tuple["Part", ...]:
        """Return the two halves of its events, none when it has a single one."""
        events = self.session.events
        if len(events) < 2:
            return ()
        middle = len(events) // 2
        return tuple(
            Part(replace(self.session, events=half), self.number * 10 + at)
            for at, half in enumerate((events[:middle], events[middle:]), start=1)
        )


def new_mark() -> str:
    """Return a mark for one run, which no text in it can hold."""
    return f"record-{secrets.token_hex(12)}"


def between(mark: str, text: str) -> str:
    """Return `text` between two lines of the mark."""
    return f"[{mark} begins]\n{text}\n[{mark} ends]"


def parts_of(session: EngineSession) -> Iterator[Part]:
    """Yield the session in parts that fit a request, in order; one without events yields none."""
    chosen: list[EngineEvent] = []
    size, number = 0, 1
    for event in session.events:
        length = min(len(event.text), EVENT_CHARACTERS) + 120
        if chosen and size + length > PART_CHARACTERS:
            yield Part(replace(session, events=tuple(chosen)), number)
            chosen, size, number = [], 0, number + 1
        chosen.append(event)
        size += length
    if chosen:
        yield Part(replace(session, events=tuple(chosen)), number)


def render(session: EngineSession) -> str:
    """Return the session as lines of JSON: what is known of it, then its events.

    An event longer than EVENT_CHARACTERS is cut in its middle, and says so.
    """
    head = {
        "session": session.id,
        "task": session.task_key,
        "outcome": session.verdict,
        "checks": [
            {"name": check.name, "passed": check.passed, "message": check.message}
            for check in session.checks
        ],
    }
    lines = [head, *(_event(event) for event in session.events)]
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


def _event(event: EngineEvent) -> dict[str, object]:
    said: dict[str, object] = {"event": event.index, "kind": event.kind, "role": event.role}
    facts = {
        "tool": event.tool,
        "call": event.call_id,
        "person": event.person,
        "sub_session": event.sub_session,
        "error": event.is_error,
        "remembered": event.remembered,
    }
    said |= {name: value for name, value in facts.items() if value}
    return said | {"text": _cut(event.text)}


def _cut(text: str) -> str:
    if len(text) <= EVENT_CHARACTERS:
        return text
    half = EVENT_CHARACTERS // 2
    left = len(text) - EVENT_CHARACTERS
    return f"{text[:half]}\n[{left} characters left out]\n{text[-half:]}"
