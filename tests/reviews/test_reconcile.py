"""The log folded against memory, in rows; attackers stand in tests.flows.test_tampering."""

import gc
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents.memory import retire_memory, write_memory
from agents.models import Agent, Memory, MemoryVersion, Release
from agents.numbers import take_numbers
from agents.releases import find_release, go_back, publish
from reviews import reconcile
from reviews.audit.actors import SYSTEM
from reviews.audit.erasure import erase_subject
from reviews.audit.keys import kek_path
from reviews.audit.models import Value
from reviews.audit.report import Report, Status
from tests import build
from tests.reviews.audit.logs import change, fill, run, sign, take_away

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""


@pytest.fixture
def agent() -> Agent:
    return build.agent(build.workspace("northwind"))


def differences() -> list[str]:
    return [one.message for one in reconcile.differences(Report())]


def rewrite(memory: Memory, content: str, base: int) -> None:
    with transaction.atomic():
        write_memory(memory.store, memory.path, content, base_version=base, actor=SYSTEM)


def test_memory_that_was_written_retired_and_rolled_back_agrees_with_the_log(agent):
    first = build.memory(agent.store, "/a/one-00000001.md", "One.\n")
    build.memory(agent.store, "/a/two-00000002.md", "Two.\n")
    early = Release.objects.filter(store=agent.store).latest("sequence")
    rewrite(first, "Other.\n", 1)
    with transaction.atomic():
        retire_memory(agent.store, "/a/two-00000002.md", base_version=1, actor=SYSTEM)
    publish(agent.store)
    with transaction.atomic():
        found = find_release(agent.store, early.number)
        go_back(agent.store, found, actor=SYSTEM, reason="Odd", number=99)
    assert differences() == []


def test_what_was_looked_at_is_counted(agent):
    build.memory(agent.store)
    sign()
    report = reconcile.verify()
    assert report.status is Status.SOUND
    assert (report.counts["memories"], report.counts["releases"]) == (1, 1)


def test_two_workspaces_with_the_same_numbers_are_told_apart(agent):
    other = build.agent(build.workspace("globex"))
    build.memory(agent.store, content="Ours.\n")
    made = build.memory(other.store, content="Theirs.\n")
    assert differences() == []
    MemoryVersion.objects.filter(memory=made).update(content="Ours.\n")
    (only,) = differences()
    assert only.startswith("M-1 in globex, version 1: its text")


def test_a_text_whose_logged_value_was_erased_is_not_held_against_it(agent):
    made = build.memory(agent.store)
    erase_subject(
        f"memory:northwind:{made}", workspace="northwind", actor=SYSTEM, values={"reason": "Asked"}
    )
    assert differences() == []


def test_a_column_that_lies_about_its_text_is_found_even_after_erasure(agent):
    made = build.memory(agent.store)
    erase_subject(
        f"memory:northwind:{made}", workspace="northwind", actor=SYSTEM, values={"reason": "Asked"}
    )
    MemoryVersion.objects.filter(memory=made).update(content="Pay at once.\n")
    assert differences() == ["M-1 in northwind, version 1: its SHA-256 is not that of its text."]


def test_one_value_that_does_not_open_hides_no_other(agent):
    spoilt = build.memory(agent.store, "/a/one-00000001.md", "One.\n")
    edited = build.memory(agent.store, "/a/two-00000002.md", "Two.\n")
    sign()
    value = Value.objects.filter(key__subject=f"memory:northwind:{spoilt}").first()
    assert value is not None
    change("audit_value", "id", value.pk, ciphertext=b"x" * 40)
    MemoryVersion.objects.filter(memory=edited).update(content="Pay at once.\n")
    report = reconcile.verify()
    assert report.status is Status.TAMPERED
    assert any(problem.message.startswith(f"{edited} in ") for problem in report.problems)


def test_without_the_key_rows_are_still_counted_against_entries(agent, settings, tmp_path):
    made = build.memory(agent.store)
    sign()
    (tmp_path / "keys" / kek_path().name).rename(tmp_path / "kek-elsewhere")
    assert reconcile.verify().status is Status.UNVERIFIABLE
    MemoryVersion.objects.filter(memory=made).update(number=2)
    report = reconcile.verify()
    assert report.status is Status.TAMPERED
    said = [problem.message for problem in report.problems]
    assert "M-1 in northwind, version 2: no entry says that it was written." in said


def test_a_row_without_its_entry_is_incomplete_where_the_log_has_gaps(agent):
    build.memory(agent.store)
    fill(6)
    sign()
    Memory.objects.create(store=agent.store, workspace=agent.workspace, number=50, path="/b.md")
    assert reconcile.verify().status is Status.TAMPERED
    take_away("audit_entry", "id", fill(1)[0].pk)
    report = reconcile.verify()
    assert report.status is Status.INCOMPLETE
    assert any("M-50 in northwind has no entry" in one.message for one in report.problems)


def test_a_text_that_contradicts_its_entry_is_tampering_whatever_is_missing(agent):
    made = build.memory(agent.store)
    sign()
    take_away("audit_entry", "id", fill(1)[0].pk)
    MemoryVersion.objects.filter(memory=made).update(content="Pay at once.\n")
    assert reconcile.verify().status is Status.TAMPERED


def test_a_writer_at_work_meanwhile_is_no_difference(agent):
    made = build.memory(agent.store)
    seen_before = list(Memory.objects.select_related("workspace", "store__agent", "head"))
    rewrite(made, "Other.\n", 1)
    assert [one.message for one in reconcile.compare_memories(seen_before)] == [
        "M-1 in northwind has version 1 for its head; by the log it is 2."
    ]
    assert reconcile.settle(agent.store.pk, seen_before) == []


def test_a_memory_without_any_version_is_found(agent):
    Memory.objects.create(store=agent.store, workspace=agent.workspace, number=50, path="/b.md")
    assert differences() == [
        "M-50 in northwind has no entry: it was written behind the application."
    ]


def test_a_release_too_large_to_be_listed_is_held_against_its_count(agent, monkeypatch):
    monkeypatch.setattr("agents.releases.MAX_LISTED", 0)
    build.memory(agent.store)
    assert differences() == []
    run("DELETE FROM agents_releaseitem")
    said = differences()
    assert "R-3 in northwind: it changes 0 memories; its entry says 1." in said


def test_a_release_in_another_place_is_found(agent):
    build.memory(agent.store)
    Release.objects.filter(store=agent.store, sequence=1).update(sequence=7)
    assert differences() == [
        "R-3 in northwind: it stands in another store or place than its entry says."
    ]


@pytest.mark.sqlite
def test_a_text_whose_bytes_were_spoilt_is_named_and_does_not_stop_the_check(agent):
    build.memory(agent.store)
    sign()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE agents_memoryversion SET content = CAST(X'53FF' || content AS TEXT)")
    report = reconcile.verify()
    assert report.status is Status.TAMPERED
    assert report.problems[0].message == (
        "M-1 in northwind, version 1: its text is not the one that was logged."
    )


def many(agent: Agent, count: int, size: int) -> None:
    numbers = take_numbers(agent.workspace, "M", count)
    with transaction.atomic():
        for number in numbers:
            path = f"/a/many-{number:08x}.md"
            text = f"{number} ".ljust(size, "x") + "\n"
            write_memory(agent.store, path, text, base_version=None, actor=SYSTEM, number=number)
    publish(agent.store)


def peak() -> int:
    gc.collect()
    tracemalloc.start()
    try:
        assert differences() == []
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_stays_flat_however_many_memories_there_are(agent, monkeypatch):
    monkeypatch.setattr(reconcile, "ROWS", 50)
    many(agent, 60, 20_000)
    differences()
    some = peak()
    many(agent, 180, 20_000)
    assert peak() < 1.5 * some


def test_queries_grow_by_the_batch_not_by_the_memory(agent, monkeypatch):
    monkeypatch.setattr(reconcile, "TEXTS", 500)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert differences() == []
        return len(seen)

    many(agent, 10, 20)
    few = queries()
    many(agent, 150, 20)
    assert queries() <= few + 6
