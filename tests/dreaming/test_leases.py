"""Who runs a dream: one worker takes it, keeps it by its heartbeat, and loses it for good."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from pytest_django import Settings

from agents.freezes import freeze_agent, freeze_workspace
from agents.pauses import pause_workspace, resume_workspace
from dreaming.engines.base import DreamCancelled
from dreaming.errors import LeaseLost
from dreaming.leases import Heartbeat, Lease, due_dreams, take_lease
from dreaming.models import Dream, DreamState
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock

pytestmark = pytest.mark.django_db


def queued(cast: Cast, clock: FakeClock, **fields: object) -> Dream:
    return build.dream(cast.store, DreamState.QUEUED, **{"not_before": clock(), **fields})


def taken(cast: Cast, clock: FakeClock) -> Lease:
    lease = take_lease(queued(cast, clock), clock())
    assert lease is not None
    return lease


def test_a_queued_dream_is_taken_by_one_worker_only(cast: Cast, clock: FakeClock):
    dream = queued(cast, clock)
    assert take_lease(dream, clock()) is not None
    assert take_lease(dream, clock()) is None


def test_a_dream_that_rests_is_not_due_yet(cast: Cast, clock: FakeClock):
    dream = queued(cast, clock, not_before=clock() + timedelta(seconds=5))
    assert not due_dreams(clock()).exists()
    assert list(due_dreams(clock.advance(seconds=5))) == [dream]


def test_the_lease_lasts_as_long_as_the_setting_says(
    cast: Cast, clock: FakeClock, settings: Settings
):
    settings.LEASE_S = 7
    lease = taken(cast, clock)
    assert lease.row().get().lease_until == clock() + timedelta(seconds=7)


def test_a_running_dream_is_due_again_once_its_lease_ran_out(cast: Cast, clock: FakeClock):
    lease = taken(cast, clock)
    assert not due_dreams(clock()).exists()
    clock.advance(minutes=2)
    again = take_lease(Dream.objects.get(), clock())
    assert again is not None
    assert (again.attempt, again.token != lease.token) == (2, True)


def test_after_the_last_attempt_nobody_takes_it(cast: Cast, clock: FakeClock):
    assert take_lease(queued(cast, clock, attempt=3), clock()) is None


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled", "skipped", "held"])
def test_what_has_ended_is_never_due(cast: Cast, clock: FakeClock, state: str):
    build.dream(cast.store, state, lease_until=clock() - timedelta(days=1))
    assert not due_dreams(clock()).exists()


def test_a_lost_lease_neither_writes_nor_locks(cast: Cast, clock: FakeClock):
    lease = taken(cast, clock)
    clock.advance(minutes=2)
    take_lease(Dream.objects.get(), clock())
    with pytest.raises(LeaseLost):
        lease.update(step_done=5)
    with pytest.raises(LeaseLost):
        lease.lock()
    assert Dream.objects.get().step_done == 0


def test_an_ended_dream_is_no_longer_held_by_its_lease(cast: Cast, clock: FakeClock):
    lease = taken(cast, clock)
    lease.update(state=DreamState.CANCELLED)
    with pytest.raises(LeaseLost):
        lease.update(step_done=5)


def test_progress_is_written_at_most_twice_a_second(cast: Cast, clock: FakeClock):
    pulse = Heartbeat(taken(cast, clock))
    for done, seconds in ((1, 0), (2, 0.2), (3, 0.2)):
        clock.advance(seconds=seconds)
        pulse.report(done, 9)
    assert Dream.objects.get().step_done == 1
    clock.advance(seconds=0.2)
    pulse.report(4, 9)
    assert (Dream.objects.get().step_done, Dream.objects.get().step_total) == (4, 9)


def test_the_last_step_is_always_written(cast: Cast, clock: FakeClock):
    pulse = Heartbeat(taken(cast, clock))
    pulse.report(1, 9)
    pulse.report(9, 9)
    assert Dream.objects.get().step_done == 9


def cancel(cast: Cast, clock: FakeClock) -> None:
    Dream.objects.update(cancel_requested_at=clock())


def freeze(cast: Cast, clock: FakeClock) -> None:
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)


def freeze_all(cast: Cast, clock: FakeClock) -> None:
    freeze_workspace(cast.workspace, reason="Odd refunds.", by=cast.lead)


def pause(cast: Cast, clock: FakeClock) -> None:
    pause_workspace(cast.workspace, reason="Model change.", by=cast.lead)


@pytest.mark.parametrize("act", [cancel, freeze, freeze_all, pause])
def test_a_cancel_a_freeze_or_a_pause_takes_hold_at_the_next_report(
    cast: Cast, clock: FakeClock, act: Callable[[Cast, FakeClock], None]
):
    pulse = Heartbeat(taken(cast, clock))
    act(cast, clock)
    with pytest.raises(DreamCancelled):
        pulse.report(9, 9)


def test_in_a_paused_workspace_a_queued_dream_waits(cast: Cast, clock: FakeClock):
    dream = queued(cast, clock)
    pause(cast, clock)
    assert not due_dreams(clock()).exists()
    assert take_lease(dream, clock()) is None
    resume_workspace(cast.workspace, reason="Done.", by=cast.lead)
    assert list(due_dreams(clock())) == [dream]


def test_in_a_paused_workspace_a_dream_that_lost_its_worker_is_taken_to_be_ended(
    cast: Cast, clock: FakeClock
):
    taken(cast, clock)
    pause(cast, clock)
    assert due_dreams(clock.advance(minutes=2)).exists()


def test_the_pause_of_another_workspace_holds_nothing_back(cast: Cast, clock: FakeClock):
    dream = queued(cast, clock)
    pause_workspace(cast.elsewhere, reason="Model change.", by=cast.outsider)
    assert list(due_dreams(clock())) == [dream]


def test_the_shared_memory_is_not_stopped_by_one_frozen_agent(cast: Cast, clock: FakeClock):
    dream = build.dream(cast.shared_store, DreamState.QUEUED, not_before=clock())
    lease = take_lease(dream, clock())
    assert lease is not None
    freeze(cast, clock)
    Heartbeat(lease).report(9, 9)
    assert Dream.objects.get().step_done == 9


def test_a_lost_lease_takes_hold_at_the_next_check(cast: Cast, clock: FakeClock):
    pulse = Heartbeat(taken(cast, clock))
    Dream.objects.update(lease_token="another")
    with pytest.raises(LeaseLost):
        pulse.check()


def test_a_beat_extends_the_lease(cast: Cast, clock: FakeClock):
    lease = taken(cast, clock)
    clock.advance(seconds=50)
    assert Heartbeat(lease)._extend()
    assert not due_dreams(clock.advance(seconds=50)).exists()


def test_a_beat_does_not_extend_what_was_cancelled(cast: Cast, clock: FakeClock):
    lease = taken(cast, clock)
    cancel(cast, clock)
    assert not Heartbeat(lease)._extend()


def test_a_busy_database_costs_one_beat_and_not_the_lease(
    cast: Cast, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    pulse = Heartbeat(taken(cast, clock))

    def busy() -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(pulse, "check", busy)
    assert pulse._extend()


@pytest.mark.django_db(transaction=True)
def test_the_heart_beats_in_a_thread_of_its_own(cast: Cast, settings: Settings):
    settings.HEARTBEAT_S = 0.05
    dream = build.dream(cast.store, DreamState.QUEUED)
    lease = take_lease(dream, dream.not_before)
    assert lease is not None
    before = lease.row().get().heartbeat_at
    with Heartbeat(lease):
        waited = threading.Event()
        for _ in range(100):
            if lease.row().get().heartbeat_at != before:
                break
            waited.wait(0.05)
    assert lease.row().get().heartbeat_at != before
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_one_takes_the_dream(cast: Cast):
    dream = build.dream(cast.store, DreamState.QUEUED)
    leases: list[Lease | None] = []

    def work() -> None:
        try:
            leases.append(take_lease(dream, dream.not_before))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(leases) == 8
    assert len([lease for lease in leases if lease is not None]) == 1
