"""When dreams start by themselves: at a fixed hour a day, in UTC, each slot once.

The slot is part of the row's unique key, so two ticks at once start one dream. A slot with no new
sessions gives a skipped dream that says so.
"""

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from agents import clock
from agents.freezes import is_frozen
from agents.memory import name_store
from agents.models import MemoryStore, Session
from agents.numbers import take_number
from agents.people import Member, actor_of
from agents.rights import Right, may
from dreaming.dreams import UNFINISHED, Wish, log_dream, start_dream
from dreaming.errors import NotStartable, UnknownEngine
from dreaming.models import Dream, DreamState, Schedule
from reviews.audit.actions import Action
from reviews.audit.log import append

SLOT_FORM = "%Y-%m-%dT%H"


def set_schedule(store: MemoryStore, *, hour: int, is_enabled: bool, by: Member) -> Schedule:
    """Let `store` dream daily at `hour` (0 to 23, UTC), or keep the hour and rest.

    Raises NotStartable for an hour that is none and for roles that do not start dreams.
    """
    if not 0 <= hour <= 23:
        raise NotStartable(f"{hour} is no hour of a day; choose 0 to 23, in UTC.")
    if not may(by.role, Right.START_DREAMS):
        raise NotStartable("A lead sets when dreams start.")
    with transaction.atomic():
        schedule, is_new = Schedule.objects.select_for_update(of=("self",)).update_or_create(
            store=store,
            defaults={"hour": hour, "enabled": is_enabled, "created_at": clock.now()},
            create_defaults={
                "workspace": store.workspace,
                "hour": hour,
                "enabled": is_enabled,
                "created_at": clock.now(),
            },
        )
        append(
            Action.SCHEDULE_CREATED if is_new else Action.SCHEDULE_CHANGED,
            workspace=store.workspace.slug,
            actor=actor_of(by.person),
            object=f"schedule:{schedule.pk}",
            after={"store": name_store(store), "hour": hour, "enabled": is_enabled},
        )
    return schedule


def last_slot(schedule: Schedule, now: datetime) -> datetime:
    """Return the newest moment up to `now` at which the schedule's hour began."""
    today = now.astimezone(UTC).replace(hour=schedule.hour, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def next_slot(schedule: Schedule, now: datetime) -> datetime:
    """Return when the schedule is due next."""
    return last_slot(schedule, now) + timedelta(days=1)


def start_due(now: datetime) -> list[Dream]:
    """Start the dream of every schedule whose slot has come; what is frozen or busy waits."""
    started = []
    for schedule in Schedule.objects.filter(enabled=True).select_related(
        "store__workspace", "store__agent", "workspace"
    ):
        slot = last_slot(schedule, now)
        if slot < schedule.created_at:
            continue
        due_slot = slot.strftime(SLOT_FORM)
        if Dream.objects.filter(schedule=schedule, due_slot=due_slot).exists():
            continue
        if is_frozen(schedule.store) or is_busy(schedule.store):
            continue
        dream = _start(schedule, due_slot)
        if dream is not None:
            started.append(dream)
    return started


def _start(schedule: Schedule, due_slot: str) -> Dream | None:
    try:
        if not has_new_sessions(schedule.store):
            return _write_ended(
                schedule, due_slot, DreamState.SKIPPED, "No new sessions since the last dream."
            )
        return start_dream(
            schedule.store, Wish(engine=schedule.engine, schedule=schedule, due_slot=due_slot)
        )
    except UnknownEngine as error:
        return _write_ended(schedule, due_slot, DreamState.FAILED, str(error))
    except (NotStartable, IntegrityError):
        # A dream over this memory runs, or another tick took the slot: the next tick looks again.
        return None


def has_new_sessions(store: MemoryStore) -> bool:
    """Say whether sessions or revisions came since the store's last dream that ended well."""
    last = (
        Dream.objects.filter(store=store, state__in=[DreamState.COMPLETED, DreamState.PARTIAL])
        .order_by("-queued_at")
        .first()
    )
    sessions = Session.objects.filter(workspace=store.workspace)
    if store.agent_id is not None:
        sessions = sessions.filter(agent=store.agent_id)
    if last is None:
        return sessions.exists()
    return sessions.filter(revisions__created_at__gt=last.queued_at).exists()


def is_busy(store: MemoryStore) -> bool:
    """Say whether a dream over the store is queued or runs."""
    return Dream.objects.filter(store=store, state__in=UNFINISHED).exists()


def _write_ended(schedule: Schedule, due_slot: str, state: DreamState, words: str) -> Dream:
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
            due_slot=due_slot,
            state=state,
            failure=words,
            queued_at=clock.now(),
            finished_at=clock.now(),
        )
        is_skipped = state == DreamState.SKIPPED
        log_dream(dream, Action.DREAM_SKIPPED if is_skipped else Action.DREAM_FAILED)
    return dream
