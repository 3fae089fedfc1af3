"""The memory tool over HTTP: what a loop sends and gets back."""

import json

import pytest
from django.test import Client

from reviews.models import Proposal
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "/api/v1/agents/refund-desk/memory-tool"


def ask(client, body, place=PLACE):
    return client.post(place, body, content_type="application/json")


def test_a_loop_reads_and_writes_through_it(agent_client):
    listed = ask(agent_client, {"session": "s", "input": {"command": "view", "path": "/memories"}})
    assert listed.json() == {
        "result": "/memories is empty: no memory is approved yet.",
        "is_error": False,
        "proposals": [],
    }
    write = {"command": "create", "path": "/memories/a.md", "file_text": "Ask first."}
    told = ask(agent_client, {"session": "s", "input": write}).json()
    assert told["proposals"] == [str(Proposal.objects.get())]
    assert not told["is_error"]


def test_what_the_model_did_wrong_is_an_answer_for_the_model(agent_client):
    answer = ask(agent_client, {"session": "s", "input": {"command": "view", "path": "/etc"}})
    assert answer.status_code == 200
    assert answer.json()["is_error"]


@pytest.mark.parametrize(
    "body", ["no json", [], {}, {"session": "", "input": {}}, {"session": "s", "input": "view"}]
)
def test_what_the_loop_did_wrong_is_a_refusal(agent_client, body):
    sent = body if isinstance(body, str) else json.dumps(body)
    answer = ask(agent_client, sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_it_needs_its_own_scope_and_the_agents_own_token(cast):
    _, reads = build.token(cast.admin, cast.agent, ["memory:read"])
    body = {"session": "s", "input": {"command": "view", "path": "/memories"}}
    answer = ask(Client(headers={"authorization": f"Bearer {reads}"}), body)
    assert answer.status_code == 403
    mine = Client(headers={"authorization": f"Bearer {cast.token}"})
    assert ask(mine, body, "/api/v1/agents/other-desk/memory-tool").status_code == 404
