"""Signatures of webhooks in the form of Standard Webhooks, version v1. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
TOLERANCE_S = 300


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret as it is shown: whsec_ and base64. Raises ValueError."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error


def spell_secret(raw: bytes) -> str:
    """Return a secret as it is shown."""
    return PREFIX + base64.b64encode(raw).decode()


def sign(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the base64 of HMAC-SHA256 over id, time and body, parted by dots."""
    signed = b".".join((message.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(key_of(secret), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def headers_of(secrets: Sequence[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers; with two secrets both signatures, so that either one verifies."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(one, message, timestamp, body) for one in secrets),
    }


def is_signed(secret: str, message: str, timestamp: int, body: bytes, signatures: str) -> bool:
    """Say whether one of the signatures, parted by blanks, is this secret's; others do not count.

    Compared without telling by the time it takes how much of one was right.
    """
    expected = sign(secret, message, timestamp, body).encode()
    given = [one.encode() for one in signatures.split(" ")]
    return sum(hmac.compare_digest(expected, one) for one in given) > 0
