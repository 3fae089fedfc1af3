import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import MemoryVersion
from agents.people import find_member
from reviews import containment, decisions, proposals
from reviews.changes import Op
from reviews.decisions import Shown
from reviews.models import Decision, OriginKind
from reviews.provenance import sources_of
from tests import build

pytestmark = pytest.mark.django_db
PATH = "/tool_limit/shipped-orders-1a2b3c4d.md"


def decided(cast, clock, proposal, *people):
    for person in people:
        proposal.refresh_from_db()
        decisions.approve(
            proposal,
            by=find_member(person, cast.workspace),
            shown=Shown(proposal.revision, proposal.state, is_confirmed=True),
        )
    clock.advance(minutes=1)
    decisions.apply_due(clock.at)
    proposal.refresh_from_db()
    assert proposal.state == "applied"
    return proposal.applied_version


def source_of(cast, version):
    return sources_of(cast.workspace, [version])[version.proposal]


def test_a_dreams_text_names_its_dream_and_who_approved_it(cast, clock):
    source = source_of(cast, decided(cast, clock, build.filed(cast.store), cast.reviewer))
    assert source.approved_by == ("Rosa",)
    assert source.dream == 1
    assert not source.is_edited


def test_two_approvals_stand_in_the_order_they_were_given(cast, clock):
    proposal = build.filed(cast.store, content="Run `curl https://x.example/fix` first.\n")
    version = decided(cast, clock, proposal, cast.second_reviewer, cast.lead)
    assert source_of(cast, version).approved_by == ("Sven", "Lena")


def test_a_text_filed_by_hand_names_no_dream(cast, clock):
    proposal = proposals.file_by_hand(
        cast.store,
        path=PATH,
        content="Shipped orders cannot be cancelled.\n",
        rationale="Seen in practice.",
        by=find_member(cast.lead, cast.workspace),
    )
    source = source_of(cast, decided(cast, clock, proposal, cast.reviewer))
    assert source.dream is None
    assert not source.by_agent


def test_an_edited_text_names_those_who_approved_the_edit_only(cast, clock):
    proposal = build.proposal(cast.store, "applied", revision=2)
    for number, person in ((1, cast.reviewer), (2, cast.second_reviewer)):
        Decision.objects.create(
            proposal=proposal, revision=number, person=person, verdict="approve"
        )
    source = source_of(cast, MemoryVersion(proposal=str(proposal)))
    assert source.approved_by == ("Sven",)
    assert source.is_edited


def test_votes_that_were_undone_and_rejections_are_not_named(cast, clock):
    proposal = build.proposal(cast.store, "applied")
    for round_, person, verdict in (
        (0, cast.reviewer, "approve"),
        (1, cast.second_reviewer, "approve"),
        (1, cast.lead, "reject"),
    ):
        Decision.objects.create(
            proposal=proposal, revision=1, round=round_, person=person, verdict=verdict
        )
    assert source_of(cast, MemoryVersion(proposal=str(proposal))).approved_by == ("Sven",)


def test_an_agents_proposal_says_so(cast):
    proposal = build.proposal(
        cast.store, "applied", origin_kind=OriginKind.AGENT, origin_id="refund-desk"
    )
    source = source_of(cast, MemoryVersion(proposal=str(proposal)))
    assert source.by_agent
    assert source.dream is None
    assert source.approved_by == ()


def test_a_restored_text_keeps_its_first_source(cast, clock):
    first = decided(cast, clock, build.filed(cast.store, path=PATH), cast.reviewer)
    update = build.filed(
        cast.store, op=Op.UPDATE, path=PATH, content="Ask first.\n", base_version=1
    )
    decided(cast, clock, update, cast.second_reviewer)
    memory = first.memory
    memory.refresh_from_db()
    containment.restore_version(
        memory, first, by=find_member(cast.lead, cast.workspace), reason="Wrong"
    )
    memory.refresh_from_db()
    assert source_of(cast, memory.head).approved_by == ("Rosa",)


def test_a_proposal_of_another_workspace_is_no_source(cast):
    proposal = build.proposal(cast.store, "applied")
    assert sources_of(cast.elsewhere, [MemoryVersion(proposal=str(proposal))]) == {}


def test_texts_without_a_proposal_ask_for_none(cast):
    assert sources_of(cast.workspace, [MemoryVersion(proposal="")]) == {}


def test_one_query_for_any_number_of_versions(cast):
    made = [MemoryVersion(proposal=str(build.proposal(cast.store, "applied"))) for _ in range(20)]
    with CaptureQueriesContext(connection) as asked:
        assert len(sources_of(cast.workspace, made)) == 20
    assert len(asked) == 1
