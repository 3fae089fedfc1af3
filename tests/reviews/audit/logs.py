"""Logs to look at: filled, sealed, signed, and what an attacker with the database does to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from reviews.audit import log, sealing, triggers
from reviews.audit.actions import Action
from reviews.audit.actors import Actor
from reviews.audit.models import Checkpoint, Entry

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
ANN = Actor("person", "p7", "Ann Example")


def write(number: int = 0, **members: Any) -> Entry:
    """Append one entry as a verb would."""
    given: dict[str, Any] = {
        "workspace": "acme",
        "actor": ANN,
        "object": f"P-{number}",
        "after": {"number": number},
        "values": {"reason": f"reason {number}"},
    }
    action = members.pop("action", Action.APPROVED)
    with transaction.atomic():
        return log.append(action, **(given | members))


def fill(count: int, **members: Any) -> list[Entry]:
    """Append `count` entries, to two workspaces and to none in turn, and seal them."""
    spaces = ["acme", "globex", ""]
    written = [
        write(number, **({"workspace": spaces[number % 3]} | members)) for number in range(count)
    ]
    sealing.seal()
    return written


def sign() -> Checkpoint:
    """Sign what there is."""
    signed = sealing.checkpoint(NOW)
    assert signed is not None
    return signed


@contextmanager
def unguarded() -> Iterator[None]:
    """Do as an attacker who owns the database: no trigger stands in the way."""
    triggers.drop()
    try:
        yield
    finally:
        triggers.install()


def run(statement: str, *params: Any) -> int:
    """Run one statement as the attacker; return how many rows it touched."""
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def change(table: str, key: str, value: object, **columns: Any) -> None:
    """Change columns of one row."""
    marks = ", ".join(f"{name} = %s" for name in columns)
    touched = run(f"UPDATE {table} SET {marks} WHERE {key} = %s", *columns.values(), value)  # noqa: S608
    assert touched == 1


def take_away(table: str, key: str, value: object) -> None:
    """Delete one row."""
    assert run(f"DELETE FROM {table} WHERE {key} = %s", value) == 1  # noqa: S608
