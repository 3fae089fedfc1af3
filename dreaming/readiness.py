"""What must hold before this installation serves: asked by /readyz and told by `doctor`."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError as BrokerError

from agents import clock
from dreaming.celery import celery_app
from dreaming.ticks import last_tick
from reviews.audit.triggers import missing_triggers

BROKER_S = 1.0
MIGRATED_FOR_S = 60
EMBEDDED_BROKER = "filesystem"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was looked at: what was seen and, where it is not well, the way out."""

    name: str
    seen: str
    way_out: str = ""

    @property
    def ok(self) -> bool:
        """Say whether nothing needs to be done."""
        return not self.way_out


def read_database() -> Reading:
    """Say whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        return Reading("database", str(error), "Check DATABASE_URL and that it runs.")
    return Reading("database", f"{connection.vendor} answers")


def read_migrations() -> Reading:
    """Say whether every migration is applied; a good answer is kept for a minute."""
    if cache.get("readiness.migrated"):
        return Reading("migrations", "all applied")
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in pending)
        return Reading("migrations", f"not applied: {names}", "Run manage.py migrate.")
    cache.set("readiness.migrated", "yes", MIGRATED_FOR_S)
    return Reading("migrations", "all applied")


def read_triggers() -> Reading:
    """Say whether the database itself keeps the log append-only."""
    if missing := missing_triggers():
        return Reading(
            "append-only triggers",
            f"missing or altered: {', '.join(missing)}",
            "Find out who removed them, run manage.py audit_verify, then manage.py migrate.",
        )
    return Reading("append-only triggers", "all in place")


def read_broker() -> Reading:
    """Say whether wake-ups can be sent."""
    if settings.BROKER_URL.startswith(EMBEDDED_BROKER):
        folder = settings.BROKER_DIR / "messages"
        if os.access(folder, os.W_OK):
            return Reading("broker", f"folder {folder}")
        return Reading("broker", f"cannot write {folder}", "Check the folder and its owner.")
    return read_broker_at(settings.BROKER_URL)


def read_broker_at(url: str) -> Reading:
    """Say whether the broker at `url` answers within BROKER_S seconds."""
    try:
        with celery_app.connection_for_write(url, connect_timeout=BROKER_S) as broker:
            broker.ensure_connection(max_retries=0, timeout=BROKER_S)
    except (BrokerError, OSError) as error:
        return Reading("broker", str(error), "Check BROKER_URL and that it runs.")
    return Reading("broker", "answers")


def read_worker() -> Reading:
    """Say whether worker and beat do their work: the reaper's last tick is young."""
    late_after = timedelta(seconds=max(60.0, settings.REAP_S * 4))
    way_out = "Start the worker and beat: manage.py serve runs both."
    at = last_tick()
    if at is None:
        return Reading("worker", "has not run yet", way_out)
    age = clock.now() - at
    if age > late_after:
        return Reading("worker", f"last ran {at:%Y-%m-%d %H:%M:%S} UTC", way_out)
    return Reading("worker", f"ran {max(0, int(age.total_seconds()))} s ago")


def read_data_folder() -> Reading:
    """Say whether the data folder is ours alone: keys lie in it."""
    folder = settings.DATA_DIR
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        return Reading(
            "data folder", f"{folder} is open to others ({mode:o})", f"chmod 700 {folder}"
        )
    return Reading("data folder", f"{folder}, for this account only")


def read_word_search() -> Reading:
    """Say whether words in the queue's search are found by index; without, they are found slower.

    Never a reason not to serve.
    """
    if connection.vendor != "postgresql":
        return Reading("word search", "reads the rows of the list")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('proposals_words') IS NOT NULL")
        row = cursor.fetchone()
    if row and row[0]:
        return Reading("word search", "indexed")
    return Reading("word search", "reads the rows of the list: docs/queue.md says how to index it")


FOR_SERVING: tuple[Callable[[], Reading], ...] = (
    read_migrations,
    read_triggers,
    read_broker,
    read_worker,
)


def is_ready() -> bool:
    """Say whether this process can serve: stops at the first thing that is not well."""
    return all(reading.ok for reading in _read((read_database, *FOR_SERVING)))


def read_all() -> list[Reading]:
    """Look at everything; without a database what lies in it cannot be looked at."""
    return [read_data_folder(), *_read((read_database, *FOR_SERVING, read_word_search))]


def _read(looks: tuple[Callable[[], Reading], ...]) -> Iterator[Reading]:
    for look in looks:
        try:
            reading = look()
        except DatabaseError as error:
            name = look.__name__.removeprefix("read_")
            yield Reading(name, str(error), "Run manage.py migrate, then doctor again.")
            continue
        yield reading
        if look is read_database and not reading.ok:
            return
