"""Verbs: a store at its edges, by the numbers themselves: one below, exactly, one above."""

import unicodedata

import pytest
from django.db import transaction

from agents import memory, releases
from agents.clock import now
from agents.errors import InvalidInput, InvalidPath, StoreFull
from agents.models import Memory, MemoryVersion, ReleaseItem
from agents.numbers import take_number, take_numbers
from agents.reads import forget_renderings, read_memory
from agents.stores import MAX_MEMORIES, text_sha256
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from tests import build


@pytest.fixture
def store(db):
    releases.forget_contents()
    forget_renderings()
    return build.agent(build.workspace()).store


def write(store, path="/a.md", content="text", base_version=None):
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        return memory.write_memory(
            store, path, content, base_version=base_version, actor=SYSTEM, number=number
        )


def retire(store, path, base_version):
    with transaction.atomic():
        return memory.retire_memory(store, path, base_version=base_version, actor=SYSTEM)


def fill(store, count):
    """Give the store `count` memories by bare rows, each with a head."""
    numbers = take_numbers(store.workspace, "M", count)
    memories = Memory.objects.bulk_create(
        Memory(store=store, workspace=store.workspace, number=n, path=f"/m/{n:05d}.md")
        for n in numbers
    )
    versions = MemoryVersion.objects.bulk_create(
        MemoryVersion(
            memory=row,
            number=1,
            content=f"Memory {row.number}.",
            sha256=text_sha256(f"Memory {row.number}."),
            taint="member",
            created_at=now(),
        )
        for row in memories
    )
    for row, version in zip(memories, versions, strict=True):
        row.head = version
    Memory.objects.bulk_update(memories, ["head"], batch_size=400)


def nothing_written():
    return not (Memory.objects.exists() or Entry.objects.filter(action="memory.written").exists())


PATHS_WITHIN = {
    "1,024 bytes": "/" + "a" * 1_023,
    "1,024 bytes in two-byte letters": "/" + "é" * 511 + "a",
    "20 segments": "/a" * 20,
    "1,024 bytes in 20 segments": "/a" * 19 + "/" + "b" * 985,
    "one letter": "/a",
    "dots inside": "/a..b/.c",
    "blank inside": "/a b",
    "what a database treats as a pattern": "/100%_sure\\",
    "quotes": "/'\"`",
    "emoji": "/🙂",
}
PATHS_BEYOND = {
    "1,025 bytes": "/" + "a" * 1_024,
    "1,025 bytes in two-byte letters": "/" + "é" * 512,
    "21 segments": "/a" * 21,
    "empty": "",
    "only a slash": "/",
    "a slash at the end": "/a/",
    "two slashes": "/a//b",
    "a dot": "/a/./b",
    "two dots": "/a/../b",
    "no slash": "a",
    "parts not composed": "/" + unicodedata.normalize("NFD", "é"),
    "nul": "/a\0",
    "line feed": "/a\nb",
    "zero width": "/a\u200bb",
    "right to left": "/a\u202eb",
    "tag": "/a\U000e0041",
    "private": "/a\ue000",
    "half a character": "/a\ud800",
}


@pytest.mark.parametrize("path", PATHS_WITHIN.values(), ids=list(PATHS_WITHIN))
def test_a_path_within_the_limits_is_written_published_and_read(store, path):
    version = write(store, path)
    assert version.memory.path == path
    release = releases.publish(store)
    assert [line.path for line in releases.contents(release)] == [path]
    assert memory.find_head(store, path) == version
    assert path in read_memory(store.agent, "run-1", 4_000).text


@pytest.mark.parametrize("path", PATHS_BEYOND.values(), ids=list(PATHS_BEYOND))
def test_a_path_beyond_the_limits_writes_nothing(store, path):
    with pytest.raises(InvalidPath):
        write(store, path)
    assert nothing_written()


@pytest.mark.parametrize(
    "pair", [("/a", "/A"), ("/a", "/a "), ("/é", "/e"), ("/a_b", "/a.b"), ("/a", "/a/a")]
)
def test_paths_that_look_alike_are_two_memories(store, pair):
    for path in pair:
        write(store, path, f"Text of {path}.")
    assert {head.memory.path for head in memory.heads_of(store)} == set(pair)
    for path in pair:
        assert memory.find_head(store, path).content == f"Text of {path}."


@pytest.mark.parametrize(
    "content",
    ["a", "a" * 102_400, "é" * 51_200, "🙂" * 25_600, "\n", " ", "\u200b", "\x01", "line\r\n"],
    ids=lambda text: f"{len(text.encode())} bytes {text[:1]!r}",
)
def test_a_text_within_the_limit_is_kept_to_the_byte(store, content):
    write(store, content=content)
    stored = MemoryVersion.objects.get()
    assert stored.content == content
    assert stored.sha256 == text_sha256(content)
    assert releases.publish(store).size_bytes == len(content.encode())


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", InvalidInput),
        ("a\0", InvalidInput),
        ("a\ud800", InvalidInput),
        ("a" * 102_401, StoreFull),
        ("é" * 51_200 + "a", StoreFull),
        ("🙂" * 25_601, StoreFull),
    ],
    ids=["empty", "nul", "half a character", "a byte more", "in two-byte letters", "in emoji"],
)
def test_a_text_beyond_the_limit_writes_nothing(store, content, error):
    with pytest.raises(error, match=r"/a\.md"):
        write(store, content=content)
    assert nothing_written()


def test_the_two_thousandth_memory_goes_in_and_the_next_does_not(store):
    fill(store, MAX_MEMORIES - 1)
    write(store, "/last.md")
    with pytest.raises(StoreFull, match="2,000"):
        write(store, "/one-more.md")
    assert memory.heads_of(store).count() == 2_000
    assert not Memory.objects.filter(path="/one-more.md").exists()


def test_a_full_store_updates_retires_and_takes_the_free_place(store):
    fill(store, MAX_MEMORIES)
    first, second = (head.memory.path for head in memory.heads_of(store)[:2])
    write(store, first, "other", base_version=1)
    retire(store, second, 1)
    write(store, "/new.md")
    with pytest.raises(StoreFull):
        write(store, second, "again", base_version=None)
    assert memory.heads_of(store).count() == MAX_MEMORIES


def test_a_full_store_is_published_and_read_as_a_whole(store, django_assert_max_num_queries):
    fill(store, MAX_MEMORIES)
    write(store, "/m/00001.md", "Changed.", base_version=1)
    with django_assert_max_num_queries(60):
        release = releases.publish(store)
    assert release.memory_count == MAX_MEMORIES
    assert ReleaseItem.objects.filter(release=release).count() == MAX_MEMORIES
    forget_renderings()
    read = read_memory(store.agent, "run-1", 1_000_000)
    assert len(read.items) == MAX_MEMORIES
    assert all(item.is_in for item in read.items)
    assert read.text.count("\n## /") + read.text.startswith("## /") == MAX_MEMORIES


def test_the_limit_is_a_stores_own(store):
    fill(store, MAX_MEMORIES)
    write(build.shared_store(store.workspace), "/shared.md")
    write(build.agent(store.workspace, "other-desk").store, "/other.md")
    assert Memory.objects.count() == MAX_MEMORIES + 2


def test_tombstones_take_no_place(store):
    fill(store, MAX_MEMORIES)
    for head in memory.heads_of(store)[:3]:
        retire(store, head.memory.path, 1)
    for number in range(3):
        write(store, f"/new/{number}.md")
    with pytest.raises(StoreFull):
        write(store, "/new/3.md")
