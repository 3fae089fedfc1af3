"""Flows: whoever means ill, or is just broken, at the agents' door: every refusal is in its words.

No body, header, token or query makes a failure of ours, and none writes a row.
"""

import gzip
import json
import zlib
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import clock as product_clock
from agents.freezes import freeze_agent, freeze_workspace
from agents.models import MemoryRead, Scope, Session, Token
from agents.tokens import issue_token, revoke_token
from reviews.audit.models import Entry
from tests import build

SESSIONS = "/api/v1/sessions"
MEMORY = "/api/v1/agents/refund-desk/memory"
JSON = "application/json"
LINES = "application/jsonl"
GOOD = {
    "external_id": "run-1",
    "events": [{"kind": "message", "role": "user", "text": "Cancel order 1042."}],
}
SAMPLED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def send(client, body, content_type=JSON, **headers):
    """Post a body of bytes, or a value as JSON; never raise what the server raised."""
    client.raise_request_exception = False
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(SESSIONS, data, content_type=content_type, headers=headers)


def with_field(**fields):
    return json.dumps(GOOD | fields).encode()


def with_event(**fields):
    return json.dumps(GOOD | {"events": [GOOD["events"][0] | fields]}).encode()


def bearer(secret):
    return Client(headers={"authorization": f"Bearer {secret}"}, raise_request_exception=False)


def error_of(answer):
    """What a program reads of a refusal: its status, its word, its sentence."""
    error = answer.json()["error"]
    assert set(answer.json()) == {"error"}
    assert set(error) == {"code", "message"}
    assert error["message"].strip()
    assert answer.headers["Content-Type"].startswith(JSON)
    return answer.status_code, error["code"]


def nothing_came_of_it():
    return not Session.objects.exists() and not MemoryRead.objects.exists()


# Bodies


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="cut"),
        pytest.param(b"[" * 100_000, id="deep lists"),
        pytest.param(b'{"a":' * 100_000, id="deep objects"),
        pytest.param(b'{"external_id": NaN}', id="not a number"),
        pytest.param(b'{"external_id": Infinity}', id="infinite"),
        pytest.param(b"9" * 10_000, id="long number"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="utf-16"),
        pytest.param(b"\x00" * 100, id="nul"),
        pytest.param(b"{'external_id': 'x'}", id="python"),
        pytest.param(b"external_id=x", id="form"),
        pytest.param(b"<xml/>", id="xml"),
        pytest.param(b"{}{}", id="two values"),
    ],
)
def test_a_body_that_is_no_json_is_refused_as_one(agent_client, body):
    assert error_of(send(agent_client, body)) == (422, "unreadable_transcript")
    assert nothing_came_of_it()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"null", "null"),
        (b"true", "true or false"),
        (b"7", "a number"),
        (b'"session"', "a text"),
        (b"[[]]", "a list"),
        (b"{}", "external_id"),
        (with_field(external_id=""), "external_id"),
        (with_field(external_id=7), "external_id"),
        (with_field(external_id="x" * 301), "external_id"),
        (with_field(external_id="a\0b"), "U+0000"),
        (with_field(external_id="a\u202eb"), "U+202E"),
        (with_field(external_id="a\ud800"), "external_id"),
        (with_field(agent="Refund Desk"), "agent"),
        (with_field(agent="../refund-desk"), "agent"),
        (with_field(agent=None), "agent"),
        (with_field(events=None), "events"),
        (with_field(events=[]), "events"),
        (with_field(events={}), "events"),
        (with_field(events=[None]), "events.0"),
        (with_field(started_at="yesterday"), "started_at"),
        (with_field(started_at="2026-03-01T09:30:00"), "started_at"),
        (with_field(started_at=1_700_000_000), "started_at"),
        (with_field(started_at="0001-01-01T00:00:00+14:00"), "started_at"),
        (
            with_field(started_at="2026-03-02T00:00:00Z", ended_at="2026-03-01T00:00:00Z"),
            "ended_at",
        ),
        (with_field(outcome={"verdict": "perfect"}), "outcome.verdict"),
        (with_field(outcome={"edit_distance": 2}), "outcome.edit_distance"),
        (with_field(outcome={"edit_distance": True}), "outcome.edit_distance"),
        (with_field(outcome={"checks": [{"name": "paid", "passed": "yes"}]}), "checks.0.passed"),
        (with_field(sub_sessions=[{"key": "a"}, {"key": "a"}]), "sub_sessions.1"),
        (with_field(sub_sessions=[{"key": "a", "parent": "b"}]), "sub_sessions.0"),
        (with_field(is_admin=True), "is_admin"),
        (with_field(__proto__={}), "__proto__"),
        (with_field(workspace="elsewhere"), "workspace"),
        (with_field(number=1), "number"),
        (with_event(kind="decision"), "events.0.kind"),
        (with_event(role="system"), "events.0.role"),
        (with_event(role="developer"), "events.0.role"),
        (with_event(text="  "), "events.0"),
        (with_event(text=["a"]), "events.0.text"),
        (with_event(error="no"), "events.0.error"),
        (with_event(trust="member"), "trust"),
        (with_event(kind="tool_call"), "events.0"),
        (with_event(sub_session="nobody"), "sub_session"),
    ],
)
def test_a_session_that_breaks_the_format_is_refused_by_the_name_of_the_field(
    agent_client, body, named
):
    answer = send(agent_client, body)
    assert answer.status_code == 422
    (refused,) = answer.json()["refused"]
    assert refused["position"] == 0
    assert named in refused["reason"]
    assert refused["reason"].isprintable()
    assert nothing_came_of_it()


def test_a_million_unknown_fields_make_one_short_answer(agent_client):
    answer = send(agent_client, GOOD | {f"field-{n}": n for n in range(50_000)})
    assert answer.status_code == 422
    assert len(answer.content) < 2_000


def test_what_a_session_repeats_in_a_field_is_taken_once_and_the_last_stands(agent_client):
    body = with_field()[:-1] + b', "external_id": "second"}'
    assert send(agent_client, body).json()["kept"][0]["external_id"] == "second"


def test_a_line_beyond_the_limit_leaves_its_neighbours(agent_client, monkeypatch):
    monkeypatch.setattr("agents.bodies.MAX_LINE_BYTES", 200)
    lines = [json.dumps(GOOD | {"external_id": name}).encode() for name in ("a", "b" * 200, "c")]
    answer = send(agent_client, b"\n".join(lines), LINES)
    assert answer.status_code == 207
    assert [kept["position"] for kept in answer.json()["kept"]] == [0, 2]
    (refused,) = answer.json()["refused"]
    assert (refused["position"], "200 bytes" in refused["reason"]) == (1, True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
fields_of_a_session = st.sampled_from(
    ["external_id", "agent", "events", "outcome", "started_at", "sub_sessions", "principal"]
)
broken_sessions = st.dictionaries(fields_of_a_session, json_values, min_size=1, max_size=3).map(
    lambda fields: GOOD | fields
)
broken_events = st.dictionaries(
    st.sampled_from(["kind", "role", "text", "tool", "call_id", "error", "at", "person"]),
    json_values,
    min_size=1,
    max_size=3,
).map(lambda fields: GOOD | {"events": [GOOD["events"][0] | fields]})


@SAMPLED
@given(body=json_values | broken_sessions | broken_events | st.lists(broken_sessions, max_size=3))
def test_any_json_is_taken_or_refused_place_by_place(agent_client, body):
    answer = send(agent_client, body)
    assert answer.status_code in (200, 207, 422)
    if "error" in answer.json():
        error_of(answer)
        return
    told = answer.json()
    places = [item["position"] for item in (*told["kept"], *told["refused"])]
    assert sorted(places) == list(range(len(body) if isinstance(body, list) else 1))
    assert told["sessions"] == told["added"] + told["unchanged"] + told["revised"]
    assert told["sessions"] == len(told["kept"])


@SAMPLED
@given(
    body=st.binary(max_size=200) | st.binary(max_size=60).map(gzip.compress),
    content_type=st.sampled_from([JSON, LINES, "application/x-ndjson"]),
    encoding=st.sampled_from(["", "identity", "gzip", "GZIP"]),
)
def test_any_bytes_are_answered_and_never_fail(agent_client, body, content_type, encoding):
    headers = {"content-encoding": encoding} if encoding else {}
    answer = send(agent_client, body, content_type, **headers)
    assert answer.status_code in (200, 207, 400, 413, 415, 422)
    if "error" in answer.json():
        error_of(answer)


@SAMPLED
@given(
    session=st.text(max_size=310),
    budget=st.text(max_size=12) | st.integers(-5, 2_000_000).map(str),
    release=st.none() | st.text(max_size=12) | st.integers(-1, 2**70).map("R-{}".format),
)
def test_any_query_is_answered_and_never_fails(agent_client, session, budget, release):
    agent_client.raise_request_exception = False
    sent = {"session": session.encode("utf-8", "ignore").decode(), "budget_tokens": budget}
    if release is not None:
        sent["release"] = release
    answer = agent_client.get(MEMORY, sent)
    assert answer.status_code in (200, 400, 404, 422)
    if answer.status_code != 200:
        error_of(answer)


# Packing and types


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(gzip.compress(b" " * 200_000_000, 9, mtime=0), id="a bomb"),
        pytest.param(
            gzip.compress(b"[" + b"{}," * 60_000_000, 1, mtime=0), id="a bomb of sessions"
        ),
    ],
)
def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(agent_client, packed):
    answer = send(agent_client, packed, **{"content-encoding": "gzip"})
    assert error_of(answer) == (413, "body_too_large")
    assert nothing_came_of_it()


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"", "gzip", 400),
        (b"not gzip", "gzip", 400),
        (with_field(), "gzip", 400),
        (gzip.compress(with_field(), mtime=0)[:-4], "gzip", 400),
        (gzip.compress(with_field(), mtime=0) + b"tail", "gzip", 400),
        (gzip.compress(with_field(), mtime=0) * 2, "gzip", 400),
        (zlib.compress(with_field()), "gzip", 400),
        (gzip.compress(b"", mtime=0), "gzip", 400),
        (gzip.compress(gzip.compress(with_field(), mtime=0), mtime=0), "gzip", 422),
        (zlib.compress(with_field()), "deflate", 415),
        (with_field(), "br", 415),
        (gzip.compress(with_field(), mtime=0), "gzip, gzip", 415),
    ],
)
def test_a_body_packed_wrongly_is_refused(agent_client, body, encoding, status):
    answer = send(agent_client, body, **{"content-encoding": encoding})
    assert error_of(answer)[0] == status
    assert nothing_came_of_it()


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/", "x" * 500],
)
def test_another_content_type_is_named_and_refused(agent_client, content_type):
    answer = send(agent_client, with_field(), content_type)
    assert error_of(answer) == (415, "unknown_content_type")
    assert JSON in answer.json()["error"]["message"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_a_json_type_is_known_however_it_is_spelled(agent_client, content_type):
    assert send(agent_client, with_field(), content_type).status_code == 200


def test_a_charset_nobody_knows_does_no_harm(agent_client):
    answer = agent_client.generic(
        "POST", SESSIONS, with_field(), content_type="application/json; charset=klingon"
    )
    assert answer.status_code == 200


# Tokens


def test_a_revoked_token_is_told_so_and_nothing_more(cast):
    issued = issue_token(
        cast.workspace, label="old", scopes=Scope.values, by=cast.admin, agent=cast.agent
    )
    revoke_token(cast.workspace, issued.token, by=cast.admin)
    answer = send(bearer(issued.secret), GOOD)
    assert error_of(answer) == (401, "invalid_token")
    assert issued.secret not in answer.content.decode()
    assert nothing_came_of_it()


@pytest.mark.parametrize(("late", "status"), [(-1, 200), (0, 401), (1, 401)])
def test_a_token_ends_at_its_second_on_every_call(cast, clock, late, status):
    ends = product_clock.now() + timedelta(days=1)
    Token.objects.filter(agent=cast.agent).update(expires_at=ends)
    clock.at = ends + timedelta(seconds=late)
    client = bearer(cast.token)
    assert send(client, GOOD).status_code == status
    assert client.get(MEMORY, {"session": "run-1"}).status_code == status


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer dbk_",
        "Basic dXNlcjpwYXNz",
        "Token {}",
        "{}",
        "Bearer {}x",
        "Bearer x{}",
        "Bearer {}\t{}",
        "Bearer " + "x" * 8_000,
        "Bearer \u00e9\u00e8",
        "Bearer ' OR 1=1 --",
    ],
)
def test_a_credential_that_is_not_exactly_a_token_is_refused(cast, header):
    client = Client(headers={"authorization": header.replace("{}", cast.token)})
    answer = send(client, GOOD)
    assert error_of(answer) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert nothing_came_of_it()


@pytest.mark.parametrize("place", ["query", "cookie", "body"])
def test_a_token_counts_in_its_header_only(cast, place):
    client = Client()
    if place == "cookie":
        client.cookies["authorization"] = f"Bearer {cast.token}"
    address = f"{SESSIONS}?token={cast.token}" if place == "query" else SESSIONS
    body = GOOD | ({"token": cast.token} if place == "body" else {})
    assert client.post(address, body, content_type=JSON).status_code == 401


@pytest.mark.parametrize(
    ("scope", "may"),
    [(Scope.SESSIONS_WRITE, {"sessions"}), (Scope.MEMORY_READ, {"memory"})],
)
def test_a_token_does_what_its_scope_says_and_nothing_else(cast, scope, may):
    client = bearer(build.token(cast.admin, cast.agent, [scope])[1])
    told = {
        "sessions": send(client, GOOD),
        "memory": client.get(MEMORY, {"session": "run-9"}),
    }
    assert {name for name, answer in told.items() if answer.status_code == 200} == may
    for name in told.keys() - may:
        assert error_of(told[name]) == (403, "scope_missing")


@pytest.mark.parametrize("agent", ["other-desk", "nobody-knows", "shared"])
def test_a_session_for_an_agent_that_is_not_the_tokens_is_refused(cast, agent):
    answer = send(bearer(cast.token), GOOD | {"agent": agent})
    assert answer.status_code == 422
    assert agent in answer.json()["refused"][0]["reason"]
    assert nothing_came_of_it()


def test_the_answer_about_a_foreign_agent_is_that_about_one_that_is_not_there(cast):
    issued = issue_token(cast.workspace, label="all", scopes=Scope.values, by=cast.admin)
    client = bearer(issued.secret)
    told = {
        slug: client.get(f"/api/v1/agents/{slug}/memory", {"session": "run-1"})
        for slug in ("other-desk", "nobody-here")
    }
    spoken = {answer.json()["error"]["message"].replace(slug, "*") for slug, answer in told.items()}
    assert {error_of(answer) for answer in told.values()} == {(404, "unknown_agent")}
    assert len(spoken) == 1


@pytest.mark.parametrize(
    "slug", ["..", "%2e%2e", "a b", "refund-desk%00", "refund-desk%0a", "é", "x" * 500, "'", "%"]
)
def test_an_agent_spelled_strangely_is_not_found(cast, slug):
    answer = bearer(cast.token).get(f"/api/v1/agents/{slug}/memory", {"session": "run-1"})
    assert answer.status_code == 404
    assert error_of(answer)[1] in ("unknown_agent", "not_found")


@pytest.mark.parametrize(
    "address",
    ["/api/v1/", "/api/v1/nothing", "/api/", "/api/v2/sessions", "/api/v1/sessions/1/delete"],
)
def test_an_address_the_api_does_not_have_is_refused_in_json(agent_client, address):
    assert error_of(agent_client.get(address, headers={"accept": "text/html"})) == (
        404,
        "not_found",
    )


def test_a_frozen_agent_still_sends_sessions_and_reads_what_is_served(agent_client, cast):
    build.memory(cast.store)
    freeze_agent(cast.agent, reason="Look first.", by=cast.lead)
    freeze_workspace(cast.workspace, reason="Look first.", by=cast.lead)
    assert send(agent_client, GOOD).status_code == 200
    answer = agent_client.get(MEMORY, {"session": "run-2"})
    assert "Shipped orders" in answer.content.decode()


def test_no_refused_call_writes_an_entry(cast):
    before = Entry.objects.count()
    client = bearer(cast.token)
    send(client, b"{")
    send(client, {"external_id": ""})
    send(bearer("dbk_nobody"), GOOD)
    client.get(MEMORY)
    client.get("/api/v1/agents/other-desk/memory", {"session": "run-1"})
    assert Entry.objects.count() == before


# What every answer carries

ANSWERS = [
    pytest.param("get", "/api/v1/openapi.json", {}, 200, id="description"),
    pytest.param("get", MEMORY, {"session": "run-1"}, 200, id="memory"),
    pytest.param("get", MEMORY, {}, 400, id="malformed"),
    pytest.param("get", "/api/v1/agents/nobody/memory", {"session": "a"}, 404, id="not found"),
    pytest.param("put", MEMORY, {}, 405, id="wrong method"),
    pytest.param("get", "/api/v1/nothing", {}, 404, id="no address"),
    pytest.param("get", "/accounts/login/", {}, 200, id="sign-in"),
    pytest.param("get", "/w/northwind/review/", {}, 302, id="to the sign-in"),
    pytest.param("get", "/nowhere/", {}, 404, id="error page"),
    pytest.param("get", "/healthz", {}, 200, id="health"),
    pytest.param("get", "/readyz", {}, None, id="readiness"),
]


@pytest.mark.parametrize(("method", "address", "sent", "status"), ANSWERS)
def test_every_answer_carries_the_rules_of_its_contents(
    agent_client, method, address, sent, status
):
    answer = getattr(agent_client, method)(address, sent)
    assert status is None or answer.status_code == status
    rules = answer.headers["Content-Security-Policy"]
    assert "default-src" in rules
    assert "unsafe" not in rules
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert len(answer.headers["X-Request-ID"]) == 16


@pytest.mark.parametrize(("method", "address", "sent", "status"), ANSWERS)
def test_no_answer_is_kept_by_a_cache_that_serves_others(
    agent_client, method, address, sent, status
):
    answer = getattr(agent_client, method)(address, sent)
    kept = {part.strip() for part in answer.headers["Cache-Control"].split(",")}
    assert kept & {"no-store", "private"}
    assert not kept & {"public"}
    assert "HX-Request" in answer.headers["Vary"]


def test_two_answers_never_share_a_request_id(agent_client):
    told = {agent_client.get("/healthz").headers["X-Request-ID"] for _ in range(20)}
    assert len(told) == 20


def test_a_request_id_from_outside_is_not_taken(agent_client):
    answer = agent_client.get("/healthz", headers={"x-request-id": "forged"})
    assert answer.headers["X-Request-ID"] != "forged"


def test_the_api_sets_no_cookie_even_where_it_is_sent_one(cast, client_of):
    client = client_of(cast.lead)
    for answer in (
        client.post(SESSIONS, GOOD, content_type=JSON),
        client.get(MEMORY, {"session": "run-1"}),
        client.get(reverse("api_openapi")),
    ):
        assert not answer.cookies


def test_another_site_is_allowed_nothing_by_the_api(agent_client):
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = agent_client.options(SESSIONS, headers=asked)
    assert error_of(answer) == (405, "method_not_allowed")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_the_tokens_last_use_is_all_a_refused_read_leaves(cast):
    client = bearer(cast.token)
    client.get(MEMORY, {"session": "a\0b"})
    assert nothing_came_of_it()
    assert Token.objects.get(agent=cast.agent).last_used_at is not None
