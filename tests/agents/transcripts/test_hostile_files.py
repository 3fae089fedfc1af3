"""Rules: whatever a file holds, a parser yields sessions and refusals, or refuses it whole.

What it yields can always go on: ingest takes it or says why not, and every reason prints.
"""

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake import CleanSession, clean_session
from agents.transcripts import daybreak, intercode, managed, medagentbench, tau, tau2
from agents.transcripts.base import EventKind, ParsedSession, Refused, UnreadableTranscript
from agents.transcripts.limits import MAX_REASON

PARSERS = {
    "daybreak": daybreak.parse,
    "intercode": intercode.parse,
    "managed": managed.parse,
    "medagentbench": medagentbench.parse,
    "tau": tau.parse,
    "tau2": tau2.parse,
}
every_parser = pytest.mark.parametrize("parse", PARSERS.values(), ids=list(PARSERS))

SAID = {"kind": "message", "role": "user", "text": "Cancel order 1042."}
LINES = b"".join(
    json.dumps({"external_id": f"run-{n}", "agent": "desk", "events": [SAID]}).encode() + b"\n"
    for n in range(4)
)
TRAJECTORY = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Cancel order 1042."},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "function": {"name": "cancel", "arguments": '{"order": 1042}'}}
        ],
    },
    {"role": "tool", "name": "cancel", "tool_call_id": "c1", "content": "Error: shipped"},
]
RUNS = json.dumps(
    [{"task_id": n, "reward": n % 2, "trial": 0, "info": {}, "traj": TRAJECTORY} for n in range(3)]
).encode()
TURNS = {"actions": ["SELECT 1", "submit"], "observations": ["[(1,)]", "[(1,)]"]}
QUERIES = json.dumps(
    {
        str(n): {
            "environment": "ic_sql",
            "task_id": n,
            "query": "How many?",
            "turn_history": TURNS,
            "summary": {"max_reward": n % 2},
        }
        for n in range(3)
    }
).encode()
REPLY = {"action_kind": "get", "agent_reply": "GET Patient", "url": "a/Patient?b=1"}
CASE = json.dumps(
    {"task_id": "task1_1", "prompt": "Ask.", "turns": [{**REPLY, "observation": "{}"}]}
).encode()
MESSAGES = [
    {"role": "user", "content": "Cancel order 1042."},
    {"role": "assistant", "tool_calls": [{"id": "c", "name": "cancel", "arguments": {"o": 1}}]},
    {"role": "tool", "id": "c", "content": "Error: shipped"},
]
SIMULATIONS = json.dumps(
    {"info": {}, "simulations": [{"task_id": str(n), "messages": MESSAGES} for n in range(3)]}
).encode()
TIMED = {"processed_at": "2026-11-20T08:00:00.000Z"}
ASKED = {"id": "sevt_1", "type": "user.message", "content": [{"type": "text", "text": "Go."}]}
CALLED = {"id": "sevt_2", "type": "agent.tool_use", "name": "cancel", "input": {"o": 1}}
FAILED = {"id": "sevt_3", "type": "agent.tool_result", "tool_use_id": "sevt_2", "is_error": True}
HOSTED = b"".join(
    json.dumps(
        {
            "session": {"id": f"sesn_{n}", "agent": {"name": "desk"}},
            "events": [{**one, **TIMED} for one in (ASKED, CALLED, FAILED)],
        }
    ).encode()
    + b"\n"
    for n in range(3)
)
WHOLE = {
    "daybreak": LINES,
    "intercode": QUERIES,
    "managed": HOSTED,
    "medagentbench": CASE,
    "tau": RUNS,
    "tau2": SIMULATIONS,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


def read(parse, content, source_name="desk.json"):
    """Everything the parser yields; a file refused as a whole gives its words alone."""
    try:
        return list(parse(io.BytesIO(content), source_name=source_name)), ""
    except UnreadableTranscript as error:
        return [], str(error)


def check_found(found):
    """The contract of every parser, and that ingest can go on with what it yields."""
    places = [one.position for one in found]
    assert places == sorted(set(places))
    for one in found:
        if isinstance(one, Refused):
            assert one.reason.isprintable()
            assert 0 < len(one.reason) <= MAX_REASON
            continue
        assert isinstance(one, ParsedSession)
        clean = clean_session(one, ())
        assert isinstance(clean, CleanSession | Refused)
        calls = [e.call_id for e in one.events if e.kind is EventKind.TOOL_CALL]
        assert len(calls) == len(set(calls))
        assert all(calls)


@every_parser
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(parse, content):
    found, said = read(parse, content)
    check_found(found)
    assert not (found and said)


@every_parser
@given(value=JSON)
def test_any_json_is_read_or_refused(parse, value):
    found, _ = read(parse, json.dumps(value).encode())
    check_found(found)


@every_parser
@given(value=st.lists(JSON, min_size=1, max_size=4))
def test_any_list_gives_something_for_every_element_or_a_refusal_of_the_whole(parse, value):
    listed = b"\n".join(json.dumps(one).encode() for one in value)
    content = {
        daybreak.parse: listed,
        managed.parse: listed,
        intercode.parse: json.dumps({f"{n}": one for n, one in enumerate(value)}).encode(),
        tau2.parse: json.dumps({"simulations": value}).encode(),
    }.get(parse, json.dumps(value).encode())
    found, said = read(parse, content)
    check_found(found)
    assert said or len(found) == len(value)


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_a_file_cut_anywhere_keeps_what_was_whole(name, data):
    whole = WHOLE[name]
    cut = data.draw(st.integers(0, len(whole)))
    complete, _ = read(PARSERS[name], whole)
    found, _ = read(PARSERS[name], whole[:cut])
    check_found(found)
    kept = [one for one in found if isinstance(one, ParsedSession)]
    assert kept == complete[: len(kept)]
    assert len(found) - len(kept) <= 2


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_a_changed_byte_harms_one_record_at_most_or_the_structure(name, data):
    whole = bytearray(WHOLE[name])
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    check_found(read(PARSERS[name], bytes(whole))[0])


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_a_packed_file_cut_anywhere_never_fails(name, data):
    packed = gzip.compress(WHOLE[name])
    cut = data.draw(st.integers(0, len(packed)))
    found, said = read(PARSERS[name], packed[:cut])
    check_found(found)
    if 2 <= cut < len(packed) - 8:
        assert said or any(isinstance(one, Refused) for one in found)


@pytest.mark.parametrize("name", PARSERS)
def test_a_packed_file_is_the_plain_one(name):
    assert read(PARSERS[name], gzip.compress(WHOLE[name])) == read(PARSERS[name], WHOLE[name])


@pytest.mark.parametrize("name", PARSERS)
def test_a_byte_order_mark_changes_nothing(name):
    marked = b"\xef\xbb\xbf" + WHOLE[name]
    assert read(PARSERS[name], marked) == read(PARSERS[name], WHOLE[name])


@every_parser
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_in_another_unicode_form_brings_nothing_in(parse, encoding):
    text = '[{"external_id": "a"}]'
    found, said = read(parse, text.encode(encoding))
    assert said or all(isinstance(one, Refused) for one in found)


@every_parser
def test_an_empty_file_yields_nothing(parse):
    assert read(parse, b"") == ([], "")


@pytest.mark.parametrize("name", PARSERS)
def test_reading_twice_gives_the_same(name):
    found = read(PARSERS[name], WHOLE[name])
    assert found[0]
    assert read(PARSERS[name], WHOLE[name]) == found


@pytest.mark.parametrize("kind", PARSERS)
@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..",
        "",
        ".",
        "a\0b",
        "\u202egpj.nosj/a.json",
        "x" * 5_000,
        "日本/日本.json",
        "\ud800/ic_sql_react_10_turns.json",
        "y" * 500 + "/ic_sql_react_10_turns.json",
    ],
)
def test_a_file_may_be_called_anything(kind, name):
    found, _ = read(PARSERS[kind], WHOLE[kind], source_name=name)
    assert found
    for one in found:
        assert isinstance(one, ParsedSession)
        assert one.agent.replace("-", "a").isalnum()
        assert len(one.agent) <= 80


def run(**fields):
    base = {"task_id": 1, "reward": 1, "trial": 0, "info": {}, "traj": TRAJECTORY}
    return json.dumps([base | fields]).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"traj": None},
        {"traj": "text"},
        {"traj": [None]},
        {"traj": [{"role": "wizard", "content": "x"}]},
        {"traj": [{"role": "user", "content": {"a": 1}}]},
        {"traj": [{"content": "nobody speaks"}]},
        {"traj": [{"role": "assistant", "tool_calls": "all"}]},
        {"traj": [{"role": "assistant", "tool_calls": [{"function": None}]}]},
        {"task_id": {"a": 1}},
        {"task_id": "x" * 5_000},
    ],
)
def test_a_run_that_breaks_its_format_is_refused_at_its_place(fields):
    found, said = read(tau.parse, run(**fields))
    assert not said
    (refused,) = found
    assert isinstance(refused, Refused)
    assert refused.position == 0
