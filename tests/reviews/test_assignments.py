"""Assigning a proposal: by a lead, to who could decide it next, on the record."""

from datetime import timedelta

import pytest

from agents.errors import InvalidInput, NotAllowed
from agents.people import set_group
from reviews.assignments import assign, assignable
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.errors import MayNotDecide
from reviews.models import Deadline
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import by_hand
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db

TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
LEGAL = TWO | {"needs": [["legal", 1]]}


def entries() -> list[dict]:
    found = Entry.objects.filter(action=Action.PROPOSAL_ASSIGNED).order_by("id")
    return [read_body(entry.body)["after"] for entry in found]


def test_a_lead_assigns_and_takes_it_back_on_the_record(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    assign(proposal, cast.reviewer, by=member(cast, "lead"))
    assert fresh(proposal).assignee == cast.reviewer
    assign(proposal, None, by=member(cast, "lead"))
    assert fresh(proposal).assignee is None
    assert entries() == [{"assignee": cast.reviewer.public_id}, {}]


def test_the_same_again_writes_nothing(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    for _ in range(2):
        assign(proposal, cast.reviewer, by=member(cast, "lead"))
    assert len(entries()) == 1


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_nobody_but_a_lead_assigns(cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed, match="assign proposals"):
        assign(build.filed(cast.store), cast.reviewer, by=member(cast, name))


@pytest.mark.parametrize("name", ["auditor", "admin", "outsider"])
def test_who_does_not_decide_here_gets_nothing_assigned(cast: Cast, name: str) -> None:
    with pytest.raises(MayNotDecide, match="cannot decide"):
        assign(build.filed(cast.store), getattr(cast, name), by=member(cast, "lead"))


def test_who_filed_it_gets_it_not_assigned(cast: Cast) -> None:
    proposal = by_hand(cast, "/a.md", "Say so.\n")
    with pytest.raises(MayNotDecide, match="because they filed it"):
        assign(proposal, cast.reviewer, by=member(cast, "lead"))


def test_who_has_approved_gets_the_second_vote_not_assigned(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    with pytest.raises(MayNotDecide):
        assign(proposal, cast.reviewer, by=member(cast, "lead"))
    assert assignable(fresh(proposal)) == (cast.second_reviewer.pk, cast.lead.pk)


def test_only_the_group_that_is_asked_for_can_be_assigned(cast: Cast) -> None:
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)
    proposal = build.proposal(cast.store, route=LEGAL)
    assert assignable(proposal) == (cast.lead.pk,)


@pytest.mark.parametrize("state", ["applied", "scheduled", "changes_requested", "withdrawn"])
def test_what_waits_for_nobody_cannot_be_assigned(cast: Cast, state: str) -> None:
    proposal = build.proposal(cast.store, state)
    with pytest.raises(InvalidInput, match="waits for nobody"):
        assign(proposal, cast.reviewer, by=member(cast, "lead"))


def test_a_conflict_can_be_assigned_to_be_settled(cast: Cast) -> None:
    proposal = build.proposal(cast.store, "conflicted", proposer=cast.reviewer)
    assign(proposal, cast.reviewer, by=member(cast, "lead"))
    assert fresh(proposal).assignee == cast.reviewer


def test_the_worker_looks_at_it_again_at_once(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    Deadline.objects.update(look_at=clock() + timedelta(hours=9))
    assign(proposal, cast.reviewer, by=member(cast, "lead"))
    assert Deadline.objects.get(proposal=proposal).look_at == clock()
