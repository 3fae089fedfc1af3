"""Reading settings from the environment: anything unknown or malformed stops the start."""

import base64
import math
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Email:
    """Where mail goes; no host means into files."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    implicit_tls: bool = False
    sender: str = "daybreak@localhost"


def env_text(name: str, default: str) -> str:
    """Return the variable's text, or `default` when it is not set."""
    return os.environ.get(name, default)


def env_bool(name: str, *, default: bool) -> bool:
    """Return the variable as yes or no; raises ImproperlyConfigured for any other word."""
    word = os.environ.get(name)
    if word is None:
        return default
    if word.lower() in TRUE_WORDS:
        return True
    if word.lower() in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} is {word!r}; write true or false.")


def env_int(name: str, default: int, *, least: int) -> int:
    """Return the variable as a whole number of at least `least`."""
    word = os.environ.get(name)
    if word is None:
        return default
    try:
        number = int(word)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {word!r}; write a whole number.") from error
    if number < least:
        raise ImproperlyConfigured(f"{name} is {number}; the least is {least}.")
    return number


def env_float(name: str, default: float, *, least: float) -> float:
    """Return the variable as a number of at least `least`."""
    word = os.environ.get(name)
    if word is None:
        return default
    try:
        number = float(word)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {word!r}; write a number.") from error
    if not math.isfinite(number):
        raise ImproperlyConfigured(f"{name} is {word!r}; write a number.")
    if number < least:
        raise ImproperlyConfigured(f"{name} is {number}; the least is {least}.")
    return number


def env_list(name: str, default: tuple[str, ...]) -> list[str]:
    """Return the variable's comma-separated words."""
    text = os.environ.get(name)
    if text is None:
        return list(default)
    return [word.strip() for word in text.split(",") if word.strip()]


def env_networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return the variable's comma-separated networks, such as 10.1.0.0/16."""
    networks = []
    for word in env_list(name, ()):
        try:
            networks.append(ip_network(word))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} has {word!r}, which is no network ({error}); write them as 10.1.0.0/16, "
                "separated by commas."
            ) from error
    return networks


def env_secret(name: str) -> str | None:
    """Return NAME, or what the file named by NAME_FILE holds; None when neither is set."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name is None:
        return os.environ.get(name)
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error


def env_signing_secret(name: str) -> str:
    """Return the secret that signs webhooks, '' when none is set; stop the start for a bad one."""
    secret = env_secret(name) or ""
    try:
        base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no signing secret: whsec_ and base64.") from error
    return secret


def refuse_unknown(known: Iterable[str], secret: Iterable[str]) -> None:
    """Stop the start when a DAYBREAK_ variable is set that nobody reads: it is a typing error.

    known: every name; secret: those among them that may be given as NAME_FILE instead.
    """
    names = {*known, *(f"{name}_FILE" for name in secret)}
    unknown = sorted(
        name for name in os.environ if name.startswith("DAYBREAK_") and name not in names
    )
    if unknown:
        raise ImproperlyConfigured(
            f"Unknown setting {', '.join(unknown)}. docs/settings.md lists the known ones."
        )


def keep_secret(path: Path) -> str:
    """Return the secret kept in `path`; the first process to ask makes it, readable by us only."""
    if not path.exists():
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # A link appears whole or not at all: nobody reads a half-written secret.
            path.hardlink_to(made)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text(encoding="utf-8")


def email_from(url: str) -> Email:
    """Return where mail goes: SCHEME://USER:PASSWORD@HOST:PORT?from=ADDRESS, '' for into files.

    Schemes: smtp (plain), smtp+tls (STARTTLS), smtps (TLS from the first byte).
    """
    if not url:
        return Email()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"DAYBREAK_EMAIL_URL: {error}") from error
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            "DAYBREAK_EMAIL_URL cannot be read; write "
            "smtp+tls://user:password@host:587?from=daybreak@example.com"
        )
    options = dict(parse_qsl(parts.query))
    if unknown := sorted(set(options) - {"from"}):
        raise ImproperlyConfigured(f"DAYBREAK_EMAIL_URL: unknown option {', '.join(unknown)}.")
    return Email(
        host=parts.hostname,
        port=port or MAIL_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+tls",
        implicit_tls=parts.scheme == "smtps",
        sender=options.get("from", Email().sender),
    )


def newest_version(changelog: Path) -> str:
    """Return the version of the newest entry of the changelog: the one place that says it."""
    found = re.search(r"^## \[?(\d+\.\d+\.\d+)", changelog.read_text(encoding="utf-8"), re.M)
    if found is None:
        raise ImproperlyConfigured(f"{changelog} has no heading such as '## 1.2.3 - 2027-01-31'.")
    return found[1]
