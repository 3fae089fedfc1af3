"""The supervisor keeps three processes running and leaves none behind."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from dreaming.supervisor import (
    AlreadyServed,
    PortTaken,
    Role,
    RoleFailed,
    Supervisor,
    check_port,
    clear_messages,
    embedded_roles,
    hold_folder,
    open_log,
)
from tests.processes import Installation, is_alive, status_of, wait_for

# Processes and signals: the database makes no difference here.
pytestmark = pytest.mark.sqlite

WORKER, BEAT, WEB = "dreaming worker", "dreaming beat", "dreaming.wsgi"


@pytest.fixture
def served(installation: Installation) -> Installation:
    installation.start("serve")
    wait_for("the first page", lambda: status_of(f"{installation.url}/healthz") == 200)
    for words in (WORKER, BEAT):
        installation.pid_of(words)
    return installation


@pytest.mark.processes
def test_its_address_is_told_at_once_where_its_words_go_to_a_file(served: Installation):
    words = served.folder / "serve.out"
    wait_for("its words", lambda: f"Daybreak is at {served.url}/" in words.read_text())


@pytest.mark.processes
def test_a_killed_worker_comes_back(served: Installation):
    first = served.pid_of(WORKER)
    os.kill(first, signal.SIGKILL)
    wait_for("another worker", lambda: bool(served.pids(WORKER) - {first}))


@pytest.mark.processes
def test_each_process_has_a_session_of_its_own(served: Installation):
    pids = [served.pid_of(words) for words in (WORKER, BEAT, WEB, "manage.py")]
    assert all(pids)
    assert len({os.getsid(pid) for pid in pids}) == 4


@pytest.mark.processes
@pytest.mark.parametrize("chosen", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_leaves_no_process(served: Installation, chosen: signal.Signals):
    served.started[0].send_signal(chosen)
    assert served.started[0].wait(timeout=30) == 0
    assert served.processes() == {}


@pytest.mark.processes
def test_a_killed_supervisor_leaves_no_process(served: Installation):
    served.started[0].kill()
    wait_for("no process", lambda: served.processes() == {}, seconds=5)


@pytest.mark.processes
def test_a_second_supervisor_on_the_same_folder_says_why_not(served: Installation):
    said = served.manage("serve", code=1)
    assert f"already running on {served.folder}" in said


@pytest.mark.processes
def test_a_taken_port_is_said_before_anything_starts(installation: Installation):
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen()
        said = installation.manage("serve", code=1)
    assert f"PORT={installation.port + 1}" in said
    assert installation.processes() == {}


def sleeping(folder: Path, code: str = "import time; time.sleep(60)") -> Supervisor:
    return Supervisor([Role("sleeper", (sys.executable, "-c", code))], folder, folder / "logs")


@pytest.mark.processes
def test_a_role_that_cannot_start_stops_the_start(tmp_path: Path):
    supervisor = sleeping(tmp_path, "print('no such part'); raise SystemExit(2)")
    with pytest.raises(RoleFailed, match=r"sleeper\.log"):
        supervisor.run(address="http://127.0.0.1:9/", announce=lambda: None)
    assert "no such part" in (tmp_path / "logs" / "sleeper.log").read_text()


@pytest.mark.processes
def test_what_a_process_leaves_behind_goes_before_its_restart(tmp_path: Path):
    child = tmp_path / "child"
    code = (
        "import pathlib, subprocess, sys;"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"pathlib.Path({str(child)!r}).write_text(str(p.pid)); sys.exit(3)"
    )
    with pytest.raises(RoleFailed):
        sleeping(tmp_path, code).run(address="http://127.0.0.1:9/", announce=lambda: None)
    wait_for("no child", lambda: not is_alive(int(child.read_text())), seconds=5)


@pytest.mark.processes
def test_handlers_of_the_caller_come_back(tmp_path: Path):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(RoleFailed):
        sleeping(tmp_path, "raise SystemExit(1)").run(
            address="http://127.0.0.1:9/", announce=lambda: None
        )
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_folder_is_held_once(tmp_path: Path):
    with hold_folder(tmp_path), pytest.raises(AlreadyServed, match="DAYBREAK_DATA_DIR"):
        hold_folder(tmp_path)


def test_a_folder_is_free_again_when_its_holder_is_gone(tmp_path: Path):
    hold_folder(tmp_path).close()
    hold_folder(tmp_path).close()


def test_a_taken_port_names_the_next_one():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"PORT={port + 1}"):
            check_port("127.0.0.1", port)


def test_wake_ups_of_an_earlier_run_are_cleared_and_nothing_else(tmp_path: Path):
    (tmp_path / "1.msg").touch()
    (tmp_path / "keep.txt").touch()
    assert clear_messages(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]


def test_a_grown_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dreaming.supervisor.LOG_BYTES", 4)
    log = tmp_path / "web.log"
    log.write_text("grown")
    open_log(log).close()
    assert log.read_text() == ""
    assert (tmp_path / "web.log.1").read_text() == "grown"


def test_beat_is_never_part_of_the_worker(tmp_path: Path):
    roles = {
        role.name: role.command
        for role in embedded_roles(
            host="127.0.0.1", port=8000, web_processes=1, beat_file=tmp_path / "beat"
        )
    }
    assert set(roles) == {"web", "worker", "beat"}
    assert not {"-B", "--beat"} & set(roles["worker"])


@pytest.mark.processes
def test_the_other_roles_start_when_the_first_one_answers(served: Installation):
    assert started_at(served.pid_of(WEB)) < started_at(served.pid_of(WORKER))


def started_at(pid: int) -> int:
    """Return when a process started, in clock ticks since the machine did."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
