"""Runs a measurement in a process of its own, on a fresh SQLite file and on a private PostgreSQL.

The process has the product's own settings, not those of the tests; `rows` makes what it reads.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests import cluster
from tests.bench.lines import Line
from tests.measure import ROOT

LIMIT_S = 1_500


def on_both(target: str) -> Iterator[Line]:
    """Yield the lines of `module:function` on SQLite and, where there is a server, PostgreSQL."""
    yield from on_database(target, "", "SQLite")
    try:
        server = cluster.start()
    except cluster.NoCluster as missing:
        sys.stderr.write(f"PostgreSQL left out: {missing}\n")
        return
    try:
        yield from on_database(target, server.url, "PostgreSQL")
    finally:
        server.stop()


def on_database(target: str, url: str, name: str) -> Iterator[Line]:
    """Yield the lines of `target` measured in a child process on one database."""
    with tempfile.TemporaryDirectory(prefix="daybreak-bench-") as folder:
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("DAYBREAK_")
        }
        environment.update(
            DAYBREAK_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="dreaming.settings", BENCH_ON=name
        )
        environment.pop("DATABASE_URL", None)
        environment.pop("TEST_DATABASE_URL", None)
        if url:
            environment["DATABASE_URL"] = url
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.house", target],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            timeout=LIMIT_S,
        )
    yield from (Line(**line) for line in json.loads(done.stdout))


def named(what: str) -> str:
    """Return the name of a line with the database it was measured on."""
    return f"{what}, {os.environ['BENCH_ON']}"


def main(target: str) -> None:
    """Migrate the empty database of this process, measure, print the lines as JSON."""
    import django  # noqa: PLC0415 (the settings are chosen by the parent)
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    from dreaming.assets import collect_assets  # noqa: PLC0415

    collect_assets()
    call_command("migrate", verbosity=0, interactive=False)
    # What is measured runs in the state of a server that has started.
    from dreaming.wsgi import settle  # noqa: PLC0415

    settle()
    module, _, function = target.partition(":")
    measured = getattr(importlib.import_module(module), function)()
    sys.stdout.write(json.dumps([asdict(line) for line in measured]))


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main(sys.argv[1])
