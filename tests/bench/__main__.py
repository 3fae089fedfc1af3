"""Run the parts that are named, or all: prints a table, writes BENCH_JSON, fails over budget.

A part is a module of this package with `measure() -> Iterable[Line]`.
"""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

from tests import bench
from tests.bench.lines import table, write_json
from tests.bench.machine import speed

NO_PARTS = {"__main__", "house", "lines", "machine", "quality", "rows"}


def parts() -> list[str]:
    """Return the names of all parts."""
    found = {module.name for module in pkgutil.iter_modules(bench.__path__)}
    return sorted(found - NO_PARTS)


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
