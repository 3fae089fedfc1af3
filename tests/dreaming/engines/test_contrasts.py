import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.contrasts import Roll
from tests.dreaming.build_sessions import session

ENDS = {"f": "failure", "s": "success", "u": "unknown"}


def roll_of(ends: str, *, per_task: int = 2, agents: int = 1, environment: str = "") -> Roll:
    """Sessions S-0, S-1, ... that ended as the letters say, so many of each task."""
    roll = Roll()
    for number, end in enumerate(ends):
        roll.note(
            session(
                number,
                verdict=ENDS[end],
                task_key=f"t{number // per_task}",
                agent=f"a{number % agents}",
                environment=environment,
            )
        )
    roll.close()
    return roll


def ids(*numbers: int) -> frozenset[str]:
    return frozenset(f"S-{number}" for number in numbers)


def everyone(roll: Roll) -> frozenset[str]:
    return frozenset(roll.standings)


@pytest.mark.parametrize(
    ("ends", "matched", "lean"),
    [
        ("fsfs", (0, 2), 1.0),
        ("sfsf", (0, 2), -1.0),
        ("ffss", (0, 1), 0.0),
        ("ffss", (0, 2), 0.0),
        ("fssf", (0, 2), 0.0),
        ("fsfu", (0, 2), 1.0),
        ("uuuu", (0, 2), 0.0),
    ],
)
def test_ends_are_compared_within_tasks(ends, matched, lean):
    roll = roll_of(ends)
    assert roll.lean(ids(*matched), everyone(roll)) == lean


def test_a_pattern_of_hard_tasks_is_no_cause():
    roll = roll_of("ffffssss", per_task=4)
    assert roll.lean(ids(0, 1, 2, 3), everyone(roll)) == 0.0


def test_tasks_that_are_not_repeated_are_compared_by_agent():
    roll = roll_of("fsfs", per_task=1)
    assert roll.lean(ids(0, 2), everyone(roll)) == 1.0
    apart = roll_of("fsfs", per_task=1, agents=2)
    assert apart.lean(ids(0, 2), everyone(apart)) == 0.0


def test_fields_of_work_are_never_compared_with_each_other():
    roll = Roll()
    for number, (end, place) in enumerate(zip("fs", ("airline", "retail"), strict=True)):
        roll.note(session(number, verdict=ENDS[end], environment=place))
    roll.close()
    assert roll.domain_of("S-0") == "airline"
    assert roll.lean(ids(0), everyone(roll)) == 0.0


@given(st.text("fs", min_size=8, max_size=8), st.sets(st.integers(0, 7)))
def test_what_a_comparison_could_tell_does_not_depend_on_ends(ends, matched):
    one, other = roll_of(ends, per_task=4), roll_of("ffffffff", per_task=4)
    weights = [roll.weigh(ids(*matched), everyone(roll)) for roll in (one, other)]
    assert weights[0] == weights[1]


def test_most_is_told_where_half_of_each_task_shows_it():
    roll = roll_of("ffss", per_task=4)
    weights = [roll.weigh(ids(*range(count)), everyone(roll)) for count in range(5)]
    assert weights == [0.0, 0.75, 1.0, 0.75, 0.0]


@pytest.mark.parametrize(
    ("matched", "sessions", "tasks", "enough"),
    [((0, 1, 2), 3, 2, True), ((0, 1), 3, 2, False), ((0, 1), 2, 2, False), ((0, 2), 2, 2, True)],
)
def test_support_is_of_sessions_and_of_tasks(matched, sessions, tasks, enough):
    roll = roll_of("ffffff")
    assert roll.has_support(ids(*matched), sessions=sessions, tasks=tasks) is enough


def test_agents_are_counted_once():
    roll = roll_of("ffffff", agents=2)
    assert roll.count_agents(ids(0, 2, 4)) == 1
    assert roll.count_agents(ids(0, 1)) == 2


# With the length of sessions taken out


def test_what_shows_only_because_a_session_went_on_longer_does_not_stand_out():
    ends = "ffffssss" * 10
    roll = roll_of(ends, per_task=8)
    spans = {f"S-{n}": 8 if end == "f" else 2 for n, end in enumerate(ends)}
    late = {name: 5 for name, span in spans.items() if span > 5}
    assert roll.lean(frozenset(late), everyone(roll)) == 1.0
    assert roll.lean_over_time(late, spans) == 0.0


def test_what_failing_sessions_do_from_the_start_stands_out():
    ends = "ffffssss" * 10
    roll = roll_of(ends, per_task=8)
    spans = {f"S-{n}": 8 if end == "f" else 3 for n, end in enumerate(ends)}
    early = {f"S-{n}": 1 for n, end in enumerate(ends) if end == "f"}
    assert roll.lean_over_time(early, spans) > 5
    well = {f"S-{n}": 1 for n, end in enumerate(ends) if end == "s"}
    assert roll.lean_over_time(well, spans) == -roll.lean_over_time(early, spans)


def test_the_statistic_is_that_of_the_log_rank_test():
    roll = roll_of("ffss", per_task=4)
    spans = {"S-0": 5, "S-1": 5, "S-2": 5, "S-3": 5}
    shown = {"S-0": 0, "S-1": 1}
    # At 0: 1 event, 2 of 4 at risk fail. At 1: 1 event, 1 of 3.
    score = (1 - 1 / 2) + (1 - 1 / 3)
    variance = 1 / 2 * 1 / 2 * 1 + 1 / 3 * 2 / 3 * 1
    assert roll.lean_over_time(shown, spans) == pytest.approx(score / math.sqrt(variance))


@pytest.mark.parametrize(
    ("ends", "spans"), [("ffff", 5), ("ssss", 5), ("uuuu", 5), ("fsfs", 0)], ids=str
)
def test_where_nothing_can_be_compared_nothing_stands_out(ends, spans):
    roll = roll_of(ends)
    assert roll.lean_over_time({"S-0": 0}, dict.fromkeys(everyone(roll), spans)) == 0.0
