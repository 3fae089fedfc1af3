"""manage.py export_history: write a workspace's history to a file, with its manifest beside it."""

import argparse
import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.models import Workspace
from reviews.errors import ReviewsError
from reviews.exports import FORMATS, Period, export_history, export_path

BAD_INPUT = 4


class Command(BaseCommand):
    help = "Export the history of a workspace as CSV or JSONL; the export is itself an entry."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--format", default="jsonl", choices=FORMATS)
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(
                f"There is no workspace {options['workspace']!r}.", returncode=BAD_INPUT
            )
        period = Period(options["since"], options["until"])
        try:
            export = export_history(workspace, form=options["format"], period=period, by=None)
        except ReviewsError as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        target = export_path(workspace, export.number, export.format)
        beside = target.with_name(f"{target.name}.manifest.json")
        beside.write_text(json.dumps(export.manifest, indent=2), encoding="utf-8")
        self.stdout.write(f"{export}: {export.rows:,} entries in {target}")
        self.stdout.write(f"sha256 {export.sha256}; the manifest is {beside.name}")
