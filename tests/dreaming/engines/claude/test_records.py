"""Sessions as a model reads them."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.base import EngineCheck
from dreaming.engines.claude.records import (
    EVENT_CHARACTERS,
    PART_CHARACTERS,
    Part,
    between,
    new_mark,
    parts_of,
    render,
)
from tests.dreaming.build_sessions import calls, fails, says, session

LONG = "word " * (EVENT_CHARACTERS // 2)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_session_is_its_head_and_a_line_an_event():
    one = session(
        7, says("Cancel it.", person="ada"), calls("cancel", "1"), fails("cancel", "No", "1")
    )
    one = replace(one, checks=(EngineCheck("lint", passed=False, message="E1"),))
    head, *events = lines(render(one))
    assert head["session"] == "S-7"
    assert head["outcome"] == "failure"
    assert head["checks"] == [{"name": "lint", "passed": False, "message": "E1"}]
    assert [event["event"] for event in events] == [0, 1, 2]
    assert events[2] == {
        "event": 2,
        "kind": "tool_result",
        "role": "tool",
        "tool": "cancel",
        "call": "1",
        "error": True,
        "text": "No",
    }


@given(st.text(max_size=200))
def test_no_text_breaks_out_of_its_line(text):
    rendered = render(session(1, says(text)))
    rows = [line for line in rendered.split("\n") if line]
    assert len(rows) == 2
    assert json.loads(rows[1])["text"] == text


def test_a_text_cannot_hold_the_mark_of_a_run():
    first, second = new_mark(), new_mark()
    assert first != second
    assert between(first, "x").splitlines() == [f"[{first} begins]", "x", f"[{first} ends]"]


def test_a_long_event_is_cut_in_its_middle_and_says_so():
    _, event = lines(render(session(1, says(f"first {LONG} last"))))
    assert event["text"].startswith("first")
    assert event["text"].endswith("last")
    assert "characters left out]" in event["text"]
    assert len(event["text"]) < EVENT_CHARACTERS + 100


def test_a_long_session_comes_in_parts_that_each_fit_and_leave_nothing_out():
    one = session(1, *(says(LONG) for _ in range(20)))
    parts = list(parts_of(one))
    assert len(parts) > 1
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert [e.index for part in parts for e in part.session.events] == list(range(20))
    assert all(len(render(part.session)) <= PART_CHARACTERS + EVENT_CHARACTERS for part in parts)


def test_a_session_without_events_is_not_read():
    assert list(parts_of(session(1))) == []


def test_a_part_has_two_halves_with_names_of_their_own_until_one_event_is_left():
    part = Part(session(3, says("a"), says("b"), says("c")))
    halves = part.halves()
    assert [one.name for one in (part, *halves)] == ["S-3_1", "S-3_11", "S-3_12"]
    assert [e.text for half in halves for e in half.session.events] == ["a", "b", "c"]
    assert halves[0].halves() == ()
