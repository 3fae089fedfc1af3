"""When dreams start by themselves: at the slots of a cron line, each slot once.

The slot is part of the row's unique key, so two ticks at once start one dream. After a rest of the
worker, a pause or a freeze the newest slot is made up, and the dream says which were passed over.
"""

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from agents import clock
from agents.errors import BadTimes
from agents.freezes import is_frozen
from agents.memory import name_store
from agents.models import MemoryStore
from agents.numbers import take_number
from agents.pauses import is_paused
from agents.people import Member, actor_of
from agents.rights import Right, may
from agents.slots import (
    clean_cron,
    clean_zone,
    clocks_moved,
    newest_slot,
    next_slot,
    read_slot,
    slots_between,
    spell_slot,
)
from dreaming import selection
from dreaming.dreams import UNFINISHED, Wish, log_dream, start_dream
from dreaming.errors import NotStartable, UnknownEngine
from dreaming.models import Dream, DreamInput, DreamState, Schedule
from dreaming.thresholds import Limits, Seen, why_skip, why_start, why_wait
from reviews.audit.actions import Action
from reviews.audit.log import append

logger = logging.getLogger(__name__)

READ_WELL = (DreamState.COMPLETED, DreamState.PARTIAL)
MOST_HOURS = 8_760
MOST_SESSIONS = 100_000
MOST_MINUTES = 1_440
NAMED_SLOTS = 20
"""So many of the slots that were passed over are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a schedule is set to: when it dreams, what it asks for before, what it asks the engine.

    min_hours: 0 to 8,760; min_sessions: 1 to 100,000; idle_minutes: 0 (no waiting) to 1,440.
    """

    cron: str = "0 2 * * *"
    zone: str = "UTC"
    min_hours: int = 24
    min_sessions: int = 5
    idle_minutes: int = 0
    instructions: str = ""
    is_enabled: bool = True

    def columns(self) -> dict[str, Any]:
        """Return the plan as columns of its row. Raises BadTimes, NotStartable for odd numbers."""
        for what, value, least, most in (
            ("hours between two dreams", self.min_hours, 0, MOST_HOURS),
            ("new sessions", self.min_sessions, 1, MOST_SESSIONS),
            ("minutes of quiet", self.idle_minutes, 0, MOST_MINUTES),
        ):
            if not least <= value <= most:
                raise NotStartable(f"{value:,} {what}: choose {least:,} to {most:,}.")
        return {
            "cron": clean_cron(self.cron),
            "zone": clean_zone(self.zone),
            "min_hours": self.min_hours,
            "min_sessions": self.min_sessions,
            "idle_minutes": self.idle_minutes,
            "instructions": self.instructions.strip(),
            "enabled": self.is_enabled,
        }


def set_schedule(store: MemoryStore, plan: Plan, *, by: Member) -> Schedule:
    """Let `store` dream as planned, or keep the plan and rest.

    A change of its times forgets the slots before; any other change keeps what is due. Raises
    BadTimes for a cron line or zone that names none, NotStartable for numbers out of range and for
    roles that do not start dreams.
    """
    if not may(by.role, Right.START_DREAMS):
        raise NotStartable("A lead sets when dreams start.")
    columns = plan.columns()
    with transaction.atomic():
        MemoryStore.objects.select_for_update(of=("self",)).get(pk=store.pk)
        before = Schedule.objects.filter(store=store).first()
        schedule = before or Schedule(workspace=store.workspace, store=store)
        times = ("cron", "zone", "enabled")
        if before is None or any(getattr(before, name) != columns[name] for name in times):
            schedule.set_at = clock.now()
        for name, value in columns.items():
            setattr(schedule, name, value)
        schedule.save()
        # Blanks make a text of both for the log.
        texts = {name: columns.pop(name) for name in ("cron", "instructions")}
        append(
            Action.SCHEDULE_CHANGED if before else Action.SCHEDULE_CREATED,
            workspace=store.workspace.slug,
            actor=actor_of(by.person),
            object=name_store(store),
            after={"store": name_store(store), **columns},
            values={name: text for name, text in texts.items() if text},
        )
    return schedule


def next_start(schedule: Schedule, now: datetime) -> datetime | None:
    """Return when the schedule is due next; None while it rests or its zone is unknown here."""
    if not schedule.enabled:
        return None
    try:
        return next_slot(schedule.cron, schedule.zone, now)
    except BadTimes:
        logger.warning("schedule_without_times schedule=%s", schedule.pk)
        return None


@dataclass(frozen=True, slots=True)
class Due:
    """A slot that has come and is not dreamt, and what came before it and was not either."""

    slot: datetime
    passed_over: Mapping[str, Any]


def due_slot(schedule: Schedule, now: datetime) -> Due | None:
    """Return the newest slot that has come, unless it is taken; raises BadTimes."""
    taken = _taken_until(schedule)
    slot = newest_slot(schedule.cron, schedule.zone, taken, now)
    return Due(slot, _passed_over(schedule, taken, slot)) if slot else None


def _taken_until(schedule: Schedule) -> datetime:
    """Return until when slots are done with: the last one dreamt, or when the times were set."""
    spelled = Dream.objects.filter(schedule=schedule).order_by("-due_slot").values_list("due_slot")
    last = spelled.first()
    return max(schedule.set_at, read_slot(last[0])) if last and last[0] else schedule.set_at


def _passed_over(schedule: Schedule, taken: datetime, slot: datetime) -> dict[str, Any]:
    """Return how many slots lie between, and the newest of them."""
    newest: deque[datetime] = deque(maxlen=NAMED_SLOTS)
    count = 0
    for one in slots_between(schedule.cron, schedule.zone, taken, slot - timedelta(minutes=1)):
        newest.append(one)
        count += 1
    return {"count": count, "newest": [spell_slot(one) for one in newest]} if count else {}


def start_due(now: datetime) -> list[Dream]:
    """Start the dream of every schedule whose slot has come; frozen, paused or busy ones wait."""
    started = []
    for schedule in _awake():
        if is_held_back(schedule.store):
            continue
        try:
            due = due_slot(schedule, now)
        except BadTimes as error:
            logger.warning("schedule_without_times schedule=%s cause=%s", schedule.pk, error)
            continue
        dream = _start(schedule, due, now) if due else None
        if dream is not None:
            started.append(dream)
    return started


def _awake() -> Iterator[Schedule]:
    rows = Schedule.objects.filter(enabled=True, workspace__paused_at=None).order_by("pk")
    yield from rows.select_related("store__workspace", "store__agent", "workspace")


def is_held_back(store: MemoryStore) -> bool:
    """Say whether slots of the store wait: it is frozen, paused, or a dream over it is not over."""
    return is_busy(store) or is_frozen(store) or is_paused(store)


def _start(schedule: Schedule, due: Due, now: datetime) -> Dream | None:
    limits, seen = limits_of(schedule), look(schedule, now, is_late=bool(due.passed_over))
    if why_wait(limits, seen):
        return None
    try:
        if words := why_skip(limits, seen):
            return _write_ended(schedule, due, DreamState.SKIPPED, words)
        return start_dream(schedule.store, _wish(schedule, due))
    except UnknownEngine as error:
        return _write_ended(schedule, due, DreamState.FAILED, str(error))
    except (NotStartable, IntegrityError):
        # A dream over this memory runs, or another tick took the slot: the next tick looks again.
        return None


def _wish(schedule: Schedule, due: Due) -> Wish:
    return Wish(
        engine=schedule.engine,
        schedule=schedule,
        due_slot=spell_slot(due.slot),
        passed_over=due.passed_over,
        instructions=schedule.instructions,
    )


def limits_of(schedule: Schedule) -> Limits:
    """Return what the schedule asks for before it dreams."""
    return Limits(schedule.min_hours, schedule.min_sessions, schedule.idle_minutes)


def look(schedule: Schedule, now: datetime, *, is_late: bool = False) -> Seen:
    """Return what the schedule's limits are held against.

    A dream that a slot started counts from its slot, however late a worker took it, and an hour
    that the clocks took away counts as passed: else a dream a day would miss a day in spring.
    """
    store = schedule.store
    last = last_dream(store)
    since = None
    if last is not None:
        began = read_slot(last.due_slot) if last.due_slot else last.queued_at
        since = now - began + clocks_moved(schedule.zone, began - timedelta(days=1), now)
    newest = selection.newest_revisions(store).order_by("-created_at") if _waits(schedule) else None
    came = newest.values_list("created_at", flat=True).first() if newest is not None else None
    return Seen(
        last=str(last or ""),
        since=since,
        sessions=count_new_sessions(store, last),
        quiet=now - came if came else None,
        is_late=is_late,
    )


def _waits(schedule: Schedule) -> bool:
    return schedule.idle_minutes > 0


def last_dream(store: MemoryStore) -> Dream | None:
    """Return the store's newest dream that read its sessions to a good end."""
    return Dream.objects.filter(store=store, state__in=READ_WELL).order_by("-queued_at").first()


def count_new_sessions(store: MemoryStore, last: Dream | None) -> int:
    """Return how many sessions a dream would read whose newest revision `last` did not read."""
    revisions = selection.selectable(store).order_by()
    if last is not None:
        read = DreamInput.objects.filter(dream=last).values("revision")
        revisions = revisions.filter(created_at__gt=last.queued_at).exclude(pk__in=read)
    return revisions.count()


def is_busy(store: MemoryStore) -> bool:
    """Say whether a dream over the store is queued or runs."""
    return Dream.objects.filter(store=store, state__in=UNFINISHED).exists()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is said of a schedule: its next slot in UTC, and what a slot would lead to now."""

    next: datetime | None
    words: str


def outlook(schedule: Schedule, now: datetime) -> Outlook:
    """Return what comes next and what would happen now, for the schedule's page."""
    store = schedule.store
    try:
        due = due_slot(schedule, now) if schedule.enabled else None
        seen = look(schedule, now, is_late=bool(due and due.passed_over))
    except BadTimes as error:
        return Outlook(None, f"{error} No dream starts until that is set.")
    limits = limits_of(schedule)
    if not schedule.enabled:
        words = "It rests: dreams are started by hand only."
    elif is_paused(store):
        words = "Dreams are paused. What comes due waits until a lead lets them go on."
    elif is_frozen(store):
        words = "This memory is frozen. What comes due waits until a lead lifts the freeze."
    elif is_busy(store):
        words = "A dream over this memory is not over yet. What comes due waits for it."
    elif wait := why_wait(limits, seen):
        words = f"{'A dream is due and waits' if due else 'A dream due now would wait'}: {wait}"
    elif why := why_skip(limits, seen):
        words = f"A dream due now would be skipped: {why}"
    else:
        words = f"A dream due now would start: {why_start(seen)}"
    return Outlook(next_start(schedule, now), words)


def _write_ended(schedule: Schedule, due: Due, state: DreamState, words: str) -> Dream:
    """Take the slot with a dream that never ran, and say why."""
    number = take_number(schedule.workspace, "D")
    with transaction.atomic():
        dream = Dream.objects.create(
            workspace=schedule.workspace,
            store=schedule.store,
            agent=schedule.store.agent,
            number=number,
            engine=schedule.engine,
            schedule=schedule,
            due_slot=spell_slot(due.slot),
            passed_over=due.passed_over,
            instructions=schedule.instructions,
            state=state,
            failure=words,
            queued_at=clock.now(),
            finished_at=clock.now(),
        )
        is_skipped = state == DreamState.SKIPPED
        log_dream(dream, Action.DREAM_SKIPPED if is_skipped else Action.DREAM_FAILED)
    return dream
