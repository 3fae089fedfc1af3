from datetime import timedelta

import pytest

from agents.models import Session
from agents.readership import Ends, count_reads, count_sessions, ends_by_memory, reads_of
from agents.reads import read_memory
from agents.transcripts.base import Verdict
from tests import build

pytestmark = pytest.mark.django_db
LONG = "A long rule about orders. " * 400


@pytest.fixture
def rule(cast, clock):
    return build.memory(cast.store)


def week(clock):
    return clock.at - timedelta(days=7)


class TestCountingReads:
    def test_nobody_read(self, cast, clock, rule):
        assert count_reads(cast.store, week(clock)) == {}

    def test_each_session_that_was_given_a_memory_is_a_read(self, cast, clock, rule):
        read_memory(cast.agent, "one", 4_000)
        read_memory(cast.agent, "two", 4_000)
        assert count_reads(cast.store, week(clock)) == {rule.number: 2}

    def test_the_same_read_again_is_no_other(self, cast, clock, rule):
        for _ in range(3):
            read_memory(cast.agent, "one", 4_000)
        assert count_reads(cast.store, week(clock))[rule.number] == 1

    def test_a_memory_that_was_left_out_was_not_read(self, cast, clock, rule):
        long = build.memory(cast.store, "/tool_limit/long-0000000a.md", LONG)
        read_memory(cast.agent, "one", 200)
        assert count_reads(cast.store, week(clock)) == {rule.number: 1}
        assert count_sessions(long, week(clock)) == 0

    def test_an_older_read_does_not_count(self, cast, clock, rule):
        read_memory(cast.agent, "one", 4_000)
        clock.advance(days=8)
        assert count_reads(cast.store, week(clock)) == {}
        assert count_sessions(rule, week(clock)) == 0

    def test_the_moment_it_begins_with_counts(self, cast, clock, rule):
        read_memory(cast.agent, "one", 4_000)
        assert count_reads(cast.store, clock.at)[rule.number] == 1

    def test_shared_memory_is_read_by_all_agents_of_its_workspace(self, cast, clock):
        shared = build.memory(cast.shared_store)
        read_memory(cast.agent, "one", 4_000)
        read_memory(build.agent(cast.workspace, "claims-desk"), "one", 4_000)
        read_memory(cast.other_agent, "one", 4_000)
        assert count_reads(cast.shared_store, week(clock)) == {shared.number: 2}
        assert count_sessions(shared, week(clock)) == 2

    def test_another_agents_reads_are_not_ones_own(self, cast, clock, rule):
        read_memory(build.agent(cast.workspace, "claims-desk"), "one", 4_000)
        assert count_reads(cast.store, week(clock))[rule.number] == 0


class TestCountingSessions:
    def test_a_session_that_read_twice_is_one_session(self, cast, clock, rule):
        read_memory(cast.agent, "one", 4_000)
        read_memory(cast.agent, "one", 3_000)
        read_memory(cast.agent, "two", 4_000)
        assert count_reads(cast.store, week(clock))[rule.number] == 3
        assert count_sessions(rule, week(clock)) == 2


class TestReadsOfASession:
    def test_they_come_in_their_order(self, cast, rule):
        session = build.session(cast.agent)
        for budget in (4_000, 3_000):
            read_memory(cast.agent, session.external_id, budget)
        assert [read.budget_tokens for read in reads_of(session)] == [4_000, 3_000]

    def test_those_of_another_agent_with_the_same_id_are_not_its_own(self, cast, rule):
        session = build.session(cast.agent, external_id="one")
        read_memory(build.agent(cast.workspace, "claims-desk"), "one", 4_000)
        assert reads_of(session) == []


class TestHowSessionsEnded:
    def ended(self, cast, name, verdict, *, reads=True, **facts):
        """A session that came in, after it was given what is live or without that."""
        if reads:
            read_memory(cast.agent, name, 4_000)
        return build.session(cast.agent, external_id=name, verdict=verdict, **facts)

    def ends(self, cast, clock, *numbers):
        return ends_by_memory(cast.store, numbers, week(clock))

    def test_nobody_came(self, cast, clock, rule):
        assert self.ends(cast, clock, rule.number) == {rule.number: Ends()}

    def test_those_that_read_it_are_parted_from_those_that_did_not(self, cast, clock, rule):
        self.ended(cast, "one", Verdict.SUCCESS)
        self.ended(cast, "two", Verdict.FAILURE)
        self.ended(cast, "three", Verdict.SUCCESS, reads=False)
        assert self.ends(cast, clock, rule.number)[rule.number] == Ends(2, 1, 1, 1)

    def test_each_memory_has_its_own_readers(self, cast, clock, rule):
        self.ended(cast, "one", Verdict.SUCCESS)
        later = build.memory(cast.store, "/tool_limit/later-0000000a.md", "Ask first.\n")
        self.ended(cast, "two", Verdict.FAILURE)
        found = self.ends(cast, clock, rule.number, later.number)
        assert found[rule.number] == Ends(2, 1, 0, 0)
        assert found[later.number] == Ends(1, 0, 1, 1)

    def test_a_session_that_read_twice_counts_once(self, cast, clock, rule):
        read_memory(cast.agent, "one", 200)
        self.ended(cast, "one", Verdict.SUCCESS)
        assert self.ends(cast, clock, rule.number)[rule.number] == Ends(1, 1, 0, 0)

    def test_what_was_left_out_of_a_read_was_not_read(self, cast, clock, rule):
        long = build.memory(cast.store, "/tool_limit/long-0000000a.md", LONG)
        read_memory(cast.agent, "one", 200)
        self.ended(cast, "one", Verdict.SUCCESS, reads=False)
        assert self.ends(cast, clock, long.number)[long.number] == Ends(0, 0, 1, 1)

    def test_an_end_nobody_knows_counts_on_neither_side(self, cast, clock, rule):
        self.ended(cast, "one", Verdict.UNKNOWN)
        assert self.ends(cast, clock, rule.number)[rule.number] == Ends()

    def test_a_failure_that_was_not_the_agents_counts_on_neither_side(self, cast, clock, rule):
        session = self.ended(cast, "one", Verdict.FAILURE)
        Session.objects.filter(pk=session.pk).update(not_agent_fault="The bank was down.")
        assert self.ends(cast, clock, rule.number)[rule.number] == Ends()

    def test_a_quarantined_session_counts_on_neither_side(self, cast, clock, rule):
        session = self.ended(cast, "one", Verdict.FAILURE)
        Session.objects.filter(pk=session.pk).update(quarantined_at=clock.at)
        assert self.ends(cast, clock, rule.number)[rule.number] == Ends()

    def test_sessions_of_before_do_not_count(self, cast, clock, rule):
        session = self.ended(cast, "one", Verdict.SUCCESS)
        Session.objects.filter(pk=session.pk).update(created_at=clock.at - timedelta(days=8))
        assert self.ends(cast, clock, rule.number)[rule.number] == Ends()

    def test_sessions_of_another_agent_count_for_the_shared_memory_alone(self, cast, clock, rule):
        shared = build.memory(cast.shared_store)
        other = build.agent(cast.workspace, "claims-desk")
        read_memory(other, "one", 4_000)
        build.session(other, external_id="one", verdict=Verdict.SUCCESS)
        assert self.ends(cast, clock, rule.number)[rule.number] == Ends()
        found = ends_by_memory(cast.shared_store, [shared.number], week(clock))
        assert found[shared.number] == Ends(1, 1, 0, 0)

    def test_a_session_next_door_counts_for_nobody_here(self, cast, clock, rule):
        shared = build.memory(cast.shared_store)
        build.session(cast.other_agent, external_id="one", verdict=Verdict.SUCCESS)
        found = ends_by_memory(cast.shared_store, [shared.number], week(clock))
        assert found[shared.number] == Ends()

    def test_more_memories_and_sessions_ask_the_same(
        self, cast, clock, rule, django_assert_num_queries
    ):
        numbers = [rule.number]
        for at in range(6):
            path = f"/tool_limit/more-{at:08x}.md"
            numbers.append(build.memory(cast.store, path, f"Rule {at}.\n").number)
            self.ended(cast, f"run-{at}", Verdict.SUCCESS)
        with django_assert_num_queries(3):
            found = self.ends(cast, clock, *numbers)
        assert [found[number].read for number in numbers] == [6, 6, 5, 4, 3, 2, 1]
