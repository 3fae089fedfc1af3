"""Reservations: a proposal is one person's for ten minutes, as a courtesy and never as a lock.

Who else opens it is told so, may read it, and may decide it all the same. Nothing has to run for a
reservation to end: past its time it says nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from agents import clock
from agents.people import Member, actor_of
from agents.rights import Right
from agents.web.times import machine_time, spell_span
from reviews import rules
from reviews.approval_rules import may_decide
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import AlreadyReserved, MayNotDecide, NotAllowed, StaleProposal
from reviews.lifecycle import OPEN, STANDS, State
from reviews.models import Proposal, Reservation

LEASE = timedelta(minutes=10)
MOST = 20
"""So many a person reserves at once: more is no courtesy."""

DECIDABLE = frozenset({*OPEN, State.CONFLICTED})


def reserve(proposal: Proposal, *, by: Member) -> Reservation:
    """Reserve the proposal for `by` for LEASE from now; one's own begins anew.

    Raises AlreadyReserved while it is another's, MayNotDecide for who cannot decide it anyway or
    has MOST already, StaleProposal when nothing is left to decide, NotAllowed for other roles.
    """
    _check(proposal, by)
    now = clock.now()
    with transaction.atomic(durable=True):
        others = live_of(by, now).exclude(proposal=proposal)
        if others.count() >= MOST:
            raise MayNotDecide(f"You have reserved {MOST} proposals. Decide or release one first.")
        found = _take(proposal, by, now, by_opening=False)
        if found is None:
            raise AlreadyReserved(_whose(proposal, now))
    return found


def open_up(proposal: Proposal, *, by: Member) -> Reservation | None:
    """Reserve what `by` just opened, if it is free and theirs to decide; return whose it is now.

    What they reserved by opening another page before is free again. What is reserved already, by
    whomever, stays as it is; None where nobody has it.
    """
    now = clock.now()
    with transaction.atomic(durable=True):
        for left in live_of(by, now).filter(by_opening=True).exclude(proposal=proposal):
            _end(left, by)
        held = holder_of(proposal, now)
        if held is not None or _barred(proposal, by):
            return held
        return _take(proposal, by, now, by_opening=True) or holder_of(proposal, now)


def release(proposal: Proposal, *, by: Member) -> None:
    """End the reservation `by` has; where there is none of theirs, nothing happens."""
    with transaction.atomic(durable=True):
        found = live_of(by, clock.now()).filter(proposal=proposal).first()
        if found is not None:
            _end(found, by)


def holder_of(proposal: Proposal, now: datetime) -> Reservation | None:
    """Return the reservation that is in force, with its person."""
    rows = Reservation.objects.filter(proposal=proposal, until__gt=now)
    return rows.select_related("person").first()


def live_of(member: Member, now: datetime) -> QuerySet[Reservation]:
    """Return what `member` has reserved in the workspace, the first to end first."""
    rows = Reservation.objects.filter(
        workspace=member.workspace, person=member.person, until__gt=now
    )
    return rows.select_related("proposal__workspace").order_by("until", "pk")


def _check(proposal: Proposal, by: Member) -> None:
    if not by.may(Right.DECIDE):
        raise NotAllowed("Reviewers and leads reserve proposals; your role does not.")
    if proposal.state not in DECIDABLE:
        stands = STANDS[State(proposal.state)]
        raise StaleProposal(
            f"{proposal} {stands} now, so there is nothing to reserve.", proposal=str(proposal)
        )
    barred = _barred(proposal, by)
    if barred:
        raise MayNotDecide(barred)


def _barred(proposal: Proposal, by: Member) -> str:
    """Return why a reservation by `by` would only keep others away, '' where it is well."""
    if proposal.state not in DECIDABLE:
        return f"{proposal} is settled."
    return may_decide(*rules.facts_about(proposal, by, rules.votes_of(proposal))) or ""


def _take(proposal: Proposal, by: Member, now: datetime, *, by_opening: bool) -> Reservation | None:
    """Make the reservation `by`'s, in the caller's transaction; None while it is another's.

    Each step is one statement that the database decides on, so of two at once one has it.
    """
    rows = Reservation.objects.filter(proposal=proposal)
    facts = {"person": by.person, "until": now + LEASE, "by_opening": by_opening}
    if rows.filter(person=by.person, until__gt=now).update(**facts):
        return holder_of(proposal, now)
    if not rows.filter(until__lte=now).update(**facts) and not _insert(proposal, facts):
        return None
    _log(Action.PROPOSAL_RESERVED, proposal, by, {"until": machine_time(now + LEASE)})
    return holder_of(proposal, now)


def _insert(proposal: Proposal, facts: Mapping[str, object]) -> bool:
    try:
        with transaction.atomic():
            Reservation.objects.create(
                workspace=proposal.workspace, proposal=proposal, number=proposal.number, **facts
            )
    except IntegrityError:
        return False
    return True


def _end(row: Reservation, by: Member) -> None:
    row.delete()
    _log(Action.PROPOSAL_RELEASED, row.proposal, by, None)


def _log(
    action: Action, proposal: Proposal, by: Member, after: Mapping[str, object] | None
) -> None:
    append(
        action,
        workspace=proposal.workspace.slug,
        actor=actor_of(by.person),
        object=str(proposal),
        revision=proposal.revision,
        after=after,
    )


def _whose(proposal: Proposal, now: datetime) -> str:
    held = holder_of(proposal, now)
    if held is None:
        return f"Somebody reserved {proposal} at the same moment."
    left = spell_span((held.until - now).total_seconds())
    return f"{held.person.name} has reserved {proposal} for {left} more. You can still decide it."
