"""Whose turn it is at a proposal, what their vote would do, and why somebody has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from agents import clock
from agents.models import Publishing
from agents.people import Member
from agents.rights import Right
from reviews import lifecycle, rules
from reviews.approval_rules import (
    Mode,
    PersonFacts,
    ProposalFacts,
    count_approvals,
    may_decide,
    may_take_back,
    may_undo,
    say_needs,
    unsatisfiable,
)
from reviews.decisions import REASON_CODES
from reviews.lifecycle import Act, Standing, StandingKind, State
from reviews.models import Decision, OriginKind, Proposal
from reviews.proposals import may_withdraw
from reviews.requests import SEND_BACK

READ_FROM: Mapping[Publishing, str] = {
    Publishing.AT_ONCE: "from their next session",
    Publishing.SCHEDULED: "once its slot to publish comes",
    Publishing.BY_HAND: "once a person publishes it",
}
"""From when agents read what was applied, by when its store publishes."""

ORDINALS = ("", "first", "second", "third", "fourth", "fifth")
NUMBERS = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True, slots=True)
class Chip:
    """The one state of a proposal. tone: bad, good, yours or ''."""

    text: str
    sign: str
    tone: str = ""


CHIPS: Mapping[str, Chip] = {
    State.PENDING: Chip("Waits for a reviewer", "circle"),
    State.AWAITING_SECOND: Chip("Waits for another reviewer", "users"),
    State.APPLIED: Chip("Applied", "circle-check", "good"),
    State.REJECTED: Chip("Rejected", "circle-x"),
    State.CHANGES_REQUESTED: Chip("Sent back", "corner-up-left"),
    State.CONFLICTED: Chip("Base changed", "git-compare", "bad"),
    State.SUPERSEDED: Chip("Superseded", "layers"),
    State.WITHDRAWN: Chip("Withdrawn", "undo-2"),
}
DID: Mapping[str, str] = {"approve": "approved", "reject": "rejected", SEND_BACK: "sent back"}
BY_RULE = Chip("Applied by rule", "circle-check", "good")
YOURS = Chip("Your turn", "circle-dot", "yours")


@dataclass(frozen=True, slots=True)
class VoteLine:
    """One vote on the newest revision. reason: the words of its code, then the person's own.

    did: approved, rejected or sent back.
    """

    name: str
    did: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class WhoseTurn:
    """What this member can do here. barred: why not, beside controls that are off.

    effect: what the vote does, lead first. needs: the approvals asked for, in words. follows: who
    reads what is asked of it when it is sent back. unseen: whose decisions on this revision this
    member is not told before deciding too; votes holds none of them.
    """

    chip: Chip
    sees_controls: bool
    may_approve: bool
    may_reject: bool
    may_send_back: bool
    may_withdraw: bool
    barred: str
    lead: str
    effect: str
    needs: str
    approvals: int
    votes: tuple[VoteLine, ...]
    disputed: bool
    unsatisfiable: str
    follows: str
    may_undo: bool = False
    unseen: frozenset[int] = frozenset()


def whose_turn(proposal: Proposal, member: Member, decisions: Sequence[Decision]) -> WhoseTurn:
    """Return whose turn it is; decisions: all of the proposal's, with their persons."""
    needs = rules.needs_of(proposal)
    votes = rules.votes_of(proposal, decisions)
    person, facts = rules.facts_about(proposal, member, votes)
    standing = lifecycle.settle(needs, votes)
    is_open = proposal.state in lifecycle.OPEN
    barred = may_decide(person, facts) or ""
    off = barred
    if is_open and not barred and not rules.advances(proposal, member, votes):
        off = f"The approval still needed is one from {' or '.join(standing.groups)}."
        off += _say_unqualified(member, standing.groups)
    lead, effect = _effect(proposal, standing, count_approvals(needs))
    may_approve = is_open and not off
    unseen = frozenset() if barred or not is_open else unseen_by(member, proposal, decisions, facts)
    return WhoseTurn(
        chip=_chip(proposal, may_approve),
        sees_controls=member.may(Right.DECIDE) and (is_open or _is_conflicted(proposal)),
        may_approve=may_approve,
        may_reject=(is_open or _is_conflicted(proposal)) and not barred,
        may_send_back=is_open and not barred,
        may_withdraw=may_withdraw(proposal, member)
        and Act.WITHDRAW in lifecycle.acts_from(State(proposal.state)),
        may_undo=_may_undo(proposal, decisions, person, facts),
        barred=off,
        lead=lead,
        effect=effect,
        needs=_needs(proposal, standing, count_approvals(needs), may_approve),
        approvals=count_approvals(needs),
        votes=_votes(proposal, decisions, unseen),
        disputed=standing.kind is StandingKind.DISAGREEMENT,
        # Where this member's approval is the last one needed, somebody present can give it.
        unsatisfiable=(
            _unsatisfiable(proposal, facts)
            if is_open and not (may_approve and standing.more <= 1)
            else ""
        ),
        follows=who_answers(proposal),
        unseen=unseen,
    )


def _may_undo(
    proposal: Proposal, decisions: Sequence[Decision], person: PersonFacts, facts: ProposalFacts
) -> bool:
    """Say whether the person can take back the last vote, settled or not."""
    if proposal.state == State.SCHEDULED:
        return may_undo(person, facts, proposal.decided_by_id) is None
    vote = rules.last_vote(proposal, decisions)
    return (
        proposal.state == State.AWAITING_SECOND
        and vote is not None
        and may_take_back(person, vote.person_id) is None
    )


def _say_unqualified(member: Member, groups: Sequence[str]) -> str:
    """Return which of the groups asked the member would count in if they were qualified."""
    missing = sorted(member.unqualified & set(groups))
    if not missing:
        return ""
    return f" You stand in {missing[0]} without a current qualification: renew it under Practice."


def unseen_by(
    member: Member, proposal: Proposal, decisions: Sequence[Decision], facts: ProposalFacts
) -> frozenset[int]:
    """Return whose decisions on this revision `member`, who may vote, is not told before voting.

    What another said first weighs on what one says second. Who settles a disagreement is told
    both sides: that is what they judge.
    """
    if facts.disputed:
        return frozenset()
    voters = {one.person_id for one in decisions if one.revision == proposal.revision}
    return frozenset(key for key in voters if key is not None) - {member.person.pk}


def who_answers(proposal: Proposal) -> str:
    """Return who reads what is asked of the proposal when it is sent back, as a sentence."""
    if proposal.origin_kind == OriginKind.PERSON:
        return f"{proposal.origin_label} reads your note, and files it anew or withdraws it."
    return "The next dream over this memory reads your note."


def _is_conflicted(proposal: Proposal) -> bool:
    return proposal.state == State.CONFLICTED


def _chip(proposal: Proposal, may_approve: bool) -> Chip:  # noqa: FBT001 (a fact, not a switch)
    if may_approve:
        return YOURS
    if proposal.state == State.APPLIED and proposal.route.get("mode") == Mode.AUTOMATIC:
        return BY_RULE
    if proposal.state == State.SCHEDULED:
        word = "Approved" if proposal.verdict == "approve" else "Rejected"
        is_in_grace = proposal.apply_at is not None and proposal.apply_at > clock.now()
        return Chip(f"{word}, {'can be undone' if is_in_grace else 'being carried out'}", "clock")
    return CHIPS[proposal.state]


def _needs(proposal: Proposal, standing: Standing, total: int, may_approve: bool) -> str:  # noqa: FBT001
    words = say_needs(rules.needs_of(proposal))
    if may_approve and total > 1 and standing.kind is StandingKind.NEEDS_MORE:
        return f"{words}, yours is {ORDINALS[total - standing.more + 1]}"
    return words


def _effect(proposal: Proposal, standing: Standing, total: int) -> tuple[str, str]:
    """Return what an approval would do now: a lead in bold, and the rest."""
    if _is_conflicted(proposal):
        return "Its path has changed since.", "Settle the conflict, or reject it."
    if standing.kind is StandingKind.DISAGREEMENT:
        return "Two reviewers disagree.", "A rejection stands; an approval ends the disagreement."
    return effect_of(standing.more, total, proposal.store.publishing)


def effect_of(more: int, total: int, publishing: str = Publishing.AT_ONCE) -> tuple[str, str]:
    """Return what the next approval does where `more` of `total` are due, in two sentences.

    publishing: when the store serves what was approved.
    """
    grace = settings.GRACE_S
    when = f"in {grace} s" if grace else "at once"
    if more <= 1:
        lead = "One approval is enough." if total == 1 else "The last approval needed."
        return lead, f"Applies {when}; agents read it {READ_FROM[Publishing(publishing)]}."
    which = ORDINALS[total - more + 1].capitalize()
    return f"{which} of {NUMBERS[total]} approvals.", f"Applies {when} after the last."


def _votes(
    proposal: Proposal, decisions: Sequence[Decision], unseen: frozenset[int]
) -> tuple[VoteLine, ...]:
    return tuple(
        VoteLine(
            name=decision.person.name if decision.person else f"Rule {decision.rule}",
            did=DID[decision.verdict],
            at=decision.created_at,
            reason=_reason(decision),
        )
        for decision in decisions
        if decision.revision == proposal.revision
        and not decision.is_undone
        and decision.person_id not in unseen
    )


def _reason(decision: Decision) -> str:
    code = REASON_CODES.get(decision.reason_code, "")
    if decision.reason_code == "other":
        code = ""
    return ": ".join(part for part in (code, decision.reason) if part)


def _unsatisfiable(proposal: Proposal, facts: ProposalFacts) -> str:
    people = rules.people_facts(proposal.workspace)
    return unsatisfiable(rules.needs_of(proposal), people, facts) or ""
