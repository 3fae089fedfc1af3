"""Assigning a proposal to one person, by a lead."""

from django.db import transaction

from agents import clock
from agents.errors import InvalidInput
from agents.models import Person
from agents.people import Member, actor_of, require_right
from agents.rights import Right
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import MayNotDecide
from reviews.holders import able_people
from reviews.lifecycle import OPEN, STANDS, State
from reviews.models import Deadline, Proposal
from reviews.proposals import lock
from reviews.rosters import cases_of, roster_of

WAITING = frozenset({*OPEN, State.CONFLICTED})
"""States in which it is somebody's turn."""


def assign(proposal: Proposal, person: Person | None, *, by: Member) -> Proposal:
    """Make it `person`'s turn, or everybody's who may decide it; the same again writes nothing.

    Raises agents.errors.NotAllowed unless `by` may assign, InvalidInput when nobody's turn is left,
    MayNotDecide when the person could not give the next vote.
    """
    require_right(by, Right.ASSIGN)
    with transaction.atomic(durable=True):
        row = lock(proposal)
        if row.state not in WAITING:
            raise InvalidInput(f"{row} {STANDS[State(row.state)]}: it waits for nobody.")
        if row.assignee_id == (person.pk if person else None):
            return row
        if person is not None:
            _check_able(row, person)
        before = row.assignee
        row.assignee = person
        row.save(update_fields=["assignee"])
        Deadline.objects.filter(proposal=row).update(look_at=clock.now())
        append(
            Action.PROPOSAL_ASSIGNED,
            workspace=row.workspace.slug,
            actor=actor_of(by.person),
            object=str(row),
            revision=row.revision,
            before={"assignee": before.public_id if before else None},
            after={"assignee": person.public_id if person else None},
        )
    return row


def _check_able(row: Proposal, person: Person) -> None:
    if person.pk not in assignable(row):
        raise MayNotDecide(
            f"{person.name} cannot decide {row} next: by role, groups, or because they filed it, "
            "wrote it, started its dream or have decided on it."
        )


def assignable(row: Proposal) -> tuple[int, ...]:
    """Return the ids of those who could do the next thing to the proposal, away or not."""
    roster = roster_of(row.workspace, clock.now())
    case = cases_of([row], roster)[row.pk]
    return tuple(one.id for one in able_people(case, roster.people))
