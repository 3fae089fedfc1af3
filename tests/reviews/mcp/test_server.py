"""The protocol around the tools, driven by the SDK's own client in this process."""

import json

import httpx2
import pytest
from django.db import connection
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from agents.models import MemoryRead
from reviews.mcp import server as protocol
from reviews.mcp.door import SESSION_HEADER
from reviews.mcp.server import PATH, answer_call, described_tools, make_app, make_server
from reviews.mcp.tools import TOOLS
from reviews.models import Proposal
from tests import build
from tests.loops import in_its_own_loop

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = f"http://127.0.0.1:8765{PATH}"
MODES = ("auto", "legacy")


@pytest.fixture(autouse=True)
def _connections_end_with_their_call(monkeypatch):
    """Keep no connection for a next call: the threads that hold them end with a test."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)


def talk(conversation, secret, *, session="run-1", mode="auto"):
    """Hold a conversation with a server that serves one client, as over stdin and stdout."""

    async def hold():
        async with Client(make_server(lambda _: (secret, session)), mode=mode) as client:
            return await conversation(client)

    return in_its_own_loop(hold)


def over_http(conversation, headers, *, mode="auto"):
    """Hold a conversation with the whole application over HTTP, without a socket."""

    async def hold():
        app = make_app("127.0.0.1", 8765)
        transport = httpx2.ASGITransport(app=app)
        async with (
            app.app.router.lifespan_context(app.app),
            httpx2.AsyncClient(transport=transport, headers=headers) as http,
            Client(streamable_http_client(ADDRESS, http_client=http), mode=mode) as client,
        ):
            return await conversation(client)

    return in_its_own_loop(hold)


def post(body="{}", **headers):
    """Send one bare request to the application and return the answer."""

    async def send():
        app = make_app("127.0.0.1", 8765)
        transport = httpx2.ASGITransport(app=app)
        async with (
            app.app.router.lifespan_context(app.app),
            httpx2.AsyncClient(transport=transport) as http,
        ):
            return await http.post(
                ADDRESS,
                content=body,
                headers={
                    "content-type": "application/json",
                    "accept": "application/json, text/event-stream",
                    **{name.replace("_", "-"): word for name, word in headers.items()},
                },
            )

    return in_its_own_loop(send)


def words_of(result):
    return result.content[0].text


@pytest.mark.parametrize("mode", MODES)
def test_a_client_of_either_age_lists_the_tools_and_uses_them(cast, mode):
    build.memory(cast.store, "/a.md", "Ask first.\n")

    async def conversation(client):
        listed = await client.list_tools()
        read = await client.call_tool("read_memory", {})
        told = await client.call_tool("propose_change", {"path": "/b.md", "content": "New.\n"})
        return [tool.name for tool in listed.tools], read, told

    names, read, told = talk(conversation, cast.token, mode=mode)
    assert names == list(TOOLS)
    assert "Ask first." in words_of(read)
    assert told.structured_content == {"proposals": [str(Proposal.objects.get())]}
    assert not told.is_error


@pytest.mark.parametrize("mode", MODES)
def test_over_http_the_header_carries_the_token_and_names_the_session(cast, mode):
    build.memory(cast.store, "/a.md", "Ask first.\n")

    async def conversation(client):
        return await client.call_tool("read_memory", {})

    headers = {"authorization": f"Bearer {cast.token}", SESSION_HEADER: "run-7"}
    assert "Ask first." in words_of(over_http(conversation, headers, mode=mode))
    assert MemoryRead.objects.get().external_session_id == "run-7"


def test_over_http_a_call_whose_session_nobody_named_is_told_so(cast):
    async def conversation(client):
        return await client.call_tool("read_memory", {})

    result = over_http(conversation, {"authorization": f"Bearer {cast.token}"})
    assert result.is_error
    assert "session is missing" in words_of(result)


def test_what_the_model_did_wrong_is_an_answer_for_the_model(cast):
    async def conversation(client):
        return await client.call_tool("propose_change", {"path": "no path", "content": "x"})

    result = talk(conversation, cast.token)
    assert result.is_error
    assert "/" in words_of(result)
    assert not Proposal.objects.exists()


def test_a_token_that_was_good_at_the_start_is_asked_for_at_each_call(cast):
    result = talk(lambda client: client.call_tool("read_memory", {}), "dbk_gone")
    assert result.is_error
    assert "not known" in words_of(result)


@pytest.mark.parametrize("sent", ["", "Basic abc", "Bearer", "Bearer dbk_wrong"])
def test_without_a_good_token_nothing_is_read(cast, sent):
    answer = post(**({"authorization": sent} if sent else {}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "invalid_token"


def test_a_token_for_something_else_is_refused_by_name(cast):
    _, reads = build.token(cast.admin, cast.agent, ["memory:read"])
    answer = post(authorization=f"Bearer {reads}")
    assert answer.status_code == 403
    assert "memory:propose" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("header", "sent", "status"),
    [
        ("origin", "https://evil.example", 403),
        ("origin", "http://localhost:3000", 403),
        ("origin", "null", 403),
        ("origin", "http://127.0.0.1:8765", 200),
        ("host", "evil.example", 421),
        ("host", "localhost:8765", 200),
    ],
)
def test_a_page_of_another_site_gets_nothing_even_with_the_token(cast, header, sent, status):
    body = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "page", "version": "1"},
            },
        }
    )
    answer = post(body, authorization=f"Bearer {cast.token}", **{header: sent})
    assert answer.status_code == status


def test_a_fault_of_ours_is_logged_and_told_without_its_words(cast, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("a password")

    monkeypatch.setattr(protocol, "run_tool", fail)
    result = answer_call("read_memory", {}, (cast.token, "s"))
    assert result.is_error
    assert "password" not in words_of(result)
    assert "mcp_call_failed tool=read_memory" in caplog.text


def test_a_client_is_told_what_reads_and_that_nothing_destroys():
    hints = {tool.name: tool.annotations for tool in described_tools()}
    assert [name for name, hint in hints.items() if not hint.read_only_hint] == ["propose_change"]
    assert not any(hint.destructive_hint for hint in hints.values())
