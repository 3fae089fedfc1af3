"""The MCP server: the protocol around the tools, over stdin and stdout or over HTTP."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any

import uvicorn
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from starlette.requests import Request

from agents.errors import InvalidToken, ScopeMissing
from reviews.audit.requests import current_request
from reviews.mcp.door import Door, named_session, secret_in
from reviews.mcp.tools import TOOLS, caller_of, run_tool
from reviews.memory_tool import MODEL_ERRORS

logger = logging.getLogger(__name__)

PATH = "/mcp"
INSTRUCTIONS = (
    "Memory of one agent, kept by Daybreak. Read it when a session begins. What you propose is "
    "decided by people; until then memory says what it said."
)
Context = ServerRequestContext[Any, Any]
Credential = tuple[str, str]
"""A token's secret and the id of the session, '' where the connection does not name it."""


def make_server(credential_of: Callable[[Context], Credential]) -> Server[Any]:
    """Return the server; `credential_of` says by which token and in which session a call comes."""

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=described_tools())

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        answer = sync_to_async(answer_call, thread_sensitive=False)
        return await answer(params.name, params.arguments or {}, credential_of(context))

    return Server(
        "daybreak",
        version=settings.VERSION,
        title="Daybreak",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def described_tools() -> list[Tool]:
    """Return the tools as clients list them."""
    return [
        Tool(
            name=name,
            title=tool.title,
            description=tool.says,
            input_schema=tool.arguments.model_json_schema(),
            annotations=ToolAnnotations(
                read_only_hint=tool.only_reads,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
        )
        for name, tool in TOOLS.items()
    ]


def answer_call(name: str, arguments: dict[str, Any], credential: Credential) -> CallToolResult:
    """Run one tool in the present thread; what the model did wrong is an answer for the model."""
    close_old_connections()
    before = current_request.set(secrets.token_hex(8))
    try:
        told = run_tool(name, arguments, caller_of(*credential))
    except (*MODEL_ERRORS, InvalidToken, ScopeMissing) as error:
        return _said(str(error), is_error=True)
    except Exception:
        logger.exception("mcp_call_failed tool=%s", name[:80])
        return _said("Daybreak could not answer; its log says why.", is_error=True)
    finally:
        current_request.reset(before)
        close_old_connections()
    return _said(told.words, proposals=list(told.proposals))


def _said(words: str, *, is_error: bool = False, **facts: Any) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=words)],
        structured_content=facts or None,
        is_error=is_error,
    )


def serve_stdio(secret: str, session: str) -> None:
    """Serve one client over stdin and stdout until it closes them."""
    server = make_server(lambda _: (secret, session))

    async def run() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    asyncio.run(run())


def sent_credential(context: Context) -> Credential:
    """Return what a request over HTTP carries. Raises InvalidToken."""
    request: Request | None = context.request
    if request is None:
        raise InvalidToken("A token is missing.")
    return secret_in(request), named_session(request)


def make_app(host: str, port: int) -> Door:
    """Return the application that serves MCP over HTTP at PATH.

    Each request stands for itself: it carries its token, and no state is kept between two.
    """
    server = make_server(sent_credential)
    ours = [f"{name}:{port}" for name in (*settings.LOCAL_HOSTS, host)]
    return Door(
        server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            json_response=True,
            transport_security=TransportSecuritySettings(
                allowed_hosts=[*ours, *settings.ALLOWED_HOSTS],
                allowed_origins=[f"http://{name}" for name in ours]
                + list(settings.CSRF_TRUSTED_ORIGINS),
            ),
        )
    )


def serve_http(host: str, port: int) -> None:
    """Serve MCP over HTTP until a signal ends it."""
    uvicorn.run(make_app(host, port), host=host, port=port, log_config=None, access_log=False)
