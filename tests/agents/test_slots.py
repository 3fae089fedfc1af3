"""Which moments a cron line names: changes of clocks, bad input, and no slot twice or lost."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import BadTimes
from agents.slots import (
    clean_cron,
    clean_zone,
    clocks_moved,
    explain,
    newest_slot,
    next_slot,
    read_slot,
    slots_between,
    spell_slot,
    zone_of,
)

# Where clocks change at night, at midnight, by half an hour, in winter, and not at all.
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"),
    *("Africa/Cairo", "America/Havana", "Asia/Kolkata", "Africa/Casablanca", "Antarctica/Troll"),
)
DAILY = ("30 2 * * *", "0 2 * * *", "15 0 * * *", "59 23 * * *", "30 1 * * *", "0 3 * * *")
LINES = (*DAILY, "0 * * * *", "30 */2 * * *", "0 2,3 * * *", "0 4 * * MON-FRI", "0 5 L * *")
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return read_slot(f"2026-{text}Z")


def spelled(cron: str, zone: str, after: str, until: str) -> list[str]:
    found = slots_between(cron, zone, at(after), at(until))
    return [spell_slot(slot)[5:-1] for slot in found]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "until", "slots"),
    [
        # Berlin's clocks leap from 02:00 to 03:00 on 29 March: the lost time comes right after.
        (
            *("30 2 * * *", "Europe/Berlin", "03-27T12:00", "03-30T12:00"),
            ["03-28T01:30", "03-29T01:00", "03-30T00:30"],
        ),
        # They show 02:00 to 03:00 twice on 25 October: the first one counts.
        (
            *("30 2 * * *", "Europe/Berlin", "10-23T12:00", "10-26T12:00"),
            ["10-24T00:30", "10-25T00:30", "10-26T01:30"],
        ),
        # Two times of which one is lost fall together: one slot.
        (*("0 2,3 * * *", "Europe/Berlin", "03-28T12:00", "03-29T12:00"), ["03-29T01:00"]),
        (
            *("30 2 * * *", "America/New_York", "03-07T12:00", "03-09T12:00"),
            ["03-08T07:00", "03-09T06:30"],
        ),
        (
            *("30 1 * * *", "America/New_York", "10-31T12:00", "11-02T12:00"),
            ["11-01T05:30", "11-02T06:30"],
        ),
        # Half an hour.
        (
            *("15 2 * * *", "Australia/Lord_Howe", "10-02T12:00", "10-04T16:00"),
            ["10-02T15:45", "10-03T15:30", "10-04T15:15"],
        ),
        # Midnight itself is lost.
        (
            *("0 0 * * *", "Africa/Cairo", "04-22T12:00", "04-25T12:00"),
            ["04-22T22:00", "04-23T22:00", "04-24T21:00"],
        ),
        # Midnight comes twice.
        (
            *("30 0 * * *", "America/Havana", "10-31T12:00", "11-02T12:00"),
            ["11-01T04:30", "11-02T05:30"],
        ),
        # A star for the hour follows the clock on the wall.
        (
            *("0 * * * *", "Europe/Berlin", "10-24T23:00", "10-25T03:00"),
            ["10-25T00:00", "10-25T01:00", "10-25T02:00", "10-25T03:00"],
        ),
        (*("0 * * * *", "Europe/Berlin", "03-28T23:30", "03-29T02:00"), [
            "03-29T00:00", "03-29T01:00", "03-29T02:00",
        ]),
        (*("0 2 * * *", "UTC", "02-27T12:00", "03-01T12:00"), ["02-28T02:00", "03-01T02:00"]),
    ],
)  # fmt: skip
def test_slots_across_changes_of_clocks(
    cron: str, zone: str, after: str, until: str, slots: list[str]
):
    assert spelled(cron, zone, after, until) == slots


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", DAILY)
def test_a_line_that_names_its_hour_comes_once_each_day_of_the_year(cron: str, zone: str):
    slots = list(slots_between(cron, zone, YEAR, YEAR + timedelta(days=366)))
    days = [slot.astimezone(zone_of(zone)).date() for slot in slots]
    assert len(days) == len(set(days))
    assert len(days) in {365, 366}
    gaps = [later - earlier for earlier, later in pairwise(slots)]
    assert max(gaps) <= timedelta(hours=26)


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_the_day_of_a_change_has_its_slot_whenever_one_begins_to_count(zone: str, year: int):
    start = datetime(year, 1, 1, tzinfo=UTC)
    whole = list(slots_between("30 2 * * *", zone, start, start + timedelta(days=365)))
    for hour in range(0, 365 * 24, 7):
        now = start + timedelta(hours=hour)
        later = [slot for slot in whole if slot > now]
        if later:
            assert next_slot("30 2 * * *", zone, now) == later[0]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", LINES)
def test_wherever_a_walk_begins_near_a_change_it_meets_the_same_slots(cron: str, zone: str):
    for month, day in ((3, 7), (3, 28), (4, 4), (4, 23), (9, 5), (10, 3), (10, 24), (10, 31)):
        start = datetime(2026, month, day, tzinfo=UTC)
        whole = list(slots_between(cron, zone, start - timedelta(days=9), start))
        whole += slots_between(cron, zone, start, start + timedelta(days=9))
        for minutes in range(0, 48 * 60, 95):
            begin = start + timedelta(minutes=minutes, seconds=minutes % 60)
            end = begin + timedelta(hours=30)
            expected = [slot for slot in whole if begin < slot <= end]
            assert list(slots_between(cron, zone, begin, end)) == expected


steps = st.lists(st.integers(1, 4 * 24 * 60), min_size=1, max_size=60)


@given(steps, st.sampled_from(LINES), st.sampled_from(ZONES), st.integers(0, 525_600))
def test_walking_the_clock_repeats_no_slot_and_loses_none(
    minutes: list[int], cron: str, zone: str, begin: int
):
    start = now = YEAR + timedelta(minutes=begin)
    walked: list[datetime] = []
    for step in minutes:
        walked += slots_between(cron, zone, now, now + timedelta(minutes=step))
        now += timedelta(minutes=step)
    assert walked == list(slots_between(cron, zone, start, now))
    assert walked == sorted(set(walked))


@given(st.sampled_from(LINES), st.sampled_from(ZONES), st.integers(0, 525_600))
def test_next_and_newest_meet(cron: str, zone: str, minute: int):
    now = YEAR + timedelta(minutes=minute)
    coming = next_slot(cron, zone, now)
    assert coming is not None
    assert newest_slot(cron, zone, now, coming) == coming
    assert newest_slot(cron, zone, now, coming - timedelta(minutes=1)) is None


@pytest.mark.parametrize(
    ("cron", "newest"),
    [
        ("0 2 * * *", "2026-11-21T02:00Z"),
        ("0 0 1 * *", "2026-11-01T00:00Z"),
        ("0 0 1 1 *", "2026-01-01T00:00Z"),
        ("0 0 29 2 *", "2024-02-29T00:00Z"),
    ],
)
def test_the_newest_slot_is_found_however_long_ago_it_was(cron: str, newest: str):
    found = newest_slot(cron, "UTC", datetime(2000, 1, 1, tzinfo=UTC), at("11-21T06:00"))
    assert found == read_slot(newest)


def test_what_came_before_is_no_newest_slot():
    assert newest_slot("0 2 * * *", "UTC", at("11-21T02:00"), at("11-21T09:00")) is None


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Havana"])
def test_slots_are_in_utc_to_the_minute(zone: str):
    for slot in slots_between("17 */3 * * *", zone, YEAR, YEAR + timedelta(days=9)):
        assert (slot.tzinfo, slot.second, slot.microsecond) == (UTC, 0, 0)
        assert read_slot(spell_slot(slot)) == slot


@pytest.mark.parametrize(
    ("since", "until", "moved"),
    [("03-28T12:00", "03-29T12:00", 60), ("10-24T12:00", "10-25T12:00", 60),
     ("07-01T00:00", "08-01T00:00", 0)],
)  # fmt: skip
def test_how_far_clocks_moved(since: str, until: str, moved: int):
    assert clocks_moved("Europe/Berlin", at(since), at(until)) == timedelta(minutes=moved)


# What a person writes


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("0 2 * * *", "0 2 * * *", "At 02:00 every day"),
        ("  0   2 * *  mon-fri ", "0 2 * * mon-fri", "At 02:00 on Monday through Friday"),
        ("30 4 L * *", "30 4 L * *", "At 04:30 on the last day of every month"),
    ],
)
def test_a_line_is_kept_with_single_spaces_and_said_in_words(text: str, line: str, words: str):
    assert clean_cron(text) == line
    assert explain(line) == words


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "No time is given"),
        ("* * * * *", "more than once an hour"),
        ("*/30 * * * *", "more than once an hour"),
        ("0,1 2 * * *", "more than once an hour"),
        ("0 0 2 * * *", "seconds are not told apart"),
        ("@daily", "one field; five are wanted"),
        ("2", "one field; five are wanted"),
        ("0 2 * *", "4 fields; five are wanted"),
        ("60 2 * * *", r"the minute is out of range \(0 to 59\)"),
        ("0 24 * * *", r"the hour is out of range \(0 to 23\)"),
        ("0 2 32 * *", "the day of month is out of range"),
        ("0 2 * 13 *", "the month is out of range"),
        ("0 2 * * 9", "the day of week is out of range"),
        ("0 2 31 2 *", "in a month that has it"),
        ("0 2 30-5 * *", "the day of month is out of range"),
        ("0 2 30 2 1#6", "the day of week is out of range"),
        ("x" * 101, "has 101 characters"),
    ],
)
def test_what_is_no_line_is_named_with_an_example(text: str, says: str):
    with pytest.raises(BadTimes, match=says) as refused:
        clean_cron(text)
    assert '"' in str(refused.value)
    assert len(str(refused.value)) < 400


@given(st.text(alphabet="0123456789*/,-#LW MONAFRI@\x00é٣", max_size=30))
def test_any_text_is_a_line_or_refused(text: str):
    try:
        line = clean_cron(text)
    except BadTimes:
        return
    assert next_slot(line, "Europe/Berlin", YEAR) is not None


def test_what_is_no_zone_is_named_with_the_nearest_one():
    assert clean_zone(" Asia/Kolkata ") == "Asia/Kolkata"
    for ask in (clean_zone, zone_of):
        with pytest.raises(BadTimes, match='Is it "Europe/Berlin"'):
            ask("Berlin")


def test_a_line_of_an_older_time_that_is_none_is_refused_and_does_not_break():
    with pytest.raises(BadTimes):
        next_slot("never", "UTC", YEAR)
    with pytest.raises(BadTimes):
        explain("never")
