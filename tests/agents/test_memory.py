"""Verbs: writing, restoring and retiring memories, and what is refused."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, transaction

from agents import freezes, memory
from agents.errors import Frozen, InvalidInput, InvalidPath, StaleVersion, StoreFull
from agents.models import Channel, Memory, MemoryStore, MemoryVersion, Release
from agents.numbers import take_number
from agents.stores import manifest_sha256, text_sha256
from reviews.audit.actors import SYSTEM, Cause
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build

PATH = "/mistake/refunds-1a2b3c4d.md"


@pytest.fixture
def store(db):
    return build.agent(build.workspace()).store


def write(store, content="Refunds take 5 days.", base_version=None, path=PATH, **origin):
    """Write one memory in a transaction of its own."""
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        return memory.write_memory(
            store,
            path,
            content,
            base_version=base_version,
            actor=SYSTEM,
            number=number,
            **origin,
        )


@transaction.atomic
def write_two(store, second_base):
    """Write two new paths together."""
    memory.write_memory(store, "/a", "text", base_version=None, actor=SYSTEM, number=1)
    memory.write_memory(store, "/b", "text", base_version=second_base, actor=SYSTEM, number=2)


def retire(store, base_version, path=PATH):
    with transaction.atomic():
        return memory.retire_memory(store, path, base_version=base_version, actor=SYSTEM)


def test_a_new_store_serves_an_empty_release(store):
    live = Channel.objects.get(store=store, name="live").release
    assert (live.sequence, live.memory_count, live.sha256) == (0, 0, manifest_sha256(()))


def test_the_shared_store_has_no_agent(db):
    shared = build.shared_store(build.workspace())
    assert shared.agent is None
    assert str(shared) == "shared"


def test_a_first_text_is_version_one_and_the_head(store):
    version = write(
        store, title="Refunds", support=6, taint="tool", pattern_key="k", proposal="P-1"
    )
    row = Memory.objects.get(store=store, path=PATH)
    assert row.head == version
    assert (version.number, version.content, version.sha256) == (
        1,
        "Refunds take 5 days.",
        text_sha256("Refunds take 5 days."),
    )
    assert (
        version.title,
        version.support,
        version.taint,
        version.pattern_key,
        version.proposal,
    ) == (
        "Refunds",
        6,
        "tool",
        "k",
        "P-1",
    )


def test_the_number_taken_beforehand_is_the_memorys(store):
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        version = memory.write_memory(
            store, PATH, "text", base_version=None, actor=SYSTEM, number=number
        )
    assert str(version.memory) == f"M-{number}"


def test_an_update_keeps_the_memory_and_the_older_text(store):
    first = write(store)
    second = write(store, "Refunds take 7 days.", base_version=1)
    assert second.memory_id == first.memory_id
    assert list(
        MemoryVersion.objects.filter(memory=first.memory).values_list("number", "content")
    ) == [(1, "Refunds take 5 days."), (2, "Refunds take 7 days.")]


def test_writing_marks_the_store_as_unpublished_once(store, clock):
    write(store)
    since = clock.at
    clock.advance(minutes=5)
    write(store, "other", base_version=1)
    store.refresh_from_db()
    assert store.unpublished_since == since


@pytest.mark.parametrize("base", [None, 0, 2])
def test_another_base_than_the_head_writes_nothing(store, base):
    write(store)
    entries = Entry.objects.count()
    with pytest.raises(StaleVersion) as refused:
        write(store, "late", base_version=base)
    assert (refused.value.expected, refused.value.found) == (base, 1)
    assert MemoryVersion.objects.count() == 1
    assert Entry.objects.count() == entries


def test_a_base_where_nothing_ever_was_is_stale(store):
    with pytest.raises(StaleVersion):
        write(store, base_version=1)
    assert not Memory.objects.exists()


def test_a_new_path_needs_its_number(store):
    with transaction.atomic(), pytest.raises(ValueError, match="take a number"):
        memory.write_memory(store, PATH, "text", base_version=None, actor=SYSTEM)


def test_retiring_leaves_a_tombstone_and_the_history(store):
    write(store)
    tombstone = retire(store, 1)
    assert (tombstone.number, tombstone.is_tombstone, tombstone.content) == (2, True, "")
    assert MemoryVersion.objects.get(number=1).content == "Refunds take 5 days."
    assert memory.find_head(store, PATH) is None


def test_a_retired_path_can_be_written_again_under_its_number(store):
    first = write(store)
    retire(store, 1)
    with transaction.atomic():
        again = memory.write_memory(store, PATH, "new", base_version=None, actor=SYSTEM)
    assert (again.memory_id, again.number) == (first.memory_id, 3)


@pytest.mark.parametrize("base", [1, 2, 3])
def test_what_is_retired_cannot_be_retired_again(store, base):
    write(store)
    retire(store, 1)
    with pytest.raises(StaleVersion):
        retire(store, base)


def test_a_path_that_never_was_cannot_be_retired(store):
    with pytest.raises(StaleVersion):
        retire(store, 1)


def test_restoring_writes_the_former_text_with_its_origin_as_a_new_version(store):
    write(store, title="Refunds", support=6, taint="tool", pattern_key="k")
    write(store, "poison", base_version=1)
    with transaction.atomic():
        restored = memory.restore_memory(store, PATH, 1, base_version=2, actor=SYSTEM)
    assert (restored.number, restored.restores, restored.content) == (3, 1, "Refunds take 5 days.")
    assert (restored.title, restored.support, restored.taint) == ("Refunds", 6, "tool")


def test_a_retired_text_can_be_restored(store):
    write(store)
    retire(store, 1)
    with transaction.atomic():
        restored = memory.restore_memory(store, PATH, 1, base_version=2, actor=SYSTEM)
    assert memory.find_head(store, PATH) == restored


@pytest.mark.parametrize("version", [2, 7])
def test_only_a_text_the_path_had_can_be_restored(store, version):
    write(store)
    retire(store, 1)
    with transaction.atomic(), pytest.raises(InvalidInput, match="never had a text"):
        memory.restore_memory(store, PATH, version, base_version=2, actor=SYSTEM)


def test_a_full_store_takes_no_new_path_but_updates(store, monkeypatch):
    monkeypatch.setattr("agents.stores.MAX_MEMORIES", 2)
    write(store, path="/a")
    write(store, path="/b")
    with pytest.raises(StoreFull):
        write(store, path="/c")
    write(store, "other", base_version=1, path="/a")
    retire(store, 1, path="/b")
    write(store, path="/c")
    assert [head.memory.path for head in memory.heads_of(store)] == ["/a", "/c"]


@pytest.mark.parametrize(
    ("path", "content", "error"),
    [
        ("no-slash", "text", InvalidPath),
        ("/a\u202eb", "text", InvalidPath),
        ("/a", "", InvalidInput),
        ("/a", "\0", InvalidInput),
        ("/a", "x" * 102_401, StoreFull),
    ],
)
def test_what_breaks_the_limits_of_a_store_is_refused(store, path, content, error):
    with pytest.raises(error):
        write(store, content, path=path)
    assert not Memory.objects.exists()


def test_a_frozen_agent_takes_no_text_and_loses_none(store):
    write(store)
    freezes.freeze_agent(store.agent, reason="Look first.", by=SYSTEM)
    with pytest.raises(Frozen, match="lead"):
        write(store, "other", base_version=1)
    with pytest.raises(Frozen):
        retire(store, 1)


def test_a_frozen_workspace_freezes_the_shared_store_too(db):
    workspace = build.workspace()
    freezes.freeze_workspace(workspace, reason="Look first.", by=SYSTEM)
    with pytest.raises(Frozen):
        write(build.shared_store(workspace))


def test_containment_works_while_frozen(store):
    write(store)
    write(store, "poison", base_version=1)
    write(store, "bystander", path="/other")
    freezes.freeze_agent(store.agent, reason="Look first.", by=SYSTEM)
    with transaction.atomic():
        memory.restore_memory(store, PATH, 1, base_version=2, actor=SYSTEM)
        memory.take_out_memory(store, "/other", base_version=1, actor=SYSTEM)
    assert [head.content for head in memory.heads_of(store)] == ["Refunds take 5 days."]


def test_the_log_names_version_and_operation_and_keeps_path_and_text_out_of_the_body(store):
    write(store, proposal="P-7")
    write(store, "Refunds take 7 days.", base_version=1)
    retire(store, 2)
    entries = Entry.objects.filter(object__startswith="M-").order_by("id")
    assert [entry.action for entry in entries] == [
        "memory.written",
        "memory.written",
        "memory.retired",
    ]
    for text in ("Refunds", "mistake", text_sha256("Refunds take 5 days.")):
        assert all(text not in entry.body for entry in entries)
    assert '"op":"create"' in entries[0].body
    assert '"op":"update"' in entries[1].body
    assert '"before":{"version":1}' in entries[1].body


def test_the_values_of_an_entry_open_to_path_and_text(store):
    write(store)
    body = json.loads(Entry.objects.get(action="memory.written").body)
    assert open_values(body["values"]) == {"path": PATH, "content": "Refunds take 5 days."}


def test_who_caused_a_workers_act_stands_in_the_entry(store):
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        memory.write_memory(
            store,
            PATH,
            "text",
            base_version=None,
            actor=SYSTEM,
            on_behalf=Cause("decision", "P-7"),
            number=number,
        )
    assert '"on_behalf":{"id":"P-7","kind":"decision"}' in Entry.objects.latest("id").body


def test_heads_are_the_texts_of_one_store_in_the_order_of_paths(store):
    other = build.shared_store(store.workspace)
    write(store, path="/b")
    write(store, path="/a")
    write(other, path="/c")
    assert [head.memory.path for head in memory.heads_of(store)] == ["/a", "/b"]


@pytest.mark.django_db(transaction=True)
def test_memory_is_not_written_outside_a_transaction():
    store = build.agent(build.workspace()).store
    with pytest.raises(RuntimeError, match="transaction"):
        memory.write_memory(store, PATH, "text", base_version=None, actor=SYSTEM, number=1)
    assert not MemoryVersion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_writers_on_one_head_exactly_one_wins():
    store = build.agent(build.workspace()).store
    write(store)

    def update(text):
        close_old_connections()
        try:
            write(store, text, base_version=1)
        except StaleVersion:
            return "stale"
        else:
            return "written"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(update, ["a", "b", "c", "d"]))
    assert sorted(told) == ["stale", "stale", "stale", "written"]
    assert MemoryVersion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_writers_of_one_new_path_exactly_one_wins():
    store = build.agent(build.workspace()).store

    def create(text):
        close_old_connections()
        try:
            write(store, text)
        except StaleVersion:
            return "stale"
        else:
            return "written"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(create, ["a", "b", "c", "d"]))
    assert sorted(told) == ["stale", "stale", "stale", "written"]
    assert Memory.objects.count() == 1


def test_a_failed_write_takes_everything_of_its_transaction_back(store):
    with pytest.raises(StaleVersion):
        write_two(store, second_base=3)
    assert not Memory.objects.exists()
    assert MemoryStore.objects.get(pk=store.pk).unpublished_since is None


def test_every_store_begins_with_a_numbered_release(db):
    workspace = build.workspace()
    build.agent(workspace, "one")
    build.agent(workspace, "two")
    assert sorted(Release.objects.values_list("number", flat=True)) == [1, 2, 3]
