"""Verbs: publishing, what a release holds, and going back."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import transaction

from agents import freezes, memory, releases
from agents.errors import Frozen, UnknownRelease
from agents.models import Memory, MemoryStore, ReleaseItem
from agents.numbers import take_number, take_numbers
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build


@pytest.fixture(autouse=True)
def _nothing_kept():
    releases.forget_contents()


@pytest.fixture
def store(db):
    return build.agent(build.workspace()).store


def write(store, path, content="text"):
    """Write the next text of a path."""
    head = memory.find_head(store, path)
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        return memory.write_memory(
            store,
            path,
            content,
            base_version=None if head is None else head.number,
            actor=SYSTEM,
            number=number,
        )


def retire(store, path):
    head = memory.find_head(store, path)
    with transaction.atomic():
        return memory.retire_memory(store, path, base_version=head.number, actor=SYSTEM)


def go_back(store, release, reason="It was better."):
    number = take_number(store.workspace, "R")
    with transaction.atomic():
        return releases.go_back(store, release, actor=SYSTEM, reason=reason, number=number)


@transaction.atomic
def go_back_and_fail(store, release):
    """Go back in a transaction that then fails."""
    releases.go_back(store, release, actor=SYSTEM, reason="x", number=99)
    raise Frozen("too late")


def texts(release):
    """What a release serves, by path."""
    versions = {line.version_id: line.path for line in releases.contents(release)}
    return {
        versions[version.pk]: version.content
        for version in memory.MemoryVersion.objects.filter(pk__in=versions)
    }


def test_what_is_written_is_served_only_once_it_is_published(store):
    write(store, "/a")
    assert texts(releases.live_release(store)) == {}
    release = releases.publish(store)
    assert releases.live_release(store) == release
    assert texts(release) == {"/a": "text"}


def test_a_release_holds_only_items_for_what_differs(store):
    write(store, "/a")
    write(store, "/b")
    releases.publish(store)
    write(store, "/b", "other")
    second = releases.publish(store)
    assert ReleaseItem.objects.filter(release=second).count() == 1
    assert texts(second) == {"/a": "text", "/b": "other"}
    assert second.parent == releases.find_release(store, second.parent.number)


def test_publishing_again_makes_no_release(store):
    write(store, "/a")
    releases.publish(store)
    assert releases.publish(store) is None
    assert store.releases.count() == 2


def test_publishing_takes_the_mark_off_the_store(store):
    write(store, "/a")
    releases.publish(store)
    store.refresh_from_db()
    assert store.unpublished_since is None


def test_a_mark_without_a_difference_is_taken_off(store, clock):
    MemoryStore.objects.filter(pk=store.pk).update(unpublished_since=clock.at)
    assert releases.publish(store) is None
    store.refresh_from_db()
    assert store.unpublished_since is None


def test_a_retired_path_leaves_the_next_release_and_stays_in_the_earlier_one(store):
    write(store, "/a")
    first = releases.publish(store)
    retire(store, "/a")
    second = releases.publish(store)
    assert texts(second) == {}
    assert texts(first) == {"/a": "text"}


def test_what_came_and_went_between_two_releases_leaves_no_item(store):
    write(store, "/a")
    retire(store, "/a")
    assert releases.publish(store) is None


def test_the_sha256_is_that_of_the_sorted_list_as_sha256sum_prints_it(store):
    write(store, "/b", "two")
    write(store, "/a", "öne")
    release = releases.publish(store)
    lines = "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {path}\n"
        for path, text in [("/a", "öne"), ("/b", "two")]
    )
    assert release.sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_the_same_contents_have_the_same_sha256_whatever_came_between(store):
    write(store, "/a")
    first = releases.publish(store)
    write(store, "/b")
    releases.publish(store)
    retire(store, "/b")
    assert releases.publish(store).sha256 == first.sha256


def test_counts_and_bytes_follow_what_a_release_holds(store):
    write(store, "/a", "é")
    write(store, "/b", "four")
    first = releases.publish(store)
    write(store, "/b", "sixsix")
    second = releases.publish(store)
    retire(store, "/a")
    third = releases.publish(store)
    sizes = [(r.memory_count, r.size_bytes) for r in (first, second, third)]
    assert sizes == [(2, 6), (2, 8), (1, 6)]


def test_contents_read_afresh_equal_contents_built_step_by_step(store):
    for step in range(12):
        write(store, f"/p{step % 5}", f"text {step}")
        if step % 4 == 3:
            retire(store, f"/p{step % 5}")
        releases.publish(store)
    chain = list(store.releases.order_by("sequence"))
    built = [releases.contents(release) for release in chain]
    releases.forget_contents()
    assert [releases.contents(release) for release in reversed(chain)] == built[::-1]


def test_the_release_of_another_store_is_unknown(store):
    other = build.shared_store(store.workspace)
    with pytest.raises(UnknownRelease):
        releases.find_release(store, releases.live_release(other).number)


def test_two_releases_differ_in_texts_not_in_versions(store):
    write(store, "/same", "kept")
    write(store, "/changed", "before")
    write(store, "/gone")
    first = releases.publish(store)
    write(store, "/same", "kept")
    write(store, "/changed", "after")
    retire(store, "/gone")
    write(store, "/new")
    second = releases.publish(store)
    found = releases.differences(first, second)
    assert [(d.path, d.before is not None, d.after is not None) for d in found] == [
        ("/changed", True, True),
        ("/gone", True, False),
        ("/new", False, True),
    ]


def test_a_frozen_store_publishes_nothing(store):
    write(store, "/a")
    freezes.freeze_agent(store.agent, reason="Look first.", by=SYSTEM)
    with pytest.raises(Frozen):
        releases.publish(store)
    assert texts(releases.live_release(store)) == {}


def test_every_due_store_is_published_but_frozen_ones(store, clock):
    workspace = store.workspace
    shared, frozen = build.shared_store(workspace), build.agent(workspace, "frozen").store
    for each in (store, shared, frozen):
        write(each, "/a")
    freezes.freeze_agent(frozen.agent, reason="Look first.", by=SYSTEM)
    published = releases.publish_due(clock.at)
    assert {release.store_id for release in published} == {store.pk, shared.pk}
    frozen.refresh_from_db()
    assert frozen.unpublished_since == clock.at


def test_what_was_written_after_the_moment_is_not_due(store, clock):
    write(store, "/a")
    assert releases.publish_due(clock.at - timedelta(seconds=1)) == []


def test_a_frozen_workspace_publishes_none_of_its_stores(store, clock):
    write(store, "/a")
    freezes.freeze_workspace(store.workspace, reason="Look first.", by=SYSTEM)
    assert releases.publish_due(clock.at) == []


def test_going_back_serves_the_earlier_texts_as_new_versions(store):
    write(store, "/kept", "same")
    write(store, "/changed", "good")
    write(store, "/retired", "useful")
    good = releases.publish(store)
    write(store, "/changed", "bad")
    write(store, "/new", "bad")
    retire(store, "/retired")
    releases.publish(store)
    back = go_back(store, good)
    assert texts(back.release) == texts(good)
    assert back.release.sha256 == good.sha256
    assert back.release.goes_back_to == good
    assert back.paths == ("/changed", "/new", "/retired")
    assert releases.live_release(store) == back.release
    assert memory.find_head(store, "/changed").restores == 1
    assert memory.find_head(store, "/changed").number == 3
    assert memory.find_head(store, "/kept").number == 1


def test_going_back_takes_along_what_was_applied_and_not_yet_published(store):
    write(store, "/a", "good")
    good = releases.publish(store)
    write(store, "/a", "applied since")
    back = go_back(store, good)
    assert texts(back.release if back.release else good) == {"/a": "good"}
    assert releases.publish(store) is None
    store.refresh_from_db()
    assert store.unpublished_since is None


def test_going_back_works_while_frozen(store):
    write(store, "/a", "good")
    good = releases.publish(store)
    write(store, "/a", "bad")
    releases.publish(store)
    freezes.freeze_agent(store.agent, reason="Look first.", by=SYSTEM)
    assert texts(go_back(store, good).release) == {"/a": "good"}


def test_going_back_to_what_is_served_changes_nothing(store):
    write(store, "/a")
    live = releases.publish(store)
    back = go_back(store, live)
    assert (back.release, back.paths) == (live, ())


def test_nobody_goes_back_to_the_release_of_another_store(store):
    other = releases.live_release(build.shared_store(store.workspace))
    with pytest.raises(UnknownRelease):
        go_back(store, other)


def test_going_forth_again_is_going_back_to_the_later_release(store):
    write(store, "/a", "one")
    first = releases.publish(store)
    write(store, "/a", "two")
    write(store, "/b", "two")
    second = releases.publish(store)
    go_back(store, first)
    assert texts(go_back(store, second).release) == {"/a": "two", "/b": "two"}


def test_containment_publishes_just_the_memories_it_names(store):
    write(store, "/a")
    write(store, "/b")
    number = take_number(store.workspace, "R")
    with transaction.atomic():
        release = releases.publish_memories(
            store, [Memory.objects.get(path="/a")], number=number, actor=SYSTEM
        )
    assert texts(release) == {"/a": "text"}
    store.refresh_from_db()
    assert store.unpublished_since is not None
    assert texts(releases.publish(store)) == {"/a": "text", "/b": "text"}


def test_quarantined_are_the_memories_whose_quarantine_is_not_lifted(store, clock):
    lena = build.person("Lena", within=store.workspace, role="lead")
    rows = [write(store, path).memory for path in ("/a", "/b")]
    for row, lifted in zip(rows, (None, clock.at), strict=True):
        build.quarantine(
            workspace=store.workspace,
            kind="memory",
            target=str(row),
            memory=row,
            by=lena,
            reason="Wrong.",
            lifted_at=lifted,
        )
    assert releases.quarantined(store.workspace) == {rows[0].pk: releases.EVERY_VERSION}


def test_the_log_says_what_came_and_left_and_commits_to_the_sha256(store):
    write(store, "/a")
    write(store, "/b")
    releases.publish(store)
    write(store, "/a", "other")
    retire(store, "/b")
    release = releases.publish(store)
    body = json.loads(Entry.objects.filter(action="release.published").latest("id").body)
    assert body["after"]["came"] == {"M-1": 2}
    assert body["after"]["left"] == ["M-2"]
    assert open_values(body["values"]) == {"sha256": release.sha256}
    assert release.sha256 not in json.dumps(body)


def test_the_log_keeps_the_reason_of_a_roll_back_out_of_the_body(store):
    write(store, "/a")
    first = releases.publish(store)
    retire(store, "/a")
    releases.publish(store)
    go_back(store, first, reason="Rosa saw poison.")
    entry = Entry.objects.get(action="release.rolled_back")
    assert "Rosa" not in entry.body
    body = json.loads(entry.body)
    assert body["after"] == {"changed": 1, "goes_back_to": str(first)}
    assert open_values(body["values"]) == {"reason": "Rosa saw poison."}


def test_two_thousand_memories_and_many_releases_are_read_in_few_queries(
    store, django_assert_max_num_queries
):
    numbers = take_numbers(store.workspace, "M", 300)
    with transaction.atomic():
        for number in numbers:
            memory.write_memory(
                store, f"/m/{number}", "t", base_version=None, actor=SYSTEM, number=number
            )
    releases.publish(store)
    for step in range(20):
        write(store, f"/m/{numbers[step]}", f"later {step}")
        releases.publish(store)
    releases.forget_contents()
    live = releases.live_release(store)
    with django_assert_max_num_queries(2):
        assert len(releases.contents(live)) == 300
    with django_assert_max_num_queries(0):
        releases.contents(live)


@pytest.mark.django_db(transaction=True)
def test_going_back_is_part_of_its_callers_transaction():
    store = build.agent(build.workspace()).store
    write(store, "/a", "good")
    good = releases.publish(store)
    write(store, "/a", "bad")
    bad = releases.publish(store)
    with pytest.raises(RuntimeError, match="transaction"):
        releases.go_back(store, good, actor=SYSTEM, reason="x", number=99)
    with pytest.raises(Frozen):
        go_back_and_fail(store, good)
    releases.forget_contents()
    assert releases.live_release(store) == bad
    assert texts(bad) == {"/a": "bad"}
