"""Sessions of Claude Managed Agents as its API lists them, one JSON object a line.

A line is {session, events, threads: [{thread, events}]}: the session's row, the events of its
primary thread in the order they were listed, and each sub-agent's thread with its own. What an
event is says its `type`; one of a type that is not known here stays in the transcript as it came.
What is known of these lists, and kept to here:
- a result names the id of its call's EVENT (sevt_…), whatever the model called it;
- a sub-agent's request for a permission is listed a second time in the primary thread;
- an interruption ends like any other turn: only the user's own event tells of it;
- nobody says a verdict but the grader of an outcome; its rubric and its reasons are never read.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO

from agents.transcripts.base import (
    EventKind,
    ParsedCheck,
    ParsedEvent,
    ParsedOutcome,
    ParsedSession,
    ParsedSubSession,
    Refused,
    Role,
    Verdict,
    name_agent,
    slug_of,
)
from agents.transcripts.decoding import (
    Undecodable,
    decode_json,
    decode_text,
    name_type,
    open_plain,
    read_lines,
)
from agents.transcripts.limits import MAX_CHECKS, MAX_SUB_SESSIONS, NOT_A_WORD, printable_reason
from agents.transcripts.records import (
    Malformed,
    check_text,
    finish_events,
    read_list,
    read_word,
)

PLATFORM = "Managed Agents"
CALLS = ("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use")
RESULTS: Mapping[str, str] = {
    "agent.tool_result": "tool_use_id",
    "agent.mcp_tool_result": "mcp_tool_use_id",
    "user.tool_result": "tool_use_id",
    "user.custom_tool_result": "custom_tool_use_id",
}
"""Types of results, with the field that names the event of the call."""

SPEECH: Mapping[str, Role] = {
    "user.message": Role.USER,
    "agent.message": Role.ASSISTANT,
    # One agent's words to another: whoever reads them, they are no person's.
    "agent.thread_message_sent": Role.ASSISTANT,
    "agent.thread_message_received": Role.ASSISTANT,
}
SILENT = frozenset(
    {
        "agent.thinking",
        "agent.thread_context_compacted",
        "session.deleted",
        "session.status_idle",
        "session.status_rescheduled",
        "session.status_running",
        "session.status_terminated",
        "session.thread_created",
        "session.thread_status_idle",
        "session.thread_status_rescheduled",
        "session.thread_status_running",
        "session.thread_status_terminated",
        "session.updated",
        "session.usage",
        "span.model_request_end",
        "span.model_request_start",
        "span.outcome_evaluation_end",
        "span.outcome_evaluation_ongoing",
        "span.outcome_evaluation_start",
        "workflow_run.created",
        "workflow_run.error",
        "workflow_run.phase_ended",
        "workflow_run.phase_started",
        "workflow_run.status_ended",
        "workflow_run.status_idle",
        "workflow_run.status_running",
        "event_start",
        "event_delta",
    }
)
"""Types that say how the machinery went on; nobody's words and nobody's act."""

SPOKEN = frozenset(
    {
        *CALLS,
        *RESULTS,
        *SPEECH,
        "user.interrupt",
        "user.tool_confirmation",
        "user.define_outcome",
        "session.error",
        "system.message",
    }
)
LIMITS_OF_THE_AGENT = ("tool_use_limit_reached", "compaction_limit_reached")
"""Errors an agent runs into by what it does; every other kind comes from outside."""

VERDICTS: Mapping[str, Verdict] = {
    "satisfied": Verdict.SUCCESS,
    "max_iterations_reached": Verdict.FAILURE,
}
"""How an outcome ended. `failed` means that its rubric did not fit the task: no verdict."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """The events of one thread, as they were listed; key: '' for the primary one."""

    key: str
    events: list[object]


def parse(stream: BinaryIO, *, source_name: str) -> Iterator[ParsedSession | Refused]:
    """Yield the sessions of a file, one line in memory at a time; blank lines are skipped.

    A session whose row names no agent belongs to the one the file is named after.
    """
    agent = name_agent(source_name)
    for position, line in enumerate(read_lines(open_plain(stream))):
        if isinstance(line, Undecodable):
            yield Refused(position, str(line))
        elif text := decode_text(line).strip():
            yield _parse_text(text, position, agent)


def parse_record(record: object, position: int, *, agent: str = "") -> ParsedSession | Refused:
    """Return the session that {session, events, threads} describes, or why it cannot be one.

    external_id is the vendor's id of the session (sesn_…). A thread is a sub-session of it by its
    own id (sthr_…), so that evidence can be told by session and by sub-agent.
    """
    try:
        return _read_session(_object(record, "the session"), position, agent)
    except (Malformed, RecursionError) as error:
        return Refused(position, printable_reason(str(error)))


def unknown_types(record: Mapping[str, object]) -> Counter[str]:
    """Return how often each type of event occurs that is not known here.

    record: one that parse_record took for a session.
    """
    return Counter(
        kind
        for stream in _streams(record)
        for event in stream.events
        if (kind := _type_of(event)) not in SILENT | SPOKEN
    )


def _parse_text(text: str, position: int, agent: str) -> ParsedSession | Refused:
    try:
        return parse_record(decode_json(text), position, agent=agent)
    except Undecodable as error:
        return Refused(position, printable_reason(str(error)))


def _read_session(record: Mapping[str, object], position: int, agent: str) -> ParsedSession:
    row = _object(record.get("session"), "session")
    external_id = read_word("external_id", row.get("id"), "session")
    if not external_id:
        raise Malformed("session.id is empty; a session is known by it")
    who = _part(row, "agent")
    streams = _streams(record)
    events = _read_events(streams)
    notes = _part(row, "metadata")
    place = _text(row, "environment_id")
    return ParsedSession(
        position=position,
        external_id=external_id,
        agent=slug_of(_text(who, "name")) if _text(who, "name") else agent,
        events=events,
        outcome=_read_outcome(row.get("outcome_evaluations")),
        task_key=read_word("task_key", notes.get("task_key"), "session.metadata"),
        trial=read_word("trial", notes.get("trial"), "session.metadata"),
        principal=read_word("principal", notes.get("principal"), "session.metadata"),
        model=read_word("model", _model_of(who), "session.agent"),
        environment=read_word("environment", f"{PLATFORM} {place}".strip(), "session"),
        system_prompt=_read_prompt(who, streams),
        not_agent_fault=_read_fault(streams[0].events),
        started_at=_read_time(row.get("created_at")),
        # The row's own updated_at moves with its title: the same transcript would be new again.
        ended_at=max((event.at for event in events if event.at), default=None),
        sub_sessions=_read_threads(record),
    )


def _streams(record: Mapping[str, object]) -> list[_Stream]:
    """Return the primary thread's events, then each sub-agent's."""
    streams = [_Stream("", read_list(record.get("events") or [], "events"))]
    for number, row in enumerate(_rows(record)):
        place = f"threads.{number}"
        key = _key_of(_object(row.get("thread"), f"{place}.thread"), place)
        if key:
            streams.append(_Stream(key, read_list(row.get("events") or [], f"{place}.events")))
    return streams


def _rows(record: Mapping[str, object]) -> list[Mapping[str, object]]:
    rows = read_list(record.get("threads") or [], "threads")
    if len(rows) > MAX_SUB_SESSIONS:
        raise Malformed(f"more than {MAX_SUB_SESSIONS:,} threads, the limit of a session")
    return [_object(row, f"threads.{number}") for number, row in enumerate(rows)]


def _key_of(thread: Mapping[str, object], place: str) -> str:
    """Return a thread's id; '' for the primary one, which has no parent."""
    key = read_word("sub_session", thread.get("id"), place)
    if not key:
        raise Malformed(f"{place}.thread.id is empty; a thread is known by it")
    return key if thread.get("parent_thread_id") else ""


def _read_threads(record: Mapping[str, object]) -> tuple[ParsedSubSession, ...]:
    threads = [_object(row.get("thread"), "thread") for row in _rows(record)]
    keys = {_key_of(thread, "threads") for thread in threads}
    return tuple(
        ParsedSubSession(
            key=_key_of(thread, "threads"),
            # The primary thread is the session itself.
            parent=str(thread["parent_thread_id"]) if thread["parent_thread_id"] in keys else "",
            label=_short(_text(_part(thread, "agent"), "name")),
        )
        for thread in threads
        if _key_of(thread, "threads")
    )


def _read_events(streams: list[_Stream]) -> tuple[ParsedEvent, ...]:
    """Return the events of all threads in the order of their times, calls paired with results."""
    keys = {stream.key for stream in streams}
    timed: list[tuple[datetime, int, ParsedEvent]] = []
    for stream in streams:
        last = datetime.min.replace(tzinfo=UTC)
        for number, listed in enumerate(stream.events):
            place = f"{stream.key or 'events'}.{number}"
            event = _object(listed, place)
            named = _text(event, "session_thread_id")
            thread = stream.key or (named if named in keys else "")
            if thread != stream.key and _type_of(event) in CALLS:
                # A sub-agent's call, shown here for its permission only: its own thread has it.
                continue
            for read in _read_event(event, place):
                # One that is not processed yet has no time: it keeps its place in the list.
                last = max(last, read.at or last)
                timed.append((last, len(timed), replace(read, sub_session=thread)))
    timed.sort(key=lambda one: one[:2])
    return finish_events(event for _, _, event in timed)


def _read_event(event: Mapping[str, object], place: str) -> Iterator[ParsedEvent]:
    kind, at = _type_of(event), _read_time(event.get("processed_at"))
    if kind in SPEECH:
        text = _read_content(event.get("content"), place)
        if text.strip():
            yield ParsedEvent(EventKind.MESSAGE, SPEECH[kind], text, at=at)
    elif kind in CALLS:
        yield _read_call(event, place, at)
    elif kind in RESULTS:
        yield ParsedEvent(
            EventKind.TOOL_RESULT,
            Role.TOOL,
            _read_content(event.get("content"), place),
            call_id=read_word("call_id", event.get(RESULTS[kind]), place),
            is_error=event.get("is_error") is True,
            at=at,
        )
    elif kind == "user.tool_confirmation":
        is_refused = event.get("result") == "deny"
        act = EventKind.REJECTION if is_refused else EventKind.APPROVAL
        yield ParsedEvent(act, Role.USER, _prose(event, "deny_message", place), at=at)
    elif kind == "user.interrupt":
        yield ParsedEvent(EventKind.INTERRUPTION, Role.USER, "", at=at)
    elif kind == "user.define_outcome":
        yield ParsedEvent(EventKind.MESSAGE, Role.USER, _prose(event, "description", place), at=at)
    elif kind == "session.error":
        yield ParsedEvent(EventKind.MESSAGE, Role.TOOL, _spell_error(event), is_error=True, at=at)
    elif kind not in SILENT | {"system.message"}:
        # Not known here: kept as it came, as words of a machine.
        kept = json.dumps(event, ensure_ascii=False)
        yield ParsedEvent(EventKind.MESSAGE, Role.TOOL, check_text(kept, place), at=at)


def _read_call(event: Mapping[str, object], place: str, at: datetime | None) -> ParsedEvent:
    tool = read_word("tool", event.get("name"), place)
    if server := read_word("tool", event.get("mcp_server_name"), place):
        tool = read_word("tool", f"mcp__{server}__{tool}", place)
    if not tool:
        raise Malformed(f"{place}.name is empty; a call names its tool")
    sent = event.get("input")
    return ParsedEvent(
        EventKind.TOOL_CALL,
        Role.ASSISTANT,
        check_text(json.dumps({} if sent is None else sent, ensure_ascii=False), f"{place}.input"),
        tool=tool,
        call_id=read_word("call_id", event.get("id"), place),
        at=at,
    )


def _read_content(content: object, place: str) -> str:
    """Return the words of content blocks; what is no text is named by its kind."""
    if content is None or isinstance(content, str):
        return check_text(content or "", f"{place}.content")
    blocks = read_list(content, f"{place}.content")
    return check_text("\n".join(_read_block(block, place) for block in blocks), f"{place}.content")


def _read_block(block: object, place: str) -> str:
    row = _object(block, f"{place}.content")
    match row.get("type"), row.get("text"), row.get("content"):
        case "text", str() as text, _:
            return text
        case "search_result", _, list() as parts:
            found = "\n".join(_read_block(part, place) for part in parts)
            return f"{_text(row, 'title')} {_text(row, 'source')}\n{found}".strip()
        case str() as kind, _, _:
            return f"[{_short(kind)}]"
    raise Malformed(f"{place}.content has a block without a type")


def _read_prompt(who: Mapping[str, object], streams: list[_Stream]) -> str:
    """Return the agent's system prompt and what the system told it on the way."""
    said = [
        _read_content(event.get("content"), "system.message")
        for event in streams[0].events
        if isinstance(event, dict) and _type_of(event) == "system.message"
    ]
    texts = [_text(who, "system"), *said]
    return check_text("\n\n".join(text for text in texts if text.strip()), "the system prompt")


def _read_outcome(rows: object) -> ParsedOutcome:
    """Return the verdict of the graded outcomes; each that ended is a check by its description."""
    graded = [
        (_text(row, "description"), VERDICTS[_text(row, "result")])
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and _text(row, "result") in VERDICTS
    ][:MAX_CHECKS]
    verdicts = {verdict for _, verdict in graded}
    verdict = Verdict.FAILURE if Verdict.FAILURE in verdicts else Verdict.SUCCESS
    return ParsedOutcome(
        verdict if graded else Verdict.UNKNOWN,
        tuple(
            ParsedCheck(_short(described) or "outcome", found is Verdict.SUCCESS)
            for described, found in graded
        ),
    )


def _read_fault(events: list[object]) -> str:
    """Return why the session broke off for reasons outside the agent, '' when it did not.

    An error the platform got over, or after which the agent spoke, cost nothing but time.
    """
    for event in reversed(events):
        if not isinstance(event, dict):
            continue
        if _type_of(event) in (*CALLS, "agent.message"):
            return ""
        if _type_of(event) == "session.error":
            error = _part(event, "error")
            is_over = _text(_part(error, "retry_status"), "type") != "retrying"
            kind = _text(error, "type").removesuffix("_error")
            is_outside = kind not in LIMITS_OF_THE_AGENT
            return printable_reason(_spell_error(event)) if is_over and is_outside else ""
    return ""


def _spell_error(event: Mapping[str, object]) -> str:
    error = _part(event, "error")
    kind = _text(error, "type") or "unknown"
    return f"The session met an error: {kind}. {_text(error, 'message')}".strip()


def _model_of(who: Mapping[str, object]) -> object:
    model = who.get("model")
    return model if isinstance(model, str) else _part(who, "model").get("id")


def _read_time(value: object) -> datetime | None:
    """Return a time of the API; one that cannot be read costs the event nothing but the time."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Malformed(f"{place} is {name_type(value)}; it has to be an object")
    return value


def _part(row: Mapping[str, object], field: str) -> Mapping[str, object]:
    found = row.get(field)
    return found if isinstance(found, dict) else {}


def _text(row: Mapping[str, object], field: str) -> str:
    found = row.get(field)
    return found if isinstance(found, str) else ""


def _prose(row: Mapping[str, object], field: str, place: str) -> str:
    return check_text(_text(row, field), f"{place}.{field}")


def _short(words: str) -> str:
    """Return words as a short field holds them: one line of at most 200 characters."""
    return " ".join(NOT_A_WORD.sub(" ", words).split())[:200]


def _type_of(event: object) -> str:
    return _text(event, "type") if isinstance(event, dict) else ""
