"""Voting, refusing and applying: what must hold between a person's click and the agents' memory."""

from datetime import timedelta

import pytest

from agents import clock, freezes
from agents.memory import find_head
from agents.models import ApproverGroup, MemoryVersion, Release
from agents.people import Member, find_member
from agents.releases import contents, live_release
from reviews import decisions, revisions, rules
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.decisions import Shown, apply_due, approve, reject
from reviews.errors import MayNotDecide, ReasonMissing, StaleProposal
from reviews.models import Decision, Proposal
from tests import build
from tests.cast import Cast

pytestmark = pytest.mark.django_db

TWO = {"rule": "retire", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
ONE_EACH = {
    "rule": "both",
    "version": 1,
    "needs": [["compliance", 1], ["security", 1]],
    "mode": "people",
    "reasons": [],
}
ONE = {"rule": "new", "version": 1, "needs": [[None, 1]], "mode": "people", "reasons": []}


def member(cast: Cast, name: str) -> Member:
    found = find_member(getattr(cast, name), cast.workspace)
    assert found is not None
    return found


def waiting(cast: Cast, route: dict[str, object] | None = None, **fields: object) -> Proposal:
    return build.proposal(cast.store, route=route or ONE, **fields)


def seen(proposal: Proposal) -> Shown:
    return Shown(revision=proposal.revision, state=proposal.state, evidence_opened=(1,))


def fresh(proposal: Proposal) -> Proposal:
    return Proposal.objects.get(pk=proposal.pk)


def actions_of(proposal: Proposal) -> list[str]:
    entries = Entry.objects.filter(object=str(proposal)).order_by("pk")
    return list(entries.values_list("action", flat=True))


def test_one_approval_is_enough_under_a_rule_of_one(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    assert fresh(proposal).state == "scheduled"
    assert fresh(proposal).verdict == "approve"


def test_an_approval_and_its_entry_stand_together(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    assert Decision.objects.get(proposal=proposal).shown["evidence_opened"] == [1]
    assert actions_of(proposal) == [Action.APPROVED]


def test_the_worker_applies_what_was_approved_and_publishes_it(cast: Cast) -> None:
    proposal = waiting(cast, content="Ask before you refund.\n")
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    before = live_release(cast.store)
    assert apply_due(clock.now()) == 1
    head = find_head(cast.store, proposal.path)
    assert head is not None
    assert head.content == "Ask before you refund.\n"
    assert head.proposal == str(proposal)
    live = live_release(cast.store)
    assert live.pk != before.pk
    assert [line.path for line in contents(live)] == [proposal.path]
    assert fresh(proposal).state == "applied"


def test_nothing_is_applied_before_the_grace_has_ended(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    assert apply_due(clock.now() - timedelta(seconds=5)) == 0
    assert not MemoryVersion.objects.exists()


def test_a_proposal_is_applied_once_however_often_the_worker_comes(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    apply_due(clock.now())
    apply_due(clock.now())
    assert MemoryVersion.objects.count() == 1
    assert Release.objects.filter(store=cast.store).count() == 2


def test_two_approvals_of_different_people_are_needed_under_a_rule_of_two(cast: Cast) -> None:
    proposal = waiting(cast, TWO)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    assert fresh(proposal).state == "awaiting_second"
    second = fresh(proposal)
    approve(second, by=member(cast, "second_reviewer"), shown=seen(second))
    assert fresh(proposal).state == "scheduled"


def test_the_same_person_cannot_approve_twice(cast: Cast) -> None:
    proposal = waiting(cast, TWO)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    again = fresh(proposal)
    with pytest.raises(MayNotDecide, match="another person"):
        approve(again, by=member(cast, "reviewer"), shown=seen(again))
    assert Decision.objects.filter(proposal=proposal).count() == 1


def test_one_of_each_group_is_needed_where_the_rule_names_two(cast: Cast) -> None:
    for name, people in (
        ("compliance", [cast.reviewer, cast.lead]),
        ("security", [cast.second_reviewer]),
    ):
        ApproverGroup.objects.create(workspace=cast.workspace, name=name).people.set(people)
    proposal = waiting(cast, ONE_EACH)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    second = fresh(proposal)
    with pytest.raises(MayNotDecide, match="security"):
        approve(second, by=member(cast, "lead"), shown=seen(second))
    approve(second, by=member(cast, "second_reviewer"), shown=seen(second))
    assert fresh(proposal).state == "scheduled"


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_roles_that_do_not_decide_are_refused_on_the_record(cast: Cast, role: str) -> None:
    proposal = waiting(cast)
    with pytest.raises(MayNotDecide):
        approve(proposal, by=member(cast, role), shown=seen(proposal))
    assert not Decision.objects.exists()
    assert actions_of(proposal) == [Action.DECISION_REFUSED]


def test_who_filed_a_proposal_cannot_approve_it(cast: Cast) -> None:
    proposal = waiting(cast, proposer=cast.reviewer, origin_kind="person")
    with pytest.raises(MayNotDecide, match="filed"):
        approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))


def test_who_started_the_dream_by_hand_cannot_decide(cast: Cast) -> None:
    proposal = waiting(cast, started_by=cast.lead)
    with pytest.raises(MayNotDecide, match="started the dream"):
        reject(proposal, by=member(cast, "lead"), shown=seen(proposal), code="wrong", reason="")


def test_an_edit_drops_earlier_approvals_and_bars_its_author(cast: Cast) -> None:
    rules.set_default_rules(cast.workspace, SYSTEM)
    proposal = waiting(cast, TWO)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    edited = revisions.submit_edit(
        fresh(proposal),
        content="Ask twice.\n",
        reason="Clearer",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )
    assert (edited.state, edited.revision) == ("pending", 2)
    with pytest.raises(MayNotDecide, match="wrote a revision"):
        approve(edited, by=member(cast, "second_reviewer"), shown=seen(edited))
    approve(edited, by=member(cast, "reviewer"), shown=seen(edited))
    assert fresh(proposal).state == "scheduled"


def test_a_vote_on_an_older_revision_changes_nothing(cast: Cast) -> None:
    proposal = waiting(cast)
    stale = seen(proposal)
    revisions.submit_edit(
        proposal,
        content="Ask twice.\n",
        reason="Clearer",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )
    with pytest.raises(StaleProposal, match="revision 2"):
        approve(fresh(proposal), by=member(cast, "reviewer"), shown=stale)
    assert fresh(proposal).state == "pending"
    assert not Decision.objects.exists()


def test_a_second_decision_on_a_decided_proposal_is_stale(cast: Cast) -> None:
    proposal = waiting(cast)
    shown = seen(proposal)
    approve(proposal, by=member(cast, "reviewer"), shown=shown)
    with pytest.raises(StaleProposal, match="is decided now"):
        reject(
            fresh(proposal),
            by=member(cast, "second_reviewer"),
            shown=shown,
            code="wrong",
            reason="",
        )
    assert Decision.objects.filter(proposal=proposal).count() == 1
    assert actions_of(proposal)[-1] == Action.DECISION_REFUSED


def test_a_moved_head_makes_the_proposal_conflicted_and_records_no_decision(cast: Cast) -> None:
    memory = build.memory(cast.store)
    proposal = waiting(
        cast, op=Op.UPDATE, path=memory.path, memory=memory, base_version=None, content="New.\n"
    )
    with pytest.raises(StaleProposal, match="has changed"):
        approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    assert fresh(proposal).state == "conflicted"
    assert not Decision.objects.exists()
    assert actions_of(proposal) == [Action.PROPOSAL_CONFLICTED, Action.DECISION_REFUSED]


def test_stale_at_apply_keeps_the_decision_and_conflicts_the_proposal(cast: Cast) -> None:
    first = waiting(cast, path="/a.md", content="One.\n")
    second = waiting(cast, path="/a.md", content="Two.\n")
    for proposal in (first, second):
        approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    apply_due(clock.now())
    assert fresh(first).state == "applied"
    assert fresh(second).state == "conflicted"
    assert Decision.objects.filter(proposal=second).count() == 1


def test_an_applied_change_conflicts_the_other_open_proposals_on_its_path(cast: Cast) -> None:
    first = waiting(cast, path="/a.md", content="One.\n")
    other = waiting(cast, path="/a.md", content="Two.\n")
    elsewhere = waiting(cast, path="/b.md", content="Two.\n")
    approve(first, by=member(cast, "reviewer"), shown=seen(first))
    apply_due(clock.now())
    assert fresh(other).state == "conflicted"
    assert fresh(elsewhere).state == "pending"


def test_a_rejection_needs_a_reason(cast: Cast) -> None:
    proposal = waiting(cast)
    with pytest.raises(ReasonMissing):
        reject(proposal, by=member(cast, "reviewer"), shown=seen(proposal), code="", reason="")
    with pytest.raises(ReasonMissing, match="in words"):
        reject(proposal, by=member(cast, "reviewer"), shown=seen(proposal), code="other", reason="")
    assert fresh(proposal).state == "pending"


def test_a_rejected_proposal_writes_no_memory(cast: Cast) -> None:
    proposal = waiting(cast)
    reject(proposal, by=member(cast, "reviewer"), shown=seen(proposal), code="wrong", reason="No")
    apply_due(clock.now())
    assert fresh(proposal).state == "rejected"
    assert not MemoryVersion.objects.exists()


def test_disagreement_goes_to_a_third_person_who_does_not_own_the_agent(cast: Cast) -> None:
    cast.agent.owner = cast.lead
    cast.agent.save()
    third = build.person("Theo", within=cast.workspace)
    proposal = waiting(cast, TWO)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    row = fresh(proposal)
    reject(row, by=member(cast, "second_reviewer"), shown=seen(row), code="wrong", reason="")
    row = fresh(proposal)
    assert row.state == "awaiting_second"
    with pytest.raises(MayNotDecide, match="owner"):
        approve(row, by=member(cast, "lead"), shown=seen(row))
    by = find_member(third, cast.workspace)
    assert by is not None
    reject(row, by=by, shown=seen(row), code="unsupported", reason="")
    assert fresh(proposal).verdict == "reject"


def test_what_is_frozen_waits_in_scheduled(cast: Cast) -> None:
    proposal = waiting(cast)
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    freezes.freeze_agent(cast.agent, reason="Incident", by=cast.lead)
    assert apply_due(clock.now()) == 0
    assert fresh(proposal).state == "scheduled"
    freezes.unfreeze_agent(cast.agent, reason="Over", by=cast.lead)
    assert apply_due(clock.now()) == 1


def test_an_approved_retire_leaves_a_tombstone(cast: Cast) -> None:
    memory = build.memory(cast.store)
    proposal = waiting(
        cast, TWO, op=Op.RETIRE, path=memory.path, memory=memory, base_version=1, content=""
    )
    approve(proposal, by=member(cast, "reviewer"), shown=seen(proposal))
    row = fresh(proposal)
    approve(row, by=member(cast, "second_reviewer"), shown=seen(row))
    apply_due(clock.now())
    memory.refresh_from_db()
    assert memory.head is not None
    assert memory.head.is_tombstone
    assert memory.versions.count() == 2


def test_reasons_of_a_decision_stand_in_values_not_in_the_body(cast: Cast) -> None:
    proposal = waiting(cast)
    reject(
        proposal,
        by=member(cast, "reviewer"),
        shown=seen(proposal),
        code="private",
        reason="Names Ms Okafor",
    )
    entry = Entry.objects.get(object=str(proposal), action=Action.REJECTED)
    assert "Okafor" not in entry.body
    assert '"reason":' in entry.body


def test_reason_codes_have_words_for_the_page() -> None:
    assert all(words for words in decisions.REASON_CODES.values())
