"""A clock that stands still until a test moves it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from agents import clock as product_clock

DAYBREAK = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


class FakeClock:
    """Tells `at`; tests set it or `advance` it."""

    def __init__(self, at: datetime = DAYBREAK) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **units: float) -> datetime:
        """Move on by timedelta's units (seconds=, hours=, days=); returns the new time."""
        self.at += timedelta(**units)
        return self.at


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """The product's clock, standing at six in the morning of 21 November 2026."""
    fake = FakeClock()
    with product_clock.told_by(fake):
        yield fake
