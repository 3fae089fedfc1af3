import gzip
import io
import json
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
from agents.transcripts.tau import parse

NAME = "tau_airline__gpt-4o__4trials.json.gz"


def read(content: object, source_name: str = NAME) -> list[Any]:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return list(parse(io.BytesIO(data), source_name=source_name))


def record(
    *traj: object, task_id: object = 1, reward: object = 1.0, **fields: object
) -> dict[str, object]:
    return {"task_id": task_id, "trial": 0, "reward": reward, "info": {}, "traj": traj, **fields}


def user(text: object = "hello") -> dict[str, object]:
    return {"role": "user", "content": text}


def call(tool: str = "search", arguments: object = "{}", **fields: object) -> dict[str, object]:
    function = {"name": tool, "arguments": arguments}
    return {"role": "assistant", "content": None, "tool_calls": [{"function": function, **fields}]}


def result(text: str, **fields: object) -> dict[str, object]:
    return {"role": "tool", "content": text, **fields}


def only(*traj: object, **fields: object) -> ParsedSession:
    (session,) = read([record(*traj, **fields)])
    assert isinstance(session, ParsedSession), session
    return session


def refusal(*traj: object, **fields: object) -> str:
    (refused,) = read([record(*traj, **fields)])
    assert isinstance(refused, Refused), refused
    return refused.reason


def test_a_session_is_read():
    session = only(
        {"role": "system", "content": "Be kind."},
        user("Find a flight"),
        {**call("search", '{"to": "SEA"}', id="c1"), "content": "One moment."},
        result("none", name="search", tool_call_id="c1"),
        task_id=12,
    )
    assert (session.agent, session.external_id) == ("tau-airline-gpt-4o-4trials", "airline-12-0")
    assert (session.task_key, session.environment) == ("airline:12", "tau-bench airline")
    assert session.system_prompt == "Be kind."
    assert [(event.kind, event.role, event.text) for event in session.events] == [
        (EventKind.MESSAGE, Role.USER, "Find a flight"),
        (EventKind.MESSAGE, Role.ASSISTANT, "One moment."),
        (EventKind.TOOL_CALL, Role.ASSISTANT, '{"to": "SEA"}'),
        (EventKind.TOOL_RESULT, Role.TOOL, "none"),
    ]
    assert [(event.tool, event.call_id) for event in session.events[2:]] == [("search", "c1")] * 2


def test_gzip_and_plain_give_the_same():
    content = json.dumps([record(user())]).encode()
    assert read(gzip.compress(content)) == read(content)


def test_events_without_words_are_left_out():
    session = only(user("hi"), user(""), user("  \n"), {"role": "assistant", "content": None})
    assert len(session.events) == 1


def test_parts_of_a_text_are_joined():
    session = only(user([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]))
    assert session.events[0].text == "a\nb"


def test_runs_of_a_task_are_counted_whatever_the_trial_says():
    records = [record(user(), task_id=task, trial=7) for task in (0, 1, 0, 0, 1)]
    assert [(session.external_id, session.trial) for session in read(records)] == [
        ("airline-0-0", "0"),
        ("airline-1-0", "0"),
        ("airline-0-1", "1"),
        ("airline-0-2", "2"),
        ("airline-1-1", "1"),
    ]


def test_a_refused_run_keeps_its_number():
    records = [record(user()), record("not a message"), record(user())]
    first, refused, last = read(records)
    assert isinstance(refused, Refused)
    assert (first.external_id, last.external_id) == ("airline-1-0", "airline-1-2")


def test_a_file_of_another_name_still_has_a_domain():
    (session,) = read([record(user())], "my results.json")
    assert (session.agent, session.task_key) == ("my-results", "tau:1")


@pytest.mark.parametrize(
    ("reward", "verdict"),
    [
        (1.0, Verdict.SUCCESS),
        (1, Verdict.SUCCESS),
        (0.9999999, Verdict.SUCCESS),
        (0.0, Verdict.FAILURE),
        (0, Verdict.FAILURE),
        (0.5, Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
        (True, Verdict.UNKNOWN),
        ("1.0", Verdict.UNKNOWN),
        (1e308, Verdict.UNKNOWN),
    ],
)
def test_a_reward_is_a_verdict(reward, verdict):
    assert only(user(), reward=reward).outcome.verdict is verdict


def test_a_crashed_run_is_not_the_agents_fault():
    info = {"error": "\n Token limit\nis exceeded", "traceback": 'File "C:\\Users\\ann\\x.py"'}
    session = only(info=info, reward=0.0)
    assert session.not_agent_fault == "The run crashed: Token limit"
    assert (session.events, session.outcome.verdict) == ((), Verdict.UNKNOWN)


def test_a_crash_without_words_still_has_a_reason():
    session = only(info={"error": "", "traceback": ""})
    assert session.not_agent_fault == "The run crashed: it gave no reason"


@pytest.mark.parametrize(
    ("sent", "text", "is_error"),
    [
        ("Error: no seat", "Error: no seat", True),
        ('# var_4 = "Error: no seat"', "Error: no seat", True),
        ("# var_12 = \"Error: no 'seat'\"", "Error: no 'seat'", True),
        ('# var_0 = "found"', "found", False),
        ('# var_0 = "a \\"b\\""', 'a "b"', False),
        ("# var_1 = 42", "42", False),
        ('# var_1 = "not closed', '"not closed', False),
        ("No Error: here", "No Error: here", False),
        ("# variant = 1", "# variant = 1", False),
        ("", "", False),
    ],
)
def test_a_result_is_unwrapped_before_it_is_judged(sent, text, is_error):
    event = only(user(), call(), result(sent)).events[-1]
    assert (event.text, event.is_error) == (text, is_error)


def test_a_message_that_says_error_is_none():
    assert not only(user("Error: what is this")).events[0].is_error


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ('{"b": 1,  "a": 2}', '{"b": 1,  "a": 2}'),
        ("{'b': 1, 'a': \"it's\"}", '{"b": 1, "a": "it\'s"}'),
        ("{'ids': ['x'], 'ok': True, 'no': None}", '{"ids": ["x"], "ok": true, "no": null}'),
        ({"a": "é"}, '{"a": "é"}'),
        ("not any language", "not any language"),
        ("", ""),
        ("{'a': open('x')}", "{'a': open('x')}"),
        ("{1, 2}", "{1, 2}"),
        ("{'a': {1}}", "{'a': {1}}"),
        ("{'a':" * 5_000, "{'a':" * 5_000),
        ("{'a': " + "-" * 50_000 + "1}", "{'a': " + "-" * 50_000 + "1}"),
        ("[" * 10_000, "[" * 10_000),
    ],
)
def test_arguments_become_json_where_they_can(sent, text):
    assert only(user(), call(arguments=sent)).events[-1].text == text


def test_arguments_too_long_for_the_python_reader_stay_as_sent():
    sent = "{'a': '" + "x" * 70_000 + "'}"
    assert only(user(), call(arguments=sent)).events[-1].text == sent


def test_repeated_call_ids_are_made_unique_and_paired_in_order():
    session = only(call(id="c"), result("1", tool_call_id="c"), call(id="c"), result("2"))
    first, _, second, last = (event.call_id for event in session.events)
    assert first == "c"
    assert second == last != first


def test_results_without_ids_are_paired_and_named_in_order():
    session = only(call("a"), call("b"), result("1"), result("2"))
    assert [event.tool for event in session.events] == ["a", "b", "a", "b"]
    assert len({event.call_id for event in session.events}) == 2


@pytest.mark.parametrize(
    ("traj", "principal"),
    [
        ([call("get_user_details", '{"user_id": "mia_li_1"}'), result("{}")], "mia_li_1"),
        ([call("get_user_details", "{'user_id': 'mia_li_1'}"), result("{}")], "mia_li_1"),
        ([call("find_user_id_by_email", "{}"), result("mia_li_1")], "mia_li_1"),
        ([call("get_user_details", '{"user_id": "mia_li_1"}'), result("Error: none")], ""),
        ([call("find_user_id_by_email", "{}"), result("Error: user not found")], ""),
        ([user("I am mia_li_1"), call(), result('{"user_id": "mia_li_1"}')], "mia_li_1"),
        ([user("I am mia_li_1"), call(), result('{"user_id": "ann_lee_2"}')], ""),
        ([user("I am mia_li_1")], ""),
        ([call(), result('{"user_id": "mia_li_1"}')], ""),
        (
            [
                call("get_user_details", '{"user_id": "mia_li_1"}'),
                result("{}"),
                call("get_user_details", '{"user_id": "ann_lee_2"}'),
                result("{}"),
            ],
            "",
        ),
        ([call("find_user_id_by_email", "{}"), result("two words")], ""),
        ([call("get_user_details", '{"user_id": 5}'), result("{}")], ""),
    ],
)
def test_the_principal_is_the_one_user_the_session_is_sure_of(traj, principal):
    assert only(user(), *traj).principal == principal


SECRET_ANSWER = "the gold action nobody may see"


def test_the_answers_of_the_benchmark_reach_no_field():
    info = {
        "task": {"instruction": SECRET_ANSWER, "actions": [SECRET_ANSWER], "user_id": "mia_li_1"},
        "reward_info": {"actions": [SECRET_ANSWER]},
        "source": SECRET_ANSWER,
    }
    session = only(user("hi"), info=info, records={"user_messages": [SECRET_ANSWER]})
    assert SECRET_ANSWER not in repr(session)
    assert "mia_li_1" not in repr(session)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("null", "the record is null; it has to be an object"),
        ("[]", "the record is a list; it has to be an object"),
        ("{}", "task_id has to be a number or a text"),
        ('{"task_id": true, "traj": []}', "task_id has to be a number or a text"),
        ('{"task_id": " ", "traj": []}', "task_id has to be a number or a text"),
        (json.dumps({"task_id": "x" * 121}), "task_id has 121 characters; the limit is 120"),
        (json.dumps({"task_id": "\0"}), "task_id holds the control character U+0000; remove it"),
        ('{"task_id": 1}', "traj has to be a list of messages"),
        ('{"task_id": 1, "traj": {}}', "traj has to be a list of messages"),
        ('{"task_id": 1, "traj": []}', "traj is empty and info tells of no error"),
        ('{"task_id": 1, "traj": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deeply"),
        ('{"task_id": ' + "9" * 5_000 + "}", "a number of more than 4,300 digits"),
        ('{"task_id": 1, "traj": NaN}', "NaN is no JSON number"),
    ],
)
def test_a_broken_record_is_refused_and_the_rest_goes_on(broken, reason):
    good = json.dumps(record(user(), task_id=5))
    first, refused, last = read(f"[{good}, {broken}, {good}]")
    assert refused == Refused(1, reason)
    assert [first.position, last.position] == [0, 2]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("hello", "traj.1 is a text; it has to be an object"),
        ({"content": "x"}, "traj.1.role has to be system, user, assistant or tool"),
        ({"role": ["user"], "content": "x"}, "traj.1.role has to be system, user, assistant"),
        ({"role": "user", "content": 5}, "traj.1.content is a number; it has to be a text"),
        ({"role": "user", "content": [{"type": "image"}]}, "traj.1.content has a part that is"),
        ({"role": "user", "content": "x" * (MAX_TEXT + 1)}, "traj.1.content has 1,000,001"),
        ({"role": "assistant", "tool_calls": {}}, "traj.1.tool_calls is an object"),
        ({"role": "assistant", "tool_calls": [{}]}, "traj.1.tool_calls.0.function has to have"),
        (call(arguments=None), "traj.1.tool_calls.0.arguments is null"),
        (call(arguments="x" * (MAX_TEXT + 1)), "traj.1.tool_calls.0.arguments has 1,000,001"),
        (call(tool="a\0"), "traj.1.tool_calls.0: tool holds the control character U+0000"),
        (call(id="\ud800"), "traj.1.tool_calls.0: call_id holds the control character U+D800"),
        (result("x", tool_call_id=5), "traj.1: call_id is a number; it has to be a text"),
        (result("x", name="n" * 201), "traj.1: tool has 201 characters; the limit is 200"),
        ({"role": "system", "content": "x" * (MAX_TEXT + 1)}, "traj.1.content has 1,000,001"),
    ],
)
def test_a_broken_message_is_named_by_its_place(message, reason):
    assert refusal(user(), message).startswith(reason)


def test_a_session_of_too_many_events_is_refused():
    assert (
        refusal(*[user()] * (MAX_EVENTS + 1)) == "more than 20,000 events, the limit of a session"
    )


def test_characters_that_cannot_be_stored_are_left_for_ingest_to_count():
    assert only(user("a\x00b\ud800")).events[0].text == "a\x00b\ud800"


def test_bytes_that_are_no_utf8_lose_no_session():
    content = json.dumps([record(user("caf?"))]).encode().replace(b"?", b"\xe9")
    assert read(content)[0].events[0].text == "caf\udce9"


def test_a_cut_file_gives_what_was_whole():
    content = json.dumps([record(user()), record(user())])
    session, refused = read(content[: len(content) - 30])
    assert session.external_id == "airline-1-0"
    assert "the rest of the file is lost" in refused.reason


def test_a_tau2_file_is_refused_as_a_whole():
    with pytest.raises(UnreadableTranscript, match="not a JSON list"):
        read('{"tasks": [], "simulations": []}')


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "tool_calls", "function", "name", "arguments", "id", "error"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "task_id": JSON_VALUES,
                "traj": st.lists(JSON_VALUES, max_size=4) | JSON_VALUES,
                "info": JSON_VALUES,
                "reward": JSON_VALUES,
            },
        ),
        max_size=3,
    )
)
def test_every_record_is_a_session_or_a_refusal(records):
    results = read(records)
    assert [result.position for result in results] == list(range(len(records)))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unreadable(content):
    try:
        results = read(content)
    except UnreadableTranscript:
        return
    assert all(isinstance(item, ParsedSession | Refused) for item in results)
