"""What the database refuses, by every road to it."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.core.management import call_command
from django.core.management.sql import emit_pre_migrate_signal
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations import Migration

from reviews.audit import erasure, triggers
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Checkpoint, Entry, Erasure, Key, Leaf, Tile, Value
from reviews.audit.triggers import AppendOnly
from tests.reviews.audit.logs import NOW, fill, sign, write

pytestmark = pytest.mark.django_db

TABLES = {model._meta.db_table: model for model in (Entry, Leaf, Tile, Checkpoint, Erasure)}
TEXTS = {
    "audit_entry": "object",
    "audit_leaf": "workspace",
    "audit_tile": "level",
    "audit_checkpoint": "note",
    "audit_erasure": "entry_id",
    "audit_value": "id",
    "audit_key": "subject",
}


@pytest.fixture
def filled() -> None:
    fill(4)
    sign()
    erasure.erase_subject("acme/P-0", workspace="acme", actor=SYSTEM, values={"why": "x"})
    Tile.objects.create(level=9, index=9, data=b"x", root=b"y")


def refused(statement: str, *params: Any) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, params)


@pytest.mark.parametrize("table", sorted(TEXTS))
def test_no_row_of_the_log_is_updated(filled, table):
    column = TEXTS[table]
    value = f"{column} + 1" if column in {"level", "id", "entry_id"} else f"{column} || 'x'"
    refused(f"UPDATE {table} SET {column} = {value}")  # noqa: S608


@pytest.mark.parametrize("table", sorted(TEXTS))
def test_no_row_of_the_log_is_deleted(filled, table):
    refused(f"DELETE FROM {table}")  # noqa: S608


@pytest.mark.parametrize("model", [*TABLES.values(), Value, Key], ids=lambda m: m.__name__)
def test_the_orm_s_bulk_ways_are_refused(filled, model):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_saving_an_entry_again_is_refused(filled):
    entry = Entry.objects.get(object="P-1")
    entry.body = "{}"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        entry.save()


@pytest.mark.sqlite
@pytest.mark.parametrize("pragma", ["ON", "OFF"])
@pytest.mark.parametrize("key", ["id", "leaf_index", "entry_id"])
def test_insert_or_replace_is_refused_whatever_the_pragma(filled, key, pragma):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA recursive_triggers={pragma}")
    if key == "id":
        refused(
            "INSERT OR REPLACE INTO audit_entry SELECT id, '{}', hash, action, workspace,"
            " actor_kind, actor_id, object, at FROM audit_entry"
        )
    elif key == "leaf_index":
        refused(
            "INSERT OR REPLACE INTO audit_leaf (leaf_index, entry_id, hash, workspace, number)"
            " SELECT leaf_index, entry_id + 1000, hash, 'other', number FROM audit_leaf"
        )
    else:
        refused(
            "INSERT OR REPLACE INTO audit_leaf (leaf_index, entry_id, hash, workspace, number)"
            " SELECT leaf_index + 1000, entry_id, hash, 'other', number FROM audit_leaf"
        )


@pytest.mark.sqlite
def test_replacing_by_a_unique_constraint_is_refused(filled):
    refused(
        "INSERT OR REPLACE INTO audit_leaf (leaf_index, entry_id, hash, workspace, number)"
        " VALUES (1000, 1000, 'x', 'acme', 1)"
    )


@pytest.mark.sqlite
def test_an_upsert_is_refused(filled):
    refused(
        "INSERT INTO audit_checkpoint SELECT * FROM audit_checkpoint WHERE true"
        " ON CONFLICT (size) DO UPDATE SET note = 'x'"
    )


@pytest.mark.postgresql
@pytest.mark.parametrize("table", sorted(TEXTS))
def test_no_table_of_the_log_is_truncated(filled, table):
    refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO audit_checkpoint SELECT * FROM audit_checkpoint
        ON CONFLICT (size) DO UPDATE SET note = 'x'""",
        "MERGE INTO audit_leaf l USING audit_entry e ON l.entry_id = e.id WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM audit_entry RETURNING id) SELECT count(*) FROM gone",
    ],
)
def test_roundabout_statements_are_refused(filled, statement):
    refused(statement)


@pytest.mark.postgresql
def test_a_replica_s_role_is_refused_as_well(filled):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    refused("DELETE FROM audit_entry")


def test_nothing_is_missing_after_migrating():
    assert triggers.missing_triggers() == []


def test_a_dropped_trigger_is_missed_by_name_and_comes_back():
    wanted = triggers.wanted_triggers(None, connection)
    with connection.cursor() as cursor:
        cursor.execute(wanted[0].drop)
    assert triggers.missing_triggers() == [wanted[0].name]
    assert triggers.install() == [wanted[0].name]
    assert triggers.missing_triggers() == []


@pytest.mark.sqlite
def test_a_weakened_trigger_is_missed():
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_entry_no_delete")
        cursor.execute(
            "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry WHEN 0 "
            "BEGIN SELECT RAISE(ABORT, 'append-only: audit_entry keeps what was written'); END"
        )
    assert triggers.missing_triggers() == ["audit_entry_no_delete"]


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("weakening", "missed"),
    [
        (
            "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_change",
            ["audit_entry_no_change"],
        ),
        ("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_no_change", ["audit_entry_no_change"]),
        (
            """CREATE OR REPLACE FUNCTION audit_entry_keeps() RETURNS trigger LANGUAGE plpgsql
            AS $$BEGIN RETURN NEW; END$$""",
            ["audit_entry_no_change", "audit_entry_no_truncate"],
        ),
    ],
)
def test_a_weakened_trigger_is_missed_and_made_strong_again(weakening, missed):
    with connection.cursor() as cursor:
        cursor.execute(weakening)
    assert triggers.missing_triggers() == missed
    triggers.install()
    assert triggers.missing_triggers() == []


class Letter(models.Model):
    """A table of another app, whose text may be cleared once its erasure is recorded."""

    text = models.TextField()
    note = models.TextField(default="")
    at = models.DateTimeField(null=True)
    objects: ClassVar[models.Manager["Letter"]] = models.Manager()

    class Meta:
        app_label = "audit_letters"
        managed = False

    def __str__(self) -> str:
        return self.text


LETTERS = AppendOnly("audit_letters_letter", clearable=("text",), commitment="'letter:' || OLD.id")


@pytest.fixture
def letters() -> Iterator[None]:
    with connection.cursor() as cursor:
        number = "bigserial" if connection.vendor == "postgresql" else "integer"
        cursor.execute(
            f"CREATE TABLE audit_letters_letter (id {number} PRIMARY KEY,"
            " text text NOT NULL, note text NOT NULL, at timestamp NULL)"
        )
    triggers.register(LETTERS)
    triggers.install()
    yield
    del triggers.REGISTERED[LETTERS.table]


def license_letter(letter: Letter) -> None:
    with transaction.atomic():
        erasure.license_clearing(
            [f"letter:{letter.pk}"],
            object=f"letter:{letter.pk}",
            workspace="acme",
            actor=SYSTEM,
            values={},
        )


def test_a_registered_table_s_text_is_cleared_once_its_erasure_is_recorded(letters):
    letter = Letter.objects.create(text="dear", note="n")
    license_letter(letter)
    assert Letter.objects.filter(pk=letter.pk).update(text="") == 1


@pytest.mark.parametrize(
    "changes",
    [{"text": ""}, {"text": "other"}, {"note": "x"}, {"at": NOW}],
)
def test_without_a_recorded_erasure_nothing_of_it_changes(letters, changes):
    letter = Letter.objects.create(text="dear")
    license_letter(Letter.objects.create(text="another"))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(**changes)


@pytest.mark.parametrize(
    "changes",
    [{"text": "other"}, {"text": "", "note": "x"}, {"note": ""}, {"id": 99}],
)
def test_with_a_recorded_erasure_clearing_alone_is_allowed(letters, changes):
    letter = Letter.objects.create(text="dear", note="n")
    license_letter(letter)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(**changes)


def test_a_registered_table_is_never_deleted_from(letters):
    letter = Letter.objects.create(text="dear")
    license_letter(letter)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Letter.objects.all()._raw_delete("default")


def test_a_table_that_is_not_there_yet_is_passed_over():
    triggers.register(AppendOnly("audit_of_tomorrow"))
    try:
        assert triggers.install() == []
        assert triggers.missing_triggers() == []
    finally:
        del triggers.REGISTERED["audit_of_tomorrow"]


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Entry, Erasure, Value], ids=lambda m: m.__name__)
def test_a_remade_audit_table_has_its_triggers_again(model):
    """A migration that changes a column makes SQLite's table anew, without triggers."""
    entry = write()
    changed = models.CharField(max_length=300, default="")
    changed.set_attributes_from_name("kept_by_a_migration")
    emit_pre_migrate_signal(0, False, "default", plan=[(Migration("later", "audit"), False)])
    with connection.schema_editor() as editor:
        editor._remake_table(model, create_field=changed)  # type: ignore[attr-defined]
    table = model._meta.db_table
    assert {f"{table}_{what}" for what in ("no_update", "no_delete", "no_replace")} <= set(
        triggers.missing_triggers()
    )
    with connection.schema_editor() as editor:
        editor._remake_table(model)  # type: ignore[attr-defined]
    call_command("migrate", verbosity=0)
    assert triggers.missing_triggers() == []
    refused("DELETE FROM audit_entry WHERE id = %s", entry.pk)


@pytest.mark.django_db(transaction=True)
def test_the_flush_between_tests_puts_the_triggers_back():
    """The next test of this kind finds an empty log; `lift_for_flush` did that."""
    assert not Entry.objects.exists()
    write()
    assert triggers.missing_triggers() == []


@pytest.mark.django_db(transaction=True)
def test_a_flush_that_nobody_lifted_is_refused():
    write()
    with pytest.raises(Exception, match=r"append-only|couldn't be flushed"):
        call_command("flush", interactive=False, verbosity=0)
    assert Entry.objects.count() == 1
