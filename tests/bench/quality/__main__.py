"""Measure the quality alone: python -m tests.bench.quality."""

import sys

from tests.bench.lines import table
from tests.bench.quality.report import measure

if __name__ == "__main__":
    lines = list(measure())
    sys.stdout.write(table(lines) + "\n")
    raise SystemExit(0 if all(line.ok for line in lines) else 1)
