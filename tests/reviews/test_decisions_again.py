"""A form that comes twice: the first answer again, never a second decision or an error."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from reviews import decisions, revisions, undos
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.decisions import Shown
from reviews.errors import InvalidChange, StaleProposal
from reviews.models import Decision, Proposal, ProposalRevision
from tests import build
from tests.cast import Cast
from tests.reviews.views.desks import conflict, fresh, member

pytestmark = pytest.mark.django_db

TOKEN = "b" * 32
TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
SEEN = Shown(1, "pending")


def approve(cast: Cast, proposal: Proposal, token: str = TOKEN, name: str = "reviewer") -> Proposal:
    return decisions.approve(proposal, by=member(cast, name), shown=SEEN, token=token)


def reject(cast: Cast, proposal: Proposal, token: str = TOKEN) -> Proposal:
    by = member(cast, "reviewer")
    return decisions.reject(proposal, by=by, shown=SEEN, code="wrong", reason="", token=token)


def send_back(cast: Cast, proposal: Proposal) -> Proposal:
    by = member(cast, "reviewer")
    return decisions.request_changes(proposal, by=by, shown=SEEN, reason="Shorter.", token=TOKEN)


@pytest.mark.parametrize("act", [approve, reject, send_back])
def test_sent_twice_it_is_decided_once_and_answered_alike(cast: Cast, act) -> None:
    proposal = build.filed(cast.store)
    states = [act(cast, fresh(proposal)).state for _ in range(2)]
    assert states[0] == states[1] != "pending"
    assert Decision.objects.count() == 1
    assert not Entry.objects.filter(action=Action.DECISION_REFUSED).exists()


def test_the_first_of_two_approvals_sent_twice_is_no_second_one(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    assert [approve(cast, proposal).state for _ in range(2)] == ["awaiting_second"] * 2
    assert Decision.objects.count() == 1


def test_after_it_was_applied_the_answer_is_still_no_error(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal)
    decisions.apply_due(fresh(proposal).apply_at)
    assert approve(cast, proposal).state == "applied"


def test_another_form_is_another_decision(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal)
    with pytest.raises(StaleProposal, match="is decided now"):
        approve(cast, proposal, "c" * 32)


@pytest.mark.parametrize("token", ["", TOKEN])
def test_the_same_token_from_somebody_else_or_none_at_all_is_no_repetition(
    cast: Cast, token: str
) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, token)
    with pytest.raises(StaleProposal):
        approve(cast, proposal, token, "second_reviewer" if token else "reviewer")


def test_a_page_that_approved_does_not_reject_with_the_same_token(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal)
    with pytest.raises(StaleProposal, match="is decided now"):
        reject(cast, proposal)
    assert fresh(proposal).verdict == "approve"


def test_a_form_whose_decision_was_undone_decides_nothing_any_more(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal)
    undos.undo(proposal, by=member(cast, "reviewer"), expected_round=0)
    with pytest.raises(StaleProposal, match="was undone; open it again"):
        approve(cast, fresh(proposal))
    assert fresh(proposal).state == "pending"


def test_an_edit_sent_twice_is_one_revision(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    sent = {"content": "Mine.\n", "reason": "Plainer.", "by": member(cast, "reviewer")}
    rows = [
        revisions.submit_edit(proposal, **sent, expected_revision=1, token=TOKEN) for _ in range(2)
    ]
    assert [row.revision for row in rows] == [2, 2]
    assert ProposalRevision.objects.filter(proposal=proposal).count() == 2


def test_an_edit_with_another_token_is_stale(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    sent = {"content": "Mine.\n", "reason": "Plainer.", "by": member(cast, "reviewer")}
    revisions.submit_edit(proposal, **sent, expected_revision=1, token=TOKEN)
    with pytest.raises(StaleProposal):
        revisions.submit_edit(proposal, **sent, expected_revision=1, token="c" * 32)
    with pytest.raises(InvalidChange, match="same as before"):
        revisions.submit_edit(proposal, **sent, expected_revision=2, token=TOKEN)


def test_a_settled_conflict_sent_twice_is_one_revision(cast: Cast) -> None:
    waiting = conflict(cast, "One.\nTwo!\n", "One.\nTwo?\n", old="One.\nTwo.\n")
    sent = {"content": "One.\nBoth.\n", "reason": "Settled.", "by": member(cast, "lead")}
    rows = [
        revisions.rebase(waiting, **sent, expected_revision=1, expected_head=2, token=TOKEN)
        for _ in range(2)
    ]
    assert [(row.revision, row.state) for row in rows] == [(2, "pending")] * 2
    assert ProposalRevision.objects.filter(proposal=waiting).count() == 2


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_the_same_moment_it_is_decided_once(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    together = Barrier(2)

    def send() -> str:
        together.wait()
        try:
            return approve(cast, proposal).state
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        states = [run.result() for run in [pool.submit(send) for _ in range(2)]]
    assert states == ["scheduled", "scheduled"]
    assert Decision.objects.count() == 1
