import pytest

from dreaming.engines.base import Candidate, EngineEvent, EngineSession
from dreaming.engines.habits import AGAIN, IN_VAIN, STUCK, HabitLedger, say_habit
from tests.dreaming.build_sessions import answers, calls, fails, session
from tests.dreaming.engines.corpora import check_form, confuse, plant, summarise


def asks(tool: str, *results: str, call_id: str = "1", **arguments: object) -> list[EngineEvent]:
    """The same call once for every result; a result that begins with "Error" is an error."""
    events = []
    for place, text in enumerate(results):
        one = f"{call_id}-{place}"
        result = fails if text.startswith("Error") else answers
        events += [calls(tool, one, **arguments), result(tool, text, one)]
    return events


def mine(*sessions: EngineSession) -> tuple[Candidate, ...]:
    return summarise(HabitLedger(), sessions)


def each(count: int, *results: str, tool: str = "get_order", **fields: str) -> list[EngineSession]:
    """Sessions of tasks of their own in which the same call came to these results."""
    return [session(n, *asks(tool, *results, id=f"W{n}"), **fields) for n in range(count)]


# The same call again


def test_asking_again_for_what_was_answered_is_waste():
    (found,) = mine(*each(3, "sent", "sent"))
    assert found.statement == (
        "Do not call `get_order` again with the same arguments: the answer does not change."
    )
    assert (found.kind, found.claim, found.scope) == ("mistake", "", "tool:get_order")
    assert found.matched == {"S-0", "S-1", "S-2"}


def test_the_second_call_is_quoted():
    (found,) = mine(*each(3, "sent", "sent"))
    assert [(q.session, q.event, q.text) for q in found.quotes] == [
        (f"S-{n}", 2, f'{{"id": "W{n}"}}') for n in range(3)
    ]


def test_everyone_who_was_answered_could_have_asked_again():
    (found,) = mine(*each(3, "sent", "sent"), session(9, *asks("get_order", "sent", id="W9")))
    assert found.exposed == {"S-0", "S-1", "S-2", "S-9"}


@pytest.mark.parametrize(
    "results",
    [("sent",), ("waiting", "sent"), ("waiting", "waiting, still", "sent"), ("", "")],
    ids=str,
)
def test_an_answer_that_changes_is_worth_asking_for(results):
    assert mine(*each(5, *results)) == ()


def test_a_step_that_is_mostly_waited_for_is_not_advised_against():
    waited = [session(100 + n, *asks("get_order", "waiting", "sent", id=f"W{n}")) for n in range(3)]
    assert mine(*each(3, "sent", "sent"), *waited) == ()


def test_writing_the_same_twice_is_not_called_asking():
    assert mine(*each(5, "done", "done", tool="add_item")) == ()


def test_other_arguments_are_another_call():
    sessions = [
        session(n, *asks("get_order", "sent", id="a"), *asks("get_order", "sent", id="b"))
        for n in range(5)
    ]
    assert mine(*sessions) == ()


def test_a_call_without_arguments_is_not_followed():
    assert mine(*(session(n, *asks("list_orders", "none", "none")) for n in range(5))) == ()


@pytest.mark.parametrize("count", [1, 2])
def test_few_sessions_are_no_habit(count):
    assert mine(*each(count, "sent", "sent")) == ()


def test_one_task_tried_again_is_no_habit():
    assert mine(*each(5, "sent", "sent", task_key="one")) == ()


def test_an_accident_among_many_sessions_is_no_habit():
    once = [session(1000 + n, *asks("get_order", "sent", id=f"W{n}")) for n in range(100)]
    assert mine(*each(3, "sent", "sent"), *once) == ()


def test_commands_are_spoken_of_as_commands():
    sessions = [session(n, *asks("sql", "[]", "[]", query=f"SELECT {n}")) for n in range(3)]
    (found,) = mine(*sessions)
    assert found.statement == (
        "Do not send `sql` the same command again: the answer does not change."
    )


def test_commands_that_change_something_may_be_sent_again():
    sessions = [session(n, *asks("sql", "ok", "ok", query=f"INSERT {n}")) for n in range(3)]
    assert mine(*sessions) == ()


def test_what_sub_sessions_ask_is_compared_among_themselves():
    inner = [
        EngineEvent(0, "tool_call", "assistant", '{"id": "W1"}', "get_order", "s", sub_session="s"),
        EngineEvent(0, "tool_result", "tool", "sent", "get_order", "s", sub_session="s"),
    ]
    sessions = [session(n, *asks("get_order", "sent", id="W1"), *inner) for n in range(5)]
    assert mine(*sessions) == ()


# Again unchanged after a failure


def test_a_failed_call_sent_again_unchanged_is_waste():
    (found,) = mine(*each(3, "Error: no W", "Error: no W"))
    assert found.template == "in vain: get_order"
    assert found.statement == (
        "After `get_order` failed, do not call it again with the same arguments: it fails."
    )
    assert [quote.text for quote in found.quotes] == ["Error: no W"] * 3


def test_what_works_the_second_time_may_be_tried_again():
    assert mine(*each(5, "Error: busy", "ok")) == ()
    busy = [session(50 + n, *asks("get_order", "Error: busy", "ok", id="W")) for n in range(3)]
    assert mine(*each(3, "Error: busy", "Error: busy"), *busy) == ()


def test_errors_that_repeat_memory_are_no_evidence():
    sessions = [
        session(
            n,
            *asks("get_order", "Error: no", id="W"),
            calls("get_order", "9", id="W"),
            fails("get_order", "Error: no", "9", remembered=True),
        )
        for n in range(5)
    ]
    assert mine(*sessions) == ()


# Failing on and on


def stuck(number: int, *after: EngineEvent, failures: int = 3) -> EngineSession:
    tries = [
        event
        for place in range(failures)
        for event in asks("sql", "Error: no column", query=f"SELECT {place}", call_id=str(place))
    ]
    return session(number, *tries, *after)


def looks(word: str = "SHOW TABLES") -> list[EngineEvent]:
    return [
        *asks("sql", "tables", query=word, call_id="look"),
        *asks("sql", "rows", query="SELECT a FROM b", call_id="works"),
    ]


def test_three_failures_without_a_success_are_being_stuck():
    (found,) = mine(*(stuck(n) for n in range(3)))
    assert found.template == "stuck: sql"
    assert found.statement == (
        "When commands to `sql` keep failing, stop and find out what they need first."
    )
    assert {quote.event for quote in found.quotes} == {5}


def test_what_led_out_is_the_instruction():
    (found,) = mine(*(stuck(n, *looks()) for n in range(3)))
    assert found.template == "stuck: sql: select"
    assert found.statement == "When `select` in `sql` keeps failing, call `show` first."
    assert found.recovered == {"S-0", "S-1", "S-2"}


def test_another_tool_that_led_out_is_named():
    out = [*asks("list_tables", "a, b", of="db"), *asks("sql", "rows", query="SELECT 9")]
    (found,) = mine(*(stuck(n, *out) for n in range(3)))
    assert found.statement == ("When `select` in `sql` keeps failing, call `list_tables` first.")


def test_what_changes_something_is_no_way_out():
    (found,) = mine(*(stuck(n, *looks("DROP TABLE a")) for n in range(3)))
    assert "drop" not in found.statement


def test_two_failures_are_no_habit():
    assert mine(*(stuck(n, failures=2) for n in range(5))) == ()


def test_a_success_in_between_ends_the_count():
    works = asks("sql", "rows", query="SELECT 7", call_id="x")
    tries = [asks("sql", "Error: no", query=f"SELECT {n}", call_id=f"{n}") for n in range(3)]
    steps = [*tries[0], *tries[1], *works, *tries[2]]
    assert mine(*(session(n, *steps) for n in range(5))) == ()


def test_a_tool_without_commands_is_stuck_too():
    tries = [e for n in range(3) for e in asks("pay", "Error: no", card=f"c{n}", call_id=f"{n}")]
    (found,) = mine(*(session(n, *tries) for n in range(3)))
    assert found.statement == "When `pay` keeps failing, stop and find out what it needs first."


def test_unusual_tool_names_are_passed_by():
    assert mine(*each(5, "sent", "sent", tool="get now\nobey")) == ()


@pytest.mark.parametrize("kind", [AGAIN, IN_VAIN, STUCK])
@pytest.mark.parametrize("takes", ["", "command"])
def test_statements_hold_no_numbers(kind, takes):
    words = say_habit(kind, "sql", takes=takes)
    assert words.endswith(".")
    assert not any(letter.isdigit() for letter in words)


def test_the_order_of_sessions_does_not_matter():
    sessions = [
        *(stuck(n, *looks()) for n in range(4)),
        *(session(50 + n, *asks("get_order", "sent", "sent", id=f"W{n}")) for n in range(9)),
    ]
    found = sorted(mine(*sessions), key=lambda one: one.template)
    assert len(found) == 2
    assert found == sorted(mine(*reversed(sessions)), key=lambda one: one.template)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_sessions_hold_candidates_are_well_formed(seed):
    for sessions in (confuse(seed), plant(seed, "error", sessions=120)):
        check_form(mine(*sessions), sessions)


def test_sessions_of_chance_have_no_habits():
    assert mine(*plant(1, "tool")) == ()
