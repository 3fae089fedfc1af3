"""Telling a worker that something is due, after the commit that made it so.

A wake-up is a hint: the row says what is due, and the worker's own tick finds it when a message
is lost. So a broker that does not answer is logged, never fails the change that was made, and keeps
nobody waiting: one thread of the process sends its wake-ups, in their order. It does so a moment
later, when the answer that caused one is out and needs this process no more; what is the same and
came within that moment is sent once, after the last of it.
"""

import atexit
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

APPLY = "dreaming.tasks.apply_due"
DREAM = "dreaming.tasks.run_dreams"
EXPIRES_S = 60
QUIET_S, TOGETHER_S = 0.1, 0.3
"""Sent when nothing new came for QUIET_S, or once the first has waited TOGETHER_S: the end of a
grace is met within a second."""
MOST_WAITING = 1_000
AT_EXIT_S = 2.0
"""How long a command that ends waits until its wake-ups are sent."""


@dataclass(frozen=True, slots=True)
class Wakeup:
    """A task to start `after_s` seconds after it is sent; `send` is its application's verb."""

    task: str
    after_s: int
    send: Callable[..., Any]


class Sender:
    """The thread that sends, started with the first wake-up, and what waits for it."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have neither thread nor wake-ups: in a forked process both are its parent's."""
        self._starting = Lock()
        self._waiting: Queue[Wakeup | Event] = Queue(MOST_WAITING)
        self._hurry = Event()
        self._thread: Thread | None = None

    def take(self, wakeup: Wakeup) -> None:
        """Put a wake-up behind the others; Full where MOST_WAITING wait already."""
        self._waiting.put_nowait(wakeup)
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="wakeups", daemon=True)
                self._thread.start()

    def finish(self, at_most_s: float) -> bool:
        """Return whether all that was taken has been sent or given up within the time."""
        if self._thread is None:
            return True
        sent = Event()
        self._hurry.set()
        try:
            self._waiting.put(sent, timeout=at_most_s)
        except Full:
            return False
        return sent.wait(at_most_s)

    def _run(self) -> None:
        while True:
            taken = [self._waiting.get()]
            if isinstance(taken[0], Wakeup):
                self._pause()
            taken.extend(self._rest())
            for wakeup in dict.fromkeys(one for one in taken if isinstance(one, Wakeup)):
                send_wakeup(wakeup)
            for asked in taken:
                if isinstance(asked, Event):
                    self._hurry.clear()
                    asked.set()

    def _pause(self) -> None:
        """Wait while more comes, for the time of QUIET_S and TOGETHER_S or until somebody asks."""
        until, before = time.monotonic() + TOGETHER_S, self._waiting.qsize()
        while not self._hurry.wait(QUIET_S):
            now = self._waiting.qsize()
            if now == before or time.monotonic() >= until:
                return
            before = now

    def _rest(self) -> Iterator[Wakeup | Event]:
        """Yield what waits behind the first."""
        with suppress(Empty):
            while True:
                yield self._waiting.get_nowait()


_sender = Sender()
os.register_at_fork(after_in_child=_sender.begin_anew)


def wake_on_commit(task: str, after_s: int = 0) -> None:
    """Send a wake-up for `task` (APPLY or DREAM) once the open transaction has committed.

    after_s: seconds the worker keeps the message before it acts on it.
    """
    transaction.on_commit(partial(hand_over, task, after_s))


def hand_over(task: str, after_s: int = 0) -> None:
    """Leave a wake-up to the sender; one too many for a broker that hangs is logged."""
    try:
        _sender.take(Wakeup(task, after_s, current_app.send_task))
    except Full:
        logger.warning("wakeup_not_sent task=%s cause=%d others wait", task, MOST_WAITING)


def wait_until_sent(at_most_s: float) -> bool:
    """Return whether what was handed over has been sent or given up within the time."""
    return _sender.finish(at_most_s)


atexit.register(wait_until_sent, AT_EXIT_S)


def send_wakeup(wakeup: Wakeup) -> None:
    """Send a wake-up now; a broker out of reach is logged, the next tick does the work."""
    try:
        wakeup.send(
            wakeup.task,
            countdown=wakeup.after_s or None,
            expires=EXPIRES_S + wakeup.after_s,
            retry=False,
            ignore_result=True,
        )
    except (OperationalError, OSError) as error:
        logger.warning("wakeup_not_sent task=%s cause=%s", wakeup.task, error)
