"""What may be stored of a parsed session: limits, secrets, characters, trust, identity. Pure."""

import hashlib
import json
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from agents.redaction import replace_secrets, replace_unstorable
from agents.transcripts.base import EventKind, ParsedEvent, ParsedSession, Refused
from agents.transcripts.limits import fault_of_text, fault_of_word, printable_reason
from agents.trust import trust_of

HASH_FORM = 1
"""Grows when the bytes that are hashed change; every session sent again is then a new revision."""


class EventRow(NamedTuple):
    """An event as its row holds it, in the order of the columns."""

    position: int
    kind: str
    role: str
    trust: str
    text: str
    tool: str
    call_id: str
    is_error: bool
    person: str
    sub_session: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CleanSession:
    """A session as it will be stored. `parsed` is where the short fields are, checked by now."""

    parsed: ParsedSession
    events: list[EventRow]
    checks: list[tuple[str, bool, str]]
    system_prompt: str
    not_agent_fault: str
    sub_sessions: list[dict[str, str]]
    tool_calls: int
    tool_errors: int
    secrets_removed: int
    characters_replaced: int
    content_hash: str


def clean_session(parsed: ParsedSession, members: Collection[str]) -> CleanSession | Refused:
    """Return the session as it may be stored, or why it may not be.

    members: e-mail addresses and names of the workspace's members, case-folded, for trust. Secrets
    of known shapes and characters no database stores are replaced in every text, and counted.
    """
    if fault := _fault_of(parsed):
        return Refused(parsed.position, printable_reason(fault))
    scrub = _Scrub()
    events = [
        _row_of(event, index, scrub(event.text), trust_of(event, parsed.principal, members))
        for index, event in enumerate(parsed.events)
    ]
    checks = [(check.name, check.passed, scrub(check.message)) for check in parsed.outcome.checks]
    system_prompt = scrub(parsed.system_prompt)
    not_agent_fault = scrub(parsed.not_agent_fault)
    sub_sessions = [
        {"key": part.key, "parent": part.parent, "label": scrub(part.label)}
        for part in parsed.sub_sessions
    ]
    texts = [system_prompt, not_agent_fault, sub_sessions, checks]
    return CleanSession(
        parsed=parsed,
        events=events,
        checks=checks,
        system_prompt=system_prompt,
        not_agent_fault=not_agent_fault,
        sub_sessions=sub_sessions,
        tool_calls=sum(event.kind is EventKind.TOOL_CALL for event in parsed.events),
        tool_errors=sum(
            event.is_error and event.kind is EventKind.TOOL_RESULT for event in parsed.events
        ),
        secrets_removed=scrub.secrets,
        characters_replaced=scrub.characters,
        content_hash=_hash_of(parsed, events, texts),
    )


class _Scrub:
    """Replaces secrets and unstorable characters in the texts of one session, and counts them."""

    def __init__(self) -> None:
        self.secrets = 0
        self.characters = 0

    def __call__(self, text: str) -> str:
        if not text:
            return text
        text, replaced = replace_unstorable(text)
        self.characters += replaced
        redacted = replace_secrets(text)
        self.secrets += redacted.count
        return redacted.text


def _row_of(event: ParsedEvent, index: int, text: str, trust: str) -> EventRow:
    return EventRow(
        index,
        event.kind.value,
        event.role.value,
        trust,
        text,
        event.tool,
        event.call_id,
        event.is_error,
        event.person,
        event.sub_session,
        event.at,
    )


def _hash_of(parsed: ParsedSession, events: Sequence[EventRow], texts: Sequence[object]) -> str:
    """Return the SHA-256 of what is stored, spelled as JSON lists in a fixed order, in UTF-8.

    Trust is left out: it says who is a member here and now, not what the session was.
    """
    stored = [
        HASH_FORM,
        [parsed.task_key, parsed.trial, parsed.principal, parsed.model, parsed.environment],
        [_spell_time(parsed.started_at), _spell_time(parsed.ended_at)],
        [parsed.outcome.verdict.value, parsed.outcome.edit_distance],
        texts,
        [(*row[:3], *row[4:10], _spell_time(row.at)) for row in events],
    ]
    spelled = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def _spell_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _fault_of(parsed: ParsedSession) -> str:
    """Return what keeps a session out, or ''. Parsers check too, but not all of them are ours."""
    if not parsed.external_id:
        return "external_id is empty; a session needs one to be known by"
    distance = parsed.outcome.edit_distance
    if distance is not None and not (math.isfinite(distance) and 0 <= distance <= 1):
        return f"edit_distance is {distance}; it lies between 0 and 1"
    moments = [parsed.started_at, parsed.ended_at, *(event.at for event in parsed.events)]
    if any(moment is not None and moment.tzinfo is None for moment in moments):
        return "a time has no zone; add one"
    return next(filter(None, _faults_of_fields(parsed)), "")


def _faults_of_fields(parsed: ParsedSession) -> Iterator[str]:
    for name in ("external_id", "task_key", "trial", "principal", "model", "environment"):
        yield fault_of_word(name, getattr(parsed, name))
    yield fault_of_text("system_prompt", parsed.system_prompt)
    for check in parsed.outcome.checks:
        yield fault_of_word("check", check.name)
    for part in parsed.sub_sessions:
        yield fault_of_word("sub_session", part.key)
        yield fault_of_word("sub_session", part.parent)
    # The same few words stand in event after event: each is looked at once.
    yield from (fault_of_text("text", event.text) for event in parsed.events)
    for name in ("tool", "call_id", "person", "sub_session"):
        for word in {getattr(event, name) for event in parsed.events}:
            yield fault_of_word(name, word)
