"""What a workspace amounts to: counted from rows, bounded, and silent where there is too little."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Session
from agents.transcripts.base import Verdict
from dreaming import tallies
from dreaming.tallies import LEAST, Median, Week, median_of, weeks_of
from reviews.models import OriginKind, Proposal, ProposalRevision
from tests import build

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def decided(cast, **fields):
    given = {"decided_at": NOW, "filed_at": NOW - timedelta(hours=2), "verdict": "approve"} | fields
    return build.proposal(cast.store, given.pop("state", "applied"), **given)


def since(days: int = 84) -> datetime:
    return NOW - timedelta(days=days)


class TestMedians:
    @pytest.mark.parametrize("count", range(LEAST))
    def test_too_few_have_a_count_and_no_median(self, count):
        assert median_of([1.0] * count) == Median(count)

    @pytest.mark.parametrize(
        ("values", "middle"), [([1, 2, 3, 4, 5, 6], 3.5), ([1, 1, 1, 9, 9, 9, 9], 9)]
    )
    def test_it_is_the_middle_or_between_the_two(self, values, middle):
        assert median_of(values).middle == middle

    def test_the_interval_is_that_of_the_ranks(self):
        """Of 100 values the ranks 41 and 60 hold the median with 95 % (Conover 1999, table A3)."""
        found = median_of(list(range(1, 101)))
        assert (found.low, found.high) == (41, 60)

    @given(st.lists(st.floats(0, 1e6), min_size=LEAST, max_size=60))
    def test_the_interval_holds_the_median_whatever_the_order(self, values):
        found = median_of(values)
        assert found.low <= found.middle <= found.high
        assert found == median_of(values[::-1])


class TestWeeks:
    def test_a_week_ends_today_and_begins_seven_days_before(self):
        today = date(2026, 11, 21)
        days = [(today, 2, 1, 1), (today - timedelta(days=6), 3, 3, 0)]
        days += [(today - timedelta(days=7), 5, 5, 5), (today - timedelta(days=84), 9, 9, 9)]
        weeks = weeks_of(days, today)
        assert len(weeks) == 12
        assert weeks[-1] == Week(today, 5, 4, 1)
        assert weeks[-2] == Week(today - timedelta(days=7), 5, 5, 5)
        assert sum(week.sessions for week in weeks) == 10

    @pytest.mark.django_db
    def test_failures_that_were_not_the_agents_have_no_known_end(self, cast, clock):
        for at, verdict in enumerate([Verdict.SUCCESS, Verdict.FAILURE, Verdict.UNKNOWN]):
            build.session(cast.agent, external_id=f"run-{at}", verdict=verdict)
        odd = build.session(cast.agent, external_id="odd", verdict=Verdict.FAILURE)
        Session.objects.filter(pk=odd.pk).update(not_agent_fault="An outage.")
        Session.objects.update(created_at=clock.at)
        build.session(cast.other_agent, verdict=Verdict.FAILURE)
        assert tallies.count_weeks(cast.workspace, clock.at)[-1] == Week(clock.at.date(), 4, 2, 1)


@pytest.mark.django_db
class TestProposals:
    def test_each_stands_under_its_kind_and_state(self, cast):
        build.proposal(cast.store, "pending", filed_at=NOW)
        build.proposal(cast.store, "applied", filed_at=NOW)
        build.proposal(cast.store, "applied", op="update", filed_at=NOW)
        build.proposal(cast.store, "applied", filed_at=since(85))
        build.proposal(build.shared_store(cast.elsewhere), "applied", filed_at=NOW)
        found = tallies.count_filed(cast.workspace, since(), NOW)
        assert found.fates == {"create": {"pending": 1, "applied": 1}, "update": {"applied": 1}}

    def test_what_dreams_filed_is_counted_apart_from_what_people_filed(self, cast):
        build.proposal(cast.store, "applied", filed_at=NOW)
        build.proposal(cast.store, "applied", filed_at=NOW, origin_kind=OriginKind.PERSON)
        assert tallies.count_filed(cast.workspace, since(), NOW).dreamt == {"applied": 1}

    def test_what_waits_is_counted_by_how_long_it_has_waited(self, cast):
        for days in (0, 0.9, 1.1, 6.9, 7.1, 29, 31, 80):
            filed_at = NOW - timedelta(days=days)
            build.proposal(cast.store, "pending", filed_at=filed_at)
            build.proposal(cast.store, "applied", filed_at=filed_at)
        build.proposal(cast.store, "awaiting_second", filed_at=NOW)
        found = tallies.count_filed(cast.workspace, since(), NOW)
        assert found.ages == {"day": 3, "week": 2, "month": 2, "older": 2}

    def test_dreams_are_counted_by_state(self, cast):
        build.dream(cast.store, "completed", queued_at=NOW)
        build.dream(cast.store, "failed", queued_at=NOW)
        build.dream(cast.store, "failed", queued_at=since(90))
        assert tallies.count_dreams(cast.workspace, since()) == {"completed": 1, "failed": 1}

    def test_ages_are_from_filing_to_decision_by_risk(self, cast):
        for hours in range(1, 8):
            decided(cast, risk="high", filed_at=NOW - timedelta(hours=hours))
        decided(cast, risk="low")
        found = tallies.tally_decided(cast.workspace, since(), NOW)
        assert (found.ages["high"].count, found.ages["high"].middle) == (7, 4 * 3600)
        assert found.ages["low"] == Median(1)
        assert found.ages["medium"] == Median(0)

    def test_an_edit_counts_where_the_text_was_approved(self, cast):
        edited = decided(cast, revision=2)
        decided(cast, revision=2, verdict="reject", state="rejected")
        decided(cast)
        ProposalRevision.objects.create(
            proposal=edited, number=2, content="Shipped orders cannot be undone.\n", sha256="x"
        )
        found = tallies.tally_decided(cast.workspace, since(), NOW)
        assert (found.edited.hits, found.edited.total) == (1, 2)
        assert (found.changed.count, found.changed.middle) == (1, None)

    def test_the_share_of_words_an_edit_changed_is_of_the_first_and_the_last_text(self, cast):
        proposal = decided(cast, content="One two three four.\n", revision=3)
        for number, text in ((2, "Quite another text.\n"), (3, "One two three five.\n")):
            ProposalRevision.objects.create(
                proposal=proposal, number=number, content=text, sha256=str(number)
            )
        assert tallies.changed_shares([proposal.pk]) == [pytest.approx(0.25)]
        assert tallies.changed_shares([decided(cast).pk]) == []

    def taken_back(self, cast, *, after_days: int, **version):
        """A proposal applied 40 days ago whose memory changed so many days later."""
        memory = build.memory(cast.store, f"/tool_limit/m-{after_days:08x}.md")
        applied_at = NOW - timedelta(days=40)
        decided(
            cast,
            decided_at=applied_at,
            filed_at=applied_at,
            settled_at=applied_at,
            applied_version=memory.head,
        )
        memory.versions.create(
            number=2,
            sha256="x",
            taint="agent",
            created_at=applied_at + timedelta(days=after_days),
            **version,
        )

    def test_what_was_retired_or_put_back_within_thirty_days_was_taken_back(self, cast):
        self.taken_back(cast, after_days=5, is_tombstone=True)
        self.taken_back(cast, after_days=6, restores=1)
        self.taken_back(cast, after_days=31, is_tombstone=True)
        self.taken_back(cast, after_days=7)
        found = tallies.tally_decided(cast.workspace, since(), NOW)
        assert (found.reverted.hits, found.reverted.total) == (2, 4)

    def test_what_was_applied_lately_has_had_no_time_to_be_taken_back(self, cast):
        memory = build.memory(cast.store)
        decided(cast, settled_at=NOW - timedelta(days=29), applied_version=memory.head)
        assert tallies.tally_decided(cast.workspace, since(), NOW).reverted.total == 0

    def test_only_the_newest_decided_are_read(self, cast, monkeypatch):
        monkeypatch.setattr(tallies, "NEWEST", 2)
        for days in range(5):
            decided(cast, decided_at=NOW - timedelta(days=days))
        assert tallies.tally_decided(cast.workspace, since(), NOW).count == 2

    def test_decisions_next_door_and_of_before_do_not_count(self, cast):
        Proposal.objects.filter(
            pk=build.proposal(build.shared_store(cast.elsewhere), "applied").pk
        ).update(decided_at=NOW)
        decided(cast, decided_at=since(85))
        assert tallies.tally_decided(cast.workspace, since(), NOW).count == 0
