"""Verbs: what a session is given, and what stays the same."""

import hashlib

import pytest
from django.db import transaction

from agents import clock as product_clock
from agents import memory
from agents.errors import InvalidInput, UnknownRelease
from agents.models import Memory, MemoryRead, Rendering
from agents.numbers import take_number
from agents.reads import forget_renderings, read_memory
from agents.releases import forget_contents, go_back, live_release, publish
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from tests import build

BUDGET = 4_000


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget_contents()
    forget_renderings()


@pytest.fixture
def agent(db):
    return build.agent(build.workspace())


@pytest.fixture
def shared(agent):
    return build.shared_store(agent.workspace)


def write(store, path, content, **origin):
    """Apply the next text of a path."""
    head = memory.find_head(store, path)
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        version = memory.write_memory(
            store,
            path,
            content,
            base_version=None if head is None else head.number,
            actor=SYSTEM,
            number=number,
            **origin,
        )
    return version.memory


def serve(store, path, content, **origin):
    """Apply the next text of a path and publish it."""
    written = write(store, path, content, **origin)
    publish(store)
    return written


def quarantine(row, by=None):
    by = by or build.person("Lena", within=row.workspace, role="lead")
    return build.quarantine(
        workspace=row.workspace, kind="memory", target=str(row), memory=row, by=by, reason="Wrong."
    )


def reasons(read):
    """Why each path is in or out."""
    return {item.path: (item.is_in, item.reason) for item in read.items}


def test_a_session_is_given_its_agents_memory_and_the_shared_one(agent, shared):
    serve(agent.store, "/own.md", "Own words.")
    serve(shared, "/shared.md", "Shared words.")
    read = read_memory(agent, "run-1", BUDGET)
    assert "Own words." in read.text
    assert "Shared words." in read.text
    assert (read.release, read.shared_release) == (live_release(agent.store), live_release(shared))
    assert read.sha256 == hashlib.sha256(read.text.encode()).hexdigest()


def test_what_is_not_published_is_given_to_nobody(agent):
    serve(agent.store, "/a.md", "Published.")
    write(agent.store, "/a.md", "Applied only.")
    write(agent.store, "/b.md", "Applied only.")
    read = read_memory(agent, "run-1", BUDGET)
    assert "Applied only." not in read.text
    assert [item.path for item in read.items] == ["/a.md"]


def test_the_agents_own_path_wins_over_the_shared_one(agent, shared):
    serve(agent.store, "/same.md", "Own words.")
    serve(shared, "/same.md", "Shared words.")
    read = read_memory(agent, "run-1", BUDGET)
    assert "Shared words." not in read.text
    assert [(item.path, item.is_in) for item in read.items] == [
        ("/same.md", True),
        ("/same.md", False),
    ]
    assert "own memory" in read.items[1].reason


def test_the_memory_of_another_agent_is_not_given(agent):
    other = build.agent(agent.workspace, "other-desk")
    serve(other.store, "/a.md", "Others' words.")
    assert read_memory(agent, "run-1", BUDGET).text == ""


def test_a_session_keeps_the_releases_it_began_with(agent, shared):
    serve(agent.store, "/a.md", "First.")
    first = read_memory(agent, "run-1", BUDGET)
    serve(agent.store, "/a.md", "Second.")
    serve(shared, "/b.md", "Second.")
    assert read_memory(agent, "run-1", BUDGET) == first
    assert "Second." in read_memory(agent, "run-2", BUDGET).text


def test_a_session_keeps_its_releases_when_its_budget_changes(agent):
    serve(agent.store, "/a.md", "First.")
    read_memory(agent, "run-1", BUDGET)
    serve(agent.store, "/a.md", "Second.")
    assert "First." in read_memory(agent, "run-1", 1_000).text


def test_going_back_reaches_new_sessions_and_leaves_running_ones(agent):
    serve(agent.store, "/a.md", "Good.")
    good = live_release(agent.store)
    serve(agent.store, "/a.md", "Bad.")
    running = read_memory(agent, "running", BUDGET)
    number = take_number(agent.workspace, "R")
    with transaction.atomic():
        go_back(agent.store, good, actor=SYSTEM, reason="Wrong.", number=number)
    assert read_memory(agent, "running", BUDGET).text == running.text
    assert "Good." in read_memory(agent, "new", BUDGET).text


def test_quarantine_takes_a_memory_out_of_running_sessions_too(agent, shared):
    bad = serve(agent.store, "/bad.md", "Poison.")
    serve(agent.store, "/good.md", "Good.")
    worse = serve(shared, "/worse.md", "More poison.")
    before = read_memory(agent, "run-1", BUDGET)
    lena = build.person("Lena", within=agent.workspace, role="lead")
    quarantine(bad, lena)
    quarantine(worse, lena)
    after = read_memory(agent, "run-1", BUDGET)
    assert "oison." not in after.text
    assert "Good." in after.text
    assert reasons(after)["/bad.md"] == (False, "quarantined")
    assert (after.etag, after.sha256) != (before.etag, before.sha256)
    assert after.release == before.release


def test_a_lifted_quarantine_gives_the_same_bytes_as_before(agent):
    bad = serve(agent.store, "/bad.md", "Poison.")
    before = read_memory(agent, "run-1", BUDGET)
    placed = quarantine(bad)
    read_memory(agent, "run-1", BUDGET)
    placed.lifted_at = product_clock.now()
    placed.save()
    assert read_memory(agent, "run-1", BUDGET) == before
    assert MemoryRead.objects.count() == 2


def test_the_quarantine_of_another_agents_memory_changes_nothing(agent):
    serve(agent.store, "/a.md", "Good.")
    other = serve(build.agent(agent.workspace, "other-desk").store, "/b.md", "Bad.")
    before = read_memory(agent, "run-1", BUDGET)
    quarantine(other)
    assert read_memory(agent, "run-1", BUDGET).etag == before.etag


def test_a_shared_text_does_not_slip_in_where_the_own_path_is_quarantined(agent, shared):
    own = serve(agent.store, "/same.md", "Own words.")
    serve(shared, "/same.md", "Shared words.")
    quarantine(own)
    assert read_memory(agent, "run-1", BUDGET).text == ""


def test_equal_releases_budget_and_quarantine_give_equal_bytes_in_a_fresh_process(agent):
    for number in range(20):
        write(agent.store, f"/m/{number}.md", f"Text {number}.", support=number % 3)
    publish(agent.store)
    first = read_memory(agent, "run-1", BUDGET)
    forget_renderings()
    forget_contents()
    again = read_memory(agent, "run-2", BUDGET)
    assert (again.text, again.sha256, again.items) == (first.text, first.sha256, first.items)


def test_the_budget_decides_what_is_given(agent):
    serve(agent.store, "/long.md", "long " * 400, support=9)
    serve(agent.store, "/short.md", "Short.", support=1)
    read = read_memory(agent, "run-1", 100)
    assert read.tokens <= 100
    assert reasons(read)["/short.md"][0] is True
    assert reasons(read)["/long.md"][0] is False


def test_a_pinned_memory_goes_first(agent):
    serve(agent.store, "/a.md", "a " * 150, support=9)
    pinned = serve(agent.store, "/b.md", "b " * 150, support=1)
    before = read_memory(agent, "run-1", 100)
    Memory.objects.filter(pk=pinned.pk).update(pinned=True)
    after = read_memory(agent, "run-2", 100)
    assert reasons(before)["/a.md"][0] is True
    assert reasons(after)["/b.md"] == (True, "pinned")
    assert reasons(after)["/a.md"][0] is False


def test_the_first_read_of_a_session_is_recorded_with_every_item(agent, clock):
    row = serve(agent.store, "/a.md", "Ask first.")
    read = read_memory(agent, "run-1", BUDGET)
    recorded = MemoryRead.objects.get()
    assert (recorded.agent, recorded.external_session_id) == (agent, "run-1")
    assert (recorded.release, recorded.shared_release) == (read.release, read.shared_release)
    assert (recorded.budget_tokens, recorded.arm, recorded.created_at) == (BUDGET, None, clock.at)
    assert recorded.rendering.sha256 == read.sha256
    assert recorded.rendering.items == [
        {
            "memory": row.number,
            "version": 1,
            "path": "/a.md",
            "in": True,
            "reason": read.items[0].reason,
        }
    ]


def test_a_repeat_writes_nothing(agent):
    serve(agent.store, "/a.md", "Ask first.")
    for _ in range(3):
        read_memory(agent, "run-1", BUDGET)
    assert (MemoryRead.objects.count(), Rendering.objects.count()) == (1, 1)


def test_sessions_that_are_given_the_same_share_one_rendering(agent):
    serve(agent.store, "/a.md", "Ask first.")
    for number in range(5):
        read_memory(agent, f"run-{number}", BUDGET)
    assert (MemoryRead.objects.count(), Rendering.objects.count()) == (5, 1)


def test_agents_may_use_the_same_session_ids(agent):
    other = build.agent(agent.workspace, "other-desk")
    serve(agent.store, "/a.md", "Ask first.")
    serve(other.store, "/a.md", "Ask last.")
    assert "Ask first." in read_memory(agent, "same", BUDGET).text
    assert "Ask last." in read_memory(other, "same", BUDGET).text


def test_the_etag_is_the_sessions_own_and_the_sha256_is_the_texts(agent):
    serve(agent.store, "/a.md", "Ask first.")
    one, two = read_memory(agent, "one", BUDGET), read_memory(agent, "two", BUDGET)
    assert one.sha256 == two.sha256
    assert one.etag != two.etag


def test_a_read_is_no_act_of_the_log(agent):
    serve(agent.store, "/a.md", "Ask first.")
    before = Entry.objects.count()
    read_memory(agent, "run-1", BUDGET)
    assert Entry.objects.count() == before


def test_a_release_can_be_pinned_and_a_session_that_began_so_keeps_it(agent):
    serve(agent.store, "/a.md", "First.")
    first = live_release(agent.store)
    serve(agent.store, "/a.md", "Second.")
    pinned = read_memory(agent, "run-1", BUDGET, pinned_release=first.number)
    assert "First." in pinned.text
    assert read_memory(agent, "run-1", BUDGET) == pinned


def test_a_shared_release_can_be_pinned(agent, shared):
    serve(shared, "/a.md", "First.")
    first = live_release(shared)
    serve(shared, "/a.md", "Second.")
    serve(agent.store, "/b.md", "Own.")
    read = read_memory(agent, "run-1", BUDGET, pinned_release=first.number)
    assert "First." in read.text
    assert (read.release, read.shared_release) == (live_release(agent.store), first)


def test_a_pinned_release_is_given_less_what_is_quarantined(agent):
    bad = serve(agent.store, "/bad.md", "Poison.")
    release = live_release(agent.store)
    quarantine(bad)
    assert read_memory(agent, "run-1", BUDGET, pinned_release=release.number).text == ""


def test_the_release_of_another_agent_cannot_be_pinned(agent):
    other = live_release(build.agent(agent.workspace, "other-desk").store)
    with pytest.raises(UnknownRelease):
        read_memory(agent, "run-1", BUDGET, pinned_release=other.number)
    assert not MemoryRead.objects.exists()


@pytest.mark.parametrize(
    ("session", "budget", "said"),
    [
        ("", BUDGET, "missing"),
        ("x" * 301, BUDGET, "300"),
        ("a\0b", BUDGET, "0000"),
        ("a\ud800", BUDGET, "D800"),
        ("run-1", 0, "1 to 1,000,000"),
        ("run-1", 1_000_001, "1 to 1,000,000"),
    ],
)
def test_a_read_without_a_session_or_budget_is_refused(agent, session, budget, said):
    with pytest.raises(InvalidInput, match=said):
        read_memory(agent, session, budget)


def test_a_repeated_read_asks_the_database_little(agent, django_assert_max_num_queries):
    for number in range(50):
        write(agent.store, f"/m/{number}.md", f"Text {number}.")
    publish(agent.store)
    read_memory(agent, "run-1", BUDGET)
    with django_assert_max_num_queries(4):
        read_memory(agent, "run-1", BUDGET)


def test_the_first_read_of_a_session_does_not_ask_more_for_more_memories(
    agent, django_assert_max_num_queries
):
    for number in range(50):
        write(agent.store, f"/m/{number}.md", f"Text {number}.")
    publish(agent.store)
    read_memory(agent, "warm", BUDGET)
    with django_assert_max_num_queries(12):
        read_memory(agent, "run-1", BUDGET)
