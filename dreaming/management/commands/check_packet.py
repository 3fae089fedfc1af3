"""manage.py check_packet: say whether a packet is what was sealed, from its file alone."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.audit.errors import BadNote
from reviews.audit.notes import Verifier
from reviews.audit.report import Status
from reviews.auditing.packet_check import check_packet

BAD_INPUT = 4


class Command(BaseCommand):
    help = (
        "Check an auditor's packet without a database. Exit code: 0 sound, 1 tampered, "
        "2 incomplete, 3 unverifiable, 4 bad input."
    )
    # The file is all there is to look at.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("packet", metavar="FILE", type=Path)
        parser.add_argument(
            "--verifiers", metavar="KEYS", type=Path, help="public keys kept elsewhere, one a line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verifiers = read_verifiers(options["verifiers"])
            report = check_packet(options["packet"], verifiers)
        except OSError as error:
            raise CommandError(f"{error}", returncode=BAD_INPUT) from error
        except (BadNote, UnicodeDecodeError) as error:
            message = f"{options['verifiers']} holds no public keys: {error}"
            raise CommandError(message, returncode=BAD_INPUT) from error
        counted = ", ".join(f"{name} {count:,}" for name, count in sorted(report.counts.items()))
        self.stdout.write(f"{report.status.name.capitalize()}. Looked at: {counted or 'nothing'}.")
        for line in (*(problem.message for problem in report.problems), *report.notes):
            self.stdout.write(f"- {line}")
        if report.status is not Status.SOUND:
            sys.exit(int(report.status))


def read_verifiers(path: Path | None) -> tuple[Verifier, ...]:
    """Return the public keys in a file, none without one."""
    if path is None:
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(Verifier.from_text(line) for line in lines if line.strip())
