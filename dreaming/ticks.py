"""When the worker last answered beat: a page that is served says nothing about work being done."""

from datetime import datetime

from agents import clock
from dreaming.models import Tick

REAPED = "reap"


def note_tick(name: str = REAPED) -> None:
    """Write down that the task `name` ran now; called by the task itself."""
    Tick.objects.update_or_create(name=name, defaults={"at": clock.now()})


def last_tick(name: str = REAPED) -> datetime | None:
    """Return when the task `name` last ran, None when it never did."""
    return Tick.objects.filter(name=name).values_list("at", flat=True).first()
