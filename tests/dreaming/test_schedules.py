"""When dreams start by themselves: each slot once, whatever clocks, workers and people do."""

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from agents.errors import BadTimes
from agents.freezes import freeze_agent
from agents.models import Agent
from agents.pauses import pause_workspace, resume_workspace
from agents.slots import read_slot, slots_between, spell_slot
from dreaming import schedules
from dreaming.errors import DreamingError, NotStartable
from dreaming.models import Dream, DreamInput, DreamState, Schedule
from dreaming.schedules import Plan, outlook, set_schedule, start_due
from reviews.audit.bodies import commitments_of, read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.dreaming import nights

pytestmark = pytest.mark.django_db

ALWAYS: dict[str, Any] = {"min_hours": 0, "min_sessions": 1}
"""Limits that one session meets."""


def planned(cast: Cast, cron: str = "0 2 * * *", zone: str = "UTC", **more: Any) -> Schedule:
    """The schedule of the cast's agent, set by its lead now."""
    plan = Plan(cron=cron, zone=zone, **more)
    return set_schedule(cast.store, plan, by=nights.member(cast, cast.lead))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def finish(state: str = DreamState.COMPLETED) -> None:
    """Let every dream that waits or runs have ended."""
    Dream.objects.filter(state__in=["queued", "running"]).update(state=state)


def slots() -> list[str]:
    return list(Dream.objects.order_by("number").values_list("due_slot", flat=True))


def texts_of(entry: Entry) -> dict[str, str | None]:
    """What an entry committed to, by name."""
    return open_values(commitments_of(read_body(entry.body)))


# Setting it


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cron": "*/5 * * * *"}, "more than once an hour"),
        ({"zone": "Berlin"}, 'Is it "Europe/Berlin"'),
        ({"min_hours": -1}, "-1 hours between two dreams: choose 0 to 8,760"),
        ({"min_hours": 9_000}, "9,000 hours between two dreams"),
        ({"min_sessions": 0}, "0 new sessions: choose 1 to 100,000"),
        ({"idle_minutes": 1_441}, "1,441 minutes of quiet: choose 0 to 1,440"),
    ],
)
def test_what_cannot_be_is_refused_by_name(cast: Cast, wrong: dict[str, Any], says: str):
    with pytest.raises((BadTimes, DreamingError), match=says):
        planned(cast, **wrong)
    assert not Schedule.objects.exists()


def test_a_reviewer_sets_no_time(cast: Cast):
    with pytest.raises(NotStartable, match="A lead"):
        set_schedule(cast.store, Plan(), by=nights.member(cast, cast.reviewer))


def test_setting_and_changing_are_on_the_record_with_everything_that_was_set(cast: Cast):
    first = planned(cast)
    changed = planned(
        cast, "0 4 * * *", "Europe/Berlin", min_sessions=9, instructions="only: facts"
    )
    assert changed.pk == first.pk
    created, change = Entry.objects.filter(action__startswith="schedule.").order_by("pk")
    assert (created.action, change.action) == ("schedule.created", "schedule.changed")
    assert created.object == change.object == f"store:{cast.agent.slug}"
    after = read_body(change.body)["after"]
    assert (after["zone"], after["min_sessions"], after["enabled"]) == ("Europe/Berlin", 9, True)
    texts = texts_of(change)
    assert (texts["cron"], texts["instructions"]) == ("0 4 * * *", "only: facts")


def test_a_change_of_times_forgets_the_slots_before(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    clock.at = at(22, 3)
    planned(cast, "30 2 * * *", **ALWAYS)
    assert start_due(clock()) == []


def test_a_change_of_limits_keeps_what_is_due(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, min_sessions=1)
    clock.at = at(22, 3)
    planned(cast, min_sessions=1, instructions="ignore: greetings")
    (dream,) = start_due(clock())
    assert (dream.due_slot, dream.instructions) == ("2026-11-22T02:00Z", "ignore: greetings")


def test_waking_a_schedule_makes_up_nothing_of_its_rest(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, is_enabled=False, **ALWAYS)
    clock.at = at(24, 3)
    assert start_due(clock()) == []
    planned(cast, **ALWAYS)
    assert start_due(clock()) == []
    clock.at = at(25, 2)
    assert [dream.due_slot for dream in start_due(clock())] == ["2026-11-25T02:00Z"]


# Each slot once


def test_a_slot_that_passed_before_it_was_set_starts_nothing(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    assert start_due(clock()) == []
    clock.at = at(22, 1, 59)
    assert start_due(clock()) == []


def test_the_next_slot_starts_one_dream(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    schedule = planned(cast, **ALWAYS)
    clock.at = at(22, 2)
    (dream,) = start_due(clock())
    assert (dream.schedule, dream.state, dream.passed_over) == (schedule, "queued", {})
    finish()
    assert start_due(clock.advance(seconds=30)) == []
    assert slots() == ["2026-11-22T02:00Z"]


# Zones and dates: from a moment in UTC on, ticks every half hour, and the slots that were dreamt.
NIGHTS = [
    ("UTC", "0 2 * * *", "2026-03-28T03:00Z", ["2026-03-29T02:00Z", "2026-03-30T02:00Z"]),
    # The clocks leap over 02:30.
    (
        *("Europe/Berlin", "30 2 * * *", "2026-03-28T03:00Z"),
        ["2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ),
    # The clocks show 02:30 twice.
    (
        *("Europe/Berlin", "30 2 * * *", "2026-10-24T03:00Z"),
        ["2026-10-25T00:30Z", "2026-10-26T01:30Z"],
    ),
    (
        *("America/New_York", "0 2 * * *", "2026-03-07T08:00Z"),
        ["2026-03-08T07:00Z", "2026-03-09T06:00Z"],
    ),
    (
        *("America/New_York", "30 1 * * *", "2026-10-31T08:00Z"),
        ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    ),
    (
        *("Australia/Lord_Howe", "15 2 * * *", "2026-10-02T16:00Z"),
        ["2026-10-03T15:30Z", "2026-10-04T15:15Z"],
    ),
    (
        *("America/Santiago", "0 0 * * *", "2026-09-05T05:00Z"),
        ["2026-09-06T04:00Z", "2026-09-07T03:00Z"],
    ),
    (
        *("America/Havana", "30 0 * * *", "2026-10-31T12:00Z"),
        ["2026-11-01T04:30Z", "2026-11-02T05:30Z"],
    ),
    (
        *("Asia/Kolkata", "0 2 * * *", "2026-03-28T00:00Z"),
        ["2026-03-28T20:30Z", "2026-03-29T20:30Z"],
    ),
]


@pytest.mark.parametrize(("zone", "cron", "begin", "dreamt"), NIGHTS)
def test_across_a_change_of_clocks_each_night_is_dreamt_once(
    cast: Cast, clock: FakeClock, zone: str, cron: str, begin: str, dreamt: list[str]
):
    clock.at = read_slot(begin)
    build.session(cast.agent)
    planned(cast, cron, zone, min_hours=24, min_sessions=1)
    for _ in range(48 * 2):
        if start_due(clock.advance(minutes=30)):
            build.session(cast.agent)
            Dream.objects.filter(state="queued").update(state="completed", queued_at=clock())
            build.session(cast.agent, started_at=clock.advance(minutes=1))
    assert slots() == dreamt
    assert set(Dream.objects.values_list("state", flat=True)) == {"completed"}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(1, 55), min_size=1, max_size=30),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.sampled_from(["30 2 * * *", "0 * * * *", "15 */3 * * *"]),
    st.integers(0, 364),
)
def test_a_worker_that_ticks_within_the_hour_repeats_no_slot_and_skips_none(
    cast: Cast, clock: FakeClock, minutes: list[int], zone: str, cron: str, day: int
):
    Dream.objects.all().delete()
    Schedule.objects.all().delete()
    clock.at = begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    planned(cast, cron, zone)
    for step in minutes:
        start_due(clock.advance(minutes=step))
    expected = [spell_slot(slot) for slot in slots_between(cron, zone, begin, clock())]
    assert slots() == expected


def test_a_year_of_ticks_dreams_every_night_of_it_once(cast: Cast, clock: FakeClock):
    steps = random.Random(20261121)  # noqa: S311 (the same walk each time, no secret)
    clock.at = begin = datetime(2026, 1, 1, tzinfo=UTC)
    build.session(cast.agent)
    schedule = planned(cast, "30 2 * * *", "Europe/Berlin", **ALWAYS)
    end = begin + timedelta(days=365)
    while clock() < end:
        due = schedules.due_slot(schedule, clock())
        if due is not None:
            Dream.objects.create(
                workspace=cast.workspace, store=cast.store, number=10_000 + len(slots()),
                engine="local", schedule=schedule, due_slot=spell_slot(due.slot), state="skipped",
            )  # fmt: skip
            assert due.passed_over == {}
        clock.advance(minutes=steps.randint(1, 23 * 60))
    expected = slots_between("30 2 * * *", "Europe/Berlin", begin, clock())
    nights_of_year = [spell_slot(slot) for slot in expected]
    assert slots() == nights_of_year[: len(slots())]
    assert len(slots()) >= 364


def test_a_worker_that_was_down_makes_up_the_newest_slot_and_names_the_others(
    cast: Cast, clock: FakeClock
):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    clock.at = at(25, 9, 30)
    (dream,) = start_due(clock())
    assert dream.due_slot == "2026-11-25T02:00Z"
    assert dream.passed_over == {
        "count": 3,
        "newest": ["2026-11-22T02:00Z", "2026-11-23T02:00Z", "2026-11-24T02:00Z"],
    }
    queued = Entry.objects.get(action="dream.queued", object=str(dream))
    after = read_body(queued.body)["after"]
    assert (after["slot"], after["passed_over"]["count"]) == ("2026-11-25T02:00Z", 3)
    finish()
    assert start_due(clock.advance(minutes=1)) == []


def test_of_many_slots_that_were_passed_over_the_newest_are_named(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, "0 * * * *", **ALWAYS)
    clock.at = at(24, 6, 30)
    (dream,) = start_due(clock())
    assert dream.passed_over["count"] == 71
    assert len(dream.passed_over["newest"]) == schedules.NAMED_SLOTS
    assert dream.passed_over["newest"][-1] == "2026-11-24T05:00Z"


def test_a_dream_made_up_late_does_not_cost_the_next_night(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, min_hours=24, min_sessions=1)
    clock.at = at(22, 23)
    start_due(clock())
    finish()
    clock.at = at(23, 1)
    build.session(cast.agent)
    clock.at = at(23, 2)
    (dream,) = start_due(clock())
    assert (dream.state, dream.due_slot) == ("queued", "2026-11-23T02:00Z")


@pytest.mark.parametrize("sessions", [0, 1])
def test_of_two_ticks_that_see_the_same_slot_one_takes_it(
    cast: Cast, clock: FakeClock, sessions: int
):
    for _ in range(sessions):
        build.session(cast.agent)
    schedule = planned(cast, **ALWAYS)
    clock.at = at(22, 2)
    due = schedules.due_slot(schedule, clock())
    assert due is not None
    first = schedules._start(schedule, due, clock())
    finish("failed")
    assert first is not None
    assert schedules._start(schedule, due, clock()) is None
    assert Dream.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ticks_at_once_start_one_dream(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    clock.at = at(22, 2)
    together = threading.Barrier(4)
    started: list[Dream] = []

    def tick() -> None:
        try:
            together.wait()
            started.extend(start_due(at(22, 2)))
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(started) == Dream.objects.count() == 1


def test_one_schedule_without_times_does_not_stop_the_others(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    broken = planned(cast, **ALWAYS)
    plan = Plan(**ALWAYS)
    set_schedule(cast.shared_store, plan, by=nights.member(cast, cast.lead))
    Schedule.objects.filter(pk=broken.pk).update(zone="Atlantis/Center")
    clock.at = at(22, 2)
    (dream,) = start_due(clock())
    assert dream.store == cast.shared_store
    broken.refresh_from_db()
    assert schedules.next_start(broken, clock()) is None
    assert "Atlantis/Center" in outlook(broken, clock()).words


# What it asks for before


def test_too_few_new_sessions_skip_the_slot_and_say_so(cast: Cast, clock: FakeClock):
    planned(cast)
    build.dream(cast.store, queued_at=at(20, 2))
    for _ in range(3):
        build.session(cast.agent)
    clock.at = at(22, 2)
    (dream,) = start_due(clock())
    assert (dream.state, dream.failure) == ("skipped", "3 new sessions since D-1; 5 are needed.")
    assert Entry.objects.filter(action="dream.skipped").count() == 1
    assert start_due(clock.advance(minutes=5)) == []


def test_too_few_hours_skip_the_slot_and_say_so(cast: Cast, clock: FakeClock):
    planned(cast, min_sessions=1)
    build.dream(cast.store, queued_at=at(21, 20))
    clock.at = at(22, 1)
    build.session(cast.agent)
    clock.at = at(22, 2)
    (dream,) = start_due(clock())
    assert (dream.state, dream.failure) == ("skipped", "Only 6 hours since D-1; 24 are wanted.")


def test_a_tick_that_is_seconds_late_costs_no_night(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, min_sessions=1)
    for day, second in ((22, 29), (23, 1), (24, 15)):
        clock.at = at(day, 2) + timedelta(seconds=second)
        (dream,) = start_due(clock())
        assert dream.state == "queued"
        finish()
        build.session(cast.agent)
        clock.advance(minutes=1)
        build.session(cast.agent)


def test_sessions_that_are_never_read_are_not_new(cast: Cast):
    build.session(cast.agent, not_agent_fault="The shop was down.")
    assert schedules.count_new_sessions(cast.store, None) == 0


def test_a_revised_session_counts_once_as_new(cast: Cast, clock: FakeClock):
    build.session(cast.agent, external_id="one")
    clock.advance(minutes=1)
    last = build.dream(cast.store, DreamState.COMPLETED, queued_at=clock())
    assert schedules.count_new_sessions(cast.store, last) == 0
    for words in ("Thanks.", "Bye."):
        clock.advance(minutes=1)
        build.session(cast.agent, (*build.EVENTS, build.says(words)), external_id="one")
    assert schedules.count_new_sessions(cast.store, last) == 1


def test_what_the_last_dream_read_after_it_was_queued_is_not_new(cast: Cast, clock: FakeClock):
    last = build.dream(cast.store, DreamState.COMPLETED, queued_at=clock())
    clock.advance(seconds=5)
    read, _ = build.session(cast.agent), build.session(cast.agent)
    DreamInput.objects.create(dream=last, revision=read.revisions.get())
    assert schedules.count_new_sessions(cast.store, last) == 1


@pytest.mark.parametrize("state", ["failed", "cancelled", "skipped", "held"])
def test_a_dream_that_did_not_end_well_leaves_its_sessions_new(
    cast: Cast, clock: FakeClock, state: str
):
    build.session(cast.agent)
    build.dream(cast.store, state, queued_at=clock.advance(minutes=1))
    assert schedules.count_new_sessions(cast.store, schedules.last_dream(cast.store)) == 1


def test_the_sessions_of_another_agent_are_new_to_the_shared_store_only(cast: Cast):
    build.session(build.agent(cast.workspace, "billing"))
    assert schedules.count_new_sessions(cast.store, None) == 0
    assert schedules.count_new_sessions(cast.shared_store, None) == 1


# Quiet


def test_while_sessions_arrive_the_slot_waits_and_is_dreamt_when_it_is_quiet(
    cast: Cast, clock: FakeClock
):
    schedule = planned(cast, idle_minutes=15, min_sessions=1)
    clock.at = at(22, 1, 55)
    build.session(cast.agent)
    clock.at = at(22, 2)
    assert start_due(clock()) == []
    assert outlook(schedule, clock()).words == (
        "A dream is due and waits: 15 minutes without a new session are wanted; "
        "the newest came 5 minutes ago."
    )
    clock.at = at(22, 2, 10)
    (dream,) = start_due(clock())
    assert (dream.state, dream.due_slot) == ("queued", "2026-11-22T02:00Z")


def test_where_it_is_never_quiet_it_starts_at_the_next_slot(cast: Cast, clock: FakeClock):
    planned(cast, "0 */6 * * *", idle_minutes=60, min_hours=0, min_sessions=1)
    clock.at = at(21, 11, 50)
    started = []
    while clock() < at(21, 18, 30):
        build.session(cast.agent)
        started += start_due(clock.advance(minutes=30))
    (dream,) = started
    assert dream.due_slot == "2026-11-21T18:00Z"
    assert dream.passed_over == {"count": 1, "newest": ["2026-11-21T12:00Z"]}


# What holds it back


def test_a_frozen_memory_waits_and_dreams_later(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    clock.at = at(22, 2)
    assert start_due(clock()) == []
    Agent.objects.update(frozen_at=None)
    assert len(start_due(clock.advance(hours=1))) == 1


def test_a_paused_workspace_waits_and_makes_up_one_slot(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    pause_workspace(cast.workspace, reason="Model change.", by=cast.lead)
    clock.at = at(22, 2)
    assert start_due(clock()) == []
    clock.at = at(24, 1)
    resume_workspace(cast.workspace, reason="Done.", by=cast.lead)
    assert [dream.due_slot for dream in start_due(clock())] == ["2026-11-23T02:00Z"]


def test_a_busy_memory_waits_without_a_word_in_the_log(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    build.dream(cast.store, DreamState.RUNNING)
    clock.at = at(22, 2)
    before = Entry.objects.count()
    assert start_due(clock()) == []
    assert Entry.objects.count() == before


def test_an_engine_that_is_gone_fails_the_slot_once(
    cast: Cast, clock: FakeClock, settings: Settings
):
    build.session(cast.agent)
    planned(cast, **ALWAYS)
    Schedule.objects.update(engine="oracle")
    clock.at = at(22, 2)
    (dream,) = start_due(clock())
    assert dream.state == DreamState.FAILED
    assert 'no engine called "oracle"' in dream.failure
    assert start_due(clock.advance(seconds=30)) == []


# What is said of it


def test_what_would_happen_now_is_said(cast: Cast, clock: FakeClock):
    schedule = planned(cast)
    build.session(cast.agent)
    said = outlook(schedule, clock())
    assert said.next == at(22, 2)
    assert said.words == "A dream due now would be skipped: 1 session so far; 5 are needed."
    for _ in range(4):
        build.session(cast.agent)
    assert outlook(schedule, clock()).words == "A dream due now would start: 5 sessions so far."


def test_what_holds_it_back_is_said(cast: Cast, clock: FakeClock):
    schedule = planned(cast)
    dream = build.dream(cast.store, DreamState.RUNNING)
    assert "is not over yet" in outlook(schedule, clock()).words
    dream.delete()
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    assert "This memory is frozen" in outlook(schedule, clock()).words
    pause_workspace(cast.workspace, reason="Model change.", by=cast.lead)
    assert "Dreams are paused" in outlook(schedule, clock()).words
    schedule.enabled = False
    said = outlook(schedule, clock())
    assert (said.next, said.words) == (None, "It rests: dreams are started by hand only.")


def test_a_bad_line_is_refused_before_anything_is_written(cast: Cast):
    planned(cast)
    with pytest.raises(BadTimes):
        planned(cast, "never")
    assert Schedule.objects.get().cron == "0 2 * * *"
