"""The vendor's webhook: it only wakes a sync, and what it says is never taken for true.

Deliveries come at least once, in no order, and are dropped without a trace after three tries, so
every store is synced by itself as well. A message counts when it is signed with the secret both
sides have, not old, and not seen before.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from agents import clock
from agents.errors import MalformedRequest
from agents.models import HostedMessage, HostedStore
from reviews.signatures import TOLERANCE_S, is_signed

KEPT = timedelta(days=2)
"""So long a message is known to have come; older ones are refused by their age."""

ABOUT_SESSIONS, ABOUT_STORES = "session.", "memory_store."
MOST_BYTES = 65_536


class NotSigned(MalformedRequest):
    """The message is not the vendor's, or it is old; nothing is said of which."""


def is_set() -> bool:
    """Say whether a secret is set; without one nothing is received."""
    return bool(settings.MANAGED_WEBHOOK_SECRET)


def receive(headers: Mapping[str, str], body: bytes, now: datetime) -> int:
    """Wake what the message is about; return how many stores were. The same again wakes none.

    headers: with webhook-id, webhook-timestamp and webhook-signature, in small letters. Raises
    NotSigned, and MalformedRequest for a signed body that is no message.
    """
    message, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signature = headers.get("webhook-signature", "")
    if not _is_fresh(sent, now) or not message or len(message) > 100 or len(body) > MOST_BYTES:
        raise NotSigned("The message is not signed as it has to be, or it is old.")
    if not is_signed(settings.MANAGED_WEBHOOK_SECRET, message, int(sent), body, signature):
        raise NotSigned("The message is not signed as it has to be, or it is old.")
    kind, about = _read(body)
    _, is_new = HostedMessage.objects.get_or_create(message=message, defaults={"received_at": now})
    HostedMessage.objects.filter(received_at__lt=now - KEPT).delete()
    return _wake(kind, about) if is_new else 0


def _is_fresh(sent: str, now: datetime) -> bool:
    is_number = sent.isascii() and sent.isdigit() and len(sent) < 12
    return is_number and abs(int(sent) - now.timestamp()) <= TOLERANCE_S


def _read(body: bytes) -> tuple[str, str]:
    """Return the type of what happened and the id of what it happened to."""
    try:
        said = json.loads(body)
        data = said["data"]
        return str(data["type"]), str(data["id"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedRequest("The message has no data with a type and an id.") from error


def _wake(kind: str, about: str) -> int:
    """Let the stores be synced that it may be about: a session does not say whose it is."""
    rows = HostedStore.objects.filter(wake_at=None)
    if kind.startswith(ABOUT_STORES):
        rows = rows.filter(Q(remote_id=about))
    elif not kind.startswith(ABOUT_SESSIONS):
        return 0
    return rows.update(wake_at=clock.now())
