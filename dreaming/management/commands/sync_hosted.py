"""manage.py sync_hosted: sync linked stores now, in the foreground, and say how it went."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.models import HostedStore
from dreaming.hosted.tending import linked, tend


class Command(BaseCommand):
    help = "Sync the stores at Claude Managed Agents that memories stand for."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--workspace", metavar="SLUG", help="without it: of every workspace")

    def handle(self, *_args: Any, **options: Any) -> None:
        slug = options["workspace"]
        rows = [row for row in linked() if not slug or row.store.workspace.slug == slug]
        bad = [row for row in rows if not self.sync(row)]
        if bad:
            raise CommandError(f"{len(bad)} of {len(rows)} could not be synced.")

    def sync(self, row: HostedStore) -> bool:
        """Sync one store and print how it went; say whether it went well."""
        if not tend(row):
            self.stdout.write(f"{row}: another worker has it")
            return False
        row.refresh_from_db()
        self.stdout.write(f"{row}: {row.failure or 'synced'}")
        return not row.failure
