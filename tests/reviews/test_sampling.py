"""The double-review sample: drawn by lot, said on the page, apart from what rules ask for."""

import json

import pytest

from agents.errors import InvalidInput, NotAllowed
from agents.models import Workspace
from agents.people import find_member
from reviews import decisions, revisions, sampling
from reviews.approval_rules import count_approvals
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.decisions import Shown
from reviews.models import Proposal
from reviews.rules import needs_of
from reviews.sampling import DRAWN, REASON, Agreement, agreement_of, draw
from tests import build
from tests.reviews.views.desks import text_of

pytestmark = pytest.mark.django_db
ONE = {
    "rule": "new-of-low-risk",
    "version": 1,
    "mode": "people",
    "needs": [[None, 1]],
    "reasons": ["New memory of low risk: one approval."],
}


def member(cast, name="lead"):
    return find_member(getattr(cast, name), cast.workspace)


def everything(workspace):
    """A workspace in which the lot falls on every proposal, beyond what a lead can set."""
    Workspace.objects.filter(pk=workspace.pk).update(double_review_percent=100)
    workspace.double_review_percent = 100
    return workspace


@pytest.fixture
def drawn(cast):
    everything(cast.workspace)
    cast.store.workspace.double_review_percent = 100
    return build.filed(cast.store)


def test_nothing_is_drawn_until_a_lead_says_so(cast):
    columns = {"route": ONE}
    assert draw(columns, cast.workspace, 7) is columns
    assert count_approvals(needs_of(build.filed(cast.store))) == 1


@pytest.mark.parametrize(
    ("needs", "asked"),
    [([[None, 1]], [[None, 2]]), ([["risk", 1]], [["risk", 1], [None, 1]])],
)
def test_what_is_drawn_asks_for_one_approval_more_and_says_why(cast, needs, asked):
    columns = {"route": {**ONE, "needs": needs}}
    route = draw(columns, everything(cast.workspace), 7)["route"]
    assert route["needs"] == asked
    assert route["reasons"][-1] == REASON
    assert route["drawn"] == DRAWN
    assert columns["route"]["needs"] == needs, "what was given is not changed"


@pytest.mark.parametrize(
    "route", [{**ONE, "needs": [[None, 2]]}, {**ONE, "mode": "automatic"}], ids=["two", "rule"]
)
def test_what_needs_two_anyway_or_nobody_is_not_drawn(cast, route):
    columns = {"route": route}
    assert draw(columns, everything(cast.workspace), 7) is columns


def test_as_many_are_drawn_as_were_asked_for(cast):
    cast.workspace.double_review_percent = 5
    numbers = range(4_000)
    found = sum("drawn" in draw({"route": ONE}, cast.workspace, n)["route"] for n in numbers)
    assert 145 < found < 255
    again = sum("drawn" in draw({"route": ONE}, cast.workspace, n)["route"] for n in numbers)
    assert found == again


def test_a_drawn_proposal_waits_for_a_second_person(cast, drawn):
    assert count_approvals(needs_of(drawn)) == 2
    first = decisions.approve(drawn, by=member(cast, "reviewer"), shown=Shown(1, "pending"))
    assert first.state == "awaiting_second"
    second = decisions.approve(
        first, by=member(cast, "second_reviewer"), shown=Shown(1, "awaiting_second")
    )
    assert second.state == "scheduled"
    assert agreement_of(cast.workspace) == Agreement(1, 1)


def test_an_edit_keeps_the_lot(cast, drawn):
    edited = revisions.submit_edit(
        drawn,
        content="Shipped orders stay shipped.\n",
        reason="Plainer.",
        by=member(cast, "reviewer"),
        expected_revision=1,
    )
    assert edited.route["drawn"] == DRAWN


def test_retiring_asks_for_two_by_rule_and_is_not_of_the_sample(cast):
    everything(cast.workspace)
    cast.store.workspace.double_review_percent = 100
    memory = build.memory(cast.store)
    filed = build.filed(cast.store, op=Op.RETIRE, path=memory.path, content="", base_version=1)
    assert "drawn" not in filed.route


def test_a_second_person_who_rejects_disagrees(cast, drawn):
    first = decisions.approve(drawn, by=member(cast, "reviewer"), shown=Shown(1, "pending"))
    decided = decisions.reject(
        first,
        by=member(cast, "second_reviewer"),
        shown=Shown(1, "awaiting_second"),
        code="wrong",
        reason="It is not so.",
    )
    assert decided.state == "awaiting_second", "a third person settles it"
    assert agreement_of(cast.workspace) == Agreement(0, 1)


def test_a_first_rejection_and_what_was_not_drawn_are_no_pairs(cast, drawn):
    decisions.reject(
        drawn, by=member(cast, "reviewer"), shown=Shown(1, "pending"), code="wrong", reason="No."
    )
    two = build.proposal(cast.store, route={**ONE, "needs": [[None, 2]]})
    for name in ("reviewer", "second_reviewer"):
        now = Proposal.objects.get(pk=two.pk)
        decisions.approve(now, by=member(cast, name), shown=Shown(1, now.state))
    assert agreement_of(cast.workspace) == Agreement(0, 0)
    assert agreement_of(cast.elsewhere) == Agreement(0, 0)


def test_a_lead_sets_the_share_and_the_log_says_so(cast):
    sampling.set_double_review(cast.workspace, 5, by=member(cast))
    sampling.set_double_review(cast.workspace, 5, by=member(cast))
    assert Workspace.objects.get(pk=cast.workspace.pk).double_review_percent == 5
    (entry,) = Entry.objects.filter(action=Action.SETTING_CHANGED)
    body = json.loads(entry.body)
    assert body["object"] == "setting:double-review"
    assert (body["before"], body["after"]) == ({"percent": 0}, {"percent": 5})


@pytest.mark.parametrize("percent", [-1, 21])
def test_a_share_out_of_range_is_refused(cast, percent):
    with pytest.raises(InvalidInput):
        sampling.set_double_review(cast.workspace, percent, by=member(cast))


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_nobody_but_a_lead_sets_it(cast, name):
    with pytest.raises(NotAllowed):
        sampling.set_double_review(cast.workspace, 5, by=member(cast, name))


def test_everybody_who_reads_rules_reads_the_share_and_a_lead_sets_it_there(cast, client_of):
    lead = client_of(cast.lead)
    page = text_of(lead.get("/w/northwind/rules/"))
    assert "Double review" in page
    assert "Not enough to tell how often two people agree: 0 of 20 pairs." in page
    done = lead.post("/w/northwind/rules/double-review/", {"percent": 5}, follow=True)
    assert "5 of 100, drawn by lot" in text_of(done)
    page = text_of(client_of(cast.reviewer).get("/w/northwind/rules/"))
    assert "5 of 100, drawn by lot" in page
    assert "Set double review" not in page
