"""Daybreak's own session format: one JSON object a line, one session a line.

docs/session-format.md describes every field for those who write it; the API takes the same object.
A line that breaks the format is refused with the field's name, and the other lines go on.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from pydantic import ValidationError

from agents.transcripts.base import (
    EventKind,
    ParsedCheck,
    ParsedEvent,
    ParsedOutcome,
    ParsedSession,
    ParsedSubSession,
    Refused,
    Role,
    UnreadableTranscript,
    Verdict,
    name_agent,
)
from agents.transcripts.decoding import (
    Undecodable,
    decode_json,
    decode_text,
    name_type,
    open_plain,
    read_lines,
)
from agents.transcripts.limits import printable_reason
from agents.transcripts.pairing import pair_calls
from agents.transcripts.wire import EventRecord, SessionRecord

MAX_SESSIONS_A_BODY = 1_000
"""Sessions in one list sent to the API."""

ROLE_OF_KIND = {
    EventKind.MESSAGE: None,
    EventKind.TOOL_CALL: Role.ASSISTANT,
    EventKind.TOOL_RESULT: Role.TOOL,
    EventKind.APPROVAL: Role.USER,
    EventKind.REJECTION: Role.USER,
    EventKind.EDIT: Role.USER,
    EventKind.INTERRUPTION: Role.USER,
}
"""Who acts when an event names no role; a message always names it."""


def parse(stream: BinaryIO, *, source_name: str) -> Iterator[ParsedSession | Refused]:
    """Yield the sessions of a JSONL file, one line in memory at a time.

    position is the line's number from 0; blank lines are skipped. A session that names no agent
    belongs to the one the file is named after. Gzip data that breaks off in the middle refuses
    one last position; what was read before it stands.
    """
    agent = name_agent(source_name)
    for position, line in enumerate(read_lines(open_plain(stream))):
        if isinstance(line, Undecodable):
            yield Refused(position, str(line))
        elif text := decode_text(line).strip():
            yield _parse_text(text, position, agent)


def parse_body(body: bytes, *, agent: str = "") -> list[ParsedSession | Refused]:
    """Return the sessions of an API body: one session object, or a list of at most 1,000.

    agent: whom sessions that name no agent belong to. A session that breaks the format is a
    Refused with its place in the list. Raises UnreadableTranscript when the body is no JSON.
    """
    try:
        value = decode_json(decode_text(body))
    except Undecodable as error:
        raise UnreadableTranscript(f"The body cannot be read: {error}.") from error
    if not isinstance(value, list):
        return [parse_record(value, 0, agent=agent)]
    if len(value) > MAX_SESSIONS_A_BODY:
        raise UnreadableTranscript(
            f"The body holds {len(value):,} sessions; send at most {MAX_SESSIONS_A_BODY:,} at once."
        )
    return [parse_record(item, position, agent=agent) for position, item in enumerate(value)]


def parse_record(record: object, position: int, *, agent: str = "") -> ParsedSession | Refused:
    """Return the session a decoded JSON object describes, or why it cannot be one.

    agent: whom the session belongs to when it names no agent.
    """
    if not isinstance(record, dict):
        return Refused(position, f"a session is an object; this is {name_type(record)}")
    try:
        session = SessionRecord.model_validate(record)
    except ValidationError as error:
        return Refused(position, _name_fault(error))
    if not (session.agent or agent):
        return Refused(position, "agent: the session names none and neither does its source")
    return _to_session(session, position, session.agent or agent)


def dump_session(session: ParsedSession) -> dict[str, object]:
    """Return the session as a JSON object of this format: what parse_record reads back.

    Fields that hold nothing are left out. `position` belongs to the file and is not kept.
    """
    record = _filled(
        external_id=session.external_id,
        agent=session.agent,
        task_key=session.task_key,
        trial=session.trial,
        principal=session.principal,
        model=session.model,
        environment=session.environment,
        started_at=_dump_time(session.started_at),
        ended_at=_dump_time(session.ended_at),
        system_prompt=session.system_prompt,
        sub_sessions=[
            _filled(key=part.key, parent=part.parent, label=part.label)
            for part in session.sub_sessions
        ],
        not_agent_fault=session.not_agent_fault,
    )
    record["events"] = [_dump_event(event) for event in session.events]
    record["outcome"] = _dump_outcome(session.outcome)
    return record


def dump_line(session: ParsedSession) -> str:
    """Return the session as one line of JSON in ASCII, without the line's end."""
    return json.dumps(dump_session(session), separators=(",", ":"))


def _parse_text(text: str, position: int, agent: str) -> ParsedSession | Refused:
    try:
        return parse_record(decode_json(text), position, agent=agent)
    except Undecodable as error:
        return Refused(position, printable_reason(str(error)))


def _name_fault(error: ValidationError) -> str:
    """Return the first fault with its place, and how many more there are."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    place = ".".join(str(part) for part in faults[0]["loc"])
    message = faults[0]["msg"].removeprefix("Value error, ")
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return printable_reason(f"{place}: {message}{more}" if place else f"{message}{more}")


def _to_session(record: SessionRecord, position: int, agent: str) -> ParsedSession:
    return ParsedSession(
        position=position,
        external_id=record.external_id,
        agent=agent,
        events=pair_calls([_to_event(event) for event in record.events]),
        outcome=ParsedOutcome(
            verdict=Verdict(record.outcome.verdict),
            checks=tuple(
                ParsedCheck(check.name, check.passed, check.message)
                for check in record.outcome.checks
            ),
            edit_distance=record.outcome.edit_distance,
        ),
        task_key=record.task_key,
        trial=record.trial,
        principal=record.principal,
        model=record.model,
        environment=record.environment,
        system_prompt=record.system_prompt,
        not_agent_fault=record.not_agent_fault,
        started_at=record.started_at,
        ended_at=record.ended_at,
        sub_sessions=tuple(
            ParsedSubSession(part.key, part.parent, part.label) for part in record.sub_sessions
        ),
    )


def _to_event(record: EventRecord) -> ParsedEvent:
    kind = EventKind(record.kind)
    role = Role(record.role) if record.role else ROLE_OF_KIND[kind]
    return ParsedEvent(
        kind=kind,
        role=role or Role.USER,
        text=record.text,
        tool=record.tool,
        call_id=record.call_id,
        is_error=record.error,
        at=record.at,
        person=record.person,
        sub_session=record.sub_session,
    )


def _dump_event(event: ParsedEvent) -> dict[str, object]:
    return _filled(
        kind=event.kind.value,
        role=None if event.role is ROLE_OF_KIND[event.kind] else event.role.value,
        text=event.text,
        tool=event.tool,
        call_id=event.call_id,
        error=event.is_error or None,
        at=_dump_time(event.at),
        person=event.person,
        sub_session=event.sub_session,
    )


def _dump_outcome(outcome: ParsedOutcome) -> dict[str, object]:
    checks = [
        {"name": check.name, "passed": check.passed, **_filled(message=check.message)}
        for check in outcome.checks
    ]
    record = _filled(checks=checks, edit_distance=outcome.edit_distance)
    return {"verdict": outcome.verdict.value, **record}


def _dump_time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _filled(**values: object) -> dict[str, object]:
    """Return the fields that hold something; 0 and 0.0 are something."""
    return {name: value for name, value in values.items() if value not in (None, "", [])}
