"""Verbs: the record of reads, also when the database is busy."""

import json
import threading
import time
from contextlib import contextmanager

import pytest
from django.db import close_old_connections, connection, transaction

from agents.models import MemoryRead, Rendering, Workspace
from agents.read_records import begun_with, file_spooled_reads, spooled_reads
from agents.reads import forget_renderings, read_memory
from agents.releases import forget_contents, live_release
from tests import build

BUDGET = 4_000


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """Where reads wait, of this test alone."""
    settings.DATA_DIR = tmp_path
    forget_contents()
    forget_renderings()
    return tmp_path / "spool" / "reads"


def waiting(folder):
    return sorted(path for path in folder.glob("*.json"))


@contextmanager
def busy_database():
    """Hold what every read needs to write, on another connection."""
    held, enough = threading.Event(), threading.Event()

    def hold():
        close_old_connections()
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute("LOCK TABLE agents_memoryread IN EXCLUSIVE MODE")
                else:
                    Workspace.objects.update(name="held")
                held.set()
                enough.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        yield
    finally:
        enough.set()
        thread.join()


@pytest.fixture
def agent(transactional_db):
    return build.agent(build.workspace())


def test_a_read_that_finds_the_database_busy_is_answered_and_spooled(agent, folder):
    with busy_database():
        began = time.monotonic()
        read = read_memory(agent, "run-1", BUDGET)
        took = time.monotonic() - began
    assert read.release == live_release(agent.store)
    assert not MemoryRead.objects.exists()
    assert len(waiting(folder)) == 1
    assert took < 2


def test_a_spooled_read_is_filed_by_the_worker_with_its_own_time(agent, folder, clock):
    with busy_database():
        read = read_memory(agent, "run-1", BUDGET)
    at = clock.at
    clock.advance(minutes=5)
    assert file_spooled_reads() == 1
    recorded = MemoryRead.objects.get()
    assert (recorded.external_session_id, recorded.created_at) == ("run-1", at)
    assert recorded.rendering.sha256 == read.sha256
    assert waiting(folder) == []


def test_a_spooled_read_is_filed_by_the_next_read(agent, folder):
    with busy_database():
        read_memory(agent, "run-1", BUDGET)
    read_memory(agent, "run-2", BUDGET)
    assert set(MemoryRead.objects.values_list("external_session_id", flat=True)) == {
        "run-1",
        "run-2",
    }
    assert waiting(folder) == []


def test_a_repeat_while_busy_spools_nothing_more(agent, folder):
    with busy_database():
        first = read_memory(agent, "run-1", BUDGET)
        assert read_memory(agent, "run-1", BUDGET) == first
    assert len(waiting(folder)) == 1


def test_a_session_keeps_what_it_began_with_while_its_read_waits_in_the_spool(agent):
    with busy_database():
        first = read_memory(agent, "run-1", BUDGET)
        assert [record.session for record in spooled_reads(agent.pk, "run-1")] == ["run-1"]
    with busy_database():
        again = read_memory(agent, "run-1", BUDGET)
    assert again.release == first.release


def test_filing_twice_is_filing_once(agent, folder):
    with busy_database():
        read_memory(agent, "run-1", BUDGET)
    [path] = waiting(folder)
    copy = path.read_bytes()
    file_spooled_reads()
    path.write_bytes(copy)
    assert file_spooled_reads() == 1
    assert (MemoryRead.objects.count(), Rendering.objects.count()) == (1, 1)


def test_a_file_that_is_no_read_is_kept_beside_and_the_rest_is_filed(agent, folder):
    with busy_database():
        read_memory(agent, "run-1", BUDGET)
    (folder / "00000000000000000000-a.json").write_text("{broken", encoding="utf-8")
    (folder / "00000000000000000001-b.json").write_text('{"agent": 1}', encoding="utf-8")
    assert file_spooled_reads() == 1
    assert len(list(folder.glob("*.refused"))) == 2
    assert waiting(folder) == []


def test_a_read_of_what_was_removed_meanwhile_is_kept_beside(agent, folder):
    with busy_database():
        read_memory(agent, "run-1", BUDGET)
    [path] = waiting(folder)
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "agent": agent.pk + 999}), encoding="utf-8")
    assert file_spooled_reads() == 0
    assert len(list(folder.glob("*.refused"))) == 1


def test_a_busy_database_leaves_the_spool_for_later(agent, folder):
    with busy_database():
        read_memory(agent, "run-1", BUDGET)
        assert file_spooled_reads(10) == 0
    assert len(waiting(folder)) == 1


def test_the_usual_wait_is_back_after_a_short_one(agent):
    with busy_database():
        read_memory(agent, "run-1", BUDGET)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone()[0] == "0"
        else:
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone()[0] == 20_000


@pytest.mark.django_db
def test_sessions_are_told_the_releases_of_their_first_read():
    agent = build.agent(build.workspace())
    first = live_release(agent.store)
    read_memory(agent, "run-1", BUDGET)
    build.memory(agent.store)
    later = live_release(agent.store)
    read_memory(agent, "run-1", BUDGET, pinned_release=later.number)
    read_memory(agent, "run-2", BUDGET)
    shared = live_release(build.shared_store(agent.workspace))
    assert begun_with([(agent.pk, "run-1"), (agent.pk, "run-2"), (agent.pk, "run-3")]) == {
        (agent.pk, "run-1"): (first.pk, shared.pk),
        (agent.pk, "run-2"): (later.pk, shared.pk),
    }


@pytest.mark.django_db
def test_nothing_waits_where_nothing_was_spooled(folder):
    assert file_spooled_reads() == 0
    assert not folder.exists()
