"""Who counts in an approver group: everybody in it, or only those who are qualified.

A group asks for qualification from the moment an admin says so. Who stands in it without a current
one keeps their place and does not count until they have passed the sample queue. A vote counts as
its person stood when it was cast: a qualification that ends later takes nothing back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from agents import clock
from agents.models import ApproverGroup, Person, Qualification, Workspace
from agents.prepared import Prepared, Slot

SHORTEST_DAYS, LONGEST_DAYS = 30, 730
RENEW_DAYS = 14
"""How many days before its end a qualification can be renewed, and its person is told so."""

Places = ApproverGroup.people.through
"""One person's place in one group, a row each."""


@dataclass(frozen=True, slots=True)
class Holding:
    """How a person stands to a group that asks for qualification. until: None: never qualified."""

    group: str
    until: datetime | None

    def is_current(self, now: datetime) -> bool:
        """Say whether the person counts in the group."""
        return self.until is not None and self.until > now

    def is_due(self, now: datetime) -> bool:
        """Say whether it is time to qualify: there is none, it ended, or it ends in a fortnight."""
        return self.until is None or is_renewable(self.until, now)


def is_renewable(until: datetime, now: datetime) -> bool:
    """Say whether a qualification is near enough to its end, or past it, to be renewed."""
    return now >= until - timedelta(days=RENEW_DAYS)


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in a group. asks: only the qualified count; counts: this person does now."""

    group: str
    asks: bool
    counts: bool


@Prepared
def _places(
    workspace: Slot, person: Slot, now: Slot
) -> QuerySet[Any, tuple[str, datetime | None, bool]]:
    held = Qualification.objects.filter(
        workspace=workspace,
        person=person,
        group=OuterRef("approvergroup__name"),
        valid_until__gt=now,
    )
    places = Places.objects.filter(approvergroup__workspace=workspace, person=person)
    columns = ("approvergroup__name", "approvergroup__qualified_since", "is_held")
    return places.annotate(is_held=Exists(held)).values_list(*columns)


def places_of(workspace: Workspace, person: Person) -> tuple[Place, ...]:
    """Return every place of the person in a group of the workspace; one query."""
    rows = _places(workspace=workspace.pk, person=person.pk, now=clock.now())
    return tuple(
        Place(group, since is not None, since is None or is_held) for group, since, is_held in rows
    )


@dataclass(slots=True)
class Roll:
    """Who stands in which group of a workspace, and from when to when they are qualified for it.

    places: person -> group -> since when the group asks for qualification, None where it does not.
    spans: (person, group) -> from when to when each qualification holds.
    """

    places: dict[int, dict[str, datetime | None]] = field(default_factory=dict)
    spans: dict[tuple[int, str], list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def counted(self, person: int | None, at: datetime) -> frozenset[str]:
        """Return the groups in which the person counts, or counted, at that moment."""
        places = self.places.get(person, {}) if person is not None else {}
        return frozenset(
            group
            for group, since in places.items()
            if since is None or at < since or self._was_qualified(person, group, at)
        )

    def uncounted(self, person: int, at: datetime) -> frozenset[str]:
        """Return the groups the person stands in without counting in them at that moment."""
        return frozenset(self.places.get(person, {})) - self.counted(person, at)

    def _was_qualified(self, person: int | None, group: str, at: datetime) -> bool:
        spans = self.spans.get((person, group), ()) if person is not None else ()
        return any(start <= at < end for start, end in spans)


def roll_of(workspace: Workspace) -> Roll:
    """Return the roll of the workspace: one query, two where a group asks for qualification."""
    roll = Roll()
    places = Places.objects.filter(approvergroup__workspace=workspace)
    columns = ("person", "approvergroup__name", "approvergroup__qualified_since")
    for person, group, since in places.values_list(*columns):
        roll.places.setdefault(person, {})[group] = since
    asking = {group for held in roll.places.values() for group, since in held.items() if since}
    if asking:
        rows = Qualification.objects.filter(workspace=workspace, group__in=asking)
        for person, group, start, end in rows.values_list("person", "group", "at", "valid_until"):
            roll.spans.setdefault((person, group), []).append((start, end))
    return roll


def holdings_of(workspace: Workspace, person: Person) -> tuple[Holding, ...]:
    """Return how the person stands to every group of theirs that asks for qualification."""
    asking = ApproverGroup.objects.filter(
        workspace=workspace, people=person, qualified_since__isnull=False
    )
    names = list(asking.order_by("name").values_list("name", flat=True))
    newest = _newest(workspace, person) if names else {}
    return tuple(Holding(name, newest.get(name)) for name in names)


def _newest(workspace: Workspace, person: Person) -> Mapping[str, datetime]:
    held = Qualification.objects.filter(workspace=workspace, person=person)
    return dict(held.order_by("valid_until").values_list("group", "valid_until"))


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group as an admin reads it. asks: for qualification. members: name, and until when
    qualified: None where they are not, or nothing is asked.
    """

    name: str
    asks: bool
    days: int
    members: tuple[tuple[str, datetime | None], ...]


def group_lines(workspace: Workspace) -> list[GroupLine]:
    """Return every group of the workspace by name; three queries whatever their number."""
    groups = ApproverGroup.objects.filter(workspace=workspace).prefetch_related("people")
    held = Qualification.objects.filter(workspace=workspace, valid_until__gt=clock.now())
    untils = {
        (group, person): until
        for group, person, until in held.order_by("valid_until").values_list(
            "group", "person", "valid_until"
        )
    }
    return [
        GroupLine(
            name=group.name,
            asks=group.qualified_since is not None,
            days=group.qualification_days,
            members=tuple(
                (one.name, untils.get((group.name, one.pk)) if group.qualified_since else None)
                for one in sorted(group.people.all(), key=lambda one: one.name)
            ),
        )
        for group in groups.order_by("name")
    ]


def due_renewals(workspace: Workspace, now: datetime) -> list[tuple[Person, Holding]]:
    """Return who is to qualify or to renew now, and for which group, in order of names.

    For notices: everybody in a group that asks for qualification who has none, whose ended, or
    whose ends within RENEW_DAYS. Three queries whatever the number of people.
    """
    places = Places.objects.filter(
        approvergroup__workspace=workspace,
        approvergroup__qualified_since__isnull=False,
        person__is_active=True,
    )
    rows = list(places.values_list("person", "approvergroup__name"))
    held = Qualification.objects.filter(workspace=workspace, person__in=[one for one, _ in rows])
    untils = {
        (person, group): until
        for person, group, until in held.order_by("valid_until").values_list(
            "person", "group", "valid_until"
        )
    }
    people = Person.objects.in_bulk([person for person, _ in rows])
    found = ((people[one], Holding(group, untils.get((one, group)))) for one, group in rows)
    due = [(person, holding) for person, holding in found if holding.is_due(now)]
    return sorted(due, key=lambda pair: (pair[0].name, pair[1].group))
