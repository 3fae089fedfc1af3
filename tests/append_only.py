"""Lets test cases empty append-only tables between tests, and only there.

Django's flush truncates a hundred tables and asks for every migrate hook after each transactional
test. Here the few tables that hold rows are emptied, and their triggers lifted meanwhile.
"""

import time
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import TransactionTestCase

from reviews.audit import triggers

MADE_ON_SET_UP = {"django_content_type", "auth_permission"}
"""Filled when the tables are made, and never by a test."""

TRIES = 5
PAUSE_S = 0.3


def lift_for_flush() -> None:
    """Put `empty` in the place of TransactionTestCase's flush.

    The next test begins another log, so what the sealer remembers of the last one goes as well.
    Called once, from tests/conftest.py.
    """
    cases: Any = TransactionTestCase

    def lift_and_empty(_case: TransactionTestCase) -> None:
        try:
            empty_in_the_end()
        finally:
            put_back()
            forget_signed()

    cases._fixture_teardown = lift_and_empty


def empty_in_the_end() -> None:
    """Remove every row, again where a page's last request wrote one meanwhile."""
    for _ in range(TRIES - 1):
        try:
            empty()
        except IntegrityError:
            time.sleep(PAUSE_S)
        else:
            return
    empty()


def empty() -> None:
    """Remove every row a test wrote."""
    filled = filled_tables()
    names = {table.table for table in triggers.registered()} & set(filled)
    with connection.cursor() as cursor:
        for trigger in wanted():
            if any(trigger.name.startswith(f"{name}_") for name in names):
                cursor.execute(trigger.drop)
    with transaction.atomic(), connection.cursor() as cursor:
        for table in filled:
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 -- names from our models


def put_back() -> None:
    """Make every trigger that is not there, whether `empty` or a test took it away."""
    standing = triggers.standing_triggers(connection)
    with connection.cursor() as cursor:
        for trigger in wanted():
            if standing.get(trigger.name) != trigger.seen:
                for statement in (trigger.drop, *trigger.create):
                    cursor.execute(statement)


@cache
def wanted() -> tuple[triggers.Trigger, ...]:
    """Return the triggers of all tables; what the tables look like does not change in a run."""
    return tuple(triggers.wanted_triggers(None, connection))


def filled_tables() -> list[str]:
    """Return the names of our tables that hold rows now."""
    parts = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in our_tables())  # noqa: S608 -- names from our models
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return [name for (name,) in cursor.fetchall()]


@cache
def our_tables() -> tuple[str, ...]:
    """Return the tables of all models, in a stable order."""
    models = apps.get_models(include_auto_created=True)
    managed = {model._meta.db_table for model in models if model._meta.managed}
    return tuple(sorted(managed - MADE_ON_SET_UP))


def forget_signed() -> None:
    """Remove the sealer's memory of the last checkpoint it signed."""
    (Path(settings.DATA_DIR) / "keys" / "last-checkpoint").unlink(missing_ok=True)
