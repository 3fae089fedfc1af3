"""Erasable values: text beside the log, bound to it by a salted commitment.

commitment = SHA-256(0x02 || 32 bytes of salt || canonical JSON string). The text is encrypted under
a key of its subject, the key under the installation's key-encryption key, so destroying one row of
`Key` makes the text unreadable in every backup as well, and the tree still verifies.
"""

import hmac
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reviews.audit import canonical, keys
from reviews.audit.errors import KeyMissing, ValueUnreadable
from reviews.audit.keys import KeyEncryptionKey
from reviews.audit.models import Key, Value

VALUE_PREFIX = b"\x02"
SALT_BYTES = 32
NONCE_BYTES = 12
BATCH = 500


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A fresh key of one subject: `secret` is stored, `clear` is not."""

    id: uuid.UUID
    subject: str
    secret: bytes
    kek: str
    clear: bytes


@dataclass(frozen=True, slots=True)
class SealedValue:
    """A value ready to be stored."""

    commitment: str
    salt: bytes
    ciphertext: bytes
    key: uuid.UUID
    tag: str | None


def commit(salt: bytes, text: str) -> str:
    """Return the commitment to `text` under 32 bytes of salt, in hex."""
    return commit_spelled(salt, canonical.encode_text(text))


def commit_spelled(salt: bytes, spelled: bytes) -> str:
    """Return the commitment to a text that is spelled canonically already."""
    return sha256(VALUE_PREFIX + salt + spelled).hexdigest()


def writing_kek() -> KeyEncryptionKey:
    """Return the key-encryption key, made now if nothing was ever encrypted under one."""
    try:
        return keys.kek()
    except KeyMissing:
        if Key.objects.exists():
            raise
        return keys.make_kek()


def make_key(subject: str, kek: KeyEncryptionKey) -> SubjectKey:
    """Return a new key for values of `subject`."""
    key_id = uuid.UUID(bytes=secrets.token_bytes(16), version=4)
    clear = AESGCM.generate_key(256)
    return SubjectKey(key_id, subject, encrypt(kek.wrapping, clear, key_id.bytes), kek.id, clear)


def seal_value(text: str, key: SubjectKey, tag: str | None = None) -> SealedValue:
    """Return `text` committed to and encrypted; raise NotCanonical for NUL and lone surrogates."""
    salt, spelled = secrets.token_bytes(SALT_BYTES), canonical.encode_text(text)
    commitment = commit_spelled(salt, spelled)
    ciphertext = encrypt(key.clear, spelled, commitment.encode())
    return SealedValue(commitment, salt, ciphertext, key.id, tag)


def tag_of(subject: str, text: str, kek: KeyEncryptionKey) -> str:
    """Return what finds the same text of the same subject again, and reveals neither."""
    return hmac.digest(kek.tagging, f"{subject}\n{text}".encode(), "sha256").hex()


def encrypt(key: bytes, clear: bytes, bound_to: bytes) -> bytes:
    """Return nonce and AES-256-GCM ciphertext; `bound_to` is where it may stand."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, bound_to)


def decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Return the clear bytes; raise ValueUnreadable when key, place or a byte is another."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise ValueUnreadable("does not decrypt") from error


class StoredValue(NamedTuple):
    """A value's row and its key's, as stored; null where cleared."""

    commitment: str
    salt: bytes | memoryview | None
    ciphertext: bytes | memoryview | None
    key: uuid.UUID
    secret: bytes | memoryview | None
    kek: str

    @property
    def is_cleared(self) -> bool:
        """Say whether the text can no longer be read."""
        return self.ciphertext is None or self.salt is None or self.secret is None


def open_spelled(value: StoredValue, kek: KeyEncryptionKey) -> bytes | None:
    """Return the canonical bytes of a stored value, None when it was cleared.

    Raises KeyMissing when another key-encryption key wrapped it, ValueUnreadable when the bytes are
    not those that were stored or do not open to the commitment.
    """
    if value.ciphertext is None or value.salt is None or value.secret is None:
        return None
    if value.kek != kek.id:
        raise KeyMissing(f"Wrapped by the key-encryption key {value.kek}, not by {kek.id}.")
    clear = decrypt(kek.wrapping, bytes(value.secret), value.key.bytes)
    spelled = decrypt(clear, bytes(value.ciphertext), value.commitment.encode())
    if commit_spelled(bytes(value.salt), spelled) != value.commitment:
        raise ValueUnreadable("does not open to its commitment")
    return spelled


def open_value(value: StoredValue, kek: KeyEncryptionKey) -> str | None:
    """Return the text of a stored value, None when it was cleared; raises as `open_spelled`."""
    spelled = open_spelled(value, kek)
    return None if spelled is None else str(json.loads(spelled))


def stored_values(commitments: Iterable[str]) -> dict[str, StoredValue]:
    """Return the stored rows with their keys by commitment, in few queries."""
    wanted = sorted(set(commitments))
    found: dict[str, StoredValue] = {}
    for at in range(0, len(wanted), BATCH):
        rows = Value.objects.filter(commitment__in=wanted[at : at + BATCH]).values_list(
            "commitment", "salt", "ciphertext", "key_id", "key__secret", "key__kek"
        )
        found.update({row[0]: StoredValue(*row) for row in rows})
    return found


def open_values(commitments: Mapping[str, str]) -> dict[str, str | None]:
    """Return the texts behind `commitments` (name -> commitment) by name; None: erased or missing.

    One entry's values, or those of many under names of your own choice, in few queries.
    """
    rows = stored_values(commitments.values())
    if not rows:
        return dict.fromkeys(commitments)
    kek = keys.kek()
    return {
        name: open_value(rows[commitment], kek) if commitment in rows else None
        for name, commitment in commitments.items()
    }


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A text with the salt that opens its commitment: whoever holds both can check it alone."""

    salt: str
    text: str


def disclose_values(commitments: Iterable[str]) -> dict[str, Disclosed | None]:
    """Return text and salt (hex) behind each commitment; None for what was erased.

    In few queries; what is not stored is left out. Raises as `open_spelled`.
    """
    rows = stored_values(commitments)
    if not rows:
        return {}
    kek = keys.kek()
    return {commitment: _disclose(row, kek) for commitment, row in rows.items()}


def _disclose(row: StoredValue, kek: KeyEncryptionKey) -> Disclosed | None:
    text = open_value(row, kek)
    return None if text is None or row.salt is None else Disclosed(bytes(row.salt).hex(), text)
