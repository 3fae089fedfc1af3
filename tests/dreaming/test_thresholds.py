"""When a slot starts, waits or is skipped: a table of what there is and what is said."""

from datetime import timedelta

import pytest

from dreaming.thresholds import Limits, Seen, count_of, why_skip, why_start, why_wait

USUAL = Limits(min_hours=24, min_sessions=5, idle_minutes=0)


def seen(
    sessions: int = 9,
    hours: float | None = 30,
    quiet: float | None = 99,
    last: str = "D-12",
    *,
    is_late: bool = False,
) -> Seen:
    return Seen(
        last=last if hours is not None else "",
        since=None if hours is None else timedelta(hours=hours),
        sessions=sessions,
        quiet=None if quiet is None else timedelta(minutes=quiet),
        is_late=is_late,
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (seen(5, 24), ""),
        (seen(4, 24), "4 new sessions since D-12; 5 are needed."),
        (seen(1), "1 new session since D-12; 5 are needed."),
        (seen(0), "No new sessions since D-12; 5 are needed."),
        (seen(9, 23.99), "Only 23 hours since D-12; 24 are wanted."),
        (seen(9, 1.5), "Only 1 hour since D-12; 24 are wanted."),
        (seen(9, 0.2), "Less than an hour since D-12; 24 are wanted."),
        (seen(9, -1), "Less than an hour since D-12; 24 are wanted."),
        (
            seen(3, 6),
            "3 new sessions since D-12; 5 are needed. Only 6 hours since D-12; 24 are wanted.",
        ),
        (seen(4, None), "4 sessions so far; 5 are needed."),
        (seen(0, None), "No sessions so far; 5 are needed."),
        (seen(5, None), ""),
    ],
)
def test_what_is_missing_is_said(given: Seen, words: str):
    assert why_skip(USUAL, given) == words


def test_one_is_spelled_as_one():
    limits = Limits(min_hours=1, min_sessions=1, idle_minutes=0)
    assert why_skip(limits, seen(0, 0.5)) == (
        "No new sessions since D-12; 1 is needed. Less than an hour since D-12; 1 is wanted."
    )


def test_no_hours_wanted_never_skips_for_hours():
    assert why_skip(Limits(0, 1, 0), seen(1, 0)) == ""


@pytest.mark.parametrize(
    ("idle", "given", "words"),
    [
        (0, seen(quiet=0), ""),
        (15, seen(quiet=15), ""),
        (15, seen(quiet=None), ""),
        (
            15,
            seen(quiet=4.9),
            "15 minutes without a new session are wanted; the newest came 4 minutes ago.",
        ),
        (
            1,
            seen(quiet=0.5),
            "1 minute without a new session is wanted; the newest came less than a minute ago.",
        ),
        (
            9,
            seen(quiet=-3),
            "9 minutes without a new session are wanted; the newest came less than a minute ago.",
        ),
        (15, seen(quiet=4, is_late=True), ""),
    ],
)
def test_it_waits_for_quiet_until_a_later_slot_comes(idle: int, given: Seen, words: str):
    assert why_wait(Limits(24, 5, idle), given) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [(seen(7), "7 new sessions since D-12."), (seen(7, None), "7 sessions so far.")],
)
def test_what_a_dream_would_have_is_said(given: Seen, words: str):
    assert why_start(given) == words


@pytest.mark.parametrize(
    ("number", "words"), [(0, "No hours"), (1, "1 hour"), (2, "2 hours"), (1500, "1,500 hours")]
)
def test_counts_in_words(number: int, words: str):
    assert count_of(number, "hour") == words
