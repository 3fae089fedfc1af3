"""The time everyone asks for; tests put a clock of their own in its place.

It stands in this leaf so that an entry and the change it records are told the same time. Pure rules
do not ask: they are given the time as an argument.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone

_clocks: list[Callable[[], datetime]] = [timezone.now]


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _clocks[-1]()


@contextmanager
def told_by(clock: Callable[[], datetime]) -> Iterator[None]:
    """Let `clock` tell the time in every thread of this process until the block ends."""
    _clocks.append(clock)
    try:
        yield
    finally:
        _clocks.remove(clock)
