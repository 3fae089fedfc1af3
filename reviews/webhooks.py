"""Webhooks of a workspace: set and rotated by an admin, sent by the worker, logged, sent again.

A payload holds ids, kinds and addresses, never words of a memory or a transcript.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time as machine_time
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from agents import clock
from agents.errors import InvalidInput
from agents.models import Workspace
from agents.people import Member, actor_of, lock_workspace, require_right
from agents.rights import Right
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.audit.values import writing_kek
from reviews.endpoints import Unreachable, clean_url, post
from reviews.models import Delivery, Notice, Webhook
from reviews.notices import WORDS, Kind
from reviews.signatures import headers_of, spell_secret

FORMATS = ("events", "chat")
MOST = 10
SECRET_BYTES = 32
BOTH_FOR = timedelta(hours=24)
"""So long after a rotation the secret before signs as well."""

LOOK_BACK = timedelta(days=2)
LIMIT = 100
LEASE = timedelta(minutes=2)
SENDING_S = 20.0
BACKOFF = (10, 60, 300, 1_800, 7_200, 21_600, 43_200)


def set_webhook(workspace: Workspace, *, url: str, form: str, by: Member) -> tuple[Webhook, str]:
    """Send the workspace's events to `url` from now on; return it and its secret, shown once.

    Raises agents.errors.NotAllowed for who is no admin, InvalidInput for an address or a format
    that is none and for one too many.
    """
    require_right(by, Right.MANAGE_WEBHOOKS)
    url = clean_url(url)
    if form not in FORMATS:
        raise InvalidInput(f"{form[:20]!r} is no format: {' or '.join(FORMATS)}.")
    secret = spell_secret(secrets.token_bytes(SECRET_BYTES))
    with transaction.atomic():
        lock_workspace(workspace)
        if standing(workspace).count() >= MOST:
            raise InvalidInput(f"{MOST} webhooks are the most a workspace has.")
        row = Webhook.objects.create(
            workspace=workspace,
            url=url,
            format=form,
            secret=seal(secret),
            created_by=by.person,
            created_at=clock.now(),
        )
        _log(row, Action.WEBHOOK_SET, by)
    return row, secret


def rotate(webhook: Webhook, *, by: Member) -> str:
    """Give the webhook a new secret, returned once; the one before signs beside it for a day."""
    require_right(by, Right.MANAGE_WEBHOOKS)
    secret = spell_secret(secrets.token_bytes(SECRET_BYTES))
    with transaction.atomic():
        row = Webhook.objects.select_for_update(of=("self",)).get(pk=webhook.pk)
        row.previous, row.until = row.secret, clock.now() + BOTH_FOR
        row.secret = seal(secret)
        row.save(update_fields=["previous", "until", "secret"])
        _log(row, Action.WEBHOOK_ROTATED, by)
    return secret


def remove(webhook: Webhook, *, by: Member) -> None:
    """Send nothing there any more; what was sent stays in its log. Once more writes nothing."""
    require_right(by, Right.MANAGE_WEBHOOKS)
    with transaction.atomic():
        rows = Webhook.objects.filter(pk=webhook.pk, removed_at=None)
        if rows.update(removed_at=clock.now()):
            _log(webhook, Action.WEBHOOK_REMOVED, by)


def standing(workspace: Workspace) -> Any:
    """Return the workspace's webhooks that are in use, the oldest first."""
    return Webhook.objects.filter(workspace=workspace, removed_at=None).order_by("pk")


def _log(row: Webhook, action: Action, by: Member) -> None:
    append(
        action,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=f"webhook:{row.public_id}",
        after={"format": row.format},
        values={"url": row.url},
    )


def seal(secret: str) -> str:
    """Return a secret as it is kept: encrypted under the installation's key."""
    nonce = secrets.token_bytes(12)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, secret.encode(), None)).decode()


def unseal(kept: str) -> str:
    """Return a kept secret as it was shown."""
    raw = base64.b64decode(kept)
    return _cipher().decrypt(raw[:12], raw[12:], None).decode()


def _cipher() -> AESGCM:
    return AESGCM(hmac.digest(writing_kek().wrapping, b"webhooks", hashlib.sha256))


def deliver(now: datetime) -> int:
    """Address what happened to each webhook, once, and send what is due; return how many went."""
    for webhook in Webhook.objects.filter(removed_at=None).order_by("pk"):
        address(webhook, now)
    due = Delivery.objects.filter(
        state="waiting", not_before__lte=now, webhook__removed_at=None
    ).order_by("not_before", "pk")
    sent, began = 0, machine_time.monotonic()
    for delivery in due.select_related("webhook__workspace")[:LIMIT]:
        if machine_time.monotonic() - began > SENDING_S:
            break
        sent += send(delivery, now)
    return sent


def address(webhook: Webhook, now: datetime) -> None:
    """Make one delivery of each thing people were told since the webhook was set."""
    since = max(webhook.created_at, now - LOOK_BACK)
    known = Delivery.objects.filter(webhook=webhook).values("key")
    told = Notice.objects.filter(workspace=webhook.workspace, created_at__gte=since)
    fresh = told.exclude(key__in=known).order_by("key")
    rows = fresh.values_list("key", "kind", "object", "path").distinct()[:LIMIT]
    Delivery.objects.bulk_create(
        [
            Delivery(
                webhook=webhook, key=key, kind=kind, object=name, path=path,
                message=f"msg_{secrets.token_hex(12)}", not_before=now, created_at=now,
            )
            for key, kind, name, path in rows
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def send(delivery: Delivery, now: datetime) -> int:
    """Send one delivery under a lease; return 1 when this call sent it and it was taken."""
    tries = delivery.attempts + 1
    rows = Delivery.objects.filter(pk=delivery.pk)
    held = rows.filter(state="waiting", attempts=delivery.attempts)
    if not held.update(attempts=tries, not_before=now + LEASE):
        return 0
    body = json.dumps(payload_of(delivery), separators=(",", ":"), sort_keys=True).encode()
    signed = headers_of(
        secrets_of(delivery.webhook, now), delivery.message, int(now.timestamp()), body
    )
    headers = {"content-type": "application/json", "user-agent": "Daybreak", **signed}
    try:
        status, error = post(delivery.webhook.url, body, headers), ""
    except Unreachable as unreachable:
        status, error = 0, str(unreachable)[:200]
    if 200 <= status < 300:
        rows.update(state="sent", status=status, error="", sent_at=now)
        return 1
    has_failed = tries > len(BACKOFF)
    wait = BACKOFF[min(tries, len(BACKOFF)) - 1]
    rows.update(
        state="failed" if has_failed else "waiting",
        not_before=now + timedelta(seconds=wait),
        status=status,
        error=error or f"answered {status}",
    )
    return 0


def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """Return the secrets that sign now: the newest, and the one before for a day."""
    found = [unseal(webhook.secret)]
    if webhook.previous and webhook.until is not None and webhook.until > now:
        found.append(unseal(webhook.previous))
    return found


def payload_of(delivery: Delivery) -> dict[str, Any]:
    """Return what is sent: an event, or a text for a chat."""
    place = f"{settings.BASE_URL}/w/{delivery.webhook.workspace.slug}/{delivery.path}"
    if delivery.webhook.format == "chat":
        return {"text": f"{delivery.object}: {WORDS[Kind(delivery.kind)]}. {place}"}
    return {
        "type": f"notice.{delivery.kind}",
        "timestamp": f"{delivery.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "data": {
            "workspace": delivery.webhook.workspace.slug,
            "object": delivery.object,
            "url": place,
        },
    }


def send_again(delivery: Delivery, *, by: Member) -> None:
    """Let a delivery be made once more, at the worker's next look."""
    require_right(by, Right.MANAGE_WEBHOOKS)
    fresh = Delivery.objects.filter(pk=delivery.pk).exclude(state="waiting")
    fresh.update(state="waiting", attempts=0, not_before=clock.now(), error="")
