"""Whose turn it is, what a vote would do, and why somebody has none."""

import pytest

from agents.models import Publishing
from agents.people import find_member, set_group
from reviews.audit.actors import SYSTEM
from reviews.lifecycle import State
from reviews.models import Decision
from reviews.turns import CHIPS, whose_turn
from tests import build
from tests.reviews.views.desks import approve, fresh

pytestmark = pytest.mark.django_db

TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
THREE = {**TWO, "needs": [[None, 3]]}
LEGAL = {**TWO, "needs": [["legal", 1]]}


def turn_of(cast, proposal, name: str = "reviewer"):
    member = find_member(getattr(cast, name), cast.workspace)
    assert member is not None
    now = fresh(proposal)
    decisions = list(Decision.objects.filter(proposal=now).select_related("person").order_by("pk"))
    return whose_turn(now, member, decisions)


def test_a_reviewer_who_may_decide_has_the_turn(cast) -> None:
    turn = turn_of(cast, build.proposal(cast.store))

    assert turn.chip.text == "Your turn"
    assert turn.may_approve
    assert turn.may_reject
    assert turn.lead == "One approval is enough."
    assert turn.barred == ""


def test_an_auditor_waits_for_others_and_has_no_controls(cast) -> None:
    turn = turn_of(cast, build.proposal(cast.store), "auditor")

    assert turn.chip.text == "Waits for a reviewer"
    assert not turn.sees_controls


def test_the_first_of_two_approvals_says_what_follows(cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)

    turn = turn_of(cast, proposal)

    assert turn.lead == "First of two approvals."
    assert turn.needs == "two approvals, yours is first"
    approve(cast, proposal)
    assert turn_of(cast, proposal).lead == "The last approval needed."
    assert turn_of(cast, proposal).needs == "two approvals, yours is second"


def test_of_three_approvals_the_second_is_not_the_last(cast) -> None:
    proposal = build.proposal(cast.store, route=THREE)
    approve(cast, proposal)

    assert turn_of(cast, proposal).lead == "Second of three approvals."


def test_who_has_voted_sees_that_another_is_asked(cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")

    turn = turn_of(cast, proposal)

    assert turn.chip.text == "Waits for another reviewer"
    assert not turn.may_approve
    assert not turn.may_reject
    assert "You have decided on this revision" in turn.barred


def test_who_is_in_no_group_asked_for_may_only_reject(cast) -> None:
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)
    proposal = build.proposal(cast.store, route=LEGAL)

    turn = turn_of(cast, proposal)

    assert not turn.may_approve
    assert turn.may_reject
    assert turn.barred == "The approval still needed is one from legal."
    assert turn_of(cast, proposal, "lead").may_approve


def test_what_nobody_can_complete_is_said(cast) -> None:
    turn = turn_of(cast, build.proposal(cast.store, route=LEGAL))

    assert "Nobody can complete this" in turn.unsatisfiable


def test_votes_are_told_with_their_reasons(cast) -> None:
    proposal = build.proposal(cast.store, "awaiting_second", route=TWO)
    for person, verdict, code, reason in (
        (cast.second_reviewer, "approve", "", ""),
        (cast.lead, "reject", "too_broad", "It holds for refunds only."),
    ):
        Decision.objects.create(
            proposal=proposal,
            revision=1,
            person=person,
            verdict=verdict,
            reason_code=code,
            reason=reason,
        )

    turn = turn_of(cast, proposal)

    assert [(vote.name, vote.did, vote.reason) for vote in turn.votes] == [
        ("Sven", "approved", ""),
        ("Lena", "rejected", "Too broad: It holds for refunds only."),
    ]
    assert turn.disputed
    assert turn.lead == "Two reviewers disagree."


def test_a_vote_on_an_earlier_revision_is_not_told(cast) -> None:
    proposal = build.proposal(cast.store, revision=2)
    Decision.objects.create(proposal=proposal, revision=1, person=cast.lead, verdict="approve")

    assert turn_of(cast, proposal).votes == ()


def test_a_grace_is_said_where_there_is_one(cast, settings) -> None:
    settings.GRACE_S = 10

    assert "Applies in 10 s" in turn_of(cast, build.proposal(cast.store)).effect


@pytest.mark.parametrize(
    ("publishing", "read"),
    [
        (Publishing.AT_ONCE, "agents read it from their next session."),
        (Publishing.SCHEDULED, "agents read it once its slot to publish comes."),
        (Publishing.BY_HAND, "agents read it once a person publishes it."),
    ],
)
def test_it_is_said_from_when_agents_read_what_is_approved(cast, publishing, read) -> None:
    cast.store.publishing = publishing
    cast.store.save()

    assert turn_of(cast, build.proposal(cast.store)).effect.endswith(read)


def test_a_conflict_offers_no_approval_but_a_rejection(cast) -> None:
    turn = turn_of(cast, build.proposal(cast.store, "conflicted"))

    assert turn.chip.text == "Base changed"
    assert turn.sees_controls
    assert not turn.may_approve
    assert turn.may_reject


@pytest.mark.parametrize("state", ["applied", "rejected", "withdrawn", "superseded", "scheduled"])
def test_what_is_settled_has_no_controls(cast, state) -> None:
    turn = turn_of(cast, build.proposal(cast.store, state, verdict="approve"))

    assert not turn.sees_controls
    assert not turn.may_approve


@pytest.mark.parametrize(
    ("state", "expected"),
    [("pending", True), ("conflicted", True), ("changes_requested", True), ("applied", False)],
)
def test_the_proposer_withdraws_what_is_not_settled(cast, state, expected) -> None:
    proposal = build.proposal(cast.store, state, proposer=cast.reviewer)

    assert turn_of(cast, proposal).may_withdraw is expected
    assert not turn_of(cast, proposal, "lead").may_withdraw


def test_every_state_but_scheduled_has_its_chip() -> None:
    assert set(State) - set(CHIPS) == {State.SCHEDULED}
