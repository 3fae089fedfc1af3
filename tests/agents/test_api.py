"""Flows: what an agent's stack sends and gets, over HTTP."""

import gzip
import hashlib
import json

import pytest
from django.db import transaction
from django.test import Client

from agents.bodies import unpack
from agents.errors import BodyTooLarge
from agents.memory import write_memory
from agents.models import MemoryRead, Scope, Session, Token
from agents.numbers import take_number
from agents.reads import forget_renderings
from agents.releases import forget_contents, live_release, publish
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from tests import build

SESSIONS = "/api/v1/sessions"
MEMORY = "/api/v1/agents/refund-desk/memory"


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget_contents()
    forget_renderings()


def record(external_id="run-1", **fields):
    """A session as it is sent."""
    return {
        "external_id": external_id,
        "events": [{"kind": "message", "role": "user", "text": "Cancel order 1042."}],
        **fields,
    }


def send(client, body, **how):
    content_type = how.pop("content_type", "application/json")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(SESSIONS, data, content_type=content_type, headers=how or None)


def remember(store, path="/a.md", content="Ask first.\n"):
    """A memory that is served."""
    number = take_number(store.workspace, "M")
    with transaction.atomic():
        version = write_memory(store, path, content, base_version=None, actor=SYSTEM, number=number)
    publish(store)
    return version.memory


def client_with(secret):
    return Client(headers={"authorization": f"Bearer {secret}"})


# Sessions in


def test_one_session_is_stored_and_named(agent_client, cast):
    response = send(agent_client, record())
    assert response.status_code == 200
    body = response.json()
    assert body["kept"] == [
        {
            "position": 0,
            "external_id": "run-1",
            "agent": "refund-desk",
            "id": "S-1",
            "standing": "added",
        }
    ]
    assert (body["sessions"], body["added"], body["events"], body["refused"]) == (1, 1, 1, [])
    assert Session.objects.get().agent == cast.agent


def test_the_same_session_again_changes_nothing(agent_client):
    first = send(agent_client, record()).json()
    again = send(agent_client, record()).json()
    assert (first["kept"][0]["id"], first["added"]) == ("S-1", 1)
    assert (again["kept"][0]["id"], again["unchanged"]) == ("S-1", 1)
    assert Session.objects.count() == 1


def test_a_list_goes_in_and_what_is_refused_is_named_by_its_place(agent_client):
    response = send(agent_client, [record("a"), {"external_id": "b"}, 7, record("d")])
    body = response.json()
    assert response.status_code == 207
    assert [kept["position"] for kept in body["kept"]] == [0, 3]
    assert [refused["position"] for refused in body["refused"]] == [1, 2]
    assert "events is empty" in body["refused"][0]["reason"]


def test_a_body_of_nothing_but_refused_sessions_is_422_with_the_reasons(agent_client):
    response = send(agent_client, record(colour="red"))
    assert response.status_code == 422
    assert "'colour' is not a field" in response.json()["refused"][0]["reason"]


@pytest.mark.parametrize("kind", ["application/jsonl", "application/x-ndjson"])
def test_json_lines_go_in_a_line_each(agent_client, kind):
    lines = [json.dumps(record("a")), "", "{broken", json.dumps(record("b"))]
    response = send(agent_client, "\r\n".join(lines).encode(), content_type=kind)
    body = response.json()
    assert response.status_code == 207
    assert [kept["position"] for kept in body["kept"]] == [0, 3]
    assert [refused["position"] for refused in body["refused"]] == [2]


def test_a_packed_body_is_unpacked(agent_client):
    packed = gzip.compress(json.dumps(record()).encode())
    response = send(agent_client, packed, **{"Content-Encoding": "gzip"})
    assert response.json()["added"] == 1


def test_a_packed_body_that_grows_beyond_the_limit_is_refused(agent_client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    packed = gzip.compress(b" " * 5_000_000)
    assert len(packed) < 10_000
    response = send(agent_client, packed, **{"Content-Encoding": "gzip"})
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "body_too_large"


def test_unpacking_reads_no_more_than_the_limit():
    bomb = gzip.compress(b"\0" * 50_000_000)
    with pytest.raises(BodyTooLarge):
        unpack(bomb, 1_000)


def test_a_plain_body_beyond_the_limit_is_refused(agent_client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = send(agent_client, record(task_key="x" * 200))
    assert response.status_code == 413
    assert "100 bytes" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "how", "status", "code"),
    [
        (b"{", {}, 422, "unreadable_transcript"),
        (b"[" * 100_000, {}, 422, "unreadable_transcript"),
        (b"", {}, 400, "malformed_request"),
        (b"  \n", {"content_type": "application/jsonl"}, 400, "malformed_request"),
        (b"x", {"content_type": "text/csv"}, 415, "unknown_content_type"),
        (b"x", {"Content-Encoding": "br"}, 415, "unknown_content_type"),
        (b"no gzip", {"Content-Encoding": "gzip"}, 400, "malformed_request"),
        (
            gzip.compress(b"{}" * 999, mtime=0)[:-9],
            {"Content-Encoding": "gzip"},
            400,
            "malformed_request",
        ),
        (gzip.compress(b"{}", mtime=0) * 2, {"Content-Encoding": "gzip"}, 400, "malformed_request"),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_apis_words(agent_client, body, how, status, code):
    response = send(agent_client, body, **how)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert not Session.objects.exists()


def test_a_million_lines_are_too_many_sessions(agent_client):
    response = send(agent_client, b"1\n" * 1_001, content_type="application/jsonl")
    assert response.status_code == 413


def test_a_token_brings_in_sessions_of_its_own_agent_only(agent_client, cast):
    build.agent(cast.workspace, "other")
    body = send(agent_client, [record("a", agent="other"), record("b")]).json()
    assert "The token is for refund-desk" in body["refused"][0]["reason"]
    assert body["added"] == 1


def test_a_token_never_creates_an_agent(cast):
    token, secret = build.token(cast.admin, cast.agent)
    Token.objects.filter(pk=token.pk).update(agent=None)
    body = send(client_with(secret), [record("a", agent="ghost"), record("b")]).json()
    assert "no agent 'ghost'" in body["refused"][0]["reason"]
    assert "agent:" in body["refused"][1]["reason"]
    assert cast.workspace.agents.count() == 1


def test_a_token_of_another_workspace_brings_nothing_in_here(cast):
    body = send(client_with(cast.other_token), record(agent="refund-desk"))
    assert body.status_code == 422
    assert not Session.objects.exists()


def test_a_token_is_the_actor_of_what_it_brings_in(agent_client):
    send(agent_client, record())
    body = json.loads(Entry.objects.get(action="session.ingested").body)
    assert body["actor"] == {"kind": "token", "id": Token.objects.order_by("pk")[0].public_id}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer dbk_wrong"}])
def test_without_a_good_token_nothing_is_taken_or_given(cast, headers):
    client = Client(headers=headers)
    assert send(client, record()).status_code == 401
    assert client.get(MEMORY, {"session": "s"}).status_code == 401


def test_each_call_needs_its_own_scope(cast):
    reads = client_with(build.token(cast.admin, cast.agent, [Scope.MEMORY_READ])[1])
    writes = client_with(build.token(cast.admin, cast.agent, [Scope.SESSIONS_WRITE])[1])
    assert send(reads, record()).status_code == 403
    assert writes.get(MEMORY, {"session": "s"}).status_code == 403
    assert send(writes, record()).status_code == 200
    assert reads.get(MEMORY, {"session": "s"}).status_code == 200


def test_a_signed_in_person_is_no_token(client_of, cast):
    assert client_of(cast.lead).get(MEMORY, {"session": "s"}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("get", SESSIONS, "POST"),
        ("delete", SESSIONS, "POST"),
        ("post", MEMORY, "GET, HEAD"),
        ("put", "/api/v1/openapi.json", "GET, HEAD"),
    ],
)
def test_another_method_is_told_which_one(agent_client, method, path, allowed):
    response = getattr(agent_client, method)(path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
    assert response.json()["error"]["code"] == "method_not_allowed"


# Memory out


def test_a_session_is_given_what_is_served_as_markdown(agent_client, cast):
    remember(cast.store)
    response = agent_client.get(MEMORY, {"session": "run-1", "budget_tokens": "1000"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert "Ask first." in response.text
    assert response.headers["Daybreak-Release"] == str(live_release(cast.store))
    assert response.headers["Daybreak-Shared-Release"] == str(live_release(cast.shared_store))
    assert response.headers["Daybreak-Memory-Sha256"] == (
        hashlib.sha256(response.content).hexdigest()
    )
    assert "no-store" not in response.headers["Cache-Control"]


def test_whoever_accepts_json_is_told_every_memory_that_was_considered(agent_client, cast):
    memory = remember(cast.store)
    remember(cast.store, "/long.md", "x" * 9_000)
    response = agent_client.get(
        MEMORY, {"session": "s", "budget_tokens": "100"}, headers={"accept": "application/json"}
    )
    body = response.json()
    assert body["sha256"] == hashlib.sha256(body["text"].encode()).hexdigest()
    assert [(item["memory"], item["path"], item["in"]) for item in body["items"]] == [
        (str(memory), "/a.md", True),
        ("M-2", "/long.md", False),
    ]
    assert body["release"] == str(live_release(cast.store))


def test_what_a_session_has_already_is_304_and_writes_nothing(agent_client, cast):
    remember(cast.store)
    first = agent_client.get(MEMORY, {"session": "s"})
    again = agent_client.get(
        MEMORY, {"session": "s"}, headers={"if-none-match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert MemoryRead.objects.count() == 1


@pytest.mark.parametrize("sent", ['"other", {tag}', "W/{tag}"])
def test_a_tag_among_others_or_weakened_by_a_proxy_still_counts(agent_client, cast, sent):
    tag = agent_client.get(MEMORY, {"session": "s"}).headers["ETag"]
    again = agent_client.get(
        MEMORY, {"session": "s"}, headers={"if-none-match": sent.format(tag=tag)}
    )
    assert again.status_code == 304


def test_markdown_and_json_are_two_things_with_two_tags(agent_client, cast):
    tag = agent_client.get(MEMORY, {"session": "s"}).headers["ETag"]
    as_json = agent_client.get(
        MEMORY, {"session": "s"}, headers={"if-none-match": tag, "accept": "application/json"}
    )
    assert as_json.status_code == 200


def test_the_tag_of_another_session_gives_the_text_and_records_the_read(agent_client, cast):
    tag = agent_client.get(MEMORY, {"session": "one"}).headers["ETag"]
    other = agent_client.get(MEMORY, {"session": "two"}, headers={"if-none-match": tag})
    assert other.status_code == 200
    assert MemoryRead.objects.filter(external_session_id="two").count() == 1


def test_quarantine_changes_the_tag_at_once(agent_client, cast):
    memory = remember(cast.store)
    first = agent_client.get(MEMORY, {"session": "s"})
    build.quarantine(
        workspace=cast.workspace,
        kind="memory",
        target=str(memory),
        memory=memory,
        by=cast.lead,
        reason="Wrong.",
    )
    again = agent_client.get(
        MEMORY, {"session": "s"}, headers={"if-none-match": first.headers["ETag"]}
    )
    assert again.status_code == 200
    assert "Ask first." not in again.text


def test_a_release_can_be_asked_for_by_its_name(agent_client, cast):
    old = live_release(cast.store)
    remember(cast.store)
    response = agent_client.get(MEMORY, {"session": "s", "release": str(old)})
    assert "Ask first." not in response.text
    assert response.headers["Daybreak-Release"] == str(old)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "malformed_request"),
        ({"session": ""}, 400, "malformed_request"),
        ({"session": "s", "budget_tokens": "many"}, 400, "malformed_request"),
        ({"session": "s", "budget_tokens": "-1"}, 400, "malformed_request"),
        ({"session": "s", "budget_tokens": "٣"}, 400, "malformed_request"),
        ({"session": "s", "budget_tokens": "9" * 30}, 400, "malformed_request"),
        ({"session": "s", "budget_tokens": "0"}, 422, "invalid_input"),
        ({"session": "s" * 301}, 422, "invalid_input"),
        ({"session": "a\nb"}, 422, "invalid_input"),
        ({"session": "s", "release": "P-1"}, 400, "malformed_request"),
        ({"session": "s", "release": "R-999"}, 404, "unknown_release"),
    ],
)
def test_a_read_that_is_asked_for_wrongly_is_refused(agent_client, query, status, code):
    response = agent_client.get(MEMORY, query)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert not MemoryRead.objects.exists()


@pytest.mark.parametrize("slug", ["ghost", "other-desk", "%00"])
def test_the_memory_of_another_agent_is_not_found(agent_client, cast, slug):
    response = agent_client.get(f"/api/v1/agents/{slug}/memory", {"session": "s"})
    assert response.status_code == 404
    assert not MemoryRead.objects.exists()


def test_head_answers_like_get_without_the_text(agent_client, cast):
    remember(cast.store)
    response = agent_client.head(MEMORY, {"session": "s"})
    assert (response.status_code, response.content) == (200, b"")
    assert MemoryRead.objects.count() == 1


def test_no_read_writes_to_the_log(agent_client, cast):
    before = Entry.objects.count()
    agent_client.get(MEMORY, {"session": "s"})
    assert Entry.objects.count() == before


def test_an_expired_token_reads_nothing(cast, clock):
    secret = build.token(cast.admin, cast.agent)[1]
    clock.advance(days=91)
    response = client_with(secret).get(MEMORY, {"session": "s"})
    assert response.status_code == 401


# The description


def test_the_description_names_what_is_sent_and_answered(client):
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/sessions",
        "/agents/{agent}/memory",
        "/agents/{agent}/memory-tool",
    }
    assert {"SessionRecord", "SessionsAnswer", "MemoryAnswer", "ErrorAnswer"} <= set(
        document["components"]["schemas"]
    )
    assert "in" in document["components"]["schemas"]["MemoryItem"]["properties"]


def test_every_reference_of_the_description_leads_somewhere(client):
    document = client.get("/api/v1/openapi.json").json()
    text = json.dumps(document)
    for piece in text.split('"$ref": "')[1:]:
        steps = piece.split('"')[0].removeprefix("#/").split("/")
        found = document
        for step in steps:
            found = found[step]
        assert found


def test_every_status_the_calls_answer_is_described(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert {"200", "207", "400", "401", "403", "413", "415", "422"} <= set(
        paths["/sessions"]["post"]["responses"]
    )
    assert {"200", "304", "400", "401", "403", "404"} <= set(
        paths["/agents/{agent}/memory"]["get"]["responses"]
    )


def test_an_answer_has_the_fields_the_description_promises(agent_client, client):
    schemas = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    answer = send(agent_client, [record(), 7]).json()
    assert set(answer) == set(schemas["SessionsAnswer"]["properties"])
    assert set(answer["kept"][0]) == set(schemas["KeptSession"]["properties"])
    assert set(answer["refused"][0]) == set(schemas["RefusedSession"]["properties"])
