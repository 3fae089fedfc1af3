"""Tests make their tables from the models at once: to migrate takes ten times as long.

Models and migrations are held together by tests/test_architecture.py, and every process test
migrates an empty database. A test that is about migrations asks for `migrated`.
"""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import DjangoDbBlocker, Settings

from tests.processes import wait_for


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make the table of applied migrations too: SQLite makes none within a test's transaction."""
    with django_db_blocker.unblock():
        MigrationRecorder(connection).ensure_schema()
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            wait_for(f"An end of {end_idle_sessions()}", lambda: not end_idle_sessions())


def end_idle_sessions() -> list[tuple[str, str]]:
    """End every session but ours that does nothing; return state and last query of each there was.

    A database in use cannot be dropped. PostgreSQL ends the session of a connection a moment after
    its client has gone, and a thread of a server that a browser's test left keeps its own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, ''), left(query, 200),"
            " CASE WHEN state = 'idle' THEN pg_terminate_backend(pid) END FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [(state, query) for state, query, _ in cursor.fetchall()]


@pytest.fixture
def migrated(settings: Settings, db: None) -> None:
    """The database as if it had been migrated: every migration there is counts as applied."""
    settings.MIGRATION_MODULES = {}
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes(), fake=True)
