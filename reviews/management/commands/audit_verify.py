"""manage.py audit_verify: say whether the log and the memory that follows from it are sound."""

import argparse
import json
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews import reconcile
from reviews.audit.errors import BadNote
from reviews.audit.report import Report, Status

BAD_INPUT = 4
HEADLINES = {
    Status.SOUND: "Sound.",
    Status.TAMPERED: "Tampered.",
    Status.INCOMPLETE: "Incomplete.",
    Status.UNVERIFIABLE: "Unverifiable.",
}


class Parser(CommandParser):
    """Ends with 4 for a wrong argument: 2 means that the log is incomplete."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and stop."""
        self.print_usage(sys.stderr)
        self.exit(BAD_INPUT, f"audit_verify: {message}\n")


class Command(BaseCommand):
    help = (
        "Verify the audit log and fold it against memory. Exit code: 0 sound, 1 tampered, "
        "2 incomplete, 3 unverifiable, 4 bad input or broken set-up."
    )
    # A failing check would end with 1, and nothing here depends on one.
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return a parser whose errors have an exit code of their own."""
        parser = Parser(prog=f"{Path(prog_name).name} {subcommand}", description=self.help)
        parser.add_argument("--settings", help=argparse.SUPPRESS)
        parser.add_argument("--pythonpath", help=argparse.SUPPRESS)
        parser.add_argument("--traceback", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--no-color", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--force-color", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--verbosity", type=int, default=1, help=argparse.SUPPRESS)
        parser.add_argument("--skip-checks", action="store_true", help=argparse.SUPPRESS)
        self.add_arguments(parser)
        return parser

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--since", metavar="CHECKPOINT", help="file of a checkpoint kept elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = reconcile.verify(read_checkpoint(options["since"]))
        except CommandError:
            raise
        except BadNote as error:
            raise CommandError(
                f"{options['since']} holds no checkpoint: {error}", returncode=BAD_INPUT
            ) from error
        except Exception as error:
            # Python ends with 1 for a crash, which here would say that the log was tampered with.
            self.stderr.write(traceback.format_exc())
            raise CommandError(f"Verification broke: {error}", returncode=BAD_INPUT) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json(), indent=2, sort_keys=True))
        else:
            self.print_words(report)
        if report.status is not Status.SOUND:
            sys.exit(int(report.status))

    def print_words(self, report: Report) -> None:
        """Print the verdict, what was looked at, and each problem in a line."""
        counted = ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in sorted(report.counts.items())
        )
        self.stdout.write(HEADLINES[report.status])
        self.stdout.write(f"Looked at: {counted or 'nothing'}.")
        for problem in report.problems:
            self.stdout.write(f"- {problem.status.name.lower()}: {problem.message}")
        if report.total > len(report.problems):
            self.stdout.write(f"- and {report.total - len(report.problems):,} more")
        for note in report.notes:
            self.stdout.write(f"  {note}")
        if report.head is not None:
            root = report.head.root.hex()
            self.stdout.write(f"Signed tree: {report.head.size:,} entries, root {root[:16]}…")


def read_checkpoint(name: str | None) -> str | None:
    """Return the text of the checkpoint file; a name that cannot be read ends with 4."""
    if name is None:
        return None
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}", returncode=BAD_INPUT) from error
