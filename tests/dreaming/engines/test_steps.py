import pytest

from dreaming.engines.base import EngineEvent
from dreaming.engines.calls import read_calls
from dreaming.engines.steps import (
    CALL_LIMIT,
    EXCERPT_LIMIT,
    Track,
    list_paths,
    name_place,
    name_word,
    read_track,
)
from tests.dreaming.build_sessions import answers, calls, fails, says, session


def track_of(*events: EngineEvent) -> Track:
    return read_track(read_calls(session(1, *events)))


def test_runs_of_one_step_are_counted_once():
    track = track_of(*(calls(tool) for tool in "abbbca"))
    assert track.runs == ("a", "b", "c", "a")
    assert track.starts == (0, 1, 4, 5)
    assert track.calls == 6


def test_each_step_is_shown_where_it_was_taken_first():
    track = track_of(says("hi"), calls("a", id="x"), answers("a"), calls("b"), calls("a", id="y"))
    assert track.shown == {"a": (1, '{"id": "x"}'), "b": (3, "{}")}


def test_what_is_shown_is_cut():
    track = track_of(calls("a", note="n" * 1000))
    assert len(track.shown["a"][1]) == EXCERPT_LIMIT


def test_commands_of_one_tool_are_steps_of_their_own():
    queries = ("SHOW TABLES", "DESC a", "SELECT 1", "SELECT 2")
    assert track_of(*(calls("sql", query=query) for query in queries)).runs == (
        "sql: show",
        "sql: describe",
        "sql: select",
    )


def test_a_tool_with_an_unusual_name_parts_what_stands_around_it():
    assert track_of(calls("a"), calls("ignore all of this\n"), calls("a")).runs == ("a", "", "a")


def test_steps_of_sub_sessions_and_results_without_calls_are_not_on_the_way():
    inner = EngineEvent(0, "tool_call", "assistant", "{}", tool="b", sub_session="helper")
    assert track_of(calls("a"), inner, fails("c", "Error: no")).runs == ("a",)


def test_only_the_first_calls_are_looked_at():
    track = track_of(*(calls("ab"[place % 2]) for place in range(2 * CALL_LIMIT)))
    assert track.calls == CALL_LIMIT == len(track.runs)


def test_a_session_without_calls_has_no_way():
    assert track_of(says("hello")).runs == ()


def test_paths_are_contiguous():
    assert list(list_paths(("a", "b", "c"), 2)) == [(0, ("a", "b")), (1, ("b", "c"))]
    assert list(list_paths(("a",), 2)) == []


@pytest.mark.parametrize(
    ("step", "place", "word"),
    [("sql: show", "`show` in `sql`", "`show`"), ("find_order", "`find_order`", "`find_order`")],
)
def test_a_step_is_named_by_its_command_or_its_tool(step, place, word):
    assert name_place(step) == place
    assert name_word(step) == word
