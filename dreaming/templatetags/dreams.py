"""What pages of other rooms say of dreams: this room alone knows its schedules."""

from datetime import datetime

from django import template

from agents import clock
from agents.models import MemoryStore
from dreaming.models import Schedule
from dreaming.schedules import next_start

register = template.Library()


@register.simple_tag
def next_dream_over(store: MemoryStore) -> datetime | None:
    """Return when the next dream over the memory starts by itself, None where none will.

    One query. A paused workspace starts none.
    """
    if store.workspace.paused_at is not None:
        return None
    schedule = Schedule.objects.filter(store=store).first()
    return next_start(schedule, clock.now()) if schedule is not None else None
