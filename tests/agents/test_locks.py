"""Verbs: waiting for a lock only as long as whoever asks can afford."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction

from agents.locks import transaction_waiting_at_most
from agents.models import Workspace
from tests import build

AT_MOST_S = 2.0
"""Far above the 10 ms that are asked for, far below the seconds a verb waits."""


def usual_wait():
    """How long this connection waits for a lock, as its database spells it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout"
        )
        return cursor.fetchone()[0]


@contextmanager
def a_writer_at_work(workspace):
    """Hold the workspace's row in another connection until the block ends."""
    holds, may_go = Event(), Event()

    def hold():
        close_old_connections()
        try:
            with transaction.atomic():
                Workspace.objects.filter(pk=workspace.pk).update(name="Held")
                holds.set()
                may_go.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        try:
            assert holds.wait(30)
            yield
        finally:
            may_go.set()
            held.result(30)


def rename(workspace, name):
    return Workspace.objects.filter(pk=workspace.pk).update(name=name)


def rename_in_short(workspace):
    with transaction_waiting_at_most(10):
        rename(workspace, "Renamed")


def fail_in_short(workspace):
    with transaction_waiting_at_most(10):
        rename(workspace, "Renamed")
        raise LookupError("the block failed")


@pytest.mark.django_db(transaction=True)
def test_a_lock_somebody_holds_is_waited_for_no_longer_than_said():
    workspace = build.workspace()
    with a_writer_at_work(workspace):
        began = time.monotonic()
        with pytest.raises(OperationalError):
            rename_in_short(workspace)
        assert time.monotonic() - began < AT_MOST_S
    workspace.refresh_from_db()
    assert workspace.name == "Held"


@pytest.mark.django_db(transaction=True)
def test_after_a_wait_in_vain_the_connection_works_as_before():
    workspace = build.workspace()
    before = usual_wait()
    with a_writer_at_work(workspace), pytest.raises(OperationalError):
        rename_in_short(workspace)
    assert usual_wait() == before
    rename_in_short(workspace)
    workspace.refresh_from_db()
    assert workspace.name == "Renamed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [rename_in_short, fail_in_short])
def test_the_usual_wait_is_back_whatever_the_block_did(act):
    workspace = build.workspace()
    before = usual_wait()
    try:
        act(workspace)
    except LookupError:
        workspace.refresh_from_db()
        assert workspace.name != "Renamed"
    assert usual_wait() == before


def test_inside_another_transaction_the_wait_is_back_when_the_block_ends(db):
    workspace = build.workspace()
    before = usual_wait()
    with transaction.atomic():
        rename_in_short(workspace)
        assert usual_wait() == before


def test_inside_another_transaction_a_failure_takes_back_the_block_alone(db):
    workspace = build.workspace()
    with transaction.atomic():
        rename(workspace, "Before")
        with pytest.raises(LookupError):
            fail_in_short(workspace)
    workspace.refresh_from_db()
    assert workspace.name == "Before"
