"""A worker is killed at every step of a hosted dream: nothing is lost, nothing is made twice."""

import os
import signal
import time
from datetime import timedelta
from threading import Event

import pytest
from django.db import connections

from agents import clock
from agents.boundaries import set_boundary
from agents.models import HostedStore
from dreaming.dreams import UNFINISHED, Wish, queue_dream, run_due, run_to_end
from dreaming.models import Dream
from dreaming.standin.server import StandIn, standing_in
from dreaming.standin.wire import refuse
from reviews.models import Proposal
from tests import build

KEY = "a-key-of-the-tests"
RULE = "Refunds are paid within 14 days."
STEPS = 9
"""Requests of one dream: input read, dreams listed, made, looked at twice, output read, its store
looked at and deleted, the dream archived."""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


class Trap:
    """Kills the worker at its n-th request: before the vendor acts on it, or right behind."""

    def __init__(self, vendor: StandIn, at: int, *, behind: bool) -> None:
        self.vendor, self.at, self.behind = vendor, at, behind
        self.seen, self.pid, self.is_armed = 0, 0, Event()

    def answer(self, asked, raw):
        assert self.is_armed.wait(10)
        self.seen += 1
        is_here = self.seen == self.at
        if is_here and not self.behind:
            os.kill(self.pid, signal.SIGKILL)
            return refuse(500, "Nobody hears this.")
        answer = StandIn.answer(self.vendor, asked, raw)
        if is_here:
            os.kill(self.pid, signal.SIGKILL)
        return answer


@pytest.fixture
def vendor(settings):
    with standing_in(KEY) as here:
        here.dreams.life = ("running", "completed")
        here.dreams.dreamer = lambda texts, sessions: {"/refunds.md": f"{RULE}\n"}
        reach = {"key": KEY, "base_url": here.url, "retries": "0"}
        settings.ENGINE_OPTIONS = {"managed": reach | {"poll_s": "0", "most_poll_s": "0"}}
        yield here


def linked(cast, vendor, slug):
    """An agent whose memory is linked to a store of its own, with a session that was read."""
    agent = build.agent(cast.workspace, slug)
    store = agent.store
    remote = vendor.sessions.make(vendor.sessions.make_agent(slug), [])["id"]
    build.session(agent, (build.says(f"Hello. {RULE}"),), external_id=remote)
    HostedStore.objects.create(
        store=store,
        remote_id=vendor.stores.make(slug).id,
        remote_agent="agent_1",
        linked_by=cast.lead,
    )
    return store


def work(dream):
    """Run the dream to its end in a process of its own; return the process's id."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    # Whatever happens in here, this copy of the test never goes on.
    try:
        row = Dream.objects.get(pk=dream.pk)
        while row.state in UNFINISHED:
            if not run_due(row, clock.now()):
                time.sleep(0.01)
            row = Dream.objects.get(pk=dream.pk)
    finally:
        os._exit(0)


def killed_at(vendor, dream, at, *, behind):
    """Have a worker killed at its n-th request; say whether it was."""
    trap = Trap(vendor, at, behind=behind)
    vendor.answer = trap.answer
    trap.pid = work(dream)
    trap.is_armed.set()
    _, status = os.waitpid(trap.pid, 0)
    del vendor.answer
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.long
@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
def test_killed_at_any_request_one_dream_is_made_and_its_changes_are_filed_once(
    cast, vendor, behind
):
    set_boundary(cast.workspace, engines=[], regions=["host:127.0.0.1"], masked=[], by=cast.admin)
    for at in range(1, STEPS + 1):
        store = linked(cast, vendor, f"desk-{at}")
        dream = queue_dream(store, Wish(engine="managed"))
        made, stores = len(vendor.dreams.rows), set(vendor.stores.rows)
        assert killed_at(vendor, dream, at, behind=behind), at
        lost = Dream.objects.get(pk=dream.pk)
        assert lost.state == "running", at
        Dream.objects.filter(pk=dream.pk).update(lease_until=clock.now() - timedelta(seconds=1))
        ended = run_to_end(lost, poll_s=0.01)
        assert ended.state == "completed", (at, ended.failure)
        assert len(vendor.dreams.rows) == made + 1, at
        assert all(one["archived_at"] for one in vendor.dreams.rows.values()), at
        assert set(vendor.stores.rows) == stores, at
        (filed,) = Proposal.objects.filter(store=store)
        assert (filed.path, filed.support, filed.origin_id) == ("/refunds.md", 1, str(dream)), at


def test_these_are_all_the_requests_of_a_dream(cast, vendor):
    set_boundary(cast.workspace, engines=[], regions=["host:127.0.0.1"], masked=[], by=cast.admin)
    dream = queue_dream(linked(cast, vendor, "desk"), Wish(engine="managed"))
    assert run_to_end(dream, poll_s=0.01).state == "completed"
    assert len(vendor.received) == STEPS
