"""kill -9 around each request that writes: nothing is lost, and nothing is written twice."""

import os
import signal
import subprocess
import sys

import pytest

from dreaming.standin.server import StandIn, standing_in
from dreaming.standin.wire import Answer, Asked, refuse
from tests.flows.test_killed_worker import rows, run
from tests.processes import ROOT, Installation, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.long]

KEY = "a-key-of-the-tests"
FILL = """
from tests import build
from agents.models import Workspace
from tests.dreaming.hosted.changes import OLD, PATH, written
place = build.workspace("northwind")
Workspace.objects.update(regions=["host:127.0.0.1"])
lead = build.person("Lena", within=place, role="lead")
store = build.agent(place, "clerk").store
store.workspace.refresh_from_db()
written(store, OLD)
written(store, "Ask first.\\n", "/old.md")
build.hosted_store(store, lead, remote_id="memstore_0001", remote_agent="agent_0001")
"""
CHANGE = """
from agents.models import Agent
from tests.dreaming.hosted.changes import NEW, written, retired
store = Agent.objects.get().store
written(store, NEW)
written(store, "Say thanks.\\n", "/new.md")
retired(store, "/old.md")
"""


class Killer:
    """Kills the process that asks, once before and once after each write is carried out."""

    def __init__(self, vendor: StandIn) -> None:
        self.inner = vendor.answer
        self.done: set[tuple[str, str, str]] = set()
        self.victim: subprocess.Popen[bytes] | None = None
        vendor.answer = self.answer  # type: ignore[method-assign]  # the seam

    def answer(self, asked: Asked, raw: bytes) -> Answer:
        if asked.method == "GET":
            return self.inner(asked, raw)
        if self.kill("before", asked):
            return refuse(500, "The one who asked is dead.")
        reply = self.inner(asked, raw)
        self.kill("after", asked)
        return reply

    def kill(self, moment: str, asked: Asked) -> bool:
        key = (moment, asked.method, asked.path)
        if key in self.done:
            return False
        self.done.add(key)
        os.kill(self.victim.pid, signal.SIGKILL)
        return True


def test_a_worker_killed_around_every_write_loses_nothing_and_writes_nothing_twice(
    installation: Installation,
):
    with standing_in(KEY) as vendor:
        store = vendor.stores.make("refunds")
        vendor.sessions.make_agent("Clerk")
        installation.env |= {
            "DAYBREAK_MANAGED_API_KEY": KEY,
            "DAYBREAK_MANAGED_BASE_URL": vendor.url,
            "DAYBREAK_LEASE_S": "1",
        }
        run(installation, FILL)
        installation.manage("sync_hosted")
        assert store.texts() == {
            "/rules/refunds.md": "Refund within 30 days.\n",
            "/old.md": "Ask first.\n",
        }
        run(installation, CHANGE)
        killer = Killer(vendor)
        ended: list[int] = []

        def is_over() -> bool:
            killer.victim = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "sync_hosted"],
                env=installation.env,
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            ended.append(killer.victim.wait(timeout=120))
            return ended[-1] == 0

        wait_for("a sync that nobody kills", is_over, 300)
        assert ended.count(-signal.SIGKILL) == len(killer.done) == 6
        assert store.texts() == {
            "/rules/refunds.md": "Refund within 14 days.\n",
            "/new.md": "Say thanks.\n",
        }
        assert sorted((one["operation"], one["path"]) for one in store.versions) == [
            ("created", "/new.md"),
            ("created", "/old.md"),
            ("created", "/rules/refunds.md"),
            ("deleted", "/old.md"),
            ("modified", "/rules/refunds.md"),
        ]
        states = rows(installation, "SELECT state, count(*) FROM agents_hostedpush GROUP BY state")
        assert states == [("done", 5)]
        assert rows(installation, "SELECT count(*) FROM agents_outsidewrite") == [(0,)]
        pushed = "SELECT count(*) FROM audit_entry WHERE action = 'hosted.pushed'"
        assert rows(installation, pushed) == [(5,)]
