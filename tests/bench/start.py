"""From the command to the first page of an installation that exists, and back from a kill."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.lines import Line, at_most
from tests.processes import Databases, Installation, install, status_of, wait_for

SECOND_START_S = 5.0
BACK_S = 5.0


def measure() -> Iterator[Line]:
    """Yield seconds of a second start and of a killed worker's return, on SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir(mode=0o700)
        os.environ.pop("DATABASE_URL", None)
        made = install(folder, Databases(Path(name)).make_migrated(folder))
        try:
            yield at_most("start", "command to first page", first_page(made), "s", SECOND_START_S)
            yield at_most("start", "killed worker to next worker", back(made), "s", BACK_S)
        finally:
            made.end()


def first_page(made: Installation) -> float:
    """Return the seconds from `serve` to an answer."""
    began = time.monotonic()
    made.start("serve")
    wait_for("the first page", lambda: status_of(f"{made.url}/healthz") == 200)
    return time.monotonic() - began


def back(made: Installation) -> float:
    """Return the seconds from a worker's kill to another worker's process."""
    first = made.pid_of("dreaming worker")
    os.kill(first, signal.SIGKILL)
    return wait_for("another", lambda: bool(made.pids("dreaming worker") - {first}))
