"""Undoing: the last vote is taken back here, in its grace or before another person decides."""

from collections.abc import Sequence

from django.db import transaction

from agents import clock
from agents.people import Member, actor_of
from reviews import lifecycle, rules
from reviews.approval_rules import may_take_back, may_undo
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.log import append
from reviews.decisions import SETTLING
from reviews.errors import MayNotDecide, ReviewsError, UndoTooLate
from reviews.lifecycle import STANDS, State, Vote
from reviews.models import Deadline, Decision, Proposal, Undo
from reviews.proposals import is_stale, lock, mark_conflicted


def undo(
    proposal: Proposal, *, by: Member, expected_round: int, expected: State = State.SCHEDULED
) -> Proposal:
    """Take back the last vote: the proposal waits again as it did before that vote.

    expected_round: how often it had been undone when the page was shown; one that was undone since
    is returned as it is, so that pressing twice undoes once. expected: the state the page showed,
    scheduled or awaiting_second. A scheduled verdict can be undone until it is carried out, so also
    while a freeze holds it back; a vote that settled nothing, until another person decides. Raises
    UndoTooLate after that, MayNotDecide for who may not: see may_undo and may_take_back.
    """
    with transaction.atomic(durable=True):
        row = lock(proposal)
        if row.round > expected_round:
            return row
        refusal = take_back(row, by, expected)
        if refusal is not None:
            raise refusal
    return row


def take_back(row: Proposal, by: Member, expected: State = State.SCHEDULED) -> ReviewsError | None:
    """Take back the last vote on a locked row, or return why it stays; see undo."""
    if row.state != expected or expected not in lifecycle.UNDOABLE:
        return UndoTooLate(_way_back(row))
    given = rules.decisions_of(row)
    vote = _last_vote(row, given)
    left = rules.votes_of(row, [one for one in given if one != vote])
    person, facts = rules.facts_about(row, by, left)
    if expected is State.SCHEDULED:
        barred = may_undo(person, facts, row.decided_by_id)
    else:
        barred = may_take_back(person, vote.person_id if vote else None)
    if barred is not None:
        return MayNotDecide(barred)
    _take_back(row, by, vote, left)
    if row.state in lifecycle.OPEN and is_stale(row):
        mark_conflicted(row, actor=SYSTEM, reason="Its path has changed since it was proposed.")
    return None


def _last_vote(row: Proposal, given: Sequence[Decision]) -> Decision | None:
    """Return the vote that is undone next, None where none counts.

    What is scheduled was settled in this round or by a rule, whatever was said in rounds before.
    """
    if row.state == State.SCHEDULED:
        return next((one for one in reversed(given) if one.round == row.round), None)
    return rules.last_vote(row, given)


def _way_back(row: Proposal) -> str:
    """Return what to do about a decision that can no longer be undone."""
    if row.state == State.APPLIED:
        return (
            f"{row} is applied. To take it back, propose a change or a retirement; a lead can "
            "roll back to an earlier release at once."
        )
    if row.state == State.REJECTED:
        return f"{row} is rejected. Propose the change anew by hand if it is needed after all."
    if row.state == State.SCHEDULED:
        return f"Another person has decided on {row} meanwhile, so your vote stays."
    return f"{row} {STANDS[State(row.state)]} now; there is no decision to undo."


def _take_back(row: Proposal, by: Member, vote: Decision | None, left: Sequence[Vote]) -> None:
    """Undo the vote of a locked row: it asks again for what the votes `left` do not give."""
    if vote is None:
        raise UndoTooLate(f"{row} has no decision to undo.")
    Undo.objects.create(decision=vote, person=by.person, created_at=clock.now())
    verdict, before = row.verdict, State(row.state)
    row.state = lifecycle.undo_state(before, _state_before(row, left)).value
    row.round += 1
    rules.ask(row, left)
    row.verdict, row.apply_at, row.decided_at, row.decided_by = "", None, None, None
    row.save(update_fields=[*SETTLING, "round"])
    # Whoever is asked again hears of it at the worker's next tick.
    Deadline.objects.filter(proposal=row, look_at__isnull=False).update(look_at=clock.now())
    append(
        Action.DECISION_UNDONE,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=str(row),
        revision=row.revision,
        before={"state": before.value, "verdict": verdict},
        after={"state": row.state, "round": row.round},
        rule=rules.route_reference(row.route),
    )


def _state_before(row: Proposal, left: Sequence[Vote]) -> State:
    """Return in which state the last vote was cast, `left` being the votes before it."""
    if row.state == State.SCHEDULED:
        return State(row.state_before)
    return State.AWAITING_SECOND if left else State.PENDING
