"""Look at the installation and say what is not well, with the way out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dreaming.checks import OURS
from dreaming.readiness import read_all


class Command(BaseCommand):
    requires_system_checks = [OURS]
    help = "Look at database, migrations, triggers, broker, worker and data folder."

    def handle(self, *_args: Any, **_options: Any) -> None:
        readings = read_all()
        for reading in readings:
            self.stdout.write(f"{'ok ' if reading.ok else 'NOT'} {reading.name}: {reading.seen}")
            if reading.way_out:
                self.stdout.write(f"      {reading.way_out}")
        if not all(reading.ok for reading in readings):
            raise CommandError("This installation is not ready to serve.")
