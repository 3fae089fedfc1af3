"""Wake-ups: hints after the commit, whose loss never costs the change that was made."""

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

import pytest
from celery import Celery, current_app
from django.db import transaction

from agents import clock, wakeups
from agents.models import Workspace
from agents.wakeups import (
    APPLY,
    DREAM,
    EXPIRES_S,
    QUIET_S,
    Sender,
    Wakeup,
    hand_over,
    wait_until_sent,
    wake_on_commit,
)
from dreaming import tasks
from reviews.decisions import Shown, approve
from reviews.models import Decision
from tests import build
from tests.cast import Cast
from tests.measure import ROOT
from tests.reviews.views.desks import fresh, member


def told_by(app: Celery) -> Iterator[Celery]:
    """Let `app` send what is sent in this thread, then the product's own again."""
    usual = current_app._get_current_object()
    app.set_current()
    try:
        yield app
    finally:
        # What a broker out of reach is still asked for would make the next test wait.
        wait_until_sent(30)
        usual.set_current()
        app.close()


@pytest.fixture
def memory_broker() -> Iterator[Celery]:
    """An application whose messages stay in this process."""
    yield from told_by(Celery("in-memory", broker="memory://", set_as_current=False))


@pytest.fixture
def no_broker() -> Iterator[Celery]:
    """An application whose broker answers to nobody: its port was just given up."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"redis://127.0.0.1:{port}/0"
    yield from told_by(Celery("nowhere", broker=address, set_as_current=False))


@pytest.fixture
def hanging_broker() -> Iterator[Celery]:
    """An application whose broker takes the connection and never says a word."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        app = Celery("mute", broker=address, set_as_current=False)
        app.conf.broker_transport_options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
        yield from told_by(app)


def said_by(script: str) -> tuple[int, str]:
    """Run a script in a process of its own; return how it ended and what it printed."""
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.PIPE, timeout=60)
    return ran.returncode, ran.stdout.decode()


def sent(app: Celery) -> list[str]:
    """Take every message off the queue; return the names of their tasks."""
    names: list[str] = []
    assert wait_until_sent(10)
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        while queue.qsize():
            message = queue.get_nowait()
            names.append(message.headers["task"])
            assert message.headers["expires"] is not None
            message.ack()
    return names


def test_both_wake_ups_are_tasks_that_the_worker_has() -> None:
    assert {APPLY, DREAM} <= {tasks.apply_due.name, tasks.run_dreams.name}


def test_a_wake_up_is_a_message_that_expires(memory_broker: Celery) -> None:
    hand_over(DREAM)
    assert sent(memory_broker) == [DREAM]
    assert EXPIRES_S <= 60


@pytest.mark.django_db(transaction=True)
def test_it_is_sent_after_the_commit_and_not_before(memory_broker: Celery) -> None:
    with transaction.atomic():
        wake_on_commit(APPLY)
        assert sent(memory_broker) == []
    assert sent(memory_broker) == [APPLY]


@pytest.mark.django_db(transaction=True)
def test_one_for_later_tells_the_worker_when_and_expires_after_that(memory_broker: Celery) -> None:
    before = datetime.now(UTC)
    wake_on_commit(APPLY, 10)
    assert wait_until_sent(10)
    with memory_broker.connection_for_read() as connection:
        headers = connection.SimpleQueue("celery").get_nowait().headers
    due, expires = (datetime.fromisoformat(headers[name]) for name in ("eta", "expires"))
    assert 9 <= (due - before).total_seconds() <= 12
    assert (expires - due).total_seconds() >= EXPIRES_S - 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_wakes_nobody(memory_broker: Celery) -> None:
    with transaction.atomic():
        wake_on_commit(APPLY)
        transaction.set_rollback(True)
    assert sent(memory_broker) == []


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_sent_at_once(memory_broker: Celery) -> None:
    wake_on_commit(DREAM)
    assert sent(memory_broker) == [DREAM]


def test_what_is_the_same_within_a_moment_is_sent_once_and_after_the_last() -> None:
    heard: list[tuple[str, float]] = []
    sender = Sender()

    def send(task: str, **_: object) -> None:
        heard.append((task, time.monotonic()))

    for _ in range(5):
        sender.take(Wakeup(APPLY, 10, send))
        sender.take(Wakeup(DREAM, 0, send))
        last = time.monotonic()
        time.sleep(0.01)
    deadline = last + 10
    while len(heard) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [task for task, _ in heard] == [APPLY, DREAM]
    assert all(at > last for _, at in heard)
    assert heard[0][1] - last < 1, "the end of a grace is met within a second"
    sender.take(Wakeup(APPLY, 10, send))
    assert sender.finish(10)
    assert len(heard) == 3, "what comes later is sent again"


def test_who_waits_for_them_is_not_kept_for_the_moment() -> None:
    heard: list[str] = []
    sender = Sender()
    began = time.monotonic()
    for after_s in range(20):
        sender.take(Wakeup(APPLY, after_s, lambda task, **_: heard.append(task)))
        assert sender.finish(10)
    assert len(heard) == 20
    assert time.monotonic() - began < 20 * QUIET_S / 2


def test_a_broker_that_does_not_answer_is_logged(
    no_broker: Celery, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="agents.wakeups"):
        hand_over(APPLY)
        assert wait_until_sent(10)
    (said,) = [record.getMessage() for record in caplog.records if record.name == "agents.wakeups"]
    assert said.startswith(f"wakeup_not_sent task={APPLY} cause=")


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_broker_that_hangs_keeps_nobody_waiting(
    hanging_broker: Celery, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="agents.wakeups"):
        began = time.perf_counter()
        with transaction.atomic():
            wake_on_commit(APPLY)
        handed_over = time.perf_counter() - began
        assert wait_until_sent(30)
    # What the reader waits for is told apart by what the sender then waited for.
    assert handed_over < (time.perf_counter() - began) / 2
    assert [record.getMessage().split(" cause=")[0] for record in caplog.records] == [
        f"wakeup_not_sent task={APPLY}"
    ]


def test_no_more_wait_for_a_broker_than_are_held(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held, began, go_on = [], Event(), Event()

    def hold(*_sent: object, **_how: object) -> None:
        held.append(1)
        began.set()
        go_on.wait(30)

    monkeypatch.setattr(wakeups, "MOST_WAITING", 2)
    sender = Sender()
    sender.take(Wakeup(APPLY, 0, hold))
    assert began.wait(10)
    monkeypatch.setattr(wakeups, "_sender", sender)
    with caplog.at_level(logging.WARNING, logger="agents.wakeups"):
        monkeypatch.setattr(current_app._get_current_object(), "send_task", hold)
        for _ in range(3):
            hand_over(APPLY)
    assert [record.getMessage() for record in caplog.records] == [
        f"wakeup_not_sent task={APPLY} cause=2 others wait"
    ]
    assert not wait_until_sent(0.01)
    go_on.set()
    assert wait_until_sent(10)
    assert len(held) == 2, "what is the same is sent once"


def test_a_forked_process_has_a_sender_of_its_own() -> None:
    script = "; ".join(
        [
            "import os, sys",
            "from agents.wakeups import Wakeup, _sender, wait_until_sent",
            "_sender.take(Wakeup('x', 0, lambda *a, **k: None))",
            "child = os.fork()",
            "_sender.take(Wakeup('x', 0, lambda *a, **k: os.write(1, b'sent ')))",
            "done = wait_until_sent(10)",
            "os._exit(not done) if not child else sys.exit(os.waitpid(child, 0)[1] or not done)",
        ]
    )
    assert said_by(script) == (0, "sent sent ")


def test_a_command_that_ends_sends_its_wake_ups_first() -> None:
    script = "; ".join(
        [
            "import os, time",
            "from agents.wakeups import Wakeup, _sender",
            "say = lambda *a, **k: (time.sleep(0.2), os.write(1, b'sent'))",
            "_sender.take(Wakeup('x', 0, say))",
        ]
    )
    assert said_by(script) == (0, "sent")


@pytest.mark.django_db(transaction=True)
def test_the_change_stays_without_a_broker(no_broker: Celery) -> None:
    with transaction.atomic():
        made = Workspace.objects.create(slug="kept", name="Kept")
        wake_on_commit(APPLY)
    assert Workspace.objects.filter(pk=made.pk).exists()


@pytest.mark.django_db
def test_a_decision_stands_without_a_broker_and_the_tick_applies_it(
    cast: Cast, no_broker: Celery, django_capture_on_commit_callbacks
) -> None:
    proposal = build.filed(cast.store)
    with django_capture_on_commit_callbacks(execute=True) as hints:
        approve(proposal, by=member(cast, "reviewer"), shown=Shown(1, "pending"))
    assert len(hints) == 1
    assert Decision.objects.filter(proposal=proposal).count() == 1
    tasks.apply_due.apply()
    assert fresh(proposal).state == "applied"
    assert fresh(proposal).settled_at <= clock.now()
