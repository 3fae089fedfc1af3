"""What /readyz asks and `doctor` tells, each thing broken once."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dreaming import readiness
from dreaming.ticks import last_tick, note_tick
from reviews.audit import triggers
from reviews.models import Proposal
from tests.clock import FakeClock

pytestmark = pytest.mark.django_db

MIGRATIONS = Path(readiness.__file__).parent / "migrations"
NEWEST = max(file.stem for file in MIGRATIONS.glob("0*.py"))


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def well(clock: FakeClock, migrated: None) -> FakeClock:
    note_tick()
    return clock


def test_an_installation_whose_worker_runs_is_ready(well: FakeClock):
    assert [reading.name for reading in readiness.read_all() if not reading.ok] == []
    assert readiness.is_ready()


def test_a_database_that_does_not_answer_is_said_and_nothing_else_is_asked(
    well: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    def refuse() -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    folder, database = readiness.read_all()
    assert folder.ok
    assert (database.ok, database.seen) == (False, "connection refused")
    assert not readiness.is_ready()


def test_a_migration_that_is_not_applied_is_named(well: FakeClock):
    MigrationRecorder(connection).record_unapplied("dreaming", NEWEST)
    reading = readiness.read_migrations()
    assert f"dreaming.{NEWEST}" in reading.seen
    assert not readiness.is_ready()


def test_applied_migrations_are_not_looked_up_again_within_a_minute(well: FakeClock):
    readiness.read_migrations()
    with CaptureQueriesContext(connection) as queries:
        assert readiness.read_migrations().ok
    assert len(queries) == 0


def test_a_missing_trigger_is_named(well: FakeClock):
    triggers.drop(triggers.AUDIT_TABLES[:1])
    reading = readiness.read_triggers()
    assert "audit_entry_no" in reading.seen
    assert "audit_verify" in reading.way_out
    assert not readiness.is_ready()


def test_a_worker_that_never_ran_is_not_ready(clock: FakeClock):
    assert readiness.read_worker().seen == "has not run yet"
    assert not readiness.is_ready()


def test_a_worker_is_late_after_a_minute(well: FakeClock):
    well.advance(seconds=60)
    assert readiness.read_worker().ok
    well.advance(seconds=1)
    assert readiness.read_worker().seen.startswith("last ran 2026-11-21 06:00:00")


def test_a_slow_reaper_is_late_after_four_of_its_periods(well: FakeClock, settings: Settings):
    settings.REAP_S = 60.0
    well.advance(seconds=240)
    assert readiness.read_worker().ok
    well.advance(seconds=1)
    assert not readiness.read_worker().ok


def test_ticks_are_told_apart_by_name(clock: FakeClock):
    note_tick("seal")
    assert last_tick() is None
    assert last_tick("seal") == clock.at


def test_a_later_tick_takes_the_place_of_the_earlier(well: FakeClock):
    well.advance(seconds=15)
    note_tick()
    assert last_tick() == well.at


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_a_broker_that_cannot_be_reached_is_said(well: FakeClock, settings: Settings, url: str):
    settings.BROKER_URL = url
    assert "BROKER_URL" in readiness.read_broker().way_out
    assert not readiness.is_ready()


def test_a_broker_folder_that_is_gone_is_said(well: FakeClock, settings: Settings, tmp_path: Path):
    settings.BROKER_DIR = tmp_path / "gone"
    reading = readiness.read_broker()
    assert str(tmp_path / "gone" / "messages") in reading.seen
    assert not readiness.is_ready()


def test_a_data_folder_that_others_can_read_is_said(
    well: FakeClock, settings: Settings, tmp_path: Path
):
    tmp_path.chmod(0o755)
    settings.DATA_DIR = tmp_path
    assert readiness.read_data_folder().way_out == f"chmod 700 {tmp_path}"


def test_tables_that_are_not_there_are_said_with_the_way_out(
    well: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    def without_table() -> readiness.Reading:
        raise DatabaseError("no such table: dreaming_tick")

    monkeypatch.setattr(readiness, "FOR_SERVING", (without_table,))
    said = readiness.read_all()[-2]
    assert "no such table" in said.seen
    assert "migrate" in said.way_out


def test_words_that_are_found_without_an_index_are_no_reason_not_to_serve(well: FakeClock):
    seen = {one.name: one for one in readiness.read_all()}["word search"]
    assert seen.ok
    assert seen.seen.startswith("reads the rows")
    assert readiness.is_ready()


@pytest.mark.postgresql
def test_the_index_of_words_is_of_the_expressions_a_search_asks(well: FakeClock):
    words = import_module("reviews.migrations.0028_find_words_by_trigrams")
    editor = SimpleNamespace(connection=connection)
    words.create(None, editor)
    words.create(None, editor)
    assert readiness.read_word_search().seen == "indexed"
    rows = Proposal.objects.filter(Q(title__icontains="ledger") | Q(path__icontains="ledger"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "proposals_words" in rows.explain()


@pytest.mark.postgresql
def test_where_the_account_may_not_the_migration_goes_on_without_the_index(
    well: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    words = import_module("reviews.migrations.0028_find_words_by_trigrams")
    monkeypatch.setattr(words, "CREATE", "CREATE INDEX ON no_such_table (x)")
    words.create(None, SimpleNamespace(connection=connection))
    assert "words_not_indexed" in caplog.text
    assert readiness.read_word_search().seen.startswith("reads the rows")
