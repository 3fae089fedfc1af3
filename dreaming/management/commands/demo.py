"""manage.py demo: an invented company to try Daybreak on, served until Ctrl-C."""

from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from agents.models import MemoryStore
from dreaming.checks import OURS
from dreaming.demo.company import NAME, PASSWORD, PEOPLE, WORKSPACE
from dreaming.demo.seed import is_seeded, seed
from dreaming.dreams import Wish, start_dream
from dreaming.errors import DreamingError
from dreaming.management import recordings
from dreaming.management.recordings import recorded
from dreaming.standin.server import StandIn
from dreaming.supervisor import serve

FIRST = (
    "1. Sign in as Ana and open Review: the dreams that run now file proposals there.",
    "2. Open a proposal, read its evidence; approve, edit or reject it, or request changes.",
    "3. Dreams, Claims documents: what was found, what was dropped, and why.",
    "4. Dreams, SOC 2 evidence: two equal memories, folded by rule; IT helpdesk: two that differ.",
    "5. As Deepa: Agents, Claims documents, Roll back. As Tom: Audit, Verify now.",
)


class Command(BaseCommand):
    requires_system_checks = [OURS]
    help = "Fill an empty database with an invented company, dream, and serve it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT or 8000")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--seed-only", action="store_true", help="fill the database, then stop")
        parser.add_argument(
            "--recorded",
            action="store_true",
            help="also run the engines claude and managed, against recorded answers; no key needed",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        with recorded() if options["recorded"] else nullcontext() as vendor:
            try:
                self.fill(vendor)
                if options["seed_only"]:
                    return
                serve(
                    host=options["host"],
                    port=options["port"],
                    announce=lambda: self.introduce(options["host"], options["port"]),
                )
            except DreamingError as error:
                raise CommandError(str(error)) from error

    def fill(self, vendor: StandIn | None = None) -> None:
        """Seed and queue the first dreams, unless an earlier start did.

        vendor: what stands in for it, where engines are recordings.
        """
        if not is_seeded():
            self.begin(vendor)
        elif vendor is not None:
            recordings.fill(vendor)

    def begin(self, vendor: StandIn | None) -> None:
        """Fill the empty database, and start a dream over each memory."""
        self.stdout.write(f"Filling the database with {NAME}, an invented company.")
        self.stdout.flush()
        made = seed()
        self.stdout.write(f"{made.added} sessions of three agents, {made.events:,} events.")
        if vendor is not None:
            recordings.fill(vendor)
        engines = recordings.ENGINES if vendor is not None else {}
        stores = MemoryStore.objects.filter(workspace__slug=WORKSPACE)
        for store in stores.select_related("workspace", "agent").order_by("pk"):
            slug = store.agent.slug if store.agent else ""
            start_dream(store, Wish(engine=engines.get(slug, "local")))

    def introduce(self, host: str, port: int) -> None:
        """Print the address, the logins and what to look at first."""
        self.stdout.write(f"\nDaybreak is at http://{host}:{port}/  (Ctrl-C stops it)\n")
        self.stdout.write(f"Everybody's password is  {PASSWORD}")
        for person in PEOPLE:
            self.stdout.write(f"  {person.email:<32} {person.role:<9} {person.does}")
        self.stdout.write("")
        for line in FIRST:
            self.stdout.write(line)
        # A file or a pipe would be told only when the demo ends.
        self.stdout.flush()
