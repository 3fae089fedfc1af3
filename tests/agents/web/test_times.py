from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from agents.web.times import (
    machine_time,
    spell_day,
    spell_duration,
    spell_relative,
    spell_span,
    spell_utc,
)

NOW = datetime(2026, 11, 20, 6, 12, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=41), "41 s ago"),
        (timedelta(minutes=38), "38 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(days=8), "12 Nov"),
        (timedelta(days=400), "16 Oct 2025"),
        (timedelta(seconds=-7), "in 7 s"),
        (timedelta(hours=-6), "in 6 h"),
        (timedelta(days=-30), "20 Dec"),
    ],
)
def test_a_time_is_told_from_now(before, words) -> None:
    assert spell_relative(NOW - before, NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0.4 s"),
        (2, "2 s"),
        (38, "38 s"),
        (60, "1 min"),
        (151, "2 min 31 s"),
        (56_400, "15 h 40 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_length_of_time_has_two_units_at_most(seconds, words) -> None:
    assert spell_duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h")]
)
def test_a_span_uses_its_largest_unit(seconds, words) -> None:
    assert spell_span(seconds) == words


def test_a_day_of_this_year_needs_no_year() -> None:
    assert spell_day(date(2026, 11, 14), date(2026, 11, 20)) == "14 Nov"


def test_audit_times_are_utc_to_the_second_wherever_they_come_from() -> None:
    kolkata = datetime(2026, 11, 20, 11, 41, 58, 999_999, timezone(timedelta(hours=5, minutes=30)))
    assert spell_utc(kolkata) == "2026-11-20 06:11:58 UTC"


def test_the_machine_form_is_utc() -> None:
    assert machine_time(NOW) == "2026-11-20T06:12:09Z"
