"""Append-only tables: the database itself refuses to change or delete what was written.

One update is allowed, clearing a column that was named clearable, and only where an Erasure row
says so. A table's owner can still drop a trigger, and the owner of a file can edit its bytes: that
is found by verification, not prevented here.

Traps this module knows: SQLite's INSERT OR REPLACE deletes without asking a delete trigger, so an
insert that meets an existing key is refused as well; SQLite drops a table's triggers when a
migration remakes it, so they are put back after every migrate; a replica role skips PostgreSQL's
triggers unless they are ENABLE ALWAYS; TRUNCATE is no DELETE.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

ERASED = "EXISTS (SELECT 1 FROM audit_erasure x WHERE x.commitment = {commitment})"
KEY_ERASED = (
    "EXISTS (SELECT 1 FROM audit_value v WHERE v.key_id = OLD.id) AND NOT EXISTS ("
    "SELECT 1 FROM audit_value v LEFT JOIN audit_erasure x ON x.commitment = v.commitment "
    "WHERE v.key_id = OLD.id AND x.commitment IS NULL)"
)


@dataclass(frozen=True, slots=True)
class AppendOnly:
    """A table whose rows stay.

    clearable: columns that may become null (or the empty text) in a row whose erasure is recorded.
    commitment: SQL over OLD for the Erasure's key, such as OLD.commitment or 'event:' || OLD.id.
    licence: SQL over OLD that allows clearing, where one commitment is not enough.
    """

    table: str
    clearable: tuple[str, ...] = ()
    commitment: str = "OLD.commitment"
    licence: str = ""

    @property
    def allowed(self) -> str:
        """SQL that must hold of OLD before a column is cleared."""
        return self.licence or ERASED.format(commitment=self.commitment)


AUDIT_TABLES = (
    AppendOnly("audit_entry"),
    AppendOnly("audit_leaf"),
    AppendOnly("audit_tile"),
    AppendOnly("audit_checkpoint"),
    AppendOnly("audit_erasure"),
    AppendOnly("audit_value", clearable=("salt", "ciphertext", "tag")),
    AppendOnly("audit_key", clearable=("secret",), licence=KEY_ERASED),
)
REGISTERED: dict[str, AppendOnly] = {table.table: table for table in AUDIT_TABLES}

CREATE = (
    'CREATE TRIGGER "{name}" {when} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{function}"()'
)
TAKEN = 'EXISTS (SELECT 1 FROM "{table}" o WHERE {met})'
PENDING = "audit_entry_waits"
ROW_CHANGED = ("BEFORE UPDATE OR DELETE", "ROW", 27)
TRUNCATED = ("BEFORE TRUNCATE", "STATEMENT", 34)
INSERTED = ("AFTER INSERT", "ROW", 5)


def register(table: AppendOnly) -> None:
    """Add a table of another app; call it from that app's AppConfig.ready."""
    REGISTERED[table.table] = table


def registered() -> tuple[AppendOnly, ...]:
    """Return all tables whose rows stay, in a stable order."""
    return tuple(REGISTERED[name] for name in sorted(REGISTERED))


def install(
    tables: Iterable[AppendOnly] | None = None,
    connection: BaseDatabaseWrapper = default_connection,
) -> list[str]:
    """Create what is missing or not as it should be; return the names of what was created.

    tables: all registered ones by default. A table that does not exist yet is passed over.
    """
    made: list[str] = []
    with connection.cursor() as cursor:
        standing = standing_triggers(connection)
        for wanted in wanted_triggers(tables, connection):
            if standing.get(wanted.name) == wanted.seen:
                continue
            for statement in (wanted.drop, *wanted.create):
                cursor.execute(statement)
            made.append(wanted.name)
    return made


def drop(
    tables: Iterable[AppendOnly] | None = None,
    connection: BaseDatabaseWrapper = default_connection,
) -> None:
    """Take the triggers away; for tests that empty tables and for nothing else."""
    standing = standing_triggers(connection)
    with connection.cursor() as cursor:
        for wanted in wanted_triggers(tables, connection):
            if wanted.name in standing:
                cursor.execute(wanted.drop)


def missing_triggers(
    connection: BaseDatabaseWrapper = default_connection,
) -> list[str]:
    """Return the names of triggers that are not there, switched off, or not as they should be."""
    standing = standing_triggers(connection)
    return [t.name for t in wanted_triggers(None, connection) if standing.get(t.name) != t.seen]


@dataclass(frozen=True, slots=True)
class Trigger:
    """How to make and take away one trigger, and what the catalogue shows of it (`seen`)."""

    name: str
    create: tuple[str, ...]
    drop: str
    seen: str


def wanted_triggers(
    tables: Iterable[AppendOnly] | None, connection: BaseDatabaseWrapper
) -> list[Trigger]:
    """Return the triggers that belong on these tables (all registered ones: None)."""
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        wanted: list[Trigger] = []
        for table in registered() if tables is None else tables:
            if table.table not in existing:
                continue
            if connection.vendor == "postgresql":
                described = connection.introspection.get_table_description(cursor, table.table)
                wanted += postgresql_triggers(table, [column.name for column in described])
            else:
                columns = sqlite_columns(cursor, table.table)
                wanted += sqlite_triggers(table, columns, sqlite_keys(cursor, table.table))
    return wanted


# Both are read from the catalogue. Django would parse the table's whole definition for them, which
# takes thirty times as long as all the rest of a look at the triggers.
def sqlite_columns(cursor: CursorWrapper, table: str) -> list[str]:
    """Return the names of the table's columns, in their order."""
    cursor.execute("SELECT name FROM pragma_table_xinfo(%s) ORDER BY cid", [table])
    return [str(name) for (name,) in cursor.fetchall()]


def sqlite_keys(cursor: CursorWrapper, table: str) -> list[tuple[str, ...]]:
    """Return the sets of columns on which two rows of the table can never agree, sorted."""
    cursor.execute("SELECT name FROM pragma_table_info(%s) WHERE pk ORDER BY pk", [table])
    keys = {tuple(name for (name,) in cursor.fetchall())}
    cursor.execute('SELECT name FROM pragma_index_list(%s) WHERE "unique"', [table])
    for (index,) in cursor.fetchall():
        cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [index])
        keys.add(tuple(name for (name,) in cursor.fetchall()))
    return sorted(key for key in keys if key and all(key))


def cleared_only(table: AppendOnly, columns: Sequence[str], same: str, as_text: str) -> str:
    """Return SQL that holds where OLD -> NEW clears and changes nothing else.

    same: the operator that compares null with null. as_text: how to compare a column with ''.
    """
    parts = [
        f'NEW."{name}" {same} OLD."{name}"'
        if name not in table.clearable
        else f'(NEW."{name}" {same} OLD."{name}" OR NEW."{name}" IS NULL '
        f"OR {as_text.format(column=name)} = '')"
        for name in columns
    ]
    return " AND ".join([*parts, table.allowed])


def sqlite_triggers(
    table: AppendOnly, columns: Sequence[str], keys: Sequence[tuple[str, ...]]
) -> list[Trigger]:
    """Return the three triggers of one table on SQLite."""
    name = table.table
    refuse = f"BEGIN SELECT RAISE(ABORT, 'append-only: {name} keeps what was written'); END"
    cleared = cleared_only(table, columns, "IS", 'CAST(NEW."{column}" AS TEXT)')
    unless = f" WHEN NOT ({cleared})" if table.clearable else ""
    met = (" AND ".join(f'o."{column}" = NEW."{column}"' for column in key) for key in keys)
    taken = " OR ".join(TAKEN.format(table=name, met=condition) for condition in met)
    events = {
        "no_update": f'BEFORE UPDATE ON "{name}"{unless}',
        "no_delete": f'BEFORE DELETE ON "{name}"',
        "no_replace": f'BEFORE INSERT ON "{name}" WHEN {taken}',
    }
    made: list[Trigger] = []
    for suffix, event in events.items():
        trigger = f"{name}_{suffix}"
        create = f'CREATE TRIGGER "{trigger}" {event} {refuse}'
        made.append(Trigger(trigger, (create,), f'DROP TRIGGER IF EXISTS "{trigger}"', seen=create))
    return made


def postgresql_triggers(table: AppendOnly, columns: Sequence[str]) -> list[Trigger]:
    """Return the triggers of one table on PostgreSQL, with the queue of the sealer on entries."""
    name = table.table
    guard = f"{name}_keeps"
    allow = (
        "IF TG_OP = 'UPDATE' THEN IF "
        + cleared_only(table, columns, "IS NOT DISTINCT FROM", 'NEW."{column}"::text')
        + " THEN RETURN NEW; END IF; END IF; "
        if table.clearable
        else ""
    )
    body = (
        f"BEGIN {allow}RAISE EXCEPTION 'append-only: {name} keeps what was written' "
        "USING ERRCODE = 'integrity_constraint_violation'; END"
    )
    function = (
        f'CREATE OR REPLACE FUNCTION "{guard}"() RETURNS trigger LANGUAGE plpgsql AS $b${body}$b$'
    )
    made = [
        postgresql_trigger(name, f"{name}_{suffix}", event, (guard, function, body))
        for suffix, event in (("no_change", ROW_CHANGED), ("no_truncate", TRUNCATED))
    ]
    return [*made, pending_trigger()] if name == "audit_entry" else made


def postgresql_trigger(
    table: str, name: str, event: tuple[str, str, int], calls: tuple[str, str, str]
) -> Trigger:
    """Return one trigger that fires for replicas as well.

    event: when, for each what, and the bits the catalogue keeps of both (pg_trigger.tgtype).
    calls: the function's name, the statement that makes it, and its body.
    """
    when, each, bits = event
    function, make, body = calls
    return Trigger(
        name,
        (
            make,
            CREATE.format(name=name, when=when, table=table, each=each, function=function),
            f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"',
        ),
        f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
        seen=f"{table} {bits} {body}",
    )


def pending_trigger() -> Trigger:
    """Return the trigger that queues every new entry for the sealer, however it was inserted.

    Exact where a high-water mark over ids is not: an entry that commits late has a lower id.
    """
    body = "BEGIN INSERT INTO audit_pending (entry_id) VALUES (NEW.id); RETURN NULL; END"
    function = (
        f'CREATE OR REPLACE FUNCTION "{PENDING}"() RETURNS trigger LANGUAGE plpgsql '
        f"SECURITY DEFINER SET search_path FROM CURRENT AS $b${body}$b$"
    )
    return postgresql_trigger("audit_entry", PENDING, INSERTED, (PENDING, function, body))


def standing_triggers(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return what the catalogue shows of each trigger that is switched on, by name."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname, c.relname || ' ' || t.tgtype || ' ' || p.prosrc "
                "FROM pg_trigger t "
                "JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND t.tgenabled = 'A' AND t.tgqual IS NULL "
                "AND pg_table_is_visible(c.oid)"
            )
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return dict(cursor.fetchall())
