"""The keys of the log: one signs checkpoints, one wraps the keys of erasable values.

Both lie in files of mode 0600 in the data folder, made at first use; the second may come from the
environment instead (DAYBREAK_AUDIT_KEK or its _FILE), and has to where several hosts write. Only
the worker signs. Public keys that may have signed are listed, one a line, in `log.verifiers`.
"""

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from reviews.audit.errors import KeyMissing
from reviews.audit.notes import Signer, Verifier

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyEncryptionKey:
    """The key that wraps others, split by use; `id` says which one it is and reveals nothing."""

    id: str
    wrapping: bytes
    tagging: bytes


def keys_dir() -> Path:
    """Return the folder of the keys, made with mode 0700 when it is not there."""
    folder = Path(settings.DATA_DIR) / "keys"
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def origin() -> str:
    """Return the name of this log: the first line of its checkpoints and its signer's name."""
    return str(settings.ORIGIN)


def signing_path() -> Path:
    """Return where the private signing keys lie, the newest first."""
    return keys_dir() / "log-signing.key"


def verifiers_path() -> Path:
    """Return where the public keys lie."""
    return keys_dir() / "log.verifiers"


def signers() -> tuple[Signer, ...]:
    """Return the signers of the next checkpoint, making the first key when there is none.

    Two only while a rotation has not been signed yet: the new key and the one it follows.
    """
    path = signing_path()
    if not path.exists():
        write_new(path, encode(secrets.token_bytes(KEY_BYTES)))
    made = tuple(signer_of(line) for line in path.read_text(encoding="ascii").split())
    if not made:
        raise KeyMissing(f"{path} is empty: put the signing key back from your backup.")
    known = {verifier.to_text() for verifier in listed_verifiers()}
    fresh = [s.verifier.to_text() for s in made if s.verifier.to_text() not in known]
    if fresh:
        with verifiers_path().open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in fresh)
    return made


def signer_of(line: str) -> Signer:
    """Return the signer whose private key this line spells; raise KeyMissing."""
    return Signer(origin(), Ed25519PrivateKey.from_private_bytes(decode(line, signing_path())))


def new_signer() -> Signer:
    """Return a fresh signer that is not kept anywhere yet."""
    return Signer(origin(), Ed25519PrivateKey.generate())


def keep_signers(kept: Sequence[Signer]) -> None:
    """Write down who signs from now on, the newest first, in one step; list their public keys."""
    path = signing_path()
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    write_new(fresh, "\n".join(encode(signer.private.private_bytes_raw()) for signer in kept))
    fresh.replace(path)
    signers()


def listed_verifiers() -> tuple[Verifier, ...]:
    """Return the public keys in the list; none when there is no list yet."""
    path = verifiers_path()
    if not path.exists():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(Verifier.from_text(line) for line in lines if line.strip())


def kek() -> KeyEncryptionKey:
    """Return the key-encryption key; raise KeyMissing when there is none yet."""
    configured = getattr(settings, "AUDIT_KEK", "")
    if configured:
        return split_kek(decode(configured, "DAYBREAK_AUDIT_KEK"))
    path = kek_path()
    try:
        return read_kek(path, path.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise KeyMissing(
            f"{path} is missing, and stored values can be read with it only: put it back from your "
            "backup, or set DAYBREAK_AUDIT_KEK to its content."
        ) from error


def kek_path() -> Path:
    """Return where the key-encryption key lies when the environment does not give it."""
    return keys_dir() / "log-values.key"


def make_kek() -> KeyEncryptionKey:
    """Make the key-encryption key of a new log, unless another process just did."""
    write_new(kek_path(), encode(secrets.token_bytes(KEY_BYTES)))
    return kek()


@lru_cache(maxsize=4)
def read_kek(path: Path, _changed_ns: int) -> KeyEncryptionKey:
    """Return the key in a file, read again only when the file was changed."""
    return split_kek(decode(path.read_text(encoding="ascii"), path))


@lru_cache(maxsize=4)
def split_kek(raw: bytes) -> KeyEncryptionKey:
    """Return the parts of a key-encryption key of 32 bytes."""
    parts = {use: hmac.digest(raw, use, "sha256") for use in (b"id", b"wrapping", b"tagging")}
    return KeyEncryptionKey(parts[b"id"].hex()[:16], parts[b"wrapping"], parts[b"tagging"])


def write_new(path: Path, content: str) -> None:
    """Write a file of mode 0600 that is whole when it appears; leave one that is already there."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{content}\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def encode(raw: bytes) -> str:
    """Return the text in which a key is kept."""
    return base64.b64encode(raw).decode()


def decode(text: str, where: object) -> bytes:
    """Return the 32 bytes of a key; raise KeyMissing, naming the place."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyMissing(f"{where} is not base64.") from error
    if len(raw) != KEY_BYTES:
        raise KeyMissing(f"{where} holds {len(raw)} bytes instead of {KEY_BYTES}.")
    return raw
