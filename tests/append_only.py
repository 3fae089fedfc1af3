"""Lets test cases empty append-only tables between tests, and only there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import TransactionTestCase

from reviews.audit import triggers


def lift_for_flush() -> None:
    """Wrap TransactionTestCase's flush: the triggers go before it and come back after it.

    The next test begins another log, so what the sealer remembers of the last one goes as well.
    Called once, from tests/conftest.py.
    """
    cases: Any = TransactionTestCase
    flush: Callable[[TransactionTestCase], None] = cases._fixture_teardown
    if getattr(flush, "lifts_triggers", False):
        return

    def lift_and_flush(case: TransactionTestCase) -> Any:
        triggers.drop()
        try:
            flush(case)
        finally:
            triggers.install()
            forget_signed()

    lift_and_flush.lifts_triggers = True  # type: ignore[attr-defined]
    cases._fixture_teardown = lift_and_flush


def forget_signed() -> None:
    """Remove the sealer's memory of the last checkpoint it signed."""
    (Path(settings.DATA_DIR) / "keys" / "last-checkpoint").unlink(missing_ok=True)
