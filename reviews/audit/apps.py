from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from reviews.audit import triggers


def put_triggers_back(using: str, **_: Any) -> None:
    """Install what is missing: SQLite drops a table's triggers when a migration remakes it."""
    triggers.install(connection=connections[using])


def take_triggers_off(using: str, plan: Sequence[Any] = (), **_: Any) -> None:
    """Let SQLite rename tables: it refuses to while a trigger elsewhere names the one being remade.

    Only while migrations are applied; post_migrate puts all of them back.
    """
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        triggers.drop([table for table in triggers.registered() if table.clearable], connection)


class AuditConfig(AppConfig):
    name = "reviews.audit"
    label = "audit"
    verbose_name = "audit log"

    def ready(self) -> None:
        pre_migrate.connect(take_triggers_off, sender=self, dispatch_uid="audit.triggers.off")
        post_migrate.connect(put_triggers_back, sender=self, dispatch_uid="audit.triggers")
