"""When the worker last answered: written by the task, read by the pages."""

import pytest

from dreaming.models import Tick
from dreaming.ticks import REAPED, last_tick, note_tick

pytestmark = pytest.mark.django_db


def test_a_task_that_never_ran_has_no_tick() -> None:
    assert last_tick() is None


def test_a_tick_is_the_time_of_the_last_run(clock) -> None:
    note_tick()
    later = clock.advance(seconds=15)
    note_tick()
    assert last_tick() == later
    assert Tick.objects.filter(name=REAPED).count() == 1


def test_tasks_tick_apart(clock) -> None:
    began = clock.at
    note_tick("apply")
    clock.advance(minutes=5)
    note_tick()
    assert last_tick("apply") == began
    assert last_tick() == clock.at
