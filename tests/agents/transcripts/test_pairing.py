from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcripts.base import EventKind, ParsedEvent, Role
from agents.transcripts.pairing import pair_calls

CALL, RESULT, MESSAGE = EventKind.TOOL_CALL, EventKind.TOOL_RESULT, EventKind.MESSAGE


def call(call_id: str = "", tool: str = "search") -> ParsedEvent:
    return ParsedEvent(CALL, Role.ASSISTANT, "{}", tool=tool, call_id=call_id)


def result(call_id: str = "", tool: str = "") -> ParsedEvent:
    return ParsedEvent(RESULT, Role.TOOL, "found", tool=tool, call_id=call_id)


def ids(*events: ParsedEvent) -> list[str]:
    return [event.call_id for event in pair_calls(events)]


@pytest.mark.parametrize(
    ("events", "paired"),
    [
        ([call("a"), result("a")], ["a", "a"]),
        ([call("a"), call("b"), result("b"), result("a")], ["a", "b", "b", "a"]),
        ([call(), result()], ["call-0", "call-0"]),
        ([call(), call(), result(), result()], ["call-0", "call-1", "call-0", "call-1"]),
        ([call("a"), result("a"), call("a"), result("a")], ["a", "a", "call-2", "call-2"]),
        ([call("a"), call("a"), result("a"), result("a")], ["a", "call-1", "a", "call-1"]),
        ([call("a"), result()], ["a", "a"]),
        ([call("a"), result("b")], ["a", "b"]),
        ([result()], ["result-0"]),
        ([call("a"), result("a"), result("a")], ["a", "a", "result-2"]),
        ([result("a"), call("a")], ["a", "call-1"]),
        ([call("call-1"), call()], ["call-1", "call-1x"]),
    ],
)
def test_calls_and_results_are_paired(events, paired):
    assert ids(*events) == paired


def test_a_result_without_an_id_goes_to_the_open_call_of_its_tool():
    assert ids(call(tool="a"), call(tool="b"), result(tool="b"), result(tool="a")) == [
        "call-0",
        "call-1",
        "call-1",
        "call-0",
    ]


def test_a_result_of_another_tool_answers_no_call():
    assert ids(call(tool="a"), result(tool="b")) == ["call-0", "result-1"]


def test_a_result_without_a_tool_takes_the_one_of_its_call():
    assert [event.tool for event in pair_calls([call("a", "search"), result("a")])] == [
        "search",
        "search",
    ]


def test_other_events_stay_as_they_are():
    message = ParsedEvent(MESSAGE, Role.USER, "hello", call_id="a")
    assert pair_calls([message]) == (message,)


EVENTS = st.lists(
    st.builds(
        ParsedEvent,
        kind=st.sampled_from([CALL, RESULT, MESSAGE]),
        role=st.just(Role.ASSISTANT),
        text=st.just(""),
        tool=st.sampled_from(["", "a", "b"]),
        call_id=st.sampled_from(["", "x", "y", "call-0", "call-1", "result-2"]),
    ),
    max_size=12,
)


@given(EVENTS)
def test_pairing_twice_changes_nothing(events):
    once = pair_calls(events)
    assert pair_calls(once) == once


@given(EVENTS)
def test_every_call_has_an_id_of_its_own(events):
    calls = [event.call_id for event in pair_calls(events) if event.kind is CALL]
    assert "" not in calls
    assert len(set(calls)) == len(calls)


@given(EVENTS)
def test_no_two_results_share_an_id(events):
    results = [event.call_id for event in pair_calls(events) if event.kind is RESULT]
    assert "" not in results
    assert len(set(results)) == len(results)


@given(EVENTS)
def test_nothing_but_ids_and_tools_of_results_is_touched(events):
    bare = [replace(event, call_id="", tool="") for event in events]
    assert [replace(event, call_id="", tool="") for event in pair_calls(events)] == bare


def test_twenty_thousand_events_are_paired_without_searching():
    calls = [call() for _ in range(10_000)]
    results = [result(f"unknown-{n}") for n in range(10_000)]
    assert len(set(ids(*calls, *results))) == 20_000
