"""What Celery calls: each task finds by itself what is due."""

from datetime import UTC, datetime, timedelta

import pytest

from agents import wakeups
from agents.wakeups import APPLY, DREAM, wait_until_sent
from dreaming import tasks
from dreaming.celery import celery_app
from dreaming.models import Dream, DreamState
from dreaming.ticks import last_tick
from reviews.audit.models import Entry, Leaf
from reviews.models import Notice
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.dreaming import nights

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the wake-ups that went to the broker."""
    names: list[str] = []
    monkeypatch.setattr(
        wakeups.current_app, "send_task", lambda name, **options: names.append(name)
    )
    return names


@pytest.mark.parametrize("name", [APPLY, DREAM])
def test_every_wake_up_names_a_task(name: str):
    assert name in celery_app.tasks


def test_every_tick_of_beat_names_a_task(settings):
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in celery_app.tasks
        assert entry["options"]["expires"] >= 2 * float(entry["schedule"])


def test_run_dreams_runs_what_is_due(cast: Cast):
    nights.sessions(cast.agent)
    dream = nights.queued(cast.store, "local")
    tasks.run_dreams()
    assert nights.fresh(dream).state == DreamState.COMPLETED


def test_reap_wakes_a_worker_for_a_lost_dream(cast: Cast, clock: FakeClock, sent: list[str]):
    build.dream(
        cast.store, DreamState.RUNNING, attempt=1, lease_until=clock() - timedelta(seconds=1)
    )
    tasks.reap()
    assert wait_until_sent(10)
    assert sent == [DREAM]


def test_reap_wakes_nobody_while_nothing_is_due(cast: Cast, clock: FakeClock, sent: list[str]):
    build.dream(
        cast.store, DreamState.RUNNING, attempt=1, lease_until=clock() + timedelta(seconds=1)
    )
    tasks.reap()
    assert wait_until_sent(10)
    assert sent == []


def test_reap_notes_that_it_ran(db: None, clock: FakeClock, sent: list[str]):
    tasks.reap()
    assert last_tick() == clock()


def test_reap_tells_of_memory_to_look_at_again(cast: Cast, clock: FakeClock, sent: list[str]):
    memory = build.memory(cast.store)
    memory.review_by = clock().date()
    memory.save()
    tasks.reap()
    assert Notice.objects.get().object == str(memory)


def test_start_due_starts_what_has_come(cast: Cast, clock: FakeClock):
    build.session(cast.agent)
    from_schedule = nights.member(cast, cast.lead)
    plan = tasks.schedules.Plan(cron="0 2 * * *", min_sessions=1)
    tasks.schedules.set_schedule(cast.store, plan, by=from_schedule)
    clock.at = datetime(2026, 11, 22, 2, tzinfo=UTC)
    tasks.start_due()
    assert Dream.objects.get().due_slot == "2026-11-22T02:00Z"


def test_apply_due_applies_what_was_approved(cast: Cast):
    tasks.apply_due()
    assert not Entry.objects.filter(action="proposal.applied").exists()


def test_seal_log_seals_every_entry(cast: Cast):
    tasks.seal_log()
    assert Leaf.objects.count() >= Entry.objects.count() > 0
