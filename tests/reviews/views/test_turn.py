"""The page of a proposal's turn: whose, why, until when; and assigning it."""

from datetime import timedelta

import pytest

from reviews.assignments import assign
from reviews.models import Absence, Deadline
from tests import build
from tests.reviews.views.desks import at, fresh, member, post, text_of

pytestmark = pytest.mark.django_db

LEGAL = {"rule": "x", "version": 1, "needs": [["legal", 1]], "mode": "people", "reasons": []}


def page(client, cast, proposal) -> str:
    response = client.get(at(cast, proposal, "turn/"))
    assert response.status_code == 200
    return text_of(response)


def away(cast, now, person, stand_in=None) -> None:
    Absence.objects.create(
        workspace=cast.workspace, person=person, stand_in=stand_in, set_by=person,
        starts_at=now, ends_at=now + timedelta(days=3),
    )  # fmt: skip


def test_everybody_who_may_is_named_with_the_due_time(cast, client_of, clock) -> None:
    html = page(client_of(cast.auditor), cast, build.filed(cast.store))

    assert "Lena, Rosa or Sven" in html or "Rosa, Sven or Lena" in html
    assert "Any of them may give the next vote." in html
    assert "Due in 7 d" in html
    assert "2026-11-28 06:00:00 UTC" in html


def test_who_is_away_is_named_apart(cast, client_of, clock) -> None:
    away(cast, clock(), cast.reviewer)

    html = page(client_of(cast.lead), cast, build.filed(cast.store))

    assert "<strong>Sven or Lena</strong>" in html
    assert "<dd>Rosa</dd>" in html


def test_a_stand_in_is_said_to_stand_in(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)
    assign(proposal, cast.reviewer, by=member(cast, "lead"))
    assert "A lead assigned it." in page(client_of(cast.lead), cast, proposal)
    away(cast, clock(), cast.reviewer, cast.second_reviewer)

    html = page(client_of(cast.lead), cast, proposal)

    assert "<strong>Sven</strong>" in html
    assert "Stands in for Rosa." in html


def test_a_route_nobody_can_complete_is_with_the_leads(cast, client_of, clock) -> None:
    html = page(client_of(cast.reviewer), cast, build.proposal(cast.store, route=LEGAL))

    assert "<strong>Lena</strong>" in html
    assert "Nobody can complete this" in html


def test_an_escalation_and_a_check_are_said_with_their_times(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)
    Deadline.objects.update(
        escalated_at=clock() - timedelta(hours=2), escalated_to="risk-desk", checked_at=clock()
    )
    client = client_of(cast.reviewer)

    html = page(client, cast, proposal)

    assert "to risk-desk" in html
    assert "It is late, so the leads may take it as well." in html
    assert "on 21 Nov: still applies" in html
    head = text_of(client.get(at(cast, proposal)))
    assert "Escalated to risk-desk" in head
    assert "Checked again on 21 Nov: still applies" in head


def test_what_is_settled_waits_for_nobody(cast, client_of, clock) -> None:
    html = page(client_of(cast.lead), cast, build.proposal(cast.store, "applied"))

    assert "Nobody: no decision is open." in html
    assert "turn/assign/" not in html


def test_a_lead_assigns_it_and_takes_it_back(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.lead)

    answer = post(
        client, at(cast, proposal, "turn/assign/", "?q=risk:low"),
        {"person": cast.reviewer.public_id},
    )  # fmt: skip

    assert answer.status_code == 303
    assert answer.headers["Location"] == at(cast, proposal, "turn/", "?q=risk%3Alow")
    assert fresh(proposal).assignee == cast.reviewer
    assert "waits for Rosa." in page(client, cast, proposal)
    assert "Rosa's turn" in text_of(client.get(at(cast, proposal)))
    post(client, at(cast, proposal, "turn/assign/"), {"person": ""})
    assert fresh(proposal).assignee is None


def test_who_could_not_decide_it_is_not_offered(cast, client_of, clock) -> None:
    proposal = build.proposal(cast.store, proposer=cast.reviewer)
    client = client_of(cast.lead)

    assert cast.reviewer.public_id not in page(client, cast, proposal)
    sent = {"person": cast.reviewer.public_id}
    assert post(client, at(cast, proposal, "turn/assign/"), sent).status_code == 422
    assert fresh(proposal).assignee is None


def test_a_reviewer_is_told_that_a_lead_assigns(cast, client_of, clock) -> None:
    html = page(client_of(cast.reviewer), cast, build.filed(cast.store))

    assert "A lead assigns it." in html
    assert "turn/assign/" not in html


def test_the_proposals_page_leads_here(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal)))

    assert f'href="{at(cast, proposal, "turn/")}">Whose turn</a>' in html
