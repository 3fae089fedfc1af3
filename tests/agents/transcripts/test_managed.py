import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agents.transcripts.base import (
    EventKind,
    ParsedCheck,
    ParsedSession,
    ParsedSubSession,
    Refused,
    Role,
    Verdict,
)
from agents.transcripts.limits import MAX_EVENTS, MAX_SUB_SESSIONS, MAX_TEXT
from agents.transcripts.managed import SILENT, parse, parse_record, unknown_types
from agents.trust import trust_of

TELLTALE = "what only the grader may know"
CHILD = "sthr_2"


def at(second: int) -> str:
    return f"2026-11-20T08:00:{second:02d}.000Z"


def event(kind: str, second: int = 0, **fields: Any) -> dict[str, Any]:
    return {"id": f"sevt_{second}", "type": kind, "processed_at": at(second), **fields}


def say(kind: str = "user.message", text: str = "hello", second: int = 0) -> dict[str, Any]:
    return event(kind, second, content=[{"type": "text", "text": text}])


def row(**fields: Any) -> dict[str, Any]:
    return {
        "type": "session",
        "id": "sesn_1",
        "agent": {
            "id": "agent_1",
            "name": "Claims Desk",
            "model": {"id": "claude-sonnet-5-5"},
            "system": "Be kind.",
        },
        "environment_id": "env_1",
        "metadata": {"task_key": "claims:7", "trial": "2", "principal": "ann@example.com"},
        "created_at": "2026-11-20T07:59:00Z",
        "updated_at": "2026-11-20T12:00:00Z",
        "outcome_evaluations": [],
        **fields,
    }


def thread(*events: object, key: str = CHILD, parent: object = "sthr_1") -> dict[str, Any]:
    return {
        "thread": {"id": key, "parent_thread_id": parent, "agent": {"name": "Reader"}},
        "events": list(events),
    }


def record(*events: object, threads: object = (), **fields: Any) -> dict[str, Any]:
    return {"session": row(**fields), "events": list(events), "threads": list(threads)}


def only(*events: object, **fields: Any) -> ParsedSession:
    session = parse_record(record(*events, **fields), 0)
    assert isinstance(session, ParsedSession), session
    return session


def refusal(value: object) -> str:
    refused = parse_record(value, 3)
    assert isinstance(refused, Refused)
    assert refused.position == 3
    return refused.reason


def shown(session: ParsedSession) -> list[tuple[object, ...]]:
    return [(one.kind, one.role, one.tool, one.text) for one in session.events]


def test_a_session_is_read():
    session = only(say(second=1), say("agent.message", "Done.", second=5))
    assert (session.external_id, session.agent) == ("sesn_1", "claims-desk")
    assert (session.model, session.system_prompt) == ("claude-sonnet-5-5", "Be kind.")
    assert session.environment == "Managed Agents env_1"
    assert (session.task_key, session.trial) == ("claims:7", "2")
    assert session.principal == "ann@example.com"
    assert session.started_at == datetime(2026, 11, 20, 7, 59, tzinfo=UTC)
    assert session.ended_at == datetime(2026, 11, 20, 8, 0, 5, tzinfo=UTC)
    assert shown(session) == [
        (EventKind.MESSAGE, Role.USER, "", "hello"),
        (EventKind.MESSAGE, Role.ASSISTANT, "", "Done."),
    ]


def test_a_later_change_of_the_row_is_no_other_transcript():
    first, later = only(say()), only(say(), title="Renamed", updated_at="2026-11-21T00:00:00Z")
    assert first == later


@pytest.mark.parametrize(
    ("call", "result", "field", "tool"),
    [
        ("agent.tool_use", "agent.tool_result", "tool_use_id", "bash"),
        ("agent.mcp_tool_use", "agent.mcp_tool_result", "mcp_tool_use_id", "mcp__crm__bash"),
        ("agent.custom_tool_use", "user.custom_tool_result", "custom_tool_use_id", "bash"),
        ("agent.tool_use", "user.tool_result", "tool_use_id", "bash"),
    ],
)
def test_a_result_is_paired_with_its_call_by_the_id_of_the_event(call, result, field, tool):
    server = {"mcp_server_name": "crm"} if "mcp" in call else {}
    session = only(
        event(call, 1, name="bash", input={"b": 1, "a": "é"}, **server),
        event(call, 2, name="bash", input={}, **server),
        event(result, 3, content=[{"type": "text", "text": "no"}], is_error=True)
        | {field: "sevt_1"},
    )
    first, _, answer = session.events
    assert (first.kind, first.tool, first.text) == (EventKind.TOOL_CALL, tool, '{"b": 1, "a": "é"}')
    assert (answer.kind, answer.role, answer.tool) == (EventKind.TOOL_RESULT, Role.TOOL, tool)
    assert (answer.call_id, answer.is_error) == ("sevt_1", True)


def test_acts_of_people_are_read():
    session = only(
        event("user.tool_confirmation", 1, tool_use_id="sevt_9", result="allow"),
        event("user.tool_confirmation", 2, result="deny", deny_message="Not that one."),
        event("user.interrupt", 3),
        event("user.define_outcome", 4, description="A paid claim.", rubric={"content": TELLTALE}),
    )
    assert shown(session) == [
        (EventKind.APPROVAL, Role.USER, "", ""),
        (EventKind.REJECTION, Role.USER, "", "Not that one."),
        (EventKind.INTERRUPTION, Role.USER, "", ""),
        (EventKind.MESSAGE, Role.USER, "", "A paid claim."),
    ]


def test_what_is_no_text_is_named_and_never_fatal():
    blocks = [
        {"type": "text", "text": "See"},
        {"type": "image", "source": {"data": TELLTALE}},
        {"type": "redacted"},
        {"type": "a kind\nof tomorrow"},
        {
            "type": "search_result",
            "title": "Rules",
            "source": "https://x.test",
            "content": [{"type": "text", "text": "Pay in 30 days."}],
        },
    ]
    (one,) = only(event("agent.message", 1, content=blocks)).events
    assert one.text == (
        "See\n[image]\n[redacted]\n[a kind of tomorrow]\nRules https://x.test\nPay in 30 days."
    )


def test_an_unknown_type_is_kept_as_it_came_with_the_trust_of_a_machine():
    odd = event("brand.new_event", 1, words=["unheard of"])
    found = record(odd, say(second=2), odd, threads=[thread(event("other.thing", 3))])
    session = parse_record(found, 0)
    kept = session.events[0]
    assert (kept.kind, kept.role) == (EventKind.MESSAGE, Role.TOOL)
    assert json.loads(kept.text) == odd
    assert trust_of(kept, session.principal, ["ann@example.com"]) == "tool"
    assert unknown_types(found) == {"brand.new_event": 2, "other.thing": 1}


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_the_machinery_says_nothing(kind):
    found = record(event(kind, 1, content=[{"type": "text", "text": "x"}]), say(second=2))
    assert len(parse_record(found, 0).events) == 1
    assert not unknown_types(found)


def test_threads_are_sub_sessions_in_the_order_of_time():
    session = only(
        say(second=1),
        event("agent.tool_use", 3, name="bash", input={}, session_thread_id=CHILD),
        event("user.tool_confirmation", 4, result="deny", session_thread_id=CHILD),
        say("agent.message", "Done.", second=9),
        threads=[
            thread(say(text="the primary's own"), key="sthr_1", parent=None),
            thread(
                say("agent.thread_message_received", "Read it.", second=2),
                event("agent.tool_use", 3, name="bash", input={}),
                event("agent.tool_result", 5, tool_use_id="sevt_3", content="no"),
            ),
            thread(say("agent.message", "Deeper.", second=6), key="sthr_3", parent=CHILD),
        ],
    )
    assert session.sub_sessions == (
        ParsedSubSession(CHILD, "", "Reader"),
        ParsedSubSession("sthr_3", CHILD, "Reader"),
    )
    assert [(one.sub_session, one.kind) for one in session.events] == [
        ("", EventKind.MESSAGE),
        (CHILD, EventKind.MESSAGE),
        (CHILD, EventKind.TOOL_CALL),
        (CHILD, EventKind.REJECTION),
        (CHILD, EventKind.TOOL_RESULT),
        ("sthr_3", EventKind.MESSAGE),
        ("", EventKind.MESSAGE),
    ]
    told = session.events[1]
    assert (told.role, trust_of(told, session.principal, ())) == (Role.ASSISTANT, "agent")


def test_an_event_without_a_time_keeps_its_place():
    waiting = {**say(text="queued"), "processed_at": None}
    session = only(say(second=1), waiting, say(text="later", second=2))
    assert [one.text for one in session.events] == ["hello", "queued", "later"]
    assert session.events[1].at is None


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ([], Verdict.UNKNOWN),
        (["satisfied"], Verdict.SUCCESS),
        (["satisfied", "pending"], Verdict.SUCCESS),
        (["satisfied", "max_iterations_reached"], Verdict.FAILURE),
        (["failed"], Verdict.UNKNOWN),
        (["interrupted", "running", "of tomorrow"], Verdict.UNKNOWN),
    ],
)
def test_the_verdict_is_the_graders(results, verdict):
    graded = [
        {"description": "A paid\nclaim", "result": result, "explanation": TELLTALE}
        for result in results
    ]
    outcome = only(say(), outcome_evaluations=graded).outcome
    assert outcome.verdict is verdict
    assert TELLTALE not in repr(outcome)
    if verdict is Verdict.SUCCESS:
        assert outcome.checks == (ParsedCheck("A paid claim", passed=True),)


def test_a_graders_reasons_and_rubric_are_nowhere():
    session = only(
        event("span.outcome_evaluation_end", 1, result="needs_revision", explanation=TELLTALE),
        event("user.define_outcome", 2, description="Pay.", rubric={"content": TELLTALE}),
        outcome_evaluations=[{"result": "satisfied", "explanation": TELLTALE}],
    )
    assert TELLTALE not in repr(session)


def failure(kind: str, retry: str) -> dict[str, Any]:
    error = {"type": kind, "message": "no luck", "retry_status": {"type": retry}}
    return event("session.error", 5, error=error)


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([failure("model_overloaded_error", "exhausted")], True),
        ([failure("billing_error", "terminal"), event("session.status_terminated", 6)], True),
        ([failure("model_overloaded_error", "retrying")], False),
        ([failure("tool_use_limit_reached_error", "terminal")], False),
        ([failure("billing_error", "terminal"), say("agent.message", "Anyway.", 6)], False),
        ([say(second=6)], False),
    ],
)
def test_a_platform_that_broke_off_is_not_the_agents_fault(events, fault):
    session = only(say(second=1), *events)
    assert bool(session.not_agent_fault) is fault
    if fault:
        assert "no luck" in session.not_agent_fault
        assert session.events[-1].is_error


def test_what_the_system_says_is_part_of_the_prompt():
    session = only(say("system.message", "Speak Dutch."), say(second=2))
    assert session.system_prompt == "Be kind.\n\nSpeak Dutch."
    assert len(session.events) == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a text", "has to be an object"),
        ({}, "session is null"),
        ({"session": {"id": ""}}, "session.id is empty"),
        ({"session": {"id": "a\u202eb"}}, "control character"),
        ({"session": row(), "events": {}}, ""),
        ({"session": row(), "events": [7]}, "events.0 is a number"),
        ({"session": row(), "events": [event("agent.tool_use", 1)]}, "names its tool"),
        ({"session": row(), "events": [event("user.message", 1, content=[{}])]}, "without a type"),
        ({"session": row(), "threads": [{"thread": {"id": 7}}]}, "has to be a text"),
        ({"session": row(), "threads": [{"thread": {}}]}, "threads.0.thread.id is empty"),
        (record(say(text="x" * (MAX_TEXT + 1))), "the limit is 1,000,000"),
        (record(*[say()] * (MAX_EVENTS + 1)), "more than 20,000 events"),
        (record(threads=[thread()] * (MAX_SUB_SESSIONS + 1)), "more than 1,000 threads"),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_place(value, words):
    if words:
        assert words in refusal(value)
    else:
        assert isinstance(parse_record(value, 0), ParsedSession)


def test_a_row_without_a_name_belongs_to_the_files_agent():
    found = {"session": {"id": "sesn_1"}, "events": [say()]}
    data = json.dumps(found).encode() + b"\n\n" + b"no json"
    session, refused = parse(io.BytesIO(data), source_name="/data/claims.jsonl")
    assert (session.agent, session.environment) == ("claims", "Managed Agents")
    assert (session.outcome.verdict, session.started_at) == (Verdict.UNKNOWN, None)
    assert "not JSON" in refused.reason


@pytest.mark.parametrize("moment", ["yesterday", 7, None, "9999-12-31T23:59:59-14:00"])
def test_a_time_that_cannot_be_read_costs_only_the_time(moment):
    assert only({**say(), "processed_at": moment}).events[0].at is None
