"""Later: a proposal put aside by one person, for themselves, until a date.

It leaves their queue and comes back by itself, on top of its group. Nobody else notices, and no due
time waits for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from agents import clock
from agents.errors import InvalidInput
from agents.people import Member, actor_of
from agents.prepared import Prepared, Slot
from agents.rights import Right
from agents.web.times import machine_time
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import NotAllowed, StaleProposal
from reviews.lifecycle import OPEN, STANDS, State
from reviews.models import Postponement, Proposal

LONGEST = timedelta(days=366)
MOST = 200
"""So many one person puts aside; more than that is a queue nobody looks at."""

NOTE_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Aside:
    """What one person put aside. away: number -> until when. back: number -> risk rank.

    What is back came back by its time, and still waits.
    """

    away: Mapping[int, datetime] = field(default_factory=dict)
    back: Mapping[int, int] = field(default_factory=dict)


NOTHING_ASIDE = Aside()


def postpone(proposal: Proposal, *, by: Member, until: datetime, note: str = "") -> Postponement:
    """Put the proposal aside for `by` until `until`; again sets the new date and note.

    Raises NotAllowed for roles that do not decide, StaleProposal for what no longer waits,
    InvalidInput for a date that is past or more than a year ahead, and beyond MOST.
    """
    _check(proposal, by)
    now = clock.now()
    check_until(until, now)
    with transaction.atomic(durable=True):
        others = Postponement.objects.filter(
            workspace=by.workspace, person=by.person, proposal__waits=1
        )
        if others.exclude(proposal=proposal).count() >= MOST:
            raise InvalidInput(f"You have put {MOST} proposals aside. Take one back first.")
        row, _ = Postponement.objects.update_or_create(
            proposal=proposal,
            person=by.person,
            defaults={
                "workspace": by.workspace,
                "number": proposal.number,
                "until": until,
                "note": note.strip()[:NOTE_LENGTH],
                "created_at": now,
            },
        )
        _log(Action.PROPOSAL_POSTPONED, proposal, by, row)
    return row


def check_until(until: datetime, now: datetime) -> None:
    """Raise InvalidInput for a time until which nothing can be put aside."""
    if not now < until <= now + LONGEST:
        raise InvalidInput("Choose a day from tomorrow on, within a year.")


def take_back(proposal: Proposal, *, by: Member) -> None:
    """Let the proposal wait for `by` again; where it was not put aside, nothing happens."""
    with transaction.atomic(durable=True):
        row = find_postponement(proposal, by)
        if row is not None:
            row.delete()
            _log(Action.PROPOSAL_TAKEN_BACK, proposal, by, None)


def find_postponement(proposal: Proposal, by: Member) -> Postponement | None:
    """Return what `by` put aside of this proposal, also when its time has come."""
    return Postponement.objects.filter(proposal=proposal, person=by.person).first()


@Prepared
def _waiting_aside(
    workspace: Slot, person: Slot
) -> QuerySet[Postponement, tuple[int, datetime, int]]:
    rows = Postponement.objects.filter(person=person, workspace=workspace, proposal__waits=1)
    return rows.values_list("number", "until", "proposal__risk_rank")


def aside_of(member: Member) -> Aside:
    """Return what `member` has put aside and what is back, of what still waits; one query."""
    found = _waiting_aside(workspace=member.workspace.pk, person=member.person.pk)
    now = clock.now()
    return Aside(
        away={number: until for number, until, _ in found if until > now},
        back={number: rank for number, until, rank in found if until <= now},
    )


def _check(proposal: Proposal, by: Member) -> None:
    if not by.may(Right.DECIDE):
        raise NotAllowed("Reviewers and leads put proposals aside; your role does not.")
    if proposal.state not in OPEN:
        message = f"{proposal} {STANDS[State(proposal.state)]} now; it waits no more."
        raise StaleProposal(message, proposal=str(proposal))


def _log(action: Action, proposal: Proposal, by: Member, row: Postponement | None) -> None:
    append(
        action,
        workspace=proposal.workspace.slug,
        actor=actor_of(by.person),
        object=str(proposal),
        revision=proposal.revision,
        after={"until": machine_time(row.until)} if row else None,
        values={"note": row.note} if row and row.note else {},
    )
