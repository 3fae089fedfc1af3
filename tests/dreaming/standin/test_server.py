"""The stand-in's own behaviour: who is let in, what is kept, what is refused."""

import http.client
import json

import anthropic
import pytest

from dreaming.standin.server import Fault, StandIn, standing_in
from dreaming.standin.wire import Asked, Refused, answer, page, refuse
from tests.dreaming.standin.conftest import KEY


def ask(vendor, method, path, body=None, headers=None):
    port = int(vendor.url.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    sent = {"authorization": f"Bearer {KEY}"} | (headers or {})
    connection.request(method, path, body, sent)
    reply = connection.getresponse()
    told = json.loads(reply.read() or b"null")
    connection.close()
    return reply, told


def test_it_listens_on_this_machine_only():
    here = StandIn()
    assert here.url.startswith("http://127.0.0.1:")
    here._server.server_close()


def test_without_a_key_of_its_own_it_lets_everybody_in():
    with standing_in() as vendor:
        reply, _ = ask(vendor, "GET", "/v1/agents", headers={"authorization": "Bearer any"})
        assert reply.status == 200


@pytest.mark.parametrize("path", ["/v1/none", "/v1/dreams/drm_9", "/v1/memory_stores/x/memories"])
def test_what_is_not_there_is_told_in_the_vendors_shape(vendor, path):
    reply, told = ask(vendor, "GET", path)
    assert reply.status == 404
    assert told["type"] == "error"
    assert told["error"]["type"] == "not_found_error"
    assert reply.headers["request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", b"{"),
        ("/v1/messages", b"[]"),
        ("/v1/dreams", b'{"inputs": 3}'),
        ("/v1/memory_stores", b"{}"),
        ("/v1/messages/batches", b'{"requests": [{}]}'),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_server_goes_on(vendor, path, body):
    reply, told = ask(vendor, "POST", path, body)
    assert reply.status in {400, 404}
    assert told["error"]["message"]
    assert ask(vendor, "GET", "/v1/agents")[0].status == 200


def test_every_request_is_kept_with_its_bytes_in_order(vendor):
    ask(vendor, "POST", "/v1/memory_stores", b'{"name": "a"}')
    ask(vendor, "GET", "/v1/memory_stores?limit=1")
    assert vendor.lines() == ["POST /v1/memory_stores", "GET /v1/memory_stores"]
    assert vendor.received[0].raw == b'{"name": "a"}'
    assert vendor.received[1].asked.one("limit") == "1"
    assert vendor.lines("GET") == ["GET /v1/memory_stores"]


def test_a_fault_is_for_its_method_and_place_and_for_so_many_times(vendor):
    vendor.faults.append(Fault("GET", "/v1/dreams.*", refuse(500, "Broke."), times=2))
    told = [ask(vendor, "GET", "/v1/dreams")[0].status for _ in range(3)]
    assert told == [500, 500, 200]
    assert ask(vendor, "GET", "/v1/agents")[0].status == 200


@pytest.mark.parametrize("limit", ["0", "101"])
def test_a_page_has_one_to_a_hundred_rows(vendor, limit):
    assert ask(vendor, "GET", f"/v1/sessions?limit={limit}")[0].status == 400


def asked(**query):
    return Asked("GET", "/", {name: [value] for name, value in query.items()}, {}, {})


@pytest.mark.parametrize(
    ("query", "numbers", "following"),
    [
        ({}, list(range(20)), "p20"),
        ({"limit": "2"}, [0, 1], "p2"),
        ({"limit": "2", "page": "p2"}, [2, 3], "p4"),
        ({"limit": "100"}, list(range(25)), None),
        ({"limit": "5", "page": "p20"}, list(range(20, 25)), None),
        ({"page": "p99"}, [], None),
    ],
)
def test_pages_follow_one_another_to_the_end(query, numbers, following):
    told = json.loads(page([{"n": n} for n in range(25)], asked(**query)).body)
    assert [one["n"] for one in told["data"]] == numbers
    assert told["next_page"] == following


def test_a_refusal_carries_its_answer():
    refused = Refused(refuse(429, "Slowly.", headers={"retry-after": "3"}))
    assert refused.answer.status == 429
    assert refused.answer.headers == {"retry-after": "3"}
    assert "rate_limit_error" in str(refused)
    assert json.loads(answer({"a": 1}).body) == {"a": 1}


def test_a_store_can_be_made_listed_and_taken_away(vendor, client):
    api = client.beta.memory_stores
    made = api.create(name="claims", description="What claims knows", metadata={"owner": "ana"})
    assert api.retrieve(made.id).metadata == {"owner": "ana"}
    other = api.create(name="other")
    api.archive(other.id)
    assert [one.id for one in api.list()] == [made.id]
    api.delete(made.id)
    with pytest.raises(anthropic.NotFoundError):
        api.retrieve(made.id)


def test_sessions_are_found_by_agent_and_state(vendor, client):
    first, second = (vendor.sessions.make_agent(name) for name in ("claims", "refunds"))
    kept = vendor.sessions.make(first, [], status="terminated", title="One")
    vendor.sessions.make(first, [], status="running")
    vendor.sessions.make(second, [])
    found = client.beta.sessions.list(agent_id=first["id"], statuses=["idle", "terminated"])
    assert [(one.id, one.title) for one in found] == [(kept["id"], "One")]
    assert {one.name for one in client.beta.agents.list()} == {"claims", "refunds"}
    with pytest.raises(anthropic.NotFoundError):
        client.beta.sessions.retrieve("sesn_none")


def test_a_redacted_version_keeps_who_and_when_and_loses_its_words(vendor, client):
    store = vendor.stores.make("claims", {"/a.md": "Secret."})
    first = store.versions[0]["id"]
    vendor.stores.write(store, "/a.md", "Plain.", {"type": "user_actor", "user_id": "u"})
    versions = client.beta.memory_stores.memory_versions
    versions.redact(first, memory_store_id=store.id)
    told = versions.retrieve(first, memory_store_id=store.id)
    assert (told.content, told.path) == (None, None)
    assert told.redacted_at
    with pytest.raises(anthropic.BadRequestError):
        versions.redact(store.versions[-1]["id"], memory_store_id=store.id)
