"""Whoever votes next is not told what the first said, or who it was, until they voted too."""

import re

import pytest

from agents.people import set_group
from reviews import decisions, revisions, undos
from reviews.audit.actors import SYSTEM
from reviews.decisions import Shown
from tests import build
from tests.reviews.views.desks import HTMX, approve, at, fresh, member, post, shown, text_of

pytestmark = pytest.mark.django_db

TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
WHY = "The ledger bears it out in every session I opened."


@pytest.fixture
def half(cast):
    """A proposal that Sven approved, with words, and that asks for one more."""
    proposal = build.proposal(cast.store, route=TWO)
    by, seen = member(cast, "second_reviewer"), Shown(1, "pending")
    decisions.approve(proposal, by=by, shown=seen, reason=WHY)
    return fresh(proposal)


def said(client, address: str, **headers: str) -> str:
    html = text_of(client.get(address, headers=headers))
    main = re.search(r'<main class="pane".*', html, re.DOTALL)
    return main[0] if main else html


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "pane"])
@pytest.mark.parametrize("name", ["reviewer", "lead"])
def test_who_may_vote_next_sees_neither_name_nor_verdict_nor_words(
    cast, client_of, half, name, headers
) -> None:
    html = said(client_of(getattr(cast, name)), at(cast, half), **headers)

    assert "Sven" not in html
    assert WHY not in html
    assert "approved revision" not in html
    assert "approved this revision" not in html
    assert "Somebody else has decided on this revision." in html
    assert "Approve change" in html


def test_the_queue_beside_it_tells_no_more(cast, client_of, half) -> None:
    client = client_of(cast.reviewer)
    for address in ("/w/northwind/review/", at(cast, half)):
        html = text_of(client.get(address))
        assert "Sven" not in html
        assert WHY not in html


def test_the_forms_for_editing_and_rejecting_tell_no_more(cast, client_of, half) -> None:
    client = client_of(cast.reviewer)
    for page in ("edit/", "reject/", "request-changes/"):
        html = text_of(client.get(at(cast, half, page)))
        assert "Sven" not in html
        assert WHY not in html


def test_after_voting_both_are_told(cast, client_of, half) -> None:
    client = client_of(cast.reviewer)
    post(client, at(cast, half, "approve/"), shown(half))

    html = said(client, at(cast, half))

    assert "Sven approved revision 1" in html
    assert WHY in html
    assert "Rosa approved revision 1" in html


@pytest.mark.parametrize("name", ["auditor", "second_reviewer"])
def test_who_cannot_vote_is_told_everything(cast, client_of, half, name) -> None:
    html = said(client_of(getattr(cast, name)), at(cast, half))

    assert WHY in html
    assert "Sven approved" in html


def test_who_proposed_it_is_told_everything(cast, client_of) -> None:
    proposal = build.proposal(cast.store, route=TWO, proposer=cast.reviewer)
    approve(cast, proposal)

    assert "Sven approved" in said(client_of(cast.reviewer), at(cast, proposal))


def test_who_could_only_reject_is_not_told_either(cast, client_of) -> None:
    set_group(cast.workspace, "security", [cast.second_reviewer], by=SYSTEM)
    proposal = build.proposal(cast.store, route={**TWO, "needs": [["security", 2]]})
    approve(cast, proposal)

    html = said(client_of(cast.reviewer), at(cast, proposal))

    assert "The approval still needed is one from security." in html
    assert "Sven" not in html


def test_a_vote_that_was_undone_is_not_told_either(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal)
    undos.undo(proposal, by=member(cast, "second_reviewer"), expected_round=0)

    assert "Sven" not in said(client_of(cast.reviewer), at(cast, proposal))
    assert "Sven undid the decision" in said(client_of(cast.auditor), at(cast, proposal))


def test_what_was_said_of_an_earlier_text_is_told(cast, client_of, half) -> None:
    revisions.submit_edit(
        half,
        content="Another text.\n",
        reason="Plainer.",
        by=member(cast, "lead"),
        expected_revision=1,
    )

    html = said(client_of(cast.reviewer), at(cast, half))

    assert "Sven approved revision 1" in html


def test_whoever_settles_a_disagreement_is_told_both_sides(cast, client_of, half) -> None:
    post(client_of(cast.reviewer), at(cast, half, "reject/"), shown(half, code="unsafe"))

    html = said(client_of(cast.lead), at(cast, half))

    assert "Sven approved" in html
    assert "Rosa rejected" in html
    assert "A third person decides" in html


def test_the_owner_of_the_agent_is_never_asked_to_settle_it(cast, client_of, half) -> None:
    cast.agent.owner = cast.lead
    cast.agent.save()
    post(client_of(cast.reviewer), at(cast, half, "reject/"), shown(half, code="unsafe"))
    client = client_of(cast.lead)

    html = said(client, at(cast, half))
    refused = post(client, at(cast, half, "approve/"), shown(fresh(half)))

    assert "the agent&#x27;s owner cannot be the third" in html
    assert "Your turn" not in html
    assert refused.status_code == 403
    assert fresh(half).state == "awaiting_second"
