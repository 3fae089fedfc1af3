import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcripts import medagentbench
from agents.transcripts.base import (
    EventKind,
    ParsedSession,
    Refused,
    Role,
    UnreadableTranscript,
    Verdict,
)
from agents.transcripts.limits import MAX_EVENTS, MAX_TEXT
from agents.transcripts.medagentbench import parse
from dreaming.engines.calls import SAFE_NAME

PATH = "/runs/medagentbench/ward-agent_v2/task3_1.json"
TELLTALE = "what only the grader may know"
QUESTION = "Context: It is noon.\nQuestion: Record the weight."
BASE = "http://localhost:8090/fhir"


def read(content: object, source_name: str = PATH) -> list[Any]:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return list(parse(io.BytesIO(data), source_name=source_name))


def record(*turns: object, **fields: Any) -> dict[str, Any]:
    """A file's object with the answers of the benchmark in their places."""
    return {
        "task_id": "task3_1",
        "eval_mrn": TELLTALE,
        "instruction": "Record the weight.",
        "context": "It is noon.",
        "status": "completed",
        "infra_fail": False,
        "prompt": f"You use FHIR.\n\n{QUESTION}",
        "turns": turns,
        "history": [{"role": "user", "content": TELLTALE}],
        "write_attempts": [TELLTALE],
        "grade": {"correct": True, "reason": TELLTALE, "expected": [TELLTALE], "got": TELLTALE},
        "correct": True,
        "integrity": {"said_evidence": TELLTALE},
        "findings": [TELLTALE],
        "diagnostics": {"provenance": {"model": "model-1"}, "turns": [TELLTALE]},
        **fields,
    }


def turn(kind: str, reply: object, observation: object = None, **fields: object) -> Any:
    return {
        "action_kind": kind,
        "agent_reply": reply,
        "url": None,
        "payload": None,
        "observation": observation,
        **fields,
    }


def get(address: str, observation: object = "{}") -> Any:
    added = f"{address}{'&' if '?' in address else '?'}_format=json"
    return turn("get", f"GET {address}", observation, url=added)


def post(address: str, body: str, observation: object = "POST request accepted") -> Any:
    return turn("post", f"POST {address}\n{body}", observation, url=address)


def only(*turns: object, **fields: Any) -> ParsedSession:
    (session,) = read(record(*turns, **fields))
    assert isinstance(session, ParsedSession), session
    return session


def refusal(*turns: object, **fields: Any) -> str:
    (refused,) = read(record(*turns, **fields))
    assert isinstance(refused, Refused), refused
    assert refused.position == 0
    return refused.reason


def test_a_session_is_read():
    session = only(
        get(f"{BASE}/Patient?name=Ann"),
        post(f"{BASE}/Observation", '{"code":  {"text": "WT"}}'),
        turn("finish", 'FINISH(["done", 3])'),
    )
    assert (session.agent, session.model) == ("ward-agent-v2", "model-1")
    assert session.external_id == "ward-agent-v2-task3_1"
    assert session.task_key == "medagentbench:task3_1"
    assert session.environment == "MedAgentBench"
    assert session.system_prompt == "You use FHIR."
    assert [(event.kind, event.role, event.tool, event.text) for event in session.events] == [
        (EventKind.MESSAGE, Role.USER, "", QUESTION),
        (EventKind.TOOL_CALL, Role.ASSISTANT, "GET:Patient", '{"name": "Ann"}'),
        (EventKind.TOOL_RESULT, Role.TOOL, "GET:Patient", "{}"),
        (EventKind.TOOL_CALL, Role.ASSISTANT, "POST:Observation", '{"code":  {"text": "WT"}}'),
        (EventKind.TOOL_RESULT, Role.TOOL, "POST:Observation", "POST request accepted"),
        (EventKind.TOOL_CALL, Role.ASSISTANT, "FINISH", '{"answers": ["done", 3]}'),
    ]


@pytest.mark.parametrize(
    ("path", "agent"),
    [
        (PATH, "ward-agent-v2"),
        ("ward-agent_v2/task3_1.json", "ward-agent-v2"),
        ("/a/b/c/ward-agent_v2/other.json.gz", "ward-agent-v2"),
        ("task3_1.json", "medagentbench"),
        ("/task3_1.json", "medagentbench"),
    ],
)
def test_the_folder_is_the_agent(path, agent):
    (session,) = read(record(get(f"{BASE}/Patient")), path)
    assert session.agent == agent


def test_sessions_of_two_folders_stay_apart_under_one_agent():
    ids = {read(record(get("x")), f"{folder}/task3_1.json")[0].external_id for folder in "ab"}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("prompt", "context", "system_prompt", "question"),
    [
        (f"Tools.\n\n{QUESTION}", "It is noon.", "Tools.", QUESTION),
        (
            "Tools.\nQuestion: Record the weight.",
            "",
            "Tools.",
            "Question: Record the weight.",
        ),
        ("Another shape.", "It is noon.", "Another shape.", "It is noon.\nRecord the weight."),
        (None, None, "", "Record the weight."),
    ],
)
def test_the_prompt_is_cut_at_its_question(prompt, context, system_prompt, question):
    session = only(get("x"), prompt=prompt, context=context)
    assert session.system_prompt == system_prompt
    assert session.events[0].text == question


@pytest.mark.parametrize(
    ("address", "tool", "arguments"),
    [
        (f"{BASE}/Patient?name=Ann&name=Lee", "GET:Patient", {"name": ["Ann", "Lee"]}),
        (
            f"{BASE}/Observation?code=GLU&date=ge2023-11-12T10:15:00+00:00",
            "GET:Observation",
            {"code": "GLU", "date": "ge2023-11-12T10:15:00+00:00"},
        ),
        ("{api_base}/Patient?identifier=S1", "GET:Patient", {"identifier": "S1"}),
        (f"{BASE}/Patient/S6227720", "GET:Patient", {"id": "S6227720"}),
        (f"{BASE}/Patient?a=%3A&b", "GET:Patient", {"a": "%3A", "b": ""}),
        (f"{BASE}?name=Ann", "GET", {"name": "Ann"}),
        ("no address at all", "GET", {}),
        ("", "GET", {}),
        ("http://[broken/Patient?x=1", "GET:Patient", {"x": "1"}),
    ],
)
def test_a_get_is_named_after_its_resource(address, tool, arguments):
    call = only(get(address)).events[1]
    assert (call.tool, json.loads(call.text)) == (tool, arguments)


@given(st.text(max_size=60))
def test_a_tool_is_always_called_by_a_name_that_engines_may_repeat(address):
    session = only(get(address))
    assert SAFE_NAME.match(session.events[1].tool)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"a": 1,\n "b": 2}', '{"a": 1,\n "b": 2}'),
        ('{"broken": [', '{"broken": ['),
        ("", "{}"),
        ("  ", "{}"),
    ],
)
def test_a_post_keeps_its_body_as_it_was_sent(body, text):
    call = only(post(f"{BASE}/ServiceRequest", body)).events[1]
    assert (call.tool, call.text) == ("POST:ServiceRequest", text)


@pytest.mark.parametrize(
    ("reply", "answers"),
    [
        ("FINISH([97])", [97]),
        (' FINISH(["a (b)", "c"])\n', ["a (b)", "c"]),
        ("FINISH(the weight is 97)", "the weight is 97"),
        ("FINISH()", ""),
        ("FINISH[1]", "FINISH[1]"),
    ],
)
def test_finish_keeps_the_answers(reply, answers):
    call = only(turn("finish", reply)).events[-1]
    assert (call.tool, json.loads(call.text)) == ("FINISH", {"answers": answers})


def test_a_reply_the_run_refused_is_a_failed_message_and_no_call():
    reply = f"First I look.\n\nGET {BASE}/Patient"
    session = only(turn("invalid", reply), status="agent_invalid_action", correct=False)
    last = session.events[-1]
    assert (last.kind, last.role, last.text) == (EventKind.MESSAGE, Role.ASSISTANT, reply)
    assert last.is_error
    assert (session.not_agent_fault, session.outcome.verdict) == ("", Verdict.FAILURE)


END = "Please call FINISH if you have got answers for all the questions and finished all the tasks"


@pytest.mark.parametrize(
    ("observation", "text", "failed"),
    [
        (f"Here is the response from the GET request:\n{{}}. {END}", "{}", False),
        (f"POST request accepted. {END}", "POST request accepted", False),
        ("Error in sending the GET request: 400", "Error in sending the GET request: 400", True),
        (f"{END}. Then more.", f"{END}. Then more.", False),
        (f"a. {END}b. {END}c", f"a. {END}b", False),
        ("Invalid POST request", "Invalid POST request", True),
        ("The chart says: Invalid POST request", "The chart says: Invalid POST request", False),
        ('{"issue": "Error in sending the GET"}', '{"issue": "Error in sending the GET"}', False),
        ("", "", False),
    ],
)
def test_a_result_is_unwrapped_before_it_is_judged(observation, text, failed):
    event = only(get(f"{BASE}/Patient", observation)).events[-1]
    assert (event.kind, event.text, event.is_error) == (EventKind.TOOL_RESULT, text, failed)


def test_words_of_the_run_repeated_without_end_are_read():
    result = f"{{}}. {END} " * 10_000
    assert len(only(get(f"{BASE}/Patient", result)).events[-1].text) > 900_000 // 2


def test_calls_and_results_are_paired():
    events = only(get(f"{BASE}/Patient"), get(f"{BASE}/Patient")).events[1:]
    assert events[0].call_id == events[1].call_id != events[2].call_id == events[3].call_id


@pytest.mark.parametrize(
    ("correct", "verdict"),
    [
        (True, Verdict.SUCCESS),
        (False, Verdict.FAILURE),
        (None, Verdict.UNKNOWN),
        (1, Verdict.UNKNOWN),
        ("true", Verdict.UNKNOWN),
    ],
)
def test_correct_is_the_verdict(correct, verdict):
    assert only(get("x"), correct=correct).outcome.verdict is verdict


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("provider down\ntrace of it", "The run broke off: provider down"),
        ("", "The run broke off: it gave no reason"),
        (None, "The run broke off: it gave no reason"),
    ],
)
def test_a_run_that_broke_off_is_not_the_agents_fault(reason, said):
    fields = {"status": "infra_fail", "infra_reason": reason, "correct": False}
    session = only(get("x"), **fields)
    assert (session.not_agent_fault, session.outcome.verdict) == (said, Verdict.UNKNOWN)
    assert len(session.events) == 3


@pytest.mark.parametrize("model", ["(agent default)", "", None, 5])
def test_a_model_nobody_named_is_none(model):
    assert only(get("x"), diagnostics={"provenance": {"model": model}}).model == ""


def test_the_answers_of_the_benchmark_reach_no_field():
    fault = {"status": "infra_fail", "infra_reason": "down"}
    for session in (only(get("x")), only(get("x"), **fault)):
        assert TELLTALE not in repr(session)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"task_id": None}, "task_id has to be a number or a text"),
        ({"task_id": True}, "task_id has to be a number or a text"),
        ({"task_id": "a\0"}, "task_id holds the control character U+0000; remove it"),
        ({"turns": None}, "turns is null; it has to be a list"),
        ({"turns": {}}, "turns is an object; it has to be a list"),
        ({"turns": [7]}, "turns.0 is a number; it has to be an object"),
        ({"turns": [{"agent_reply": 7}]}, "turns.0.agent_reply is a number; it has to be a text"),
        ({"turns": [{"observation": []}]}, "turns.0.observation is a list; it has to be a text"),
        ({"turns": [{"action_kind": "get", "url": 7}]}, "turns.0.url is a number"),
        ({"prompt": 7}, "prompt is a number; it has to be a text"),
        ({"prompt": "x" * (MAX_TEXT + 1)}, "prompt has 1,000,001 characters"),
        ({"instruction": []}, "instruction is a list; it has to be a text"),
        (
            {"turns": [], "instruction": "", "context": "", "prompt": "x"},
            "the record has neither a question nor a turn",
        ),
        (
            {"diagnostics": {"provenance": {"model": "m" * 121}}},
            "diagnostics.provenance: model has 121 characters; the limit is 120",
        ),
    ],
)
def test_a_broken_record_is_refused_by_its_place(fields, reason):
    assert refusal(get("x"), **fields).startswith(reason)


def test_a_session_of_too_many_events_is_refused():
    turns = [turn("invalid", "x")] * (MAX_EVENTS + 1)
    assert refusal(*turns) == "more than 20,000 events, the limit of a session"


def test_a_file_over_the_limit_of_a_record_is_refused(monkeypatch):
    monkeypatch.setattr(medagentbench, "MAX_LINE_BYTES", 100)
    assert "the limit is 100" in refusal(get("x"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"task_id": 1', "not JSON"),
        ('{"task_id": ' + "9" * 5_000 + "}", "a number of more than 4,300 digits"),
        ('{"task_id": NaN}', "NaN is no JSON number"),
        ('{"turns": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deeply"),
        ("{} {}", "not JSON"),
    ],
)
def test_a_broken_object_is_refused_at_position_0(content, reason):
    (refused,) = read(content)
    assert refused.position == 0
    assert refused.reason.startswith(reason)


@pytest.mark.parametrize("content", [b"", b" \n\t"])
def test_an_empty_file_yields_nothing(content):
    assert read(content) == []


@pytest.mark.parametrize("content", [b"[]", b"7", b"\x1f\x8bnothing", b"\xff\xfe{\0}\0"])
def test_another_file_is_refused_as_a_whole(content):
    with pytest.raises(UnreadableTranscript):
        read(content)


def test_gzip_and_plain_give_the_same():
    content = json.dumps(record(get("x"))).encode()
    assert read(gzip.compress(content)) == read(content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["agent_reply", "action_kind", "url", "observation", "model"]), inner
        )
    ),
    max_leaves=8,
)
TURNS = st.fixed_dictionaries(
    {"action_kind": st.sampled_from(["get", "post", "finish", "invalid"])},
    optional={"agent_reply": st.text() | VALUES, "url": st.text() | VALUES, "observation": VALUES},
)


@given(
    st.fixed_dictionaries(
        {"task_id": st.text(max_size=5) | VALUES, "turns": st.lists(TURNS, max_size=3) | VALUES},
        optional={"prompt": VALUES, "context": VALUES, "correct": VALUES, "diagnostics": VALUES},
    )
)
def test_every_object_is_one_session_or_one_refusal(content):
    (result,) = read(content)
    assert isinstance(result, ParsedSession | Refused)


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_under_any_name_are_read_or_unreadable(content, name):
    try:
        results = read(content, name)
    except UnreadableTranscript:
        return
    assert all(isinstance(item, ParsedSession | Refused) for item in results)
