"""manage.py mcp: let MCP clients read an agent's approved memory and propose changes."""

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agents.errors import InvalidToken, ScopeMissing
from dreaming.checks import OURS
from dreaming.errors import DreamingError
from dreaming.supervisor import check_port
from reviews.mcp.server import PATH, serve_http, serve_stdio
from reviews.mcp.tools import caller_of

BAD_INPUT = 4


class Command(BaseCommand):
    requires_system_checks = [OURS]
    help = "Serve MCP over stdin and stdout with DAYBREAK_MCP_TOKEN, or over HTTP with --http."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--http", action="store_true", help="serve over HTTP")
        parser.add_argument("--port", type=int, default=8765, help="of --http (default: 8765)")
        parser.add_argument("--host", default="127.0.0.1", help="address --http listens on")
        parser.add_argument("--session", default="", metavar="ID", help="of stdin and stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["http"]:
            self.serve_over_http(options["host"], options["port"])
        else:
            self.serve_over_stdio(options["session"] or f"mcp-{uuid4()}")

    def serve_over_http(self, host: str, port: int) -> None:
        """Serve whoever brings a token."""
        try:
            check_port(host, port)
        except DreamingError as error:
            raise CommandError(
                f"{host}:{port} cannot be used. Choose another: --port={port + 1}",
                returncode=BAD_INPUT,
            ) from error
        self.stdout.write(f"MCP is at http://{host}:{port}{PATH}  (Ctrl-C stops it)")
        self.stdout.flush()
        serve_http(host, port)

    def serve_over_stdio(self, session: str) -> None:
        """Serve the client that started us; standard output is the protocol's alone."""
        if not settings.MCP_TOKEN:
            raise CommandError(
                "DAYBREAK_MCP_TOKEN is not set: name an agent's token with the scope"
                " memory:propose; an admin issues one on the page Tokens.",
                returncode=BAD_INPUT,
            )
        try:
            caller_of(settings.MCP_TOKEN, session)
        except (InvalidToken, ScopeMissing) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        serve_stdio(settings.MCP_TOKEN, session)
