import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcripts.base import EventKind, ParsedEvent, Role, Verdict
from agents.transcripts.decoding import Undecodable
from agents.transcripts.limits import MAX_EVENTS, MAX_TEXT
from agents.transcripts.records import (
    Malformed,
    finish_events,
    read_content,
    read_id,
    read_list,
    read_prose,
    read_record,
    read_verdict,
    read_word,
    write_arguments,
)

SAID = ParsedEvent(EventKind.MESSAGE, Role.USER, "hello")
CALL = ParsedEvent(EventKind.TOOL_CALL, Role.ASSISTANT, "{}", tool="search")
ANSWER = ParsedEvent(EventKind.TOOL_RESULT, Role.TOOL, "none")


def test_an_object_is_a_record():
    assert read_record({"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Undecodable("not JSON"), "not JSON"),
        ([], "the record is a list; it has to be an object"),
        (None, "the record is null; it has to be an object"),
    ],
)
def test_anything_else_is_none(value, reason):
    with pytest.raises(Malformed, match=reason):
        read_record(value)


@pytest.mark.parametrize(("task", "found"), [(7, "7"), ("7", "7"), ("a b", "a b"), (-1, "-1")])
def test_a_task_is_a_number_or_a_text(task, found):
    assert read_id({"task": task}, "task") == found


@pytest.mark.parametrize("task", [None, True, 1.5, "", "  ", [], "x" * 121, "a\nb"])
def test_another_task_is_named_as_the_field_is(task):
    with pytest.raises(Malformed, match=r"^task "):
        read_id({"task": task}, "task")


@pytest.mark.parametrize(("word", "found"), [(None, ""), ("", ""), ("search", "search")])
def test_a_short_field_may_be_missing(word, found):
    assert read_word("tool", word, "here") == found


@pytest.mark.parametrize("word", [5, ["a"], "a\0", "x" * 201])
def test_a_short_field_that_breaks_a_rule_is_named_by_its_place(word):
    with pytest.raises(Malformed, match=r"^here: tool "):
        read_word("tool", word, "here")


@pytest.mark.parametrize(("text", "found"), [(None, ""), ("a\0", "a\0"), ("\ud800", "\ud800")])
def test_a_long_field_may_hold_what_ingest_replaces(text, found):
    assert read_prose(text, "here") == found


def test_a_long_field_ends_at_its_limit():
    assert len(read_prose("x" * MAX_TEXT, "here")) == MAX_TEXT
    with pytest.raises(Malformed, match=r"^here has 1,000,001"):
        read_prose("x" * (MAX_TEXT + 1), "here")


@pytest.mark.parametrize("text", [5, {}])
def test_a_long_field_that_breaks_a_rule_is_named_by_its_place(text):
    with pytest.raises(Malformed, match=r"^here "):
        read_prose(text, "here")


def test_a_list_is_a_list():
    assert read_list([1], "here") == [1]
    with pytest.raises(Malformed, match="here is null; it has to be a list"):
        read_list(None, "here")


@pytest.mark.parametrize(
    ("content", "text"),
    [(None, ""), ("a", "a"), ([], ""), ([{"type": "text", "text": t} for t in "ab"], "a\nb")],
)
def test_the_content_of_a_message_is_its_words(content, text):
    assert read_content(content, "here") == text


@pytest.mark.parametrize("content", [5, {}, ["a"], [{"type": "image"}], [{"type": "text"}]])
def test_content_without_words_is_malformed(content):
    with pytest.raises(Malformed, match=r"here\.content"):
        read_content(content, "here")


@given(st.floats(allow_nan=True) | st.integers() | st.booleans() | st.none() | st.text())
def test_a_reward_is_a_verdict_only_at_its_ends(reward):
    verdict = read_verdict(reward)
    number = not isinstance(reward, bool) and isinstance(reward, int | float)
    if verdict is Verdict.UNKNOWN:
        assert not (number and reward in (0, 1))
    else:
        assert number
        assert abs(reward - (verdict is Verdict.SUCCESS)) < 1e-5


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_arguments_come_back_in_their_order(arguments):
    text = write_arguments(arguments, "here")
    assert list(json.loads(text).items()) == list(arguments.items())


def test_arguments_that_are_too_long_are_named_by_their_place():
    with pytest.raises(Malformed, match=r"^here has 1,000,009"):
        write_arguments({"a": "x" * MAX_TEXT}, "here")


def test_calls_and_results_are_paired():
    call, answer = finish_events([CALL, ANSWER])
    assert call.call_id == answer.call_id != ""
    assert answer.tool == "search"


def test_no_more_is_read_than_a_session_may_hold():
    endless = itertools.repeat(SAID)
    with pytest.raises(Malformed, match="more than 20,000 events"):
        finish_events(endless)
    assert len(finish_events([SAID] * MAX_EVENTS)) == MAX_EVENTS
