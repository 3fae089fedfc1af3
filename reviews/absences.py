"""Being away: from when until when, and who has meanwhile what is theirs.

A stand-in gets no right they do not have: whether they may decide a proposal is asked of them as of
anybody (reviews.holders).
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db import transaction
from django.db.models import Q

from agents import clock
from agents.errors import InvalidInput, NotAllowed
from agents.models import Membership, Person, Workspace
from agents.people import Member, actor_of, lock_workspace, subject_of
from agents.rights import Right, may
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.models import Absence, Deadline

LONGEST = timedelta(days=366)


def span_of(first: date, last: date, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """Return when the first day begins and the last one ends, on the clocks of `zone`."""
    starts = datetime.combine(first, time(), tzinfo=zone)
    ends = datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
    return starts.astimezone(UTC), ends.astimezone(UTC)


def may_set_for(by: Member, person: Person) -> bool:
    """Say whether `by` may say that `person` is away: their own, or anybody's for who manages."""
    manages = by.may(Right.ASSIGN) or by.may(Right.MANAGE_PEOPLE)
    return by.person == person or manages


@transaction.atomic
def set_absence(
    workspace: Workspace,
    person: Person,
    *,
    stand_in: Person | None,
    starts_at: datetime,
    ends_at: datetime,
    by: Member,
) -> Absence:
    """Say that `person` is away and who stands in; without one, whoever else may decide does.

    Raises NotAllowed unless `by` is that person, a lead or an admin. Raises InvalidInput for times
    in a wrong order, past or overlapping, and for people who do not decide here.
    """
    if not may_set_for(by, person):
        raise NotAllowed(f"{person.name}, a lead or an admin says when {person.name} is away.")
    _check_times(starts_at, ends_at)
    lock_workspace(workspace)
    _check_person(workspace, person)
    if stand_in is not None:
        _check_stand_in(workspace, person, stand_in)
    _refuse_overlap(workspace, person, starts_at, ends_at)
    absence = Absence.objects.create(
        workspace=workspace,
        person=person,
        stand_in=stand_in,
        starts_at=starts_at,
        ends_at=ends_at,
        set_by=by.person,
    )
    append(
        Action.ABSENCE_SET,
        workspace=workspace.slug,
        actor=actor_of(by.person),
        object=subject_of(person),
        after={
            "stand_in": stand_in.public_id if stand_in else None,
            "starts": f"{starts_at:%Y-%m-%dT%H:%MZ}",
            "ends": f"{ends_at:%Y-%m-%dT%H:%MZ}",
        },
    )
    _look_again(workspace, person)
    return absence


@transaction.atomic
def end_absence(absence: Absence, *, by: Member) -> None:
    """Let somebody be back from now on; one that has not begun never does.

    One that is over writes nothing. Raises NotAllowed as set_absence does.
    """
    if not may_set_for(by, absence.person):
        raise NotAllowed(f"{absence.person.name}, a lead or an admin says who is back.")
    lock_workspace(absence.workspace)
    now = clock.now()
    standing = Absence.objects.filter(pk=absence.pk, ended_at=None, ends_at__gt=now)
    if not standing.update(ended_at=now):
        return
    append(
        Action.ABSENCE_ENDED,
        workspace=absence.workspace.slug,
        actor=actor_of(by.person),
        object=subject_of(absence.person),
    )
    _look_again(absence.workspace, absence.person)


def next_change(workspace: Workspace, now: datetime) -> datetime | None:
    """Return when somebody of the workspace next goes or comes back, None while nobody is to."""
    standing = Absence.objects.filter(workspace=workspace, ended_at=None, ends_at__gt=now)
    times = [
        time for pair in standing.values_list("starts_at", "ends_at") for time in pair if time > now
    ]
    return min(times, default=None)


def _look_again(workspace: Workspace, person: Person) -> None:
    """Let the worker look at what is assigned to the person: somebody else may have it now."""
    theirs = Deadline.objects.filter(
        proposal__workspace=workspace, proposal__assignee=person, look_at__isnull=False
    )
    theirs.update(look_at=clock.now())


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise InvalidInput("The last day is before the first one.")
    if ends_at <= clock.now():
        raise InvalidInput("The last day has passed.")
    if ends_at - starts_at > LONGEST:
        raise InvalidInput("An absence of more than a year: remove the person's role instead.")


def _check_person(workspace: Workspace, person: Person) -> None:
    if not _decides(workspace, person):
        raise InvalidInput(f"{person.name} decides nothing in {workspace.name}.")


def _check_stand_in(workspace: Workspace, person: Person, stand_in: Person) -> None:
    if stand_in == person:
        raise InvalidInput("Nobody stands in for themselves.")
    if not _decides(workspace, stand_in):
        raise InvalidInput(
            f"{stand_in.name} decides nothing in {workspace.name}: reviewers and leads stand in."
        )


def _decides(workspace: Workspace, person: Person) -> bool:
    found = Membership.objects.filter(workspace=workspace, person=person, person__is_active=True)
    role = found.values_list("role", flat=True).first()
    return role is not None and may(role, Right.DECIDE)


def _refuse_overlap(
    workspace: Workspace, person: Person, starts_at: datetime, ends_at: datetime
) -> None:
    others = Absence.objects.filter(
        Q(ended_at=None), workspace=workspace, person=person,
        starts_at__lt=ends_at, ends_at__gt=starts_at,
    )  # fmt: skip
    if others.exists():
        raise InvalidInput(f"{person.name} is away in these days already. End that one first.")
