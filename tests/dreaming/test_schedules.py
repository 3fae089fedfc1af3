"""An hour a day, in UTC, each slot once."""

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from agents.freezes import freeze_agent
from dreaming import schedules
from dreaming.errors import NotStartable
from dreaming.models import Dream, DreamState, Schedule
from reviews.audit.models import Entry
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.dreaming import nights

pytestmark = pytest.mark.django_db


def nightly(cast: Cast, hour: int = 2, *, is_enabled: bool = True) -> Schedule:
    """A schedule set yesterday at six in the morning."""
    by = nights.member(cast, cast.lead)
    return schedules.set_schedule(cast.store, hour=hour, is_enabled=is_enabled, by=by)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("hour", [-1, 24, 99])
def test_an_hour_that_is_none_is_refused(cast: Cast, hour: int):
    with pytest.raises(NotStartable, match=f"{hour} is no hour of a day"):
        nightly(cast, hour)


def test_a_reviewer_sets_no_hour(cast: Cast):
    with pytest.raises(NotStartable, match="A lead"):
        schedules.set_schedule(
            cast.store, hour=2, is_enabled=True, by=nights.member(cast, cast.reviewer)
        )


def test_setting_and_changing_are_on_the_record(cast: Cast):
    first = nightly(cast, 2)
    assert nightly(cast, 4).pk == first.pk
    actions = Entry.objects.filter(action__startswith="schedule.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "schedule.created",
        "schedule.changed",
    ]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (at(21, 2), at(21, 2)),
        (at(21, 1, 59), at(20, 2)),
        (at(21, 23, 59), at(21, 2)),
        (at(1, 0), datetime(2026, 10, 31, 2, tzinfo=UTC)),
    ],
)
def test_the_last_slot_is_the_newest_that_began(now: datetime, last: datetime):
    assert schedules.last_slot(Schedule(hour=2), now) == last


def test_an_hour_that_passed_before_it_was_set_starts_nothing(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    nightly(cast, 2)
    assert schedules.start_due(clock()) == []
    clock.at = at(22, 1, 59)
    assert schedules.start_due(clock()) == []


def test_the_next_slot_starts_one_dream(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    schedule = nightly(cast, 2)
    clock.at = at(22, 2)
    (dream,) = schedules.start_due(clock())
    assert (dream.schedule, dream.due_slot, dream.state) == (schedule, "2026-11-22T02", "queued")
    assert schedules.start_due(clock.advance(seconds=30)) == []


def test_the_next_day_has_a_slot_of_its_own(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    nightly(cast, 2)
    clock.at = at(22, 2)
    schedules.start_due(clock())
    Dream.objects.update(state=DreamState.FAILED)
    clock.at = at(23, 2, 10)
    assert [dream.due_slot for dream in schedules.start_due(clock())] == ["2026-11-23T02"]


def test_a_late_tick_still_starts_the_slot(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    nightly(cast, 2)
    clock.at = at(22, 9, 30)
    assert len(schedules.start_due(clock())) == 1


def test_without_new_sessions_the_slot_is_skipped_and_says_so(cast: Cast, clock: FakeClock):
    nightly(cast, 2)
    clock.at = at(22, 2)
    (dream,) = schedules.start_due(clock())
    assert (dream.state, dream.failure) == ("skipped", "No new sessions since the last dream.")
    assert Entry.objects.filter(action="dream.skipped").count() == 1


def test_a_revised_session_counts_as_new(cast: Cast, clock: FakeClock):
    build.session(cast.agent, external_id="one")
    clock.advance(minutes=1)
    build.dream(cast.store, DreamState.COMPLETED, queued_at=clock())
    assert not schedules.has_new_sessions(cast.store)
    clock.advance(minutes=1)
    build.session(cast.agent, (*build.EVENTS, build.says("Thanks.")), external_id="one")
    assert schedules.has_new_sessions(cast.store)


@pytest.mark.parametrize("state", ["failed", "cancelled", "skipped", "held"])
def test_a_dream_that_did_not_end_well_leaves_its_sessions_new(
    cast: Cast, clock: FakeClock, state: str
):
    build.session(cast.agent)
    build.dream(cast.store, state, queued_at=clock.advance(minutes=1))
    assert schedules.has_new_sessions(cast.store)


def test_the_sessions_of_another_agent_are_not_new_here(cast: Cast):
    build.session(build.agent(cast.workspace, "billing"))
    assert not schedules.has_new_sessions(cast.store)
    assert schedules.has_new_sessions(cast.shared_store)


def test_a_frozen_memory_waits_and_dreams_later(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    nightly(cast, 2)
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    clock.at = at(22, 2)
    assert schedules.start_due(clock()) == []
    cast.agent.__class__.objects.update(frozen_at=None)
    assert len(schedules.start_due(clock.advance(hours=1))) == 1


def test_a_busy_memory_waits_without_a_word_in_the_log(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    nightly(cast, 2)
    build.dream(cast.store, DreamState.RUNNING)
    clock.at = at(22, 2)
    before = Entry.objects.count()
    assert schedules.start_due(clock()) == []
    assert Entry.objects.count() == before


def test_a_disabled_schedule_rests(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    nightly(cast, 2, is_enabled=False)
    clock.at = at(22, 2)
    assert schedules.start_due(clock()) == []


def test_an_engine_that_is_gone_fails_the_slot_once(
    cast: Cast, clock: FakeClock, settings: Settings
):
    build.session(cast.agent)
    nightly(cast, 2)
    Schedule.objects.update(engine="oracle")
    clock.at = at(22, 2)
    (dream,) = schedules.start_due(clock())
    assert dream.state == DreamState.FAILED
    assert 'no engine called "oracle"' in dream.failure
    assert schedules.start_due(clock.advance(seconds=30)) == []


def test_of_two_ticks_at_once_one_starts_the_dream(cast: Cast, clock: FakeClock):
    schedule = nightly(cast, 2)
    clock.at = at(22, 2)
    assert schedules._start(schedule, "2026-11-22T02") is not None
    assert schedules._start(schedule, "2026-11-22T02") is None
    assert Dream.objects.count() == 1
