"""The private PostgreSQL of a test run leaves nothing behind, however the run ends."""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import cluster
from tests.processes import ROOT, is_alive, wait_for
from tests.requires import leave_out

pytestmark = [pytest.mark.processes, pytest.mark.sqlite]

STARTER = """
import sys
from tests import cluster
started = cluster.start()
print(started.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def started():
    try:
        made = cluster.start()
    except cluster.NoCluster as missing:
        leave_out(str(missing))
    yield made
    made.stop()


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def test_it_answers_behind_its_socket_and_nowhere_else(started: cluster.Cluster):
    with psycopg.connect(started.url) as server:
        listens = server.execute("SHOW listen_addresses").fetchone()
        assert listens == ("",)


def test_it_is_gone_after_stop():
    try:
        made = cluster.start()
    except cluster.NoCluster as missing:
        leave_out(str(missing))
    pid = postmaster(made.folder)
    made.stop()
    assert not is_alive(pid)
    assert not made.folder.exists()


@pytest.mark.parametrize("chosen", [signal.SIGKILL, signal.SIGTERM])
def test_it_is_gone_when_whoever_started_it_is_killed(chosen: signal.Signals):
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as starter:
        assert starter.stdout is not None
        line = starter.stdout.readline().strip()
        if not line:
            leave_out("no PostgreSQL here")
        folder = Path(line)
        pid = postmaster(folder)
        starter.send_signal(chosen)
    wait_for("no server", lambda: not is_alive(pid) and not folder.exists(), seconds=15)


def test_the_address_of_a_socket_folder_is_one_django_reads():
    url = cluster.socket_url(Path("/run/db"), "x")
    assert url == "postgresql://daybreak@%2Frun%2Fdb/x"
