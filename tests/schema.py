"""Tests make their tables from the models at once: to migrate takes ten times as long.

Models and migrations are held together by tests/test_architecture.py, and every process test
migrates an empty database. A test that is about migrations asks for `migrated`.
"""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import DjangoDbBlocker, Settings


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Make the table of applied migrations too: SQLite makes none within a test's transaction."""
    with django_db_blocker.unblock():
        MigrationRecorder(connection).ensure_schema()


@pytest.fixture
def migrated(settings: Settings, db: None) -> None:
    """The database as if it had been migrated: every migration there is counts as applied."""
    settings.MIGRATION_MODULES = {}
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes(), fake=True)
