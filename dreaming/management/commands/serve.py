"""Run the embedded product: web, worker and beat."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dreaming.checks import OURS
from dreaming.errors import DreamingError
from dreaming.supervisor import serve


class Command(BaseCommand):
    requires_system_checks = [OURS]
    help = "Serve Daybreak from this folder: web, worker and beat, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT or 8000")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")

    def handle(self, *_args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        try:
            serve(
                host=host,
                port=port,
                announce=lambda: self.introduce(host, port),
            )
        except DreamingError as error:
            raise CommandError(str(error)) from error

    def introduce(self, host: str, port: int) -> None:
        """Print the address, at once where standard output is a file or a pipe too."""
        self.stdout.write(f"Daybreak is at http://{host}:{port}/  (Ctrl-C stops it)")
        self.stdout.flush()
