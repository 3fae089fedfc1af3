"""A workspace with the local engine alone: from import to read with every way out blocked."""

import json
import subprocess
import sys

import pytest

from tests.processes import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.long]

GUARD = """
import ipaddress, sys
OUTSIDE = []
def is_here(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        place = args[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        place = (args[0],)
    else:
        return
    # A path is a socket of this machine; None is what getaddrinfo takes for one that listens.
    host = place[0] if isinstance(place, tuple) and place else ""
    host = host.decode() if isinstance(host, bytes) else host or ""
    if not is_here(host):
        OUTSIDE.append((event, host))
        raise PermissionError(f"{event} {host}: only this machine may be reached")
sys.addaudithook(watch)
"""
PROBE = """
import socket
for reach in (
    lambda: socket.create_connection(("203.0.113.7", 443), 1),
    lambda: socket.getaddrinfo("api.anthropic.com", 443),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.7", 53)),
):
    try:
        reach()
    except PermissionError:
        continue
    raise SystemExit("not blocked")
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
print(len(OUTSIDE))
"""
WORK = """
import django; django.setup()
from io import StringIO
from django.core.management import call_command
from django.test import Client
from agents import clock
from agents.boundaries import set_boundary
from agents.models import Agent, MemoryRead, Person, Workspace, WorkspaceRole
from agents.people import find_member
from agents.releases import publish
from dreaming.models import Dream
from reviews import decisions
from reviews.audit import sealing
from reviews.decisions import Shown
from reviews.models import Proposal
from tests import build

def run_command(*words):
    try:
        call_command(*words, stdout=StringIO())
    except SystemExit as end:
        assert not end.code, (words, end.code)

run_command("collectstatic", "--noinput", "--verbosity", "0")
run_command("create_workspace", "acme", "--admin", "amir@acme.example")
run_command("import_sessions", SESSIONS, "--format", "daybreak", "--workspace", "acme",
            "--agent", "claims")
place = Workspace.objects.get(slug="acme")
admin = Person.objects.get(email="amir@acme.example")
set_boundary(place, engines=["local"], regions=[], masked=[], by=admin)
run_command("dream", "--workspace", "acme", "--agent", "claims")
people = [
    build.person("Rosa", within=place),
    build.person("Lena", within=place, role=WorkspaceRole.LEAD),
]
agent = Agent.objects.get(slug="claims")
proposal = Proposal.objects.filter(store=agent.store, waits=1).order_by("number").first()
client = Client()
client.force_login(people[0], backend="django.contrib.auth.backends.ModelBackend")
page = client.get(f"/w/acme/review/{proposal}/", headers={"host": "localhost"})
assert page.status_code == 200, page.status_code
quotes = tuple(proposal.evidence.values_list("position", flat=True))
for person in people:
    proposal.refresh_from_db()
    if proposal.state in ("pending", "awaiting_second"):
        seen = {"evidence_opened": quotes, "is_read": True, "is_confirmed": True}
        shown = Shown(proposal.revision, proposal.state, **seen)
        decisions.approve(proposal, by=find_member(person, place), shown=shown)
decisions.apply_due(clock.now())
proposal.refresh_from_db()
publish(agent.store)
token = build.token(admin, agent)[1]
read = Client(headers={"authorization": f"Bearer {token}", "host": "localhost"}).get(
    "/api/v1/agents/claims/memory?session=next"
)
import json
print(json.dumps({
    "dream": Dream.objects.get().state,
    "state": proposal.state,
    "read": read.status_code,
    "text": proposal.revisions.get(number=proposal.revision).content in read.content.decode()
            or proposal.path in read.content.decode(),
    "reads": MemoryRead.objects.count(),
    "outside": OUTSIDE,
}))
"""


def run(installation, program):
    """Run a program in the installation, behind the guard, and return its last line."""
    done = subprocess.run(
        [sys.executable, "-c", GUARD + program],
        env=installation.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def session(number):
    """A session in which the same call fails for the same reason."""
    return {
        "external_id": f"run-{number}",
        "task_key": f"orders:{number}",
        "principal": f"person-{number}",
        "events": [
            {"kind": "message", "role": "user", "text": f"Cancel order {number}42."},
            {"kind": "tool_call", "tool": "cancel_order", "call_id": "c", "text": '{"order": 1}'},
            {
                "kind": "tool_result",
                "tool": "cancel_order",
                "call_id": "c",
                "error": True,
                "text": "Error: the order is already shipped",
            },
            {"kind": "message", "role": "assistant", "text": "It is already shipped."},
        ],
        "outcome": {"verdict": "failure"},
    }


def test_the_guard_lets_nothing_out_but_to_this_machine(installation):
    assert run(installation, PROBE) == "3"


def test_the_whole_way_works_with_every_way_out_blocked(installation, data_folder):
    file = data_folder / "sessions.jsonl"
    file.write_text("\n".join(json.dumps(session(at)) for at in range(8)), encoding="utf-8")
    told = json.loads(run(installation, f"SESSIONS = {str(file)!r}\n{WORK}"))
    assert told == {
        "dream": "completed",
        "state": "applied",
        "read": 200,
        "text": True,
        "reads": 1,
        "outside": [],
    }
