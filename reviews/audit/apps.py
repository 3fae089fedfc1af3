from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from reviews.audit import triggers


def put_triggers_back(using: str, **_: Any) -> None:
    """Install what is missing: SQLite drops a table's triggers when a migration remakes it."""
    triggers.install(connection=connections[using])


class AuditConfig(AppConfig):
    name = "reviews.audit"
    label = "audit"
    verbose_name = "audit log"

    def ready(self) -> None:
        post_migrate.connect(put_triggers_back, sender=self, dispatch_uid="audit.triggers")
