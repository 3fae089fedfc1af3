"""When a decision is due, and how that is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.due_times import LONGEST_DAYS, LONGEST_HOURS, Limits, due_after, mark_of

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(("risk", "hours"), [("high", 24), ("medium", 72), ("low", 168)])
def test_a_decision_is_due_after_the_hours_of_its_risk(risk: str, hours: int) -> None:
    due = due_after(Limits(), risk, NOW)
    assert due.due_at == NOW + timedelta(hours=hours)
    assert due.remind_at == NOW + timedelta(hours=hours) * 0.8


def test_the_numbers_of_a_workspace_are_used() -> None:
    assert due_after(Limits(high_hours=2), "high", NOW).due_at == NOW + timedelta(hours=2)


@given(st.integers(1, LONGEST_HOURS), st.sampled_from(["high", "medium", "low"]))
def test_a_reminder_comes_after_the_start_and_before_the_end(hours: int, risk: str) -> None:
    due = due_after(Limits(hours, hours, hours), risk, NOW)
    assert NOW < due.remind_at < due.due_at


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(high_hours=0), "0 hours for high risk"),
        (Limits(medium_hours=LONGEST_HOURS + 1), "8,761 hours for medium risk"),
        (Limits(low_hours=-3), "-3 hours for low risk"),
        (Limits(recheck_days=0), "0 days"),
        (Limits(recheck_days=LONGEST_DAYS + 1), "366 days"),
    ],
)
def test_numbers_out_of_range_are_named(limits: Limits, said: str) -> None:
    (problem,) = limits.problems()
    assert problem.startswith(said)


@pytest.mark.parametrize("edge", [1, LONGEST_HOURS])
def test_the_ends_of_the_range_can_be_set(edge: int) -> None:
    assert Limits(edge, edge, edge, min(edge, LONGEST_DAYS)).problems() == ()


def test_every_number_out_of_range_is_named_at_once() -> None:
    assert len(Limits(0, 0, 0, 0).problems()) == 4


@pytest.mark.parametrize(
    ("left", "row", "head", "is_near", "is_late"),
    [
        (timedelta(hours=6), "due 6 h", "Due in 6 h", False, False),
        (timedelta(minutes=20), "due 20 min", "Due in 20 min", True, False),
        (timedelta(seconds=1), "due 1 s", "Due in 1 s", True, False),
        (timedelta(0), "late 0 s", "Late by 0 s", True, True),
        (timedelta(hours=-3), "late 3 h", "Late by 3 h", True, True),
        (timedelta(days=-9), "late 9 d", "Late by 9 d", True, True),
    ],
)
def test_a_due_time_is_said_by_what_is_left(
    left: timedelta,
    row: str,
    head: str,
    is_near: bool,
    is_late: bool,
) -> None:
    mark = mark_of(NOW + left, NOW + left - timedelta(hours=1), NOW)
    assert mark == (row, head, is_near, is_late)


def test_without_a_time_to_remind_a_due_time_is_near_only_when_late() -> None:
    assert not mark_of(NOW + timedelta(seconds=5), None, NOW).is_near
    assert mark_of(NOW, None, NOW).is_near
