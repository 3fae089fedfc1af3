"""kill -9 of the worker in mid dream: it is resumed, ends once, and leaves no orphan."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.processes import ROOT, Installation, free_port, status_of, wait_for
from tests.requires import leave_out

pytestmark = pytest.mark.processes

WORKER = "dreaming worker"
FILL = """
from tests import build
from agents.transcripts.base import Verdict
agent = build.agent(build.workspace("northwind"), "clerk")
for at in range(4):
    build.session(agent, verdict=Verdict.FAILURE, task_key=f"t{at}", principal=f"p{at}")
from dreaming.dreams import Wish, start_dream
start_dream(agent.store, Wish(engine="test"))
"""


def run(installation: Installation, program: str) -> None:
    """Run a program inside the installation."""
    opening = "import django; django.setup()\n"
    done = subprocess.run(
        [sys.executable, "-c", opening + program],
        env=installation.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def rows(installation: Installation, sql: str) -> list[Any]:
    """Ask the installation's database from outside, as its processes go on."""
    url = installation.env["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as database:
            return database.execute(sql).fetchall()
    with psycopg.connect(url) as server:
        return server.execute(sql.encode()).fetchall()


def standing(installation: Installation) -> tuple[str, str, int]:
    """The state, step and attempt of the one dream there is."""
    (found,) = rows(installation, "SELECT state, step, attempt FROM dreaming_dream")
    return found  # type: ignore[no-any-return]


@pytest.fixture
def dreaming(installation: Installation) -> Installation:
    """A served installation with one queued dream of a slow engine."""
    installation.env |= {
        "DAYBREAK_TEST_ENGINE": "tests.slow_engine:create_engine",
        "DAYBREAK_LEASE_S": "3",
        "DAYBREAK_SQLITE_SYNCHRONOUS": "OFF",
    }
    run(installation, FILL)
    return installation


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The address of a Redis of our own on a free port."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        leave_out("no redis-server here")
    port = str(free_port())
    words = [server, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        yield f"redis://127.0.0.1:{port}/0"
        process.send_signal(signal.SIGTERM)


def kill_in_mid_dream(installation: Installation) -> None:
    """Serve, wait until the engine dreams, and kill the worker."""
    installation.start("serve")
    wait_for("the first page", lambda: status_of(f"{installation.url}/healthz") == 200)
    wait_for("the engine dreams", lambda: standing(installation)[1] == "mining")
    os.kill(installation.pid_of(WORKER), signal.SIGKILL)


def is_resumed_and_completed_once(installation: Installation) -> None:
    """Wait for the end and hold it against what must be there once."""
    wait_for("the end", lambda: standing(installation)[0] not in {"queued", "running"})
    assert standing(installation) == ("completed", "filing", 2)
    entries = "SELECT action FROM audit_entry WHERE object = 'D-1' ORDER BY id"
    actions = [action for (action,) in rows(installation, entries)]
    assert actions == ["dream.queued", "dream.started", "dream.resumed", "dream.completed"]
    assert rows(installation, "SELECT count(*) FROM reviews_proposal") == [(1,)]
    assert rows(installation, "SELECT count(*) FROM dreaming_pattern") == [(1,)]


def leaves_no_process(installation: Installation) -> None:
    """Stop the supervisor and look for what it left."""
    installation.started[0].send_signal(signal.SIGTERM)
    assert installation.started[0].wait(timeout=30) == 0
    assert installation.processes() == {}


@pytest.mark.long
def test_a_killed_worker_comes_back_and_the_dream_ends_once(dreaming: Installation):
    kill_in_mid_dream(dreaming)
    is_resumed_and_completed_once(dreaming)
    leaves_no_process(dreaming)


@pytest.mark.long
def test_the_dream_ends_although_the_brokers_folder_was_emptied(dreaming: Installation):
    kill_in_mid_dream(dreaming)
    for message in (dreaming.folder / "broker" / "messages").iterdir():
        message.unlink(missing_ok=True)
    is_resumed_and_completed_once(dreaming)
    leaves_no_process(dreaming)


@pytest.mark.postgresql
def test_the_same_on_postgresql_with_redis(dreaming: Installation, redis: str):
    dreaming.env["BROKER_URL"] = redis
    kill_in_mid_dream(dreaming)
    is_resumed_and_completed_once(dreaming)
    leaves_no_process(dreaming)
