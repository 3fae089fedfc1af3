"""`manage.py create_workspace SLUG --admin EMAIL`: found a workspace and let its admin in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from agents.errors import InvalidInput
from agents.workspaces import Founded, create_workspace
from reviews.audit.actors import SYSTEM
from reviews.rules import set_default_rules


class Command(BaseCommand):
    help = "Create a workspace with its first admin and print the admin's one-time link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="in addresses: northwind-health")
        parser.add_argument("--admin", metavar="EMAIL", required=True, help="the first admin")
        parser.add_argument("--admin-name", metavar="NAME", default="", help="printed name")
        parser.add_argument("--name", default="", help="shown name; the slug when left out")
        parser.add_argument(
            "--url",
            default=f"http://localhost:{settings.PORT}",
            help="where people reach this installation (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            founded = found(options)
        except InvalidInput as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Workspace {founded.workspace.slug} is ready.")
        if founded.admin.path is None:
            self.stdout.write(f"{founded.admin.person.email} signs in with the account they have.")
            return
        link = options["url"].rstrip("/") + founded.admin.path
        self.stdout.write(
            f"{founded.admin.person.email} sets a password here; the link works once:\n{link}"
        )


@transaction.atomic
def found(options: dict[str, Any]) -> Founded:
    """Create the workspace and give it the default approval rules, together or not at all."""
    slug, email = options["slug"], options["admin"]
    founded = create_workspace(
        slug,
        name=options["name"] or slug,
        admin_email=email,
        admin_name=options["admin_name"] or email.partition("@")[0],
    )
    # An import may have opened it, with its rules, before anybody was in it.
    if not founded.workspace.rules.exists():
        set_default_rules(founded.workspace, SYSTEM)
    return founded
