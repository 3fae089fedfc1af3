"""Starting the product as processes, each story in a data folder and database of its own."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent
WAIT_S = 30.0


def free_port() -> int:
    """Return a port nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, holds: Callable[[], bool], seconds: float = WAIT_S) -> float:
    """Wait until `holds` says yes and return the seconds it took; fails naming `what`."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


def status_of(url: str) -> int:
    """Return the HTTP status `url` answers with, 0 when nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def is_alive(pid: int) -> bool:
    """Say whether a process runs; a zombie that waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@dataclass(slots=True)
class Installation:
    """A data folder with its environment: commands run in it see nothing of the test's own."""

    env: dict[str, str]
    folder: Path
    port: int
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *words: str, code: int = 0) -> str:
        """Run `manage.py WORDS` to its end and return what it printed; `code` is its exit code."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + (done.stderr if code else "")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start `manage.py WORDS`, to be ended with the test; its words go to a file."""
        with (self.folder / f"{words[0]}.out").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *words],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def processes(self) -> dict[int, str]:
        """Return the pid and command line of every living process that works in this folder."""
        found: dict[int, str] = {}
        mark = f"DAYBREAK_DATA_DIR={self.folder}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            if mark in environment and is_alive(int(entry.name)):
                found[int(entry.name)] = line
        return found

    def pids(self, words: str) -> set[int]:
        """Return the processes of this folder whose command line holds `words`."""
        return {pid for pid, line in self.processes().items() if words in line}

    def pid_of(self, words: str) -> int:
        """Wait for a process whose command line holds `words` and return the oldest."""
        wait_for(f"a process {words!r}", lambda: bool(self.pids(words)))
        return min(self.pids(words))

    def end(self) -> None:
        """End what the test started, by pid."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


class Databases:
    """Makes databases on the engine of this run; the migrated one is made once and copied.

    folder: that of the whole run, whose processes share the migrated one.
    """

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.sqlite3"
        self.made = folder / "template-made"
        self.server = os.environ.get("DATABASE_URL", "")

    def make_empty(self, folder: Path) -> str:
        """Return the address of an empty database."""
        if not self.server:
            return f"sqlite:///{folder / 'daybreak.sqlite3'}"
        return self._create(f"story_{uuid4().hex[:12]}", "template1")

    def make_migrated(self, folder: Path) -> str:
        """Return the address of a migrated database without any rows of ours."""
        name = self._template_name()
        if not self.server:
            shutil.copy(self.template, folder / "daybreak.sqlite3")
            return self.make_empty(folder)
        return self._create(f"story_{uuid4().hex[:12]}", name)

    def _template_name(self) -> str:
        """Return the name of the migrated database; whoever needs it first makes it."""
        with self.made.open("a+", encoding="ascii") as made:
            fcntl.flock(made, fcntl.LOCK_EX)
            made.seek(0)
            if name := made.read():
                return name
            name = f"template_{uuid4().hex[:12]}"
            self._migrate(name)
            made.write(name)
            return name

    def _migrate(self, name: str) -> None:
        url = self._create(name, "template1") if self.server else f"sqlite:///{self.template}"
        env = environment_of(self.template.with_suffix(".data"), url)
        command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
        subprocess.run(command, env=env, cwd=ROOT, check=True, timeout=120)

    def _create(self, name: str, template: str) -> str:
        with psycopg.connect(self.server, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.server.rpartition("/")[0] + f"/{name}"


def environment_of(folder: Path, database_url: str, port: int = 8000) -> dict[str, str]:
    """Return the environment of an installation in `folder`, without anything of the test's own."""
    ours = ("DAYBREAK_", "TEST_", "PYTEST", "BROKER_URL", "PYTHONUNBUFFERED")
    return {name: word for name, word in os.environ.items() if not name.startswith(ours)} | {
        "DJANGO_SETTINGS_MODULE": "dreaming.settings",
        "DATABASE_URL": database_url,
        "DAYBREAK_DATA_DIR": str(folder),
        "DAYBREAK_GRACE_S": "0",
        "DAYBREAK_REAP_S": "0.5",
        "PORT": str(port),
    }


@pytest.fixture(scope="session")
def databases() -> Databases:
    """Where installations get their databases."""
    return Databases(Path(os.environ["TEST_RUN_FOLDER"]))


def install(folder: Path, database_url: str) -> Installation:
    """Return an installation in `folder` on a free port."""
    port = free_port()
    return Installation(environment_of(folder, database_url, port), folder, port)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A data folder for this account only."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def empty_installation(data_folder: Path, databases: Databases) -> Iterator[Installation]:
    """An installation whose database has no tables yet, on a free port."""
    made = install(data_folder, databases.make_empty(data_folder))
    yield made
    made.end()


@pytest.fixture
def installation(data_folder: Path, databases: Databases) -> Iterator[Installation]:
    """An installation with a migrated database and a free port; nothing runs yet."""
    made = install(data_folder, databases.make_migrated(data_folder))
    yield made
    made.end()
