"""`manage.py import_sessions PATH --format NAME --workspace SLUG`: sessions in from files."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from agents.errors import AgentsError
from agents.imports import Imported, check_source, import_files
from agents.models import Workspace
from agents.sessions import Ingested
from agents.transcripts.registry import list_formats
from agents.workspaces import open_workspace
from reviews.audit.actors import SYSTEM
from reviews.rules import set_default_rules

COMPLETE = 0
PARTLY = 3
NOTHING_READABLE = 4
SHOWN_REFUSALS = 20

COUNTS = {
    "sessions": "sessions",
    "added": "added",
    "unchanged": "there before",
    "revised": "revised",
    "not_agent_fault": "failed for reasons outside the agent",
    "events": "events",
    "tool_calls": "tool calls",
    "tool_errors": "tool errors",
    "secrets_removed": "secrets removed",
    "characters_replaced": "characters replaced",
}
"""The counts of the report in their order, and what people call them."""


class Command(BaseCommand):
    help = (
        "Bring in the sessions of a file, or of every file below a folder or in an archive"
        " (.tar, .tar.gz, .tgz). Workspace and agents"
        " that are missing are created; sessions that are there already change nothing. Exit 0"
        " all went in, 3 some were refused, 4 nothing could be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", metavar="PATH", type=Path, help="a file, a folder or an archive"
        )
        parser.add_argument("--format", required=True, help=", ".join(list_formats()))
        parser.add_argument("--workspace", metavar="SLUG", required=True)
        parser.add_argument(
            "--agent", metavar="SLUG", default="", help="whose sessions; else whom the file names"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_source(options["path"], options["format"])
            imported = import_files(
                self.find_or_open(options["workspace"]),
                options["path"],
                format_name=options["format"],
                agent=options["agent"],
            )
        except AgentsError as error:
            self.stderr.write(str(error))
            sys.exit(NOTHING_READABLE)
        report = as_json(imported)
        lines = [json.dumps(report, indent=2)] if options["json"] else in_words(imported)
        self.stdout.write("\n".join(lines))
        sys.exit(exit_code(imported.totals))

    @transaction.atomic
    def find_or_open(self, slug: str) -> Workspace:
        """Return the workspace, or open one with the default approval rules and say so."""
        workspace = Workspace.objects.filter(slug=slug).first()
        if workspace is None:
            workspace = open_workspace(slug, name=slug, by=SYSTEM)
            set_default_rules(workspace, SYSTEM)
            self.stderr.write(
                f"The workspace {slug} is new and nobody is in it yet. Let its admin in with:"
                f" manage.py create_workspace {slug} --admin EMAIL"
            )
        return workspace


def exit_code(totals: Ingested) -> int:
    """Return 0 when nothing was refused, 3 when something was, 4 when everything was."""
    if not totals.refused:
        return COMPLETE
    return PARTLY if totals.sessions else NOTHING_READABLE


def as_json(imported: Imported) -> dict[str, object]:
    """Return what --json prints."""
    counts = {name: getattr(imported.totals, name) for name in COUNTS}
    refused = [
        {"position": record.position, "reason": record.reason, "file": record.file}
        for record in imported.refused
    ]
    return {**counts, "refused": refused}


def in_words(imported: Imported) -> list[str]:
    """Return the report for people."""
    lines = [f"{getattr(imported.totals, name):>9,} {words}" for name, words in COUNTS.items()]
    lines += [
        f"Refused: {record.file}, position {record.position}: {record.reason}"
        for record in imported.refused[:SHOWN_REFUSALS]
    ]
    if len(imported.refused) > SHOWN_REFUSALS:
        lines.append(f"and {len(imported.refused) - SHOWN_REFUSALS:,} more refused")
    return lines
