"""A loop with the vendor's own client: it reads memory, works, writes; what is approved comes back.

Both servers are real: the stand-in plays the model, Daybreak answers the memory tool and takes the
sessions in. Nothing a loop writes changes what the next one reads until a person has decided.
"""

import json
import urllib.request
from typing import Any

import anthropic
import pytest

from agents import clock
from agents.boundaries import set_boundary
from agents.models import MemoryRead, Session
from agents.people import find_member
from agents.personal import KINDS
from agents.releases import publish
from dreaming.dreams import Wish, queue_dream, run_to_end
from dreaming.standin.messages import Said
from dreaming.standin.recording import speak
from dreaming.standin.server import standing_in
from reviews import decisions
from reviews.decisions import Shown
from reviews.models import OriginKind, Proposal

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "a-key-of-the-tests"
SHIPPED = "Error: the order is already shipped"
NOTE = "/memories/notes/orders.md"
LOOPS = 4
MOST_TURNS = 9
TOOLS = [
    {"type": "memory_20250818", "name": "memory"},
    {
        "name": "cancel_order",
        "description": "Cancel an order.",
        "input_schema": {"type": "object", "properties": {"order": {"type": "string"}}},
    },
]


class Desk:
    """Where a loop calls Daybreak, with its agent's token."""

    def __init__(self, url, token):
        self.url, self.token = url, token

    def post(self, place, session="", **body):
        request = urllib.request.Request(
            f"{self.url}/api/v1/{place}",
            json.dumps(body | ({"session": session} if session else {})).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def think(body):
    """Play the agent: look at memory, cancel the order, write down what it learned, end."""
    if "tools" not in body:
        return speak(body)
    turns = sum(one["role"] == "assistant" for one in body["messages"])
    steps = (
        ("memory", {"command": "view", "path": "/memories"}),
        ("cancel_order", {"order": "1042"}),
        ("memory", {"command": "create", "path": NOTE, "file_text": "Shipped orders stay.\n"}),
    )
    return Said("", uses=[steps[turns]]) if turns < len(steps) else Said("It is shipped.")


def loop(vendor, desk, number):
    """Run one loop to its end and send its session in; return what memory it was shown first."""
    session, told = f"run-{number}", []
    messages: list[Any] = [{"role": "user", "content": f"Cancel order {number}42."}]
    with anthropic.Anthropic(api_key=KEY, base_url=vendor.url, max_retries=0) as client:
        for _ in range(MOST_TURNS):
            reply = client.messages.create(
                model="claude-haiku-5-5", max_tokens=200, messages=messages, tools=TOOLS
            )
            messages.append({"role": "assistant", "content": [b.to_dict() for b in reply.content]})
            if reply.stop_reason != "tool_use":
                break
            uses = [block for block in reply.content if block.type == "tool_use"]
            told += [use_tool(desk, session, use) for use in uses]
            messages.append({"role": "user", "content": told[-len(uses) :]})
    assert reply.stop_reason == "end_turn"
    taken = desk.post("sessions", **session_of(session, number))
    assert taken["kept"][0]["standing"] == "added"
    return told[0]["content"]


def use_tool(desk, session, use):
    """Do what the model asks for; its memory is Daybreak's."""
    if use.name == "cancel_order":
        words, failed = SHIPPED, True
    else:
        answer = desk.post("agents/refund-desk/memory-tool", session, input=use.input)
        words, failed = answer["result"], answer["is_error"]
    return {"type": "tool_result", "tool_use_id": use.id, "content": words, "is_error": failed}


def session_of(session, number):
    call = {"tool": "cancel_order", "call_id": "c1"}
    return {
        "external_id": session,
        "task_key": f"orders:{number}",
        "principal": f"person-{number}",
        "events": [
            {"kind": "message", "role": "user", "text": f"Cancel order {number}42."},
            {"kind": "tool_call", "text": '{"order": "1042"}', **call},
            {"kind": "tool_result", "text": SHIPPED, "error": True, **call},
            {"kind": "message", "role": "assistant", "text": "It is shipped."},
        ],
        "outcome": {"verdict": "failure"},
    }


def approve(house, proposal):
    """Let as many people approve as the proposal's route asks for; carry it out."""
    quotes = tuple(proposal.evidence.values_list("position", flat=True))
    for person in (house.reviewer, house.lead):
        proposal.refresh_from_db()
        if proposal.state in {"pending", "awaiting_second"}:
            shown = Shown(
                proposal.revision,
                proposal.state,
                evidence_opened=quotes,
                is_read=True,
                is_confirmed=True,
            )
            decisions.approve(proposal, by=find_member(person, house.workspace), shown=shown)
    decisions.apply_due(clock.now())
    proposal.refresh_from_db()
    publish(house.store)


@pytest.fixture
def vendor(settings):
    with standing_in(KEY) as here:
        here.messages.speaker = think
        settings.GRACE_S = 0
        settings.ENGINE_OPTIONS = {"claude": {"key": KEY, "base_url": here.url, "retries": "0"}}
        yield here


def test_what_loops_met_and_a_person_approved_is_what_the_next_loop_begins_with(
    cast, vendor, live_server
):
    set_boundary(
        cast.workspace, engines=[], regions=["host:127.0.0.1"], masked=KINDS, by=cast.admin
    )
    desk = Desk(live_server.url, cast.token)
    for number in range(1, LOOPS + 1):
        assert "is empty: no memory is approved yet" in loop(vendor, desk, number)
    # What they wrote waits, once, and their sessions came in with what they had read.
    (written,) = Proposal.objects.all()
    assert (written.origin_kind, written.state) == (OriginKind.AGENT, "pending")
    assert Session.objects.count() == MemoryRead.objects.count() == LOOPS
    dream = run_to_end(queue_dream(cast.store, Wish(engine="claude")))
    assert dream.state == "completed", dream.failure
    (found,) = Proposal.objects.filter(origin_id=str(dream))
    assert found.evidence.filter(quote__contains=SHIPPED).exists()
    statement = found.revisions.get().content.strip().splitlines()[-1]
    approve(cast, found)
    assert found.state == "applied"
    shown = loop(vendor, desk, LOOPS + 1)
    assert found.path in shown
    assert NOTE not in shown
    memory = desk.post(
        "agents/refund-desk/memory-tool",
        f"run-{LOOPS + 1}",
        input={"command": "view", "path": f"/memories{found.path}"},
    )
    assert statement in memory["result"]
    assert MemoryRead.objects.filter(external_session_id=f"run-{LOOPS + 1}").exists()
