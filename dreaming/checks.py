"""What must be true of the code and the settings before anything starts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Warn

import agents

LOCAL_SQLITE = "sqlite"
OURS = "daybreak"
"""Tag of the checks that every start runs; Django's own take a second and belong to the gate."""


def register_all() -> None:
    """Register the checks; called when the apps are ready."""
    register(check_package_is_ours, OURS)
    register(check_test_engine_is_off, OURS)
    register(check_development_is_off, Tags.security, deploy=True)
    register(check_hosts_are_named, Tags.security, deploy=True)
    register(check_parts_fit, Tags.database, deploy=True)


def check_package_is_ours(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse another distribution's top-level package `agents` (openai-agents installs one)."""
    found = Path(str(agents.__file__)).resolve().parent
    if found == settings.BASE_DIR / "agents":
        return []
    return [
        Error(
            f"The package `agents` comes from {found}, not from this product.",
            hint="Uninstall openai-agents from this environment, or give Daybreak its own.",
            id="daybreak.E001",
        )
    ]


def check_test_engine_is_off(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Refuse code named by a variable as an engine where the data is real."""
    if not (settings.SECURE and settings.TEST_ENGINE):
        return []
    return [
        Error(
            f"DAYBREAK_TEST_ENGINE is {settings.TEST_ENGINE!r} where DAYBREAK_SECURE is on.",
            hint="Unset DAYBREAK_TEST_ENGINE: it is for tests.",
            id="daybreak.E005",
        )
    ]


def check_development_is_off(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """Refuse pages with tracebacks and cookies over plain HTTP in production."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DAYBREAK_DEBUG is on.", hint="Leave it unset.", id="daybreak.E002"))
    if not settings.SECURE:
        found.append(
            Error(
                "DAYBREAK_SECURE is off: cookies travel over plain HTTP.",
                hint="Set DAYBREAK_SECURE=true behind a proxy that speaks HTTPS.",
                id="daybreak.E003",
            )
        )
    return found


def check_hosts_are_named(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse an installation that answers to any name, or to none from outside."""
    named = [host for host in settings.ALLOWED_HOSTS if host not in settings.LOCAL_HOSTS]
    if named and "*" not in named:
        return []
    return [
        Error(
            "DAYBREAK_ALLOWED_HOSTS names no host.",
            hint="Write the names people type, such as daybreak.example.com.",
            id="daybreak.E004",
        )
    ]


def check_parts_fit(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Warn of embedded parts where several machines or much work are expected."""
    found: list[CheckMessage] = []
    if LOCAL_SQLITE in settings.DATABASES["default"]["ENGINE"]:
        found.append(
            Warn(
                "The database is a SQLite file: one machine only.",
                hint="Set DATABASE_URL to PostgreSQL 15 or newer.",
                id="daybreak.W001",
            )
        )
    if settings.BROKER_URL.startswith("filesystem"):
        found.append(
            Warn(
                "The broker is a folder: one machine only.",
                hint="Set BROKER_URL to Redis, Valkey or RabbitMQ.",
                id="daybreak.W002",
            )
        )
    if not settings.EMAIL_HOST:
        found.append(
            Warn(
                "Mail is written to files: nobody gets an invitation.",
                hint="Set DAYBREAK_EMAIL_URL.",
                id="daybreak.W003",
            )
        )
    return found
