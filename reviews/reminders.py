"""Reminding who owns a memory that its review-by date comes: a week before, and on the day.

Found by looking at rows; several workers at once tell nobody twice. A memory belongs to its agent's
owner; what has no owner among the members is everybody's who assigns work.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from agents.models import Memory, Workspace
from agents.people import people_with
from agents.rights import Right
from reviews import notices
from reviews.models import Notice
from reviews.notices import Kind, Telling

AHEAD = timedelta(days=7)
LATE = timedelta(days=30)
"""A worker that was away tells of days that came meanwhile, but not of what is long past."""


def step_of(review_by: date | None, today: date) -> str | None:
    """Return which of the two reminders stands on `today`, None where none does yet."""
    if review_by is None or review_by > today + AHEAD:
        return None
    return f"{review_by}.{'soon' if review_by > today else 'due'}"


def remind(now: datetime) -> int:
    """Tell owners of the days that come and have come, once each; return of how many memories.

    What was asked counts as done once the memory has another day, or no text any more.
    """
    today = now.date()
    told = set(_standing().values_list("key", flat=True))
    told |= set(_told_since(now).values_list("key", flat=True))
    by_workspace: dict[Workspace, list[Telling]] = {}
    for memory in _coming(today):
        telling = _telling_of(memory, today)
        if telling and notices.key_of(memory.workspace, telling) not in told:
            asked = replace(telling, people=_owners(memory))
            by_workspace.setdefault(memory.workspace, []).append(asked)
    for workspace, found in by_workspace.items():
        notices.tell(workspace, found)
    _settle(now)
    return sum(map(len, by_workspace.values()))


def _coming(today: date) -> QuerySet[Memory]:
    rows = Memory.objects.filter(review_by__range=(today - LATE, today + AHEAD))
    live = rows.filter(head__is_tombstone=False)
    return live.select_related("workspace", "store__agent").order_by("review_by", "pk")


def _told_since(now: datetime) -> QuerySet[Notice]:
    return Notice.objects.filter(kind=Kind.REVIEW_BY, created_at__gte=now - LATE - 2 * AHEAD)


def _standing() -> QuerySet[Notice]:
    return Notice.objects.filter(kind=Kind.REVIEW_BY, settled_at=None)


def _telling_of(memory: Memory, today: date) -> Telling | None:
    """Return what stands to be told of the memory, whoever it is told to."""
    step = step_of(memory.review_by, today)
    if step is None:
        return None
    return Telling(Kind.REVIEW_BY, str(memory), step, (), f"memory/{memory}/")


def _owners(memory: Memory) -> tuple[int, ...]:
    """Return the key of the agent's owner, of all who assign where no member owns it."""
    owner = memory.store.agent.owner_id if memory.store.agent else None
    seeing = people_with(memory.workspace, Right.SEE_MEMORY)
    if owner is not None and seeing.filter(pk=owner).exists():
        return (owner,)
    leads = people_with(memory.workspace, Right.ASSIGN).order_by("pk")
    return tuple(leads.values_list("pk", flat=True))


def _settle(now: datetime) -> None:
    """Let what was told of a day that is no longer the memory's, or not its step, count as done."""
    standing = list(_standing().values_list("pk", "workspace", "object", "key"))
    current = _current_keys(standing, now.date())
    past = [pk for pk, workspace, name, key in standing if current.get((workspace, name)) != key]
    Notice.objects.filter(pk__in=past).update(settled_at=now)


def _current_keys(
    standing: list[tuple[int, int, str, str]], today: date
) -> Mapping[tuple[int, str], str]:
    """Return (workspace, memory's id) -> the key of what stands of it now."""
    numbers = {int(name.removeprefix("M-")) for _, _, name, _ in standing}
    places = {workspace for _, workspace, _, _ in standing}
    live = Memory.objects.filter(
        workspace__in=places, number__in=numbers, head__is_tombstone=False
    ).select_related("workspace")
    found = {}
    for row in live:
        telling = _telling_of(row, today)
        if telling is not None:
            found[row.workspace_id, str(row)] = notices.key_of(row.workspace, telling)
    return found
