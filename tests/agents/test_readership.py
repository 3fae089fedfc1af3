from datetime import timedelta

import pytest

from agents.readership import count_reads, count_sessions, reads_of
from agents.reads import read_memory
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
