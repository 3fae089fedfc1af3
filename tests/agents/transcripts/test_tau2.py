import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcripts.base import (
    EventKind,
    ParsedSession,
    Refused,
    Role,
    UnreadableTranscript,
    Verdict,
)
from agents.transcripts.limits import MAX_EVENTS, MAX_TEXT
from agents.transcripts.tau2 import parse

NAME = "/data/tau2_airline__desk.json.gz"
TELLTALE = "what only the grader may know"
INFO = {
    "user_info": {"global_simulation_guidelines": TELLTALE},
    "agent_info": {"llm": "model-1", "llm_args": {"secret": TELLTALE}},
    "environment_info": {"domain_name": "airline", "policy": "Be kind.", "tool_defs": TELLTALE},
}
TASKS = [{"evaluation_criteria": {"actions": [TELLTALE]}}]


def read(content: object, source_name: str = NAME) -> list[Any]:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return list(parse(io.BytesIO(data), source_name=source_name))


def whole(*simulations: object, **fields: Any) -> dict[str, Any]:
    return {
        "timestamp": "2025",
        "info": INFO,
        "tasks": TASKS,
        "simulations": simulations,
        **fields,
    }


def simulation(*messages: object, **fields: Any) -> dict[str, Any]:
    return {
        "id": "7423",
        "reward_info": {"reward": 1.0, "action_checks": [TELLTALE], "info": TELLTALE},
        "messages": messages,
        "task_id": "7",
        "trial": 0,
        "start_time": "2025-01-01T00:00:00",
        "end_time": "2025-01-01T00:00:00",
        "termination_reason": "user_stop",
        "policy": TELLTALE,
        **fields,
    }


def say(role: str = "user", text: object = "hello", **fields: object) -> Any:
    return {"role": role, "content": text, "tool_calls": None, **fields}


def call(name: object = "search", arguments: object = None, **fields: object) -> Any:
    made = {
        "id": "c",
        "name": name,
        "arguments": {} if arguments is None else arguments,
        "requestor": "assistant",
        **fields,
    }
    return {"role": "assistant", "content": None, "tool_calls": [made]}


def result(text: object = "{}", **fields: object) -> Any:
    return {"role": "tool", "id": "c", "content": text, "requestor": "assistant", **fields}


def only(*messages: object, **fields: Any) -> ParsedSession:
    (session,) = read(whole(simulation(*messages, **fields)))
    assert isinstance(session, ParsedSession), session
    return session


def refusal(*messages: object, **fields: Any) -> str:
    (refused,) = read(whole(simulation(*messages, **fields)))
    assert isinstance(refused, Refused), refused
    return refused.reason


def test_a_session_is_read():
    session = only(say("assistant", "Hi!"), say(), call("search", {"to": "SEA"}), result("none"))
    assert (session.agent, session.model) == ("tau2-airline-desk", "model-1")
    assert session.external_id == "tau2-airline-desk-7-0"
    assert (session.task_key, session.environment) == ("tau2-airline:7", "tau2-bench airline")
    assert session.system_prompt == "Be kind."
    assert (session.outcome.verdict, session.trial) == (Verdict.SUCCESS, "0")
    assert [(event.kind, event.role, event.tool, event.text) for event in session.events] == [
        (EventKind.MESSAGE, Role.ASSISTANT, "", "Hi!"),
        (EventKind.MESSAGE, Role.USER, "", "hello"),
        (EventKind.TOOL_CALL, Role.ASSISTANT, "search", '{"to": "SEA"}'),
        (EventKind.TOOL_RESULT, Role.TOOL, "search", "none"),
    ]


@pytest.mark.parametrize(
    ("info", "name", "task_key", "environment"),
    [
        (INFO, "any.json", "tau2-airline:7", "tau2-bench airline"),
        (None, NAME, "tau2-airline:7", "tau2-bench airline"),
        ({"environment_info": {"domain_name": 5}}, NAME, "tau2-airline:7", "tau2-bench airline"),
        ({"environment_info": {"domain_name": "A\n"}}, "a.json", "tau2:7", "tau2-bench"),
        ([], "any.json", "tau2:7", "tau2-bench"),
    ],
)
def test_the_domain_is_the_files(info, name, task_key, environment):
    (session,) = read(whole(simulation(say()), info=info), name)
    assert (session.task_key, session.environment) == (task_key, environment)


def test_a_task_of_tau_has_another_key():
    assert not only(say()).task_key.startswith("airline:")


@pytest.mark.parametrize(
    "info",
    [
        {"agent_info": {"llm": "m" * 121}, "environment_info": {"policy": "x" * (MAX_TEXT + 1)}},
        {"agent_info": [], "environment_info": 7},
        "info",
    ],
)
def test_what_the_file_does_not_say_is_left_open(info):
    (session,) = read(whole(simulation(say()), info=info))
    assert (session.model, session.system_prompt) == ("", "")


def test_simulations_may_come_before_what_describes_them():
    content = {"simulations": [simulation(say())], "info": INFO}
    assert read(content)[0].model == "model-1"


def test_runs_of_a_task_are_counted_whatever_the_trial_says():
    simulations = [simulation(say(), task_id=task) for task in ("1", "2", "1")]
    found = [(session.task_key, session.trial) for session in read(whole(*simulations))]
    assert found == [("tau2-airline:1", "0"), ("tau2-airline:2", "0"), ("tau2-airline:1", "1")]


def test_ids_used_again_are_made_unique_and_paired_in_order():
    events = only(call("a"), result("1"), call("b"), result("2"), call("a"), result("3")).events
    pairs = list(zip(events[::2], events[1::2], strict=True))
    assert [(one.tool, two.tool, two.text) for one, two in pairs] == [
        ("a", "a", "1"),
        ("b", "b", "2"),
        ("a", "a", "3"),
    ]
    assert all(one.call_id == two.call_id for one, two in pairs)
    assert len({one.call_id for one, _ in pairs}) == 3


def test_several_calls_of_one_message_find_their_results():
    both = call("a", id="1")
    both["tool_calls"] += call("b", id="2")["tool_calls"]
    events = only(both, result("second", id="2"), result("first", id="1")).events
    assert [(event.tool, event.text) for event in events[2:]] == [("b", "second"), ("a", "first")]


@pytest.mark.parametrize(
    ("fields", "text", "failed"),
    [
        ({"error": True}, "no seat", True),
        ({"error": False}, "Error: as quoted by a guest", False),
        ({}, "Error: no seat", True),
        ({"error": None}, "Error: no seat", True),
        ({"error": "yes"}, "no seat", False),
        ({}, "No Error: here", False),
    ],
)
def test_a_result_says_itself_whether_it_failed(fields, text, failed):
    assert only(call(), result(text, **fields)).events[-1].is_error is failed


def test_a_call_of_the_simulated_user_is_of_role_user():
    events = only(call("toggle_data", requestor="user"), result(requestor="user")).events
    assert [(event.role, event.tool) for event in events] == [
        (Role.USER, "toggle_data"),
        (Role.TOOL, "toggle_data"),
    ]


def test_times_of_messages_are_those_of_the_session():
    session = only(
        say(timestamp="2026-07-31T01:29:51.5"),
        say("assistant", timestamp="2026-07-31T01:30:10"),
        say(timestamp="2026-07-31T04:29:58+03:00"),
    )
    assert session.started_at == datetime(2026, 7, 31, 1, 29, 51, 500_000, UTC)
    assert session.ended_at == datetime(2026, 7, 31, 1, 30, 10, tzinfo=UTC)
    assert session.events[2].at == datetime(2026, 7, 31, 1, 29, 58, tzinfo=UTC)


@pytest.mark.parametrize("time", [None, 5, "", "yesterday", "0001-01-01T00:00:00+05:00", {}])
def test_a_time_that_cannot_be_read_costs_only_the_time(time):
    session = only(say(timestamp=time))
    assert (session.started_at, session.ended_at, session.events[0].at) == (None, None, None)


def test_the_constant_start_of_a_simulation_is_no_time():
    assert only(say()).started_at is None


@pytest.mark.parametrize(
    ("info", "verdict"),
    [
        ({"reward": 1.0}, Verdict.SUCCESS),
        ({"reward": 0}, Verdict.FAILURE),
        ({"reward": 0.5}, Verdict.UNKNOWN),
        ({}, Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ],
)
def test_the_reward_is_the_verdict(info, verdict):
    assert only(say(), reward_info=info).outcome.verdict is verdict


@pytest.mark.parametrize("reason", ["infrastructure_error", "user_error", "unexpected_error"])
def test_an_end_outside_the_agent_is_not_its_fault(reason):
    session = only(termination_reason=reason, reward_info={"reward": 0.0})
    assert session.not_agent_fault == f"The run ended with {reason}."
    assert (session.outcome.verdict, session.events) == (Verdict.UNKNOWN, ())


@pytest.mark.parametrize("reason", ["agent_error", "max_steps", "too_many_errors", None, []])
def test_another_end_is_the_agents(reason):
    assert only(say(), termination_reason=reason).not_agent_fault == ""


def test_the_principal_is_the_user_who_was_looked_up():
    session = only(call("get_user_details", {"user_id": "mia_li_1"}), result('{"name": "Mia"}'))
    assert session.principal == "mia_li_1"


def test_the_answers_of_the_benchmark_reach_no_field():
    session = only(say("system", TELLTALE), say(), call(), result())
    assert TELLTALE not in repr(session)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("null", "the record is null; it has to be an object"),
        ("{}", "task_id has to be a number or a text"),
        ('{"task_id": "1"}', "messages is null; it has to be a list"),
        ('{"task_id": "1", "messages": []}', "messages is empty and nothing says that"),
        ('{"task_id": "1", "messages": [7]}', "messages.0 is a number; it has to be an object"),
        ('{"task_id": NaN}', "NaN is no JSON number"),
        ('{"task_id": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deeply"),
    ],
)
def test_a_broken_record_is_refused_and_the_rest_goes_on(broken, reason):
    good = json.dumps(simulation(say(), task_id="5"))
    first, refused, last = read(f'{{"info": {{}}, "simulations": [{good}, {broken}, {good}]}}')
    assert (refused.position, refused.reason.startswith(reason)) == (1, True)
    assert (first.trial, last.trial, last.position) == ("0", "1", 2)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"role": "judge", "content": "x"}, "messages.1.role has to be system, user, assistant"),
        ({"role": ["user"], "content": "x"}, "messages.1.role has to be system, user, assistant"),
        (say(text=5), "messages.1.content is a number; it has to be a text"),
        (say(text="x" * (MAX_TEXT + 1)), "messages.1.content has 1,000,001"),
        (say(tool_calls={}), "messages.1.tool_calls is an object; it has to be a list"),
        (say(tool_calls=[{}]), "messages.1.tool_calls.0 has to have a name and arguments"),
        (call(arguments="{}"), "messages.1.tool_calls.0 has to have a name and arguments"),
        (call(name=5), "messages.1.tool_calls.0: tool is a number; it has to be a text"),
        (call(name="a\0"), "messages.1.tool_calls.0: tool holds the control character U+0000"),
        (call(id=5), "messages.1.tool_calls.0: call_id is a number"),
        (call(arguments={"a": "x" * MAX_TEXT}), "messages.1.tool_calls.0.arguments has 1,000,009"),
        (result(id=5), "messages.1: call_id is a number; it has to be a text"),
    ],
)
def test_a_broken_message_is_named_by_its_place(message, reason):
    assert refusal(say(), message).startswith(reason)


def test_a_session_of_too_many_events_is_refused():
    messages = [say()] * (MAX_EVENTS + 1)
    assert refusal(*messages) == "more than 20,000 events, the limit of a session"


@pytest.mark.parametrize("content", [b"", b"  \n"])
def test_an_empty_file_yields_nothing(content):
    assert read(content) == []


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b'{"simulations": {}}', b'{"tasks": [', b"\x1f\x8bnothing"]
)
def test_another_file_is_refused_as_a_whole(content):
    with pytest.raises(UnreadableTranscript):
        read(content)


def test_a_cut_file_gives_what_was_whole():
    content = json.dumps(whole(simulation(say()), simulation(say())))
    session, refused = read(content[: content.rindex("termination_reason")])
    assert session.external_id == "tau2-airline-desk-7-0"
    assert "the rest of the file is lost" in refused.reason


def test_gzip_and_plain_give_the_same():
    content = json.dumps(whole(simulation(say()))).encode()
    assert read(gzip.compress(content)) == read(content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "tool_calls", "name", "arguments", "id", "error", "timestamp"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool"])},
    optional={"content": VALUES, "tool_calls": VALUES, "id": VALUES, "timestamp": VALUES},
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"task_id": st.integers(0, 3), "messages": st.lists(MESSAGES, max_size=3) | VALUES},
            optional={"reward_info": VALUES, "termination_reason": VALUES},
        )
        | VALUES,
        max_size=3,
    ),
    VALUES,
)
def test_every_record_is_a_session_or_a_refusal(simulations, info):
    results = read({"info": info, "simulations": simulations})
    assert [result.position for result in results] == list(range(len(simulations)))


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_under_any_name_are_read_or_unreadable(content, name):
    try:
        results = read(content, name)
    except UnreadableTranscript:
        return
    assert all(isinstance(item, ParsedSession | Refused) for item in results)
