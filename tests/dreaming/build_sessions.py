"""Sessions, memories and measured patterns as values, made by plain functions."""

import json
from collections.abc import Sequence
from typing import Any

from dreaming.engines.base import (
    Candidate,
    DreamMaterial,
    EngineEvent,
    EngineMemory,
    EngineSession,
    Quote,
)
from dreaming.mining import ledger_row
from dreaming.tables import LedgerRow


def says(
    text: str, *, role: str = "user", trust: str = "principal", person: str = "", **more: Any
) -> EngineEvent:
    """A message; `more` are further fields of the event."""
    return EngineEvent(0, "message", role, text, trust=trust, person=person, **more)


def rejects(text: str, *, person: str = "ada", trust: str = "member") -> EngineEvent:
    """A person turning down what an agent made, with words."""
    return EngineEvent(0, "rejection", "user", text, trust=trust, person=person)


def calls(tool: str, call_id: str = "", **arguments: object) -> EngineEvent:
    """A tool call with its arguments as JSON."""
    text = json.dumps(arguments)
    return EngineEvent(0, "tool_call", "assistant", text, tool=tool, call_id=call_id, trust="agent")


def answers(tool: str, text: str = "done", call_id: str = "", **more: Any) -> EngineEvent:
    """A tool result that is no error."""
    return EngineEvent(
        0, "tool_result", "tool", text, tool=tool, call_id=call_id, trust="tool", **more
    )


def fails(tool: str, text: str, call_id: str = "", **more: Any) -> EngineEvent:
    """A tool result that is an error."""
    return answers(tool, text, call_id, is_error=True, **more)


def session(
    number: int, *steps: EngineEvent, verdict: str = "failure", **fields: Any
) -> EngineSession:
    """S-<number>; each its own task and principal unless said otherwise. Steps get their index."""
    events = tuple(
        EngineEvent(
            index,
            e.kind,
            e.role,
            e.text,
            e.tool,
            e.call_id,
            e.is_error,
            e.trust,
            e.person,
            e.sub_session,
            e.at,
            e.remembered,
        )
        for index, e in enumerate(steps)
    )
    return EngineSession(
        id=f"S-{number}",
        agent=fields.pop("agent", "clerk"),
        task_key=fields.pop("task_key", f"task-{number}"),
        principal=fields.pop("principal", f"person-{number}"),
        verdict=verdict,
        events=events,
        **fields,
    )


def material(
    sessions: Sequence[EngineSession],
    memories: Sequence[EngineMemory] = (),
    scope: str = "agent",
) -> DreamMaterial:
    """What a dream over these sessions is given."""
    return DreamMaterial(
        sessions=tuple(sessions),
        memories=tuple(memories),
        scope=scope,
        session_count=len(sessions),
        input_sha256="0" * 64,
    )


def ledger_of(sessions: Sequence[EngineSession]) -> tuple[LedgerRow, ...]:
    """Daybreak's own table of these sessions."""
    return tuple(map(ledger_row, sessions))


def row(number: int, verdict: str = "failure", **fields: Any) -> LedgerRow:
    """One row of the ledger; each its own task and principal unless said otherwise."""
    return LedgerRow(
        id=f"S-{number}",
        agent=fields.pop("agent", "clerk"),
        task_key=fields.pop("task_key", f"task-{number}"),
        principal=fields.pop("principal", f"person-{number}"),
        verdict=verdict,
        **fields,
    )


def candidate(matched: Sequence[int] = (1, 2, 3), **fields: Any) -> Candidate:
    """A mistake seen in the sessions S-<matched>, quoted from event 0 of each."""
    ids = [f"S-{number}" for number in matched]
    return Candidate(
        kind=fields.pop("kind", "mistake"),
        tool=fields.pop("tool", "find_order"),
        template=fields.pop("template", "order not found"),
        statement=fields.pop("statement", 'When `find_order` fails with "order not found", ask.'),
        title=fields.pop("title", "find_order: order not found"),
        matched=frozenset(ids),
        quotes=fields.pop("quotes", tuple(Quote(i, 0, "order not found") for i in ids)),
        signal=fields.pop("signal", "outcome"),
        **fields,
    )


def memory(path: str, content: str, version: int = 1, **fields: Any) -> EngineMemory:
    """A live memory."""
    return EngineMemory(path=path, version=version, content=content, **fields)
