"""`manage.py mcp` as a process: a client over its pipes, and one over HTTP."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from django.core.management import CommandError, call_command
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.loops import in_its_own_loop
from tests.processes import ROOT, free_port, status_of, wait_for

DOCS = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
PREPARE = """
from tests import build
from agents.models import WorkspaceRole
place = build.workspace("acme")
admin = build.person("Amir", within=place, role=WorkspaceRole.ADMIN)
claims = build.agent(place, "claims")
build.memory(claims.store, "/notes/shipped.md", "Shipped orders stay shipped.\\n")
print(build.token(admin, claims)[1])
"""
ASKED = """
from reviews.models import Proposal
print(list(Proposal.objects.values_list("path", "state")))
"""


@pytest.fixture
def secret(installation):
    """A token of the agent `claims` in an installation of its own."""
    return installation.manage("shell", "--verbosity", "0", "-c", PREPARE).split()[-1]


def proposals_in(installation):
    return installation.manage("shell", "--verbosity", "0", "-c", ASKED).strip()


async def work(client):
    read = await client.call_tool("read_memory", {})
    found = await client.call_tool("search_memory", {"query": "shipped"})
    told = await client.call_tool(
        "propose_change", {"path": "/notes/new.md", "content": "Ask first.\n"}
    )
    assert "Shipped orders stay shipped." in read.content[0].text
    assert "/notes/shipped.md" in found.content[0].text
    assert not told.is_error


# Pipes and ports; tests/reviews/mcp asks the same of both databases.
@pytest.mark.processes
@pytest.mark.sqlite
def test_the_documented_command_serves_a_client_over_its_pipes(installation, secret):
    config = json.loads(re.search(r"```json\n(.*?)```", DOCS, re.DOTALL)[1])["mcpServers"]
    entry = config["daybreak"]
    assert Path(entry["command"]).name == "python"
    assert set(entry["env"]) == {"DAYBREAK_MCP_TOKEN"}
    manage, *words = entry["args"]
    assert Path(manage).name == "manage.py"
    parameters = StdioServerParameters(
        command=sys.executable,
        args=[str(ROOT / "manage.py"), *words],
        env=installation.env | {"DAYBREAK_MCP_TOKEN": secret},
    )

    async def talk():
        async with Client(parameters) as client:
            await work(client)

    in_its_own_loop(talk)
    assert proposals_in(installation) == "[('/notes/new.md', 'pending')]"


# Pipes and ports; tests/reviews/mcp asks the same of both databases.
@pytest.mark.processes
@pytest.mark.sqlite
def test_the_documented_command_serves_clients_over_http(installation, secret):
    words = re.search(r"manage\.py (mcp --http[^\n]*)\n", DOCS)[1].split()
    port = free_port()
    installation.start(*words, f"--port={port}")
    address = f"http://127.0.0.1:{port}/mcp"
    wait_for("MCP over HTTP", lambda: status_of(address) == 401)
    headers = {"Authorization": f"Bearer {secret}", "Daybreak-Session": "run-1"}

    async def talk():
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            await work(client)

    in_its_own_loop(talk)
    assert proposals_in(installation) == "[('/notes/new.md', 'pending')]"


def test_without_a_token_it_says_where_to_get_one():
    with pytest.raises(CommandError, match="page Tokens") as raised:
        call_command("mcp")
    assert raised.value.returncode == 4


@pytest.mark.django_db
def test_a_token_that_is_not_known_is_said_before_a_client_waits(settings):
    settings.MCP_TOKEN = "dbk_wrong"
    with pytest.raises(CommandError, match="not known"):
        call_command("mcp")


def test_an_address_that_cannot_be_used_is_named_with_another():
    with pytest.raises(CommandError, match=r"203\.0\.113\.7.*--port=8766"):
        call_command("mcp", "--http", "--host=203.0.113.7")


def test_only_the_command_loads_the_protocol():
    asked = (
        "import sys, django; django.setup(); import dreaming.wsgi, dreaming.urls, dreaming.tasks;"
        "print(sorted({'mcp', 'starlette', 'uvicorn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
