"""Waiting for locks only as long as whoever asks can afford."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def transaction_waiting_at_most(milliseconds: int) -> Iterator[None]:
    """Run the block in a transaction that waits this long for each lock, not the usual seconds.

    Raises django.db.OperationalError when the wait was in vain; nothing was written then.
    """
    if connection.vendor == "sqlite":
        with _sqlite_waiting(milliseconds), transaction.atomic():
            yield
        return
    is_nested = connection.in_atomic_block
    with transaction.atomic():
        usual = _set_lock_timeout(f"{milliseconds:d}ms")
        yield
        if is_nested:
            # The setting ends with the transaction, which here is not the block's own.
            _set_lock_timeout(usual)


@contextmanager
def _sqlite_waiting(milliseconds: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        usual = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds:d}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {usual:d}")


def _set_lock_timeout(timeout: str) -> str:
    """Set PostgreSQL's lock_timeout until the transaction ends; return what it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)",
            [timeout],
        )
        usual, _ = cursor.fetchone()
    return str(usual)
