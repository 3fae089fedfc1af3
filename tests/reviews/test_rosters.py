"""Who is here and what of each proposal says whose turn it is, asked for many at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.people import set_group
from reviews import revisions, rules, undos
from reviews.audit.actors import SYSTEM
from reviews.deadlines import Settings, set_due_times
from reviews.due_times import Limits
from reviews.holders import turn_of
from reviews.lifecycle import State
from reviews.models import Absence, Deadline, Proposal
from reviews.rosters import cases_of, names_of, roster_of
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import by_hand
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db

TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}


def test_a_roster_is_everybody_here_with_groups_and_who_is_away(
    cast: Cast, clock: FakeClock
) -> None:
    set_group(cast.workspace, "risk-desk", [cast.reviewer], by=SYSTEM)
    set_due_times(cast.workspace, Settings(Limits(), "risk-desk"), by=member(cast, "lead"))
    Absence.objects.create(
        workspace=cast.workspace, person=cast.reviewer, stand_in=cast.lead, set_by=cast.reviewer,
        starts_at=clock(), ends_at=clock() + timedelta(days=1),
    )  # fmt: skip
    found = roster_of(cast.workspace, clock())
    assert {one.id: one.role for one in found.people} == {
        cast.admin.pk: "admin",
        cast.reviewer.pk: "reviewer",
        cast.second_reviewer.pk: "reviewer",
        cast.lead.pk: "lead",
        cast.auditor.pk: "auditor",
    }
    assert found.away == {cast.reviewer.pk: cast.lead.pk}
    assert found.group == "risk-desk"
    assert roster_of(cast.workspace, clock.advance(days=1)).away == {}


def test_somebody_whose_account_is_closed_is_not_here(cast: Cast, clock: FakeClock) -> None:
    cast.reviewer.is_active = False
    cast.reviewer.save(update_fields=["is_active"])
    assert cast.reviewer.pk not in {one.id for one in roster_of(cast.workspace, clock()).people}


def kinds_of_proposals(cast: Cast) -> list[Proposal]:
    """One of each way in which people are barred."""
    edited = build.filed(cast.store)
    revisions.submit_edit(
        edited, content="Plainer.\n", reason="Plainer.", by=member(cast, "reviewer"),
        expected_revision=1,
    )  # fmt: skip
    voted = build.proposal(cast.store, route=TWO, started_by=cast.second_reviewer)
    approve(cast, voted, "lead")
    disputed = build.proposal(cast.store, route=TWO, content="b\n")
    approve(cast, disputed, "reviewer")
    return [edited, by_hand(cast, "/c.md", "c\n"), voted, disputed]


def test_a_case_says_of_each_proposal_what_its_own_page_says(cast: Cast, clock: FakeClock) -> None:
    found = [fresh(one) for one in kinds_of_proposals(cast)]
    cases = cases_of(found, roster_of(cast.workspace, clock()))
    for row in found:
        assert cases[row.pk].facts == rules.proposal_facts(row)
        assert list(cases[row.pk].votes) == rules.votes_of(row)
        assert cases[row.pk].needs == rules.needs_of(row)


def test_many_proposals_are_asked_of_as_few_times_as_one(cast: Cast, clock: FakeClock) -> None:
    roster = roster_of(cast.workspace, clock())
    asked = []
    for _ in range(2):
        kinds_of_proposals(cast) if not asked else [build.filed(cast.store) for _ in range(9)]
        rows = list(Proposal.objects.select_related("agent", "deadline"))
        with CaptureQueriesContext(connection) as queries:
            cases_of(rows, roster)
        asked.append(len(queries))
    assert asked == [2, 2]


def test_a_vote_that_was_undone_is_none_in_the_case(cast: Cast, clock: FakeClock) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    by = member(cast, "reviewer")
    undos.undo(fresh(proposal), by=by, expected_round=0, expected=State.AWAITING_SECOND)
    roster = roster_of(cast.workspace, clock())
    case = cases_of([fresh(proposal)], roster)[proposal.pk]
    assert case.votes == ()
    assert cast.reviewer.pk in turn_of(case, roster).people


def test_an_escalated_proposal_is_the_leads_as_well(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    proposal.assignee = cast.reviewer
    proposal.save(update_fields=["assignee"])
    Deadline.objects.update(escalated_at=clock())
    row = Proposal.objects.select_related("agent", "deadline").get()
    roster = roster_of(cast.workspace, clock())
    assert turn_of(cases_of([row], roster)[row.pk], roster).people == (
        cast.reviewer.pk,
        cast.lead.pk,
    )


def test_names_are_looked_up_together(cast: Cast) -> None:
    assert names_of([cast.lead.pk, cast.reviewer.pk, cast.lead.pk]) == {
        cast.lead.pk: "Lena",
        cast.reviewer.pk: "Rosa",
    }
