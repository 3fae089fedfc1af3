"""Writing many rows fast: a night brings hundreds of thousands of events of about a kilobyte.

PostgreSQL takes them by COPY, SQLite by one prepared statement; both skip building model objects.
Rows are tuples in the order of `names`, which are names of columns; times are adapted here, and
whatever else a model's field would turn into another form comes in that form.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import psycopg
from django.db import connection
from django.db.models import DateTimeField, Model

Cell = str | int | float | bool | datetime | None
Row = Sequence[Cell]

MAX_PARAMETERS = 900
"""Of one statement; the lowest limit SQLite was ever built with is 999."""


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert the rows in the caller's transaction."""
    into = _into(model, names)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            raw: psycopg.Cursor[Any] = cursor.cursor
            with raw.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(
                f"INSERT INTO {into} VALUES ({marks})",  # noqa: S608 (names of columns)
                list(_adapted(model, names, rows)),
            )


def insert_returning(model: type[Model], names: Sequence[str], rows: Sequence[Row]) -> list[int]:
    """Insert the rows in the caller's transaction; return their primary keys in the same order."""
    into = _into(model, names)
    marks = f"({', '.join(['%s'] * len(names))})"
    together = max(1, MAX_PARAMETERS // len(names))
    keys: list[int] = []
    with connection.cursor() as cursor:
        for start in range(0, len(rows), together):
            some = list(_adapted(model, names, rows[start : start + together]))
            cursor.execute(
                f"INSERT INTO {into} VALUES {', '.join([marks] * len(some))} RETURNING id",  # noqa: S608
                list(chain.from_iterable(some)),
            )
            keys += [key for (key,) in cursor.fetchall()]
    return keys


def _into(model: type[Model], names: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)} ({', '.join(map(quote, names))})"


def _adapted(
    model: type[Model], names: Sequence[str], rows: Iterable[Row]
) -> Iterator[Sequence[Any]]:
    """Spell times the way Django reads them back from a database that has no type for them."""
    columns = {field.column for field in model._meta.fields if isinstance(field, DateTimeField)}
    times = [place for place, name in enumerate(names) if name in columns]
    adapt = connection.ops.adapt_datetimefield_value
    for row in rows:
        cells = list(row)
        for place in times:
            moment = cells[place]
            cells[place] = adapt(moment) if isinstance(moment, datetime) else moment
        yield cells
