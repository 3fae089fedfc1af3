"""How fast this machine and this Python are, for times to be held against.

A Python built without profile-guided optimisation takes twice as long as one with it, and so does a
virtual machine while its neighbours work: a time alone does not tell the code from the machine.
"""

import platform
import time
from collections.abc import Callable
from typing import TypeVar

from tests.bench.lines import Line, percentile, told

T = TypeVar("T")
OBJECTS = 200_000
ROUNDS = 5


class Asked:
    """Something small that is made and asked, as a page's rows and nodes are."""

    def __init__(self, number: int) -> None:
        self.number = number

    def spell(self) -> str:
        """Return its number in words of a page."""
        return f"P-{self.number}"


def objects_ms() -> float:
    """Return the milliseconds in which OBJECTS are made and asked, once."""
    began = time.perf_counter()
    spelled = {number % 100: Asked(number).spell() for number in range(OBJECTS)}
    taken = (time.perf_counter() - began) * 1000
    assert len(spelled) == 100
    return taken


def speed() -> Line:
    """Return the best of a few rounds, which tells nothing of what else ran."""
    name = f"{OBJECTS:,} objects made and asked, Python {platform.python_version()}"
    return told("machine", name, min(objects_ms() for _ in range(ROUNDS)), "ms")


def meanwhile(act: Callable[[], T]) -> tuple[T, float]:
    """Return what `act` returns and the median of objects_ms just before and after it."""
    before = [objects_ms() for _ in range(ROUNDS)]
    done = act()
    return done, percentile(before + [objects_ms() for _ in range(ROUNDS)], 0.5)
