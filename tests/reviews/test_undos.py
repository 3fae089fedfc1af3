"""Undoing the last vote: it is as before that vote; later the way back is told."""

from datetime import timedelta

import hypothesis
import pytest
from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from agents import freezes
from agents.memory import write_memory
from agents.models import MemoryVersion
from agents.people import change_role
from agents.rights import Role
from reviews import decisions, queue, revisions, rules, undos
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.decisions import Shown, apply_due, request_changes
from reviews.errors import InvalidChange, MayNotDecide, StaleProposal, UndoTooLate
from reviews.lifecycle import StandingKind, State
from reviews.models import Decision, Proposal, Undo
from reviews.origins import Origin
from reviews.searches import read_search
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import entry_of
from tests.reviews.views.desks import approve, conflict, fresh, member

pytestmark = pytest.mark.django_db

TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}


@pytest.fixture(autouse=True)
def ten_seconds(settings, clock: FakeClock) -> FakeClock:
    settings.GRACE_S = 10
    return clock


def undo(cast: Cast, proposal: Proposal, name: str = "reviewer", of_round: int = 0) -> Proposal:
    return undos.undo(fresh(proposal), by=member(cast, name), expected_round=of_round)


def take_back(
    cast: Cast, proposal: Proposal, name: str = "reviewer", of_round: int = 0
) -> Proposal:
    """Undo a vote from a page that showed that others still decide."""
    return undos.undo(
        fresh(proposal),
        by=member(cast, name),
        expected_round=of_round,
        expected=State.AWAITING_SECOND,
    )


def reject(cast: Cast, proposal: Proposal, name: str = "reviewer") -> Proposal:
    now = fresh(proposal)
    shown = Shown(now.revision, now.state)
    return decisions.reject(now, by=member(cast, name), shown=shown, code="wrong", reason="")


def test_an_undone_approval_waits_again_and_is_never_applied(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    clock.advance(seconds=9)
    now = undo(cast, proposal)
    assert (now.state, now.round, now.verdict) == ("pending", 1, "")
    assert (now.apply_at, now.decided_at, now.decided_by) == (None, None, None)
    clock.advance(seconds=60)
    assert apply_due(clock.at) == 0
    assert not MemoryVersion.objects.exists()


def test_the_decision_stays_and_counts_no_more(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    undo(cast, proposal)
    (kept,) = rules.decisions_of(proposal)
    assert (kept.verdict, kept.round, kept.is_undone) == ("approve", 0, True)
    assert kept.undo.person == cast.reviewer
    assert rules.votes_of(fresh(proposal)) == []


@pytest.mark.parametrize("model", [Decision, Undo])
def test_neither_the_decision_nor_its_undo_can_be_changed(cast: Cast, model) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    undo(cast, proposal)
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        model.objects.update(created_at=None)
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
        model.objects.all()._raw_delete(model.objects.db)


def test_it_is_on_the_record_without_words(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    undo(cast, proposal)
    body = read_body(entry_of(proposal, Action.DECISION_UNDONE).body)
    assert body["before"] == {"state": "scheduled", "verdict": "approve"}
    assert body["after"] == {"state": "pending", "round": 1}
    assert body["actor"]["id"] == cast.reviewer.public_id


def test_who_undid_may_decide_again_and_otherwise(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    undo(cast, proposal)
    reject(cast, proposal)
    now = fresh(proposal)
    assert (now.state, now.verdict, now.decided_by) == ("scheduled", "reject", cast.reviewer)
    rounds = Decision.objects.order_by("pk").values_list("round", "verdict")
    assert list(rounds) == [(0, "approve"), (1, "reject")]


def test_of_two_approvals_only_the_last_falls(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    approve(cast, proposal, "second_reviewer")
    now = undo(cast, proposal, "second_reviewer")
    assert now.state == "awaiting_second"
    assert [vote.person for vote in rules.votes_of(now)] == [cast.reviewer.pk]
    assert decisions.standing_of(now).kind is StandingKind.NEEDS_MORE
    approve(cast, proposal, "lead")
    assert fresh(proposal).state == "scheduled"


def test_a_third_persons_verdict_undone_is_a_disagreement_again(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    reject(cast, proposal, "second_reviewer")
    reject(cast, proposal, "lead")
    now = undo(cast, proposal, "lead")
    assert now.state == "awaiting_second"
    assert decisions.standing_of(now).kind is StandingKind.DISAGREEMENT


def test_an_undone_rejection_of_a_conflict_is_a_conflict_again(cast: Cast, settings) -> None:
    settings.GRACE_S = 0
    proposal = conflict(cast, "One.\nTwo!\n", "One.\nTwo?\n", old="One.\nTwo.\n")
    settings.GRACE_S = 10
    reject(cast, proposal)
    assert undo(cast, proposal).state == "conflicted"


def test_where_the_path_moved_meanwhile_it_is_in_conflict(cast: Cast) -> None:
    first, second = (build.filed(cast.store, path="/a.md", content=text) for text in ("1\n", "2\n"))
    approve(cast, first, "reviewer")
    with transaction.atomic():
        write_memory(cast.store, "/a.md", "3\n", base_version=None, actor=SYSTEM, number=9)
    assert undo(cast, first).state == "conflicted"
    assert fresh(second).state == "pending"


def test_pressing_twice_undoes_once(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    undo(cast, proposal)
    approve(cast, proposal, "reviewer")
    assert undo(cast, proposal, of_round=0).state == "scheduled"
    assert Undo.objects.count() == 1


@pytest.mark.parametrize(
    ("verdict", "state", "said"),
    [("approve", "applied", "a lead can roll back"), ("reject", "rejected", "anew by hand")],
)
def test_after_the_grace_it_says_what_to_do_instead(
    cast: Cast, clock: FakeClock, verdict: str, state: str, said: str
) -> None:
    proposal = build.filed(cast.store)
    if verdict == "approve":
        approve(cast, proposal, "reviewer")
    else:
        reject(cast, proposal)
    apply_due(clock.advance(seconds=10))
    assert fresh(proposal).state == state
    with pytest.raises(UndoTooLate, match=said):
        undo(cast, proposal)
    assert fresh(proposal).state == state
    assert not Undo.objects.exists()


def test_what_nobody_decided_cannot_be_undone(cast: Cast) -> None:
    with pytest.raises(UndoTooLate, match="waits for a reviewer now"):
        undo(cast, build.filed(cast.store))


def test_a_freeze_holds_it_back_and_it_can_still_be_undone(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    freezes.freeze_agent(cast.agent, reason="Odd.", by=cast.lead)
    assert apply_due(clock.advance(minutes=5)) == 0
    assert fresh(proposal).state == "scheduled"
    assert undo(cast, proposal).state == "pending"


@pytest.mark.parametrize("name", ["second_reviewer", "auditor", "admin"])
def test_nobody_else_undoes_it(cast: Cast, name: str) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    with pytest.raises(MayNotDecide):
        undo(cast, proposal, name)
    assert fresh(proposal).state == "scheduled"


def test_a_lead_undoes_what_a_reviewer_decided(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    assert undo(cast, proposal, "lead").state == "pending"


def test_a_lead_does_not_undo_the_rejection_of_their_own_proposal(cast: Cast) -> None:
    origin = Origin("person", cast.lead.public_id, "Lena", proposer=cast.lead)
    proposal = build.filed(cast.store, origin=origin)
    reject(cast, proposal)
    with pytest.raises(MayNotDecide, match="Only who cast the last vote"):
        undo(cast, proposal, "lead")


def test_what_was_sent_back_was_not_settled(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    shown = Shown(1, "pending")
    request_changes(proposal, by=member(cast, "reviewer"), shown=shown, reason="Shorter.")
    with pytest.raises(UndoTooLate, match="is sent back now"):
        undo(cast, proposal)


def test_the_same_text_is_not_filed_while_it_may_still_come_back(cast: Cast) -> None:
    proposal = build.filed(cast.store, path="/a.md", content="Same.\n")
    approve(cast, proposal, "reviewer")
    with pytest.raises(InvalidChange, match="already waiting"):
        build.filed(cast.store, path="/a.md", content="Same.\n")
    assert undo(cast, proposal).state == "pending"


def test_a_vote_for_the_state_before_the_undo_is_stale(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    stale = Shown(1, "scheduled")
    undo(cast, proposal)
    with pytest.raises(StaleProposal, match="waits for a reviewer now"):
        decisions.approve(fresh(proposal), by=member(cast, "lead"), shown=stale)


def test_what_a_merge_would_retire_stays_when_it_is_undone(cast: Cast, clock: FakeClock) -> None:
    build.memory(cast.store, "/a.md", "Old.\n")
    proposal = build.filed(cast.store, op=Op.RETIRE, path="/a.md", content="", base_version=1)
    approve(cast, proposal, "reviewer")
    approve(cast, proposal, "second_reviewer")
    undo(cast, proposal, "second_reviewer")
    assert apply_due(clock.advance(minutes=1)) == 0
    assert cast.store.memories.get(path="/a.md").head is not None


def test_the_desk_offers_what_one_decided_last(cast: Cast, clock: FakeClock) -> None:
    first, second = build.filed(cast.store), build.filed(cast.store, content="Two.\n")
    reviewer = member(cast, "reviewer")
    assert queue.last_decided(reviewer) is None
    approve(cast, first, "reviewer")
    clock.advance(seconds=1)
    approve(cast, second, "reviewer")
    assert queue.last_decided(member(cast, "second_reviewer")) is None
    found = queue.last_decided(reviewer)
    assert (found.number, found.apply_at) == (second.number, clock.at + timedelta(seconds=10))
    undo(cast, second)
    assert queue.last_decided(reviewer).number == first.number


def test_what_one_undid_is_ones_own_to_decide_again(cast: Cast) -> None:
    proposal = build.filed(cast.store)
    reviewer = member(cast, "reviewer")
    approve(cast, proposal, "reviewer")
    undo(cast, proposal)
    mine = queue.list_of(reviewer, read_search("is:mine"))
    assert [row.pk for row in mine] == [proposal.pk]


def test_a_first_of_two_approvals_can_be_taken_back_until_another_decides(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    now = take_back(cast, proposal)
    assert (now.state, now.round) == ("pending", 1)
    assert rules.votes_of(now) == []
    body = read_body(entry_of(proposal, Action.DECISION_UNDONE).body)
    assert body["before"] == {"state": "awaiting_second", "verdict": ""}
    assert body["after"] == {"state": "pending", "round": 1}
    reject(cast, proposal)
    assert (fresh(proposal).state, fresh(proposal).verdict) == ("scheduled", "reject")


def test_no_grace_ends_the_time_to_take_a_first_approval_back(cast: Cast, clock: FakeClock) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    clock.advance(days=3)
    assert take_back(cast, proposal).state == "pending"


def test_a_rejection_that_made_a_disagreement_leaves_the_approval(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    reject(cast, proposal, "second_reviewer")
    now = take_back(cast, proposal, "second_reviewer")
    assert now.state == "awaiting_second"
    assert decisions.standing_of(now).kind is StandingKind.NEEDS_MORE
    assert [vote.person for vote in rules.votes_of(now)] == [cast.reviewer.pk]


def test_a_vote_of_an_earlier_round_can_still_be_taken_back(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    approve(cast, proposal, "second_reviewer")
    undo(cast, proposal, "second_reviewer")
    assert take_back(cast, proposal, of_round=1).state == "pending"


@pytest.mark.parametrize("name", ["second_reviewer", "lead"])
def test_only_who_voted_last_takes_back_what_settled_nothing(cast: Cast, name) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    with pytest.raises(MayNotDecide, match="Only who cast the last vote can take it back"):
        take_back(cast, proposal, name)
    assert fresh(proposal).state == "awaiting_second"
    assert not Undo.objects.exists()


def test_a_first_vote_stays_once_another_made_a_disagreement_of_it(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    reject(cast, proposal, "second_reviewer")
    with pytest.raises(MayNotDecide):
        take_back(cast, proposal, "reviewer")


@pytest.mark.parametrize("name", ["reviewer", "lead"])
def test_a_page_that_showed_a_first_approval_never_undoes_the_second(cast: Cast, name) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, name)
    approve(cast, proposal, "second_reviewer")
    with pytest.raises(UndoTooLate, match="Another person has decided on"):
        take_back(cast, proposal, name)
    assert fresh(proposal).state == "scheduled"
    assert not Undo.objects.exists()


def test_a_page_that_showed_a_verdict_in_its_grace_undoes_no_first_approval(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    with pytest.raises(UndoTooLate):
        undo(cast, proposal)
    assert fresh(proposal).state == "awaiting_second"


def test_taking_back_twice_takes_back_once(cast: Cast) -> None:
    proposal = build.proposal(cast.store, route=TWO)
    approve(cast, proposal, "reviewer")
    take_back(cast, proposal)
    approve(cast, proposal, "reviewer")
    assert take_back(cast, proposal, of_round=0).state == "awaiting_second"
    assert Undo.objects.count() == 1


def test_a_vote_taken_back_after_the_path_moved_is_a_conflict(cast: Cast) -> None:
    proposal = build.proposal(cast.store, path="/a.md", content="1\n", route=TWO)
    approve(cast, proposal, "reviewer")
    with transaction.atomic():
        write_memory(cast.store, "/a.md", "3\n", base_version=None, actor=SYSTEM, number=9)
    assert take_back(cast, proposal).state == "conflicted"


def test_a_vote_on_a_revision_before_an_edit_is_none_to_take_back(cast: Cast) -> None:
    proposal = build.filed(cast.store, content="Skip the identity verification.\n")
    approve(cast, proposal, "reviewer")
    revisions.submit_edit(
        fresh(proposal),
        content="Skip nothing.\n",
        reason="So.",
        by=member(cast, "lead"),
        expected_revision=1,
    )
    with pytest.raises(UndoTooLate, match="waits for a reviewer now"):
        take_back(cast, proposal)


class Votes:
    """What two approvals and any votes amount to, counted by hand: the last vote falls first."""

    def __init__(self) -> None:
        self.cast: list[tuple[str, str]] = []
        self.undone = 0

    @property
    def stands(self) -> tuple[str, str]:
        """The state and the verdict of a proposal with these votes."""
        approvals, disputed = 0, False
        for _, verdict in self.cast:
            if verdict == "approve":
                approvals, disputed = approvals + 1, False
                if approvals == 2:
                    return "scheduled", "approve"
            elif disputed or not approvals:
                return "scheduled", "reject"
            else:
                disputed = True
        return ("awaiting_second" if self.cast else "pending"), ""

    def may_vote(self, name: str) -> bool:
        return self.stands[0] != "scheduled" and name not in dict(self.cast)

    def may_undo(self, name: str) -> bool:
        if not self.cast:
            return False
        return self.cast[-1][0] == name or (self.stands[0] == "scheduled" and name == "lead")


DECIDERS = ("reviewer", "second_reviewer", "lead", "auditor")
STEPS = st.tuples(st.sampled_from(DECIDERS), st.sampled_from(["approve", "reject", "undo"]))


@given(steps=st.lists(STEPS, max_size=14))
@hypothesis.settings(max_examples=40, suppress_health_check=list(hypothesis.HealthCheck))
def test_in_whatever_order_people_vote_and_regret_the_proposal_says_what_stands(
    voters: Cast, steps
) -> None:
    proposal, votes = build.proposal(voters.store, route=TWO), Votes()
    before = Entry.objects.count()
    taken = 0
    for name, act in steps:
        now = fresh(proposal)
        may = votes.may_undo(name) if act == "undo" else votes.may_vote(name)
        try:
            if act == "approve":
                approve(voters, proposal, name)
            elif act == "reject":
                reject(voters, proposal, name)
            elif now.state == "awaiting_second":
                take_back(voters, proposal, name, now.round)
            else:
                undo(voters, proposal, name, now.round)
        except (MayNotDecide, StaleProposal, UndoTooLate):
            assert not may, (name, act, votes.cast)
            taken += act != "undo"
            continue
        assert may, (name, act, votes.cast)
        taken += 1
        if act == "undo":
            votes.cast.pop()
            votes.undone += 1
        else:
            votes.cast.append((name, act))
        now = fresh(proposal)
        assert (now.state, now.verdict) == votes.stands
        assert now.round == votes.undone
        assert [vote.person for vote in rules.votes_of(now)] == [
            getattr(voters, name).pk for name, _ in votes.cast
        ]
    said = Decision.objects.filter(proposal=proposal)
    assert said.count() - votes.undone == len(votes.cast)
    assert Undo.objects.filter(decision__in=said).count() == votes.undone
    assert Entry.objects.count() - before == taken, "each step is an entry, a refused vote as well"


@pytest.fixture
def voters(cast: Cast) -> Cast:
    """Four who decide: the auditor is a reviewer here."""
    change_role(cast.workspace, cast.auditor, Role.REVIEWER, by=SYSTEM)
    return cast
