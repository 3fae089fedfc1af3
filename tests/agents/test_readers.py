"""Who was given certain versions, and who runs with them."""

from datetime import timedelta

import pytest

from agents import clock as product_clock
from agents import readers
from agents.models import Memory
from agents.readers import find_readers
from agents.reads import read_memory
from tests import build

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def rule(cast, clock):
    return build.memory(cast.store)


def find(cast, versions, since=None):
    return find_readers(cast.workspace, versions, since or product_clock.now() - 100 * DAY)


def test_who_was_given_one_of_the_versions(cast, clock, rule):
    read_memory(cast.agent, "one", 4_000)
    (reader,) = find(cast, {rule.number: {1}})
    assert (reader.agent, reader.external_id, reader.session) == (cast.agent.pk, "one", None)
    assert (reader.read_at, reader.memories) == (clock.at, (rule.number,))
    assert reader.has_it


def test_another_version_is_another_text(cast, clock, rule):
    read_memory(cast.agent, "one", 4_000)
    assert find(cast, {rule.number: {2}}) == []
    assert find(cast, {}) == []


def test_the_last_to_read_comes_first(cast, clock, rule):
    for name in ("b", "c", "a"):
        read_memory(cast.agent, name, 4_000)
        clock.advance(minutes=1)
    assert [one.external_id for one in find(cast, {rule.number: {1}})] == ["a", "c", "b"]


def test_its_transcript_is_found_once_it_came_in(cast, clock, rule):
    read_memory(cast.agent, "one", 4_000)
    session = build.session(cast.agent, external_id="one")
    build.session(build.agent(cast.workspace, "other-one"), external_id="one")
    (reader,) = find(cast, {rule.number: {1}})
    assert reader.session == session


def test_who_was_given_something_else_since_no_longer_has_it(cast, clock, rule):
    read_memory(cast.agent, "one", 4_000)
    read_memory(cast.agent, "one", 1)
    (reader,) = find(cast, {rule.number: {1}})
    assert not reader.has_it


def test_reads_of_another_workspace_are_not_looked_at(cast, clock, rule):
    theirs = build.memory(cast.other_agent.store)
    Memory.objects.filter(pk=theirs.pk).update(number=rule.number)
    read_memory(cast.other_agent, "one", 4_000)
    assert find(cast, {rule.number: {1}}) == []


def test_more_sessions_than_are_looked_up_together(cast, clock, rule, monkeypatch):
    monkeypatch.setattr(readers, "LOOK_UP_TOGETHER", 2)
    for n in range(5):
        read_memory(cast.agent, f"run-{n}", 4_000)
        build.session(cast.agent, external_id=f"run-{n}")
    found = find(cast, {rule.number: {1}})
    assert {str(one.session.external_id) for one in found} == {f"run-{n}" for n in range(5)}
