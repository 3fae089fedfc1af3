"""The rows of the test database as plain values: what is there now, and to put it there again."""

from functools import cache

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from agents.models import Person, Workspace
from reviews.audit.models import Entry, Pending
from tests.append_only import filled_tables

Rows = list[tuple[str, list[object]]]
"""Statements that insert rows, each with its parameters."""

MOST_PARAMETERS = 30_000
"""SQLite takes 32,766 in one statement."""


def nothing_written() -> bool:
    """Say whether nobody made a person, a workspace or an entry yet."""
    return not any(model._default_manager.exists() for model in (Person, Workspace, Entry))


def take_rows() -> Rows:
    """Return statements that put every row there is now into empty tables."""
    statements: Rows = []
    models = models_by_table()
    for table in filled_tables():
        # PostgreSQL's own trigger fills it when the entries come.
        if table == Pending._meta.db_table:
            continue
        columns = stored_columns(models[table])
        named = ", ".join(f'"{column}"' for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {named} FROM "{table}" ORDER BY 1')  # noqa: S608 -- names from our models
            rows = cursor.fetchall()
        at_once = MOST_PARAMETERS // len(columns)
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            places = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(part))
            insert = f'INSERT INTO "{table}" ({named}) VALUES {places}'  # noqa: S608 -- as above
            statements.append((insert, [value for row in part for value in row]))
    return statements


def put_rows(rows: Rows) -> None:
    """Insert what `take_rows` returned; the tables must be empty."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, values in rows:
            cursor.execute(statement, values)


@cache
def models_by_table() -> dict[str, type[Model]]:
    """Return our models by the names of their tables."""
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def stored_columns(model: type[Model]) -> list[str]:
    """Return the columns that are written; the database makes the others itself."""
    return [str(field.column) for field in model._meta.concrete_fields if not field.generated]
