"""A proposal too old: checked against live memory and its evidence, closed with the reason."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Session
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.models import Deadline, Proposal
from reviews.rechecks import Standing, recheck, why_moot
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.views.desks import fresh


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(), ""),
        (Standing(quotes=3, stored=1), ""),
        (Standing(quotes=0, stored=0), ""),
        (Standing(is_gone=True), "no longer in memory"),
        (Standing(says_same=True), "says the same already"),
        (Standing(base_stands=False), "changed since"),
        (Standing(quotes=3, stored=0), "erased or quarantined"),
    ],
)
def test_why_a_proposal_no_longer_applies(standing: Standing, said: str) -> None:
    why = why_moot(standing)
    assert said in why
    assert bool(why) is bool(said)


@given(st.builds(Standing, st.booleans(), st.integers(0, 3), st.integers(0, 3), st.booleans()))
def test_whatever_closes_one_is_said_in_a_sentence(standing: Standing) -> None:
    why = why_moot(standing)
    assert why == "" or why.endswith(".")


@pytest.mark.django_db
class TestRecheck:
    def old(self, proposal: Proposal, clock: FakeClock) -> bool:
        clock.advance(days=31)
        return recheck(proposal, 30, clock())

    def test_one_that_still_applies_gets_a_new_due_time(self, cast: Cast, clock: FakeClock):
        proposal = build.filed(cast.store)
        Deadline.objects.update(escalated_at=clock(), escalated_to="x", reminded_at=clock())
        assert self.old(proposal, clock)
        deadline = Deadline.objects.get()
        assert fresh(proposal).due_at == clock() + timedelta(days=7)
        assert (deadline.round, deadline.checked_at) == (2, clock())
        assert (deadline.escalated_at, deadline.reminded_at) == (None, None)
        assert Entry.objects.filter(action=Action.PROPOSAL_RECHECKED).count() == 1

    def test_it_is_done_once_in_its_days(self, cast: Cast, clock: FakeClock):
        proposal = build.filed(cast.store)
        assert self.old(proposal, clock)
        assert recheck(proposal, 30, clock())
        assert Deadline.objects.get().round == 2

    def test_before_its_days_nothing_is_done(self, cast: Cast, clock: FakeClock):
        proposal = build.filed(cast.store)
        clock.advance(days=29)
        assert recheck(proposal, 30, clock())
        assert Deadline.objects.get().checked_at is None

    def test_what_memory_says_already_closes_itself_with_the_reason(
        self, cast: Cast, clock: FakeClock
    ):
        proposal = build.filed(cast.store, content="Ask for the number.\n")
        build.memory(cast.store, "/other/place.md", "Ask for the number.\n")
        assert not self.old(proposal, clock)
        closed = fresh(proposal)
        assert (closed.state, closed.state_reason) == (
            "withdrawn",
            "Live memory says the same already.",
        )
        entry = Entry.objects.get(action=Action.PROPOSAL_WITHDRAWN)
        assert entry.actor_kind == "system"

    def test_a_path_that_moved_on_closes_it(self, cast: Cast, clock: FakeClock):
        proposal = build.filed(cast.store, path="/a.md")
        build.memory(cast.store, "/a.md", "Something else.\n")
        assert not self.old(proposal, clock)
        assert "changed since" in fresh(proposal).state_reason

    def test_a_memory_that_is_gone_cannot_be_retired(self, cast: Cast, clock: FakeClock):
        build.memory(cast.store, "/a.md")
        proposal = build.filed(cast.store, op=Op.RETIRE, path="/a.md", content="", base_version=1)
        cast.store.memories.update(head=None)
        assert not self.old(proposal, clock)
        assert "no longer in memory" in fresh(proposal).state_reason

    def test_quarantined_evidence_closes_it_only_when_none_is_left(
        self, cast: Cast, clock: FakeClock
    ):
        sessions = [build.session(cast.agent) for _ in range(2)]
        quotes = [build.quote(one, 2, "already shipped") for one in sessions]
        proposal = build.filed(cast.store, evidence=quotes)
        Session.objects.filter(pk=sessions[0].pk).update(quarantined_at=clock())
        assert self.old(proposal, clock)
        Session.objects.update(quarantined_at=clock())
        assert not self.old(proposal, clock)
        assert "erased or quarantined" in fresh(proposal).state_reason

    @pytest.mark.parametrize("state", ["applied", "scheduled", "changes_requested", "withdrawn"])
    def test_what_waits_for_nobody_is_left_alone(self, cast: Cast, clock: FakeClock, state: str):
        proposal = build.filed(cast.store)
        Proposal.objects.update(state=state)
        assert not self.old(proposal, clock)
        assert fresh(proposal).state == state
        assert Deadline.objects.get().round == 1
