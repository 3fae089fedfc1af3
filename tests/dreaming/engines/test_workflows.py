import os
from dataclasses import replace
from itertools import pairwise

import pytest

from dreaming.engines.base import Candidate, EngineSession
from dreaming.engines.workflows import WorkflowLedger, name_tool, say_beginning, say_path
from tests.dreaming.build_sessions import calls, candidate, says, session
from tests.dreaming.engines.corpora import (
    PLANTED_TOOL,
    TOOLS,
    check_form,
    confuse,
    drag_on,
    plant,
    shuffle_ends,
    summarise,
    told,
)

SEEDS = range(40 if os.environ.get("TEST_TIER") == "soak" else 4)
MOST_SEEDS = len(SEEDS) * 17 // 20


def way(
    number: int, steps: str, *, failed: bool, per_task: int = 4, **fields: str
) -> EngineSession:
    """A session that called the tools a, b, c, ... in this order."""
    verdict = "failure" if failed else "success"
    fields.setdefault("task_key", f"task-{number // per_task}")
    return session(number, *(calls(letter) for letter in steps), verdict=verdict, **fields)


def both(bad: str, good: str, count: int = 40) -> list[EngineSession]:
    """Of each task two sessions that took one way and failed, and two that took the other."""
    return [way(n, bad if n % 2 else good, failed=bool(n % 2)) for n in range(count)]


def mine(sessions: list[EngineSession]) -> tuple[Candidate, ...]:
    return summarise(WorkflowLedger(), sessions)


def claims(sessions: list[EngineSession]) -> dict[str, str]:
    return {one.template: one.claim for one in mine(sessions)}


# What is found


def test_a_beginning_that_goes_with_good_ends_helps():
    found = {one.template: one for one in mine(both("bxyz", "axyz"))}
    one = found["begin: a"]
    assert (one.kind, one.claim, one.signal) == ("workflow", "helps", "outcome")
    assert one.statement == "Begin with `a`."
    assert one.matched == {f"S-{n}" for n in range(0, 40, 2)}


def test_the_other_beginning_harms():
    found = {one.template: one for one in mine(both("bxyz", "axyz"))}
    assert found["not begin: b"].statement == (
        "Do not begin with `b`: comparable sessions without it ended better."
    )


def test_daybreak_tells_what_stands_out():
    sessions = both("bxyz", "axyz")
    assert {one.template for one in told(mine(sessions), sessions)} == {"begin: a", "not begin: b"}


def test_a_step_on_the_way_harms():
    sessions = both("xbyzx", "xyzxy")
    (found,) = (one for one in told(mine(sessions), sessions) if one.template == "not path: b")
    assert found.statement == ("Do not call `b`: comparable sessions without it ended better.")


def test_a_path_says_more_than_its_steps_where_only_their_order_tells():
    sessions = both("xbaxyz", "xabxyz")
    found = told(mine(sessions), sessions)
    assert {one.claim for one in found} == {"helps", "harms"}
    assert all(" > " in one.template for one in found)


def test_a_longer_path_that_does_what_its_step_does_is_left_out():
    found = claims(both("xbyxyz", "xyxyxz"))
    assert found["not path: b"] == "harms"
    assert not {"not path: x > b", "not path: b > y", "not begin: x > b"} & found.keys()


def test_runs_of_one_step_count_once():
    sessions = both("bxyzx", "axyzx")
    often = both("bbbxyzx", "aaxyzx")
    assert claims(sessions) == claims(often)


def test_sessions_without_it_are_what_it_is_compared_with():
    (found,) = (one for one in mine(both("xbyzx", "xyzxy")) if one.template == "not path: b")
    assert found.exposed == {f"S-{n}" for n in range(40)}


def test_the_step_it_begins_with_is_quoted():
    sessions = [
        session(
            n,
            says("hello"),
            *(calls(tool, order=f"W{n}") for tool in ("bxyz" if n % 2 else "axyz")),
            verdict="failure" if n % 2 else "success",
            task_key=f"task-{n // 4}",
        )
        for n in range(40)
    ]
    (found,) = (one for one in mine(sessions) if one.template == "not begin: b")
    assert [(q.session, q.event) for q in found.quotes] == [(f"S-{4 * n + 1}", 1) for n in range(5)]
    assert found.quotes[0].text == '{"order": "W1"}'


def test_commands_are_spoken_of_in_their_tool():
    def asking(number: int, *queries: str) -> EngineSession:
        verdict = "failure" if number % 2 else "success"
        steps = [calls("sql", query=query) for query in queries]
        return session(number, *steps, verdict=verdict, task_key=f"task-{number // 4}")

    sessions = [
        asking(n, "SELECT 1", "SELECT 2", "SELECT 3")
        if n % 2
        else asking(n, "SHOW TABLES", "SELECT 1", "SELECT 2")
        for n in range(40)
    ]
    (found,) = (one for one in mine(sessions) if one.template == "begin: sql: show")
    assert found.statement == "Begin with `show` in `sql`, before the first `select`."
    assert found.tool == "sql"


def test_looking_before_settling_is_said_so():
    def asking(number: int, *queries: str) -> EngineSession:
        verdict = "failure" if number % 2 else "success"
        steps = [calls("sql", query=query) for query in queries]
        return session(number, *steps, verdict=verdict, task_key=f"task-{number // 4}")

    sessions = [
        asking(n, "SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4")
        if n % 2
        else asking(n, *(("SELECT 1",) if n % 4 else ()), "SHOW TABLES", "SELECT 2", "SELECT 3")
        for n in range(80)
    ]
    found = {one.statement for one in mine(sessions) if one.claim == "helps"}
    assert "Call `show` in `sql` before you settle on a `select`." in found


@pytest.mark.parametrize(
    ("ends", "words"),
    [("d", "Call `h` before you come to `d`."), ("dxyz", "Call `h` along the way.")],
)
def test_a_step_is_asked_for_before_what_most_sessions_come_to(ends, words):
    sessions = [
        way(n, ("xyxyxy" if n % 2 else "xhyxhy") + ends[n // 2 % len(ends)], failed=bool(n % 2))
        for n in range(80)
    ]
    assert words in {one.statement for one in mine(sessions) if one.claim == "helps"}


def test_the_order_of_sessions_does_not_matter():
    sessions = plant(1, "tool")
    first = sorted(mine(sessions), key=lambda one: one.template)
    assert first == sorted(mine(sessions[::-1]), key=lambda one: one.template)


def test_to_take_a_path_and_not_to_are_two_patterns():
    there = {one.template for one in mine(both("xbyzx", "xyzxy"))}
    back = {one.template for one in mine(both("xyzxy", "xbyzx"))}
    assert "not path: b" in there
    assert "path: b" in back
    assert not {"path: b"} & there


# What is not


@pytest.mark.parametrize("count", [2, 4])
def test_few_sessions_tell_nothing(count):
    assert claims(both("bxyz", "axyz", count)).keys() <= {"begin: a", "not begin: b"}
    assert told(mine(both("bxyz", "axyz", count)), both("bxyz", "axyz", count)) == []


def test_one_task_tells_nothing():
    sessions = [
        way(n, "bxyz" if n % 2 else "axyz", failed=bool(n % 2), task_key="one") for n in range(40)
    ]
    assert mine(sessions) == ()


def test_a_beginning_of_hard_tasks_is_not_claimed():
    sessions = [way(n, "bxyz" if n < 20 else "axyz", failed=n < 20) for n in range(40)]
    assert not {"helps", "harms"} & set(claims(sessions).values())


def test_what_every_session_does_is_not_claimed():
    assert claims(both("abc", "abc")) == {}


def test_how_sessions_end_is_not_claimed():
    sessions = both("xyzxyg", "xyzxys")
    assert claims(sessions) == {}


def test_a_step_just_before_the_end_is_not_claimed():
    sessions = both("xyzxyzgq", "xyzxyzsq")
    assert not {"helps", "harms"} & set(claims(sessions).values())


def test_a_frequent_path_without_an_effect_is_common_and_no_more():
    ways = ("xabcxy", "yabcyx", "xbacxz", "ybacyx")
    sessions = [way(n, ways[n % 4], failed=(n + n // 4) % 2 == 0) for n in range(80)]
    found = mine(sessions)
    common = [one for one in found if one.claim == "common"]
    assert common
    assert all(one.statement.startswith("A common path: ") for one in common)
    assert told(found, sessions) == []


def test_sessions_that_went_on_longer_are_no_reason():
    found = 0
    for seed in SEEDS:
        sessions = drag_on(seed)
        found += len(told(mine(sessions), sessions))
    assert found <= len(SEEDS) // 2


def test_by_presence_alone_they_would_be_a_reason():
    sessions = drag_on(0)
    callers = {
        tool: frozenset(s.id for s in sessions if any(e.tool == tool for e in s.events))
        for tool in TOOLS
    }
    naive = [candidate(kind="workflow", template=tool, claim="harms", quotes=()) for tool in TOOLS]
    naive = [replace(one, matched=callers[one.template]) for one in naive]
    assert len(told(naive, sessions)) > len(TOOLS) // 2


def test_a_tool_without_the_command_it_takes_is_no_step():
    sessions = [
        session(
            n,
            calls("sql", query="well, it depends" if n % 2 else "SHOW TABLES"),
            calls("sql", query="SELECT 1"),
            calls("done"),
            verdict="failure" if n % 2 else "success",
            task_key=f"task-{n // 4}",
        )
        for n in range(40)
    ]
    assert claims(sessions).keys() == {"begin: sql: show"}


def test_unusual_tool_names_stand_in_no_statement():
    sessions = [
        session(
            n,
            calls("do as I say\nnow" if n % 2 else "a"),
            calls("x"),
            calls("y"),
            verdict="failure" if n % 2 else "success",
            task_key=f"task-{n // 4}",
        )
        for n in range(40)
    ]
    assert claims(sessions).keys() == {"begin: a"}


def test_a_path_of_one_field_of_work_is_compared_there():
    sessions = both("xbyzx", "xyzxy")
    other = [way(500 + n, "pqrpq", failed=n % 2 == 0, environment="elsewhere") for n in range(40)]
    (found,) = (one for one in mine(sessions + other) if one.template == "not path: b")
    assert found.exposed == {f"S-{n}" for n in range(40)}


# Corpora of chance


def test_a_planted_step_is_found():
    hits = 0
    for seed in SEEDS:
        sessions = plant(seed, "tool")
        found = told(mine(sessions), sessions)
        hits += any(f"`{PLANTED_TOOL}`" in one.statement for one in found)
    assert hits >= MOST_SEEDS


def test_of_shuffled_ends_almost_nothing_is_told():
    found = 0
    for seed in SEEDS:
        sessions = shuffle_ends(plant(seed, "tool"), seed)
        found += len(told(mine(sessions), sessions))
    assert found <= len(SEEDS) // 4


def test_the_number_of_patterns_compared_is_bounded():
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    names = [f"{one}_{two}" for one, two in pairwise(letters)] * 4
    sessions = [
        session(
            n,
            *(calls(names[(n * step + step) % len(names)]) for step in range(1, 30)),
            verdict="failure" if n % 3 else "success",
            task_key=f"task-{n // 4}",
        )
        for n in range(300)
    ]
    assert len(mine(sessions)) <= 80


@pytest.mark.parametrize("seed", range(3))
def test_whatever_sessions_hold_candidates_are_well_formed(seed):
    for sessions in (confuse(seed), plant(seed, "tool", sessions=120)):
        found = mine(sessions)
        check_form(found, sessions)
        assert not any("ignore" in one.statement.lower() for one in found)


def test_sessions_with_unknown_ends_claim_nothing():
    sessions = [replace(one, verdict="unknown") for one in both("bxyz", "axyz")]
    assert claims(sessions) == {}


def test_a_pattern_of_two_fields_is_compared_in_both():
    here = [replace(one, environment="here") for one in both("xbyzx", "xyzxy")]
    there = [
        replace(way(n + 100, "xbyzx" if n % 2 else "xyzxy", failed=True), environment="there")
        for n in range(40)
    ]
    (found,) = (one for one in mine(here + there) if one.template == "not path: b")
    assert found.exposed is not None
    assert len(found.exposed) == 80


def test_sessions_that_came_to_it_at_the_very_end_are_not_compared():
    last = [way(200 + n, "xyzxb", failed=False) for n in range(12)]
    (found,) = (one for one in mine(both("xbyzx", "xyzxy") + last) if one.template == "not path: b")
    assert found.exposed is not None
    assert not found.exposed & {one.id for one in last}
    assert not found.matched & {one.id for one in last}


def test_sessions_too_short_to_show_a_path_are_not_compared():
    short = [way(200 + n, "x", failed=True) for n in range(12)]
    (found,) = (
        one for one in mine(both("xbyzx", "xyzxy") + short) if one.template == "not path: b"
    )
    assert found.exposed is not None
    assert not found.exposed & {one.id for one in short}


# Words


@pytest.mark.parametrize(
    ("path", "claim", "otherwise", "words"),
    [
        (("a",), "helps", "", "Begin with `a`."),
        (("s: x",), "helps", "s: y", "Begin with `x` in `s`, before the first `y`."),
        (("a", "b"), "helps", "", "Begin with `a`, then `b`."),
        (("a",), "harms", "", "Do not begin with `a`: "),
        (("a", "b"), "harms", "", "Do not go from `a`, then `b`, at the start: "),
    ],
)
def test_a_beginning_is_said_as_an_instruction(path, claim, otherwise, words):
    assert say_beginning(path, claim, otherwise).startswith(words)


@pytest.mark.parametrize(
    ("path", "claim", "words"),
    [
        (("a",), "helps", "Call `a` along the way."),
        (("a", "b"), "helps", "After `a`, call `b`."),
        (("a", "b", "c"), "helps", "After `a`, call `b`, then `c`."),
        (("a",), "harms", "Do not call `a`: "),
        (("a", "b"), "harms", "Do not call `b` right after `a`: "),
        (("a", "b", "c"), "harms", "Do not call `c` right after `a`, then `b`: "),
    ],
)
def test_a_path_is_said_as_an_instruction(path, claim, words):
    assert say_path(path, claim).startswith(words)


@pytest.mark.parametrize(
    ("step", "last", "words"),
    [
        ("a", "b", "Call `a` before you come to `b`."),
        ("s: a", "s: b", "Call `a` in `s` before you settle on a `b`."),
        ("a", "", "Call `a` along the way."),
    ],
)
def test_a_step_is_said_with_what_sessions_come_to_last(step, last, words):
    assert say_path((step,), "helps", last) == words


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        (("sql: show",), "sql"),
        (("sql: show", "sql: select"), "sql"),
        (("sql: show", "a"), ""),
        (("a",), ""),
        (("sql: show", "bash: ls"), ""),
    ],
)
def test_a_path_names_the_one_tool_whose_commands_it_is_of(path, tool):
    assert name_tool(path) == tool
