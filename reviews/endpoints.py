"""Reaching an address somebody typed, and nothing behind our own walls.

HTTPS only; names are resolved once, every address they stand for must be public, and the connection
goes to the address that was checked. Redirects are answers like others: nobody follows them.
"""

import ipaddress
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from agents.errors import InvalidInput

TIMEOUT_S = 5.0
LONGEST_URL = 500
READ_BYTES = 1_024


class Unreachable(Exception):
    """The address could not be asked; the message says why."""


class Target(NamedTuple):
    """An address that may be asked: its parts, and the one IP address that was checked."""

    is_secure: bool
    host: str
    port: int
    path: str
    ip: str


class PinnedHTTPS(HTTPSConnection):
    """HTTPS to one IP address, with the certificate held against the name."""

    def __init__(self, target: Target) -> None:
        self.context = ssl.create_default_context()
        self.ip = target.ip
        super().__init__(target.host, target.port, timeout=TIMEOUT_S, context=self.context)

    def connect(self) -> None:
        """Connect to the address that was checked, whatever the name says by now."""
        plain = socket.create_connection((self.ip, self.port), TIMEOUT_S)
        self.sock = self.context.wrap_socket(plain, server_hostname=self.host)


class PinnedHTTP(HTTPConnection):
    """Plain HTTP to this machine, in development."""

    def __init__(self, target: Target) -> None:
        self.ip = target.ip
        super().__init__(target.host, target.port, timeout=TIMEOUT_S)

    def connect(self) -> None:
        """Connect to the address that was checked."""
        self.sock = socket.create_connection((self.ip, self.port), TIMEOUT_S)


def clean_url(url: str) -> str:
    """Return an address webhooks may be set to, or raise InvalidInput with the reason."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput(f"The address cannot be read: {error}.") from error
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInput(f"The address must be plain and at most {LONGEST_URL} characters long.")
    if not parts.hostname or port == 0 or parts.username or parts.password:
        raise InvalidInput("Write the address as https://host/path, without a name or password.")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname)):
        return url
    raise InvalidInput("Webhooks are sent over https only.")


def _is_this_machine(host: str) -> bool:
    return not settings.SECURE and host in {"localhost", "127.0.0.1", "::1"}


def resolve(url: str) -> Target:
    """Return where the address leads now. Raises Unreachable for one that is not public."""
    try:
        parts = urlsplit(clean_url(url))
    except InvalidInput as error:
        raise Unreachable(str(error)) from error
    host = parts.hostname or ""
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(f"{host} has no address.") from error
    ips = [str(entry[4][0]) for entry in found]
    for ip in ips:
        if not may_reach(ip) and not (_is_this_machine(host) and _is_loopback(ip)):
            raise Unreachable(f"{host} leads to an address that is not public.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_secure, host, port, path, ips[0])


def may_reach(ip: str) -> bool:
    """Say whether an IP address is public, or in a network the operator allowed."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if any(address in network for network in settings.WEBHOOK_NETWORKS):
        return True
    return address.is_global and not address.is_multicast


def _is_loopback(ip: str) -> bool:
    return ipaddress.ip_address(ip.partition("%")[0]).is_loopback


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send `body` and return the status of the answer. Raises Unreachable."""
    target = resolve(url)
    connection = PinnedHTTPS(target) if target.is_secure else PinnedHTTP(target)
    try:
        connection.request("POST", target.path, body, headers)
        answer = connection.getresponse()
        answer.read(READ_BYTES)
    except (OSError, HTTPException) as error:
        raise Unreachable(type(error).__name__) from error
    finally:
        connection.close()
    return answer.status
