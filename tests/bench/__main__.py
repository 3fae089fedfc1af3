"""Run the parts that are named, or all: prints a table, writes BENCH_JSON, fails over budget.

A part is a module of this package with `measure() -> Iterable[Line]`.
"""

import importlib
import os
import pkgutil
import platform
import sys
import time
from pathlib import Path

from tests import bench
from tests.bench.lines import Line, table, told, write_json

NO_PARTS = {"__main__", "house", "lines", "quality", "rows"}
OBJECTS = 200_000
SPEED_ROUNDS = 5


def parts() -> list[str]:
    """Return the names of all parts."""
    found = {module.name for module in pkgutil.iter_modules(bench.__path__)}
    return sorted(found - NO_PARTS)


class Asked:
    """Something small that is made and asked, as a page's rows and nodes are."""

    def __init__(self, number: int) -> None:
        self.number = number

    def spell(self) -> str:
        """Return its number in words of a page."""
        return f"P-{self.number}"


def speed() -> Line:
    """Return how long this machine and this Python take to make objects and ask them.

    Its other times are held against that: a Python built without profile-guided optimisation takes
    twice as long as one with it. The best of a few rounds, so that it tells nothing of what else
    ran.
    """
    taken = []
    for _ in range(SPEED_ROUNDS):
        began = time.perf_counter()
        spelled = {number % 100: Asked(number).spell() for number in range(OBJECTS)}
        taken.append((time.perf_counter() - began) * 1000)
        assert len(spelled) == 100
    name = f"{OBJECTS:,} objects made and asked, Python {platform.python_version()}"
    return told("machine", name, min(taken), "ms")


def main(chosen: list[str]) -> int:
    """Measure and report; 1 when a number is over its budget, 2 for an unknown part."""
    unknown = sorted(set(chosen) - set(parts()))
    if unknown:
        sys.stderr.write(f"No part {', '.join(unknown)}. Known: {', '.join(parts())}\n")
        return 2
    lines = [speed()]
    sys.stdout.write(table(lines) + "\n")
    for name in chosen or parts():
        measured = list(importlib.import_module(f"tests.bench.{name}").measure())
        sys.stdout.write(table(measured) + "\n")
        lines += measured
    if wanted := os.environ.get("BENCH_JSON"):
        write_json(lines, Path(wanted))
    return 0 if all(line.ok for line in lines) else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    raise SystemExit(main(sys.argv[1:]))
