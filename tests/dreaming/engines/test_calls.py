import pytest

from dreaming.engines.calls import name_step, pair_calls, read_arguments, read_calls
from tests.dreaming.build_sessions import answers, calls, fails, session


def test_calls_are_paired_by_id_even_out_of_order():
    one = session(
        1, calls("a", "1"), calls("b", "2"), answers("b", "two", "2"), answers("a", "one", "1")
    )
    assert [(c.tool, c.result and c.result.text) for c in pair_calls(one.events)] == [
        ("a", "one"),
        ("b", "two"),
    ]


def test_results_without_ids_answer_the_oldest_open_call_of_their_tool():
    one = session(1, calls("a"), calls("b"), calls("a"), answers("b", "2"), answers("a", "1"))
    results = [c.result.text if c.result else None for c in pair_calls(one.events)]
    assert results == ["1", "2", None]


def test_a_result_that_names_no_tool_answers_the_oldest_open_call():
    one = session(1, calls("a", "1"), calls("b"), answers("", "first"), answers("b", "second"))
    assert [c.result.text for c in pair_calls(one.events)] == ["first", "second"]


def test_a_call_answered_by_id_waits_no_longer():
    one = session(1, calls("a", "1"), calls("a"), answers("a", "one", "1"), answers("a", "two"))
    assert [c.result.text for c in pair_calls(one.events)] == ["one", "two"]


def test_a_result_with_an_unknown_id_answers_nothing():
    one = session(1, calls("a", "1"), answers("a", "other", "2"))
    assert [c.result for c in pair_calls(one.events)] == [None]


def test_calls_stand_in_order_with_errors_nobody_called_for_between():
    one = session(1, calls("a", "1"), fails("b", "Error: no"), calls("c", "3"))
    assert [(c.tool, c.at) for c in pair_calls(one.events)] == [("a", 0), ("b", -1), ("c", 2)]


def test_an_error_without_a_call_is_still_seen():
    (call,) = pair_calls(session(1, fails("a", "Error: no")).events)
    assert call.failed
    assert call.at == -1


def test_an_answer_without_a_call_is_nothing():
    assert pair_calls(session(1, answers("a", "yes")).events) == []


@pytest.mark.parametrize(
    ("text", "arguments"),
    [('{"a": 1}', {"a": 1}), ("", {}), ("ls -l", {"": "ls -l"}), ("[1]", {"": [1]})],
)
def test_arguments_are_read_whatever_they_are(text, arguments):
    assert read_arguments(text) == arguments


# The same tool again


@pytest.mark.parametrize(
    ("tool", "arguments", "step"),
    [
        ("find_order", {"id": "W1"}, "find_order"),
        ("sql", {"query": "SELECT 1 FROM orders"}, "sql: select"),
        ("sql", {"query": "execute[SHOW TABLES IN shop]"}, "sql: show"),
        ("sql", {"query": "DESC orders"}, "sql: describe"),
        ("bash", {"command": "ls"}, "bash: ls"),
        ("web_search", {"query": "best hotels in Rome"}, "web_search"),
        ("bad name\n", {"id": "W1"}, ""),
    ],
)
def test_a_step_is_a_tool_and_its_command(tool, arguments, step):
    (call,) = pair_calls(session(1, calls(tool, "1", **arguments)).events)
    assert name_step(call) == step


def test_a_reading_holds_the_step_and_the_arguments_of_each_call():
    one = session(1, calls("sql", query="SHOW TABLES"), answers("sql"), calls("submit"))
    reading = read_calls(one)
    assert reading.steps == ("sql: show", "submit")
    assert reading.given == ({"query": "SHOW TABLES"}, {})
