"""Runs the embedded product: web, worker and beat, each in its own session, restarted when killed.

One supervisor a data folder. What the children say goes to files under DATA_DIR/logs. Ctrl-C,
SIGTERM and a closed terminal stop all of them; a keeper process ends them when the supervisor
itself is killed.
"""

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from django.conf import settings
from django.core.management import call_command

from dreaming import keeper
from dreaming.assets import collect_assets
from dreaming.errors import DreamingError

logger = logging.getLogger(__name__)

POLL_S = 0.1
STOP_S = 10.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
STEADY_S = 30.0
"""A role that ran this long had a good start: its next restart comes at once again."""
TRIES_BEFORE_READY = 3
LATEST_START_S = 5.0
"""The other roles start when the first answers, at the latest after this."""
LOG_BYTES = 10_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AlreadyServed(DreamingError):
    """Another supervisor runs on this data folder."""


class PortTaken(DreamingError):
    """Something else listens on the port."""


class RoleFailed(DreamingError):
    """A process ended again and again before the product was ready."""


@dataclass(frozen=True, slots=True)
class Role:
    """One process to keep running."""

    name: str
    command: Sequence[str]


@dataclass(slots=True)
class Running:
    """A role's process, how often it ended early in a row, and when it may start again."""

    role: Role
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    early_ends: int = 0
    not_before: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Keeps `roles` running in `folder` until it is told to stop."""

    roles: Sequence[Role]
    folder: Path
    log_folder: Path
    stop_asked: int = 0
    running: list[Running] = field(default_factory=list)
    warden: subprocess.Popen[str] | None = None

    def run(self, *, address: str, announce: Callable[[], None]) -> None:
        """Keep the roles running until a stop signal.

        announce: called once, when `address` first answers 200; then the other roles start.
        Raises RoleFailed when a role cannot be started; nothing is left running then.
        """
        before = {chosen: signal.signal(chosen, self._on_signal) for chosen in STOP_SIGNALS}
        try:
            self._start_all()
            is_ready = False
            while not self.stop_asked:
                for entry in self.running:
                    self._look_after(entry, is_ready=is_ready)
                if not is_ready and answers(address):
                    is_ready = True
                    self._start_others()
                    announce()
                time.sleep(POLL_S)
        finally:
            self._stop_all()
            for chosen, handler in before.items():
                signal.signal(chosen, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_asked += 1

    def _start_all(self) -> None:
        self.log_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.warden = subprocess.Popen(
            [sys.executable, keeper.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self.running = [Running(role) for role in self.roles]
        # The first page comes sooner when its process has the machine to itself.
        first, *others = self.running
        self._start(first)
        for entry in others:
            entry.not_before = time.monotonic() + LATEST_START_S

    def _start_others(self) -> None:
        for entry in self.running:
            entry.not_before = 0.0

    def _start(self, entry: Running) -> None:
        with open_log(self.log_folder / f"{entry.role.name}.log") as log:
            entry.process = subprocess.Popen(
                entry.role.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        entry.started = time.monotonic()
        self._tell_warden(f"+{entry.process.pid}")

    def _tell_warden(self, line: str) -> None:
        if self.warden is not None and self.warden.stdin is not None:
            self.warden.stdin.write(f"{line}\n")
            self.warden.stdin.flush()

    def _look_after(self, entry: Running, *, is_ready: bool) -> None:
        if entry.process is None:
            if time.monotonic() >= entry.not_before:
                self._start(entry)
            return
        code = entry.process.poll()
        if code is None:
            return
        # Its own children (a web server's workers) may have outlived it.
        self._forget(entry, entry.process.pid)
        lived = time.monotonic() - entry.started
        entry.early_ends = 0 if lived >= STEADY_S else entry.early_ends + 1
        if not is_ready and entry.early_ends >= TRIES_BEFORE_READY:
            raise RoleFailed(
                f"{entry.role.name} ended {entry.early_ends} times at its start. "
                f"Read {self.log_folder / entry.role.name}.log"
            )
        pause = min(FIRST_PAUSE_S * 2 ** max(0, entry.early_ends - 1), LONGEST_PAUSE_S)
        entry.not_before = time.monotonic() + pause
        logger.warning("restart role=%s code=%s pause_s=%.1f", entry.role.name, code, pause)

    def _forget(self, entry: Running, group: int) -> None:
        keeper.kill_group(group, signal.SIGKILL)
        self._tell_warden(f"-{group}")
        entry.process = None

    def _stop_all(self) -> None:
        """Ask each group to end; kill what is left after STOP_S or a second signal."""
        asked = self.stop_asked
        for entry in self.running:
            if entry.process is not None:
                keeper.kill_group(entry.process.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_S
        while (
            any(entry.process and entry.process.poll() is None for entry in self.running)
            and time.monotonic() < until
            and self.stop_asked <= max(asked, 1)
        ):
            time.sleep(POLL_S)
        for entry in self.running:
            if entry.process is not None:
                group = entry.process.pid
                keeper.kill_group(group, signal.SIGKILL)
                entry.process.wait()
                self._forget(entry, group)
        if self.warden is not None and self.warden.stdin is not None:
            self.warden.stdin.close()
            self.warden.wait()


def serve(*, host: str, port: int, announce: Callable[[], None]) -> None:
    """Run web, worker and beat on this data folder until a stop signal.

    announce: called once, when the pages answer. Raises AlreadyServed, PortTaken or RoleFailed.
    """
    roles = embedded_roles(
        host=host,
        port=port,
        web_processes=settings.WEB_PROCESSES,
        beat_file=settings.DATA_DIR / "beat-schedule",
    )
    with hold_folder(settings.DATA_DIR):
        check_port(host, port)
        collect_assets()
        if web_processes_share_a_cache():
            call_command("createcachetable", verbosity=0)
        clear_messages(settings.BROKER_DIR / "messages")
        supervisor = Supervisor(roles, settings.BASE_DIR, settings.DATA_DIR / "logs")
        supervisor.run(address=f"http://{host}:{port}/healthz", announce=announce)


def web_processes_share_a_cache() -> bool:
    """Say whether limits on sign-in must be counted in the database: one process counts alone."""
    return int(settings.WEB_PROCESSES) > 1


def embedded_roles(*, host: str, port: int, web_processes: int, beat_file: Path) -> list[Role]:
    """Return the three processes of the embedded product."""
    web = (
        "granian --interface wsgi --no-ws --blocking-threads 4 --workers-kill-timeout 5 "
        f"--host {host} --port {port} --workers {web_processes} dreaming.wsgi:application"
    )
    worker = (
        "celery -A dreaming worker --pool threads --concurrency 4 --loglevel WARNING "
        "--without-gossip --without-mingle"
    )
    beat = "celery -A dreaming beat --loglevel WARNING --schedule"
    module = (sys.executable, "-m")
    return [
        Role("web", (*module, *web.split())),
        Role("worker", (*module, *worker.split())),
        Role("beat", (*module, *beat.split(), str(beat_file))),
    ]


def open_log(path: Path) -> IO[bytes]:
    """Open a log to append to; one that has grown past LOG_BYTES is set aside first."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def hold_folder(folder: Path) -> IO[bytes]:
    """Take the data folder for this supervisor; raises AlreadyServed when another has it.

    The lock ends with the returned file, at the latest with the process.
    """
    lock = (folder / "serve.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise AlreadyServed(
            f"Daybreak is already running on {folder}. Stop it, or set DAYBREAK_DATA_DIR to "
            "another folder."
        ) from error
    return lock


def check_port(host: str, port: int) -> None:
    """Raise PortTaken when nothing can listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} cannot be used ({error.strerror}). Choose another: PORT={port + 1}"
            ) from error


def clear_messages(folder: Path) -> int:
    """Remove wake-ups an earlier run left in the broker's folder; the rows say what is due."""
    left = [*folder.glob("*.msg"), *folder.glob("*.draft")]
    for message in left:
        message.unlink(missing_ok=True)
    return len(left)


def answers(address: str) -> bool:
    """Say whether `address` answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
