"""Beat, broker, worker and database together, embedded and as in production."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Installation, status_of, wait_for
from tests.requires import leave_out

pytestmark = [pytest.mark.processes, pytest.mark.long]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The address of a Redis of our own, behind a socket."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        leave_out("no redis-server here")
    socket = tmp_path / "redis.sock"
    words = [
        server,
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        wait_for("Redis", socket.exists)
        yield f"redis+socket://{socket}"
        process.send_signal(signal.SIGTERM)


def become_ready(installation: Installation) -> None:
    installation.start("serve")
    wait_for("ready", lambda: status_of(f"{installation.url}/readyz") == 200, seconds=60)


def test_the_folder_carries_wake_ups(installation: Installation):
    become_ready(installation)
    assert "ok  broker: folder" in installation.manage("doctor")


def test_redis_carries_wake_ups(installation: Installation, redis: str):
    installation.env["BROKER_URL"] = redis
    become_ready(installation)
    assert "ok  broker: answers" in installation.manage("doctor")


@pytest.mark.sqlite
def test_a_broker_that_went_away_is_told_and_the_page_still_answers(
    installation: Installation, redis: str
):
    installation.env["BROKER_URL"] = redis
    become_ready(installation)
    installation.env["BROKER_URL"] = "redis://127.0.0.1:1/0"
    assert "NOT broker" in installation.manage("doctor", code=1)
    assert status_of(f"{installation.url}/healthz") == 200
