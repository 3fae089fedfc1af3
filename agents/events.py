"""Writing many events fast: one row is about a kilobyte, and a night brings hundreds of thousands.

PostgreSQL takes them by COPY, SQLite by one prepared statement; both skip building model objects.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from django.db import connection

from agents.intake import EventRow
from agents.models import Event

FIELDS = ("revision_id", "index", *EventRow._fields[1:])


def insert_events(of_revision: Iterable[tuple[int, Iterable[EventRow]]]) -> None:
    """Insert the events of each revision (its primary key) in the caller's transaction."""
    quote = connection.ops.quote_name
    table = quote(Event._meta.db_table)
    # Fields of this model are their columns.
    names = ", ".join(quote(name) for name in FIELDS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            raw: psycopg.Cursor[Any] = cursor.cursor
            with raw.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in _rows(of_revision):
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(FIELDS))
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 (names of columns)
                list(_adapted(of_revision)),
            )


def _rows(of_revision: Iterable[tuple[int, Iterable[EventRow]]]) -> Iterator[tuple[object, ...]]:
    for revision, events in of_revision:
        for event in events:
            yield (revision, *event)


def _adapted(
    of_revision: Iterable[tuple[int, Iterable[EventRow]]],
) -> Iterator[tuple[int | str | bool | None, ...]]:
    """Spell times the way Django reads them back from a database that has no type for them."""
    adapt = connection.ops.adapt_datetimefield_value
    for revision, events in of_revision:
        for event in events:
            yield (revision, *event[:-1], adapt(event.at))
