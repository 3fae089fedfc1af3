"""C2SP signed notes and checkpoints: text a third party's verifier reads.

Sources: c2sp.org/signed-note and c2sp.org/tlog-checkpoint. Ed25519 only (signature type 0x01). A
line by an unknown key is passed over; a line by a known key that does not hold spoils the note.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reviews.audit.errors import BadNote, BadProof, UnknownSigner
from reviews.audit.merkle import HASH_BYTES, TreeHead

ED25519 = b"\x01"
MAX_NOTE_BYTES = 65_536
MAX_SIGNATURES = 100
SIGNATURE_LINE = re.compile("\u2014 ([^ \\s+]+) ([A-Za-z0-9+/]+={0,2})\\Z")
KEY_NAME = re.compile(r"[^\s+]+\Z")
SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name it signs under."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not KEY_NAME.match(self.name) or len(self.public) != 32:
            raise BadNote(f"{self.name!r} with {len(self.public)} bytes is no verification key.")

    @property
    def key_id(self) -> bytes:
        """Four bytes that find the key; they prove nothing."""
        named = self.name.encode() + b"\n" + ED25519 + self.public
        return hashlib.sha256(named).digest()[:4]

    def to_text(self) -> str:
        """Return the key as one line: name+key id+base64 of type and key."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(ED25519 + self.public)}"

    @classmethod
    def from_text(cls, text: str) -> "Verifier":
        """Read one line; raise BadNote when it is none or its key id is another key's."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise BadNote("A verification key is name+id+key.")
        raw = decode64(parts[2])
        if raw[:1] != ED25519:
            raise BadNote("The verification key is not of type Ed25519.")
        verifier = cls(parts[0], raw[1:])
        if verifier.key_id.hex() != parts[1]:
            raise BadNote(f"The key id {parts[1]} is not that of the key beside it.")
        return verifier

    def holds(self, text: str, signature: bytes) -> bool:
        """Say whether this key signed `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the name it signs under."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Verifier(self.name, raw)

    def signature_line(self, text: str) -> str:
        """Return the line that signs `text`, with its line feed."""
        signed = self.verifier.key_id + self.private.sign(text.encode())
        return f"\u2014 {self.name} {encode64(signed)}\n"


@dataclass(frozen=True, slots=True)
class CheckpointText:
    """What a checkpoint states: which log, and its tree."""

    origin: str
    head: TreeHead

    def to_text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.head.size}\n{encode64(self.head.root)}\n"

    @classmethod
    def from_text(cls, text: str) -> "CheckpointText":
        """Read the signed lines; lines after the third are extensions and are not read."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or "" in lines[:-1]:
            raise BadNote("A checkpoint has an origin, a size and a root, each on its line.")
        if not SIZE.match(lines[1]):
            raise BadNote(f"{lines[1][:40]!r} is not a size.")
        root = decode64(lines[2])
        if len(root) != HASH_BYTES:
            raise BadNote(f"The root has {len(root)} bytes instead of {HASH_BYTES}.")
        try:
            return cls(lines[0], TreeHead(int(lines[1]), root))
        except BadProof as error:
            raise BadNote(str(error)) from error


def sign(text: str, signers: Sequence[Signer]) -> str:
    """Return the note: `text`, an empty line, one signature line for each signer."""
    check_note_text(text)
    return f"{text}\n" + "".join(signer.signature_line(text) for signer in signers)


def open_note(note: str, verifiers: Sequence[Verifier]) -> str:
    """Return the signed text if at least one known key signed it.

    Raises UnknownSigner when no line is by a known key, BadNote for everything else: a line by a
    known key that does not hold, or text that is no note.
    """
    text, lines = split_note(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    seen: set[tuple[str, bytes]] = set()
    for name, raw in lines:
        verifier = known.get((name, raw[:4]))
        if verifier is None:
            continue
        if (name, raw[:4]) in seen:
            raise BadNote(f"The key {name} signed twice.")
        seen.add((name, raw[:4]))
        if not verifier.holds(text, raw[4:]):
            raise BadNote(f"The signature of {name} does not hold.")
    if not seen:
        names = ", ".join(sorted({name for name, _ in lines}))
        raise UnknownSigner(f"Signed by {names}, and none of these keys is known here.")
    return text


def open_checkpoint(note: str, verifiers: Sequence[Verifier], origin: str) -> CheckpointText:
    """Return what a signed checkpoint of the log `origin` states; raise BadNote otherwise."""
    checkpoint = CheckpointText.from_text(open_note(note, verifiers))
    if checkpoint.origin != origin:
        raise BadNote(f"A checkpoint of the log {checkpoint.origin!r}, not of {origin!r}.")
    return checkpoint


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the signed text and the (name, key id and signature) of each line; raise BadNote."""
    if len(note) > MAX_NOTE_BYTES:
        raise BadNote(f"{len(note):,} characters are no note.")
    text, empty_line, tail = note.rpartition("\n\n")
    if not empty_line or not tail.endswith("\n"):
        raise BadNote("A note is text, an empty line and signature lines.")
    text += "\n"
    check_note_text(text)
    raw_lines = tail[:-1].split("\n")
    if len(raw_lines) > MAX_SIGNATURES:
        raise BadNote(f"{len(raw_lines)} signatures are more than {MAX_SIGNATURES}.")
    return text, [read_signature_line(line) for line in raw_lines]


def read_signature_line(line: str) -> tuple[str, bytes]:
    """Return name and bytes of one signature line; raise BadNote."""
    match = SIGNATURE_LINE.match(line)
    if match is None:
        raise BadNote(f"{line[:60]!r} is not a signature line.")
    raw = decode64(match[2])
    if len(raw) < 5:
        raise BadNote("A signature line holds a key id and a signature.")
    return match[1], raw


def check_note_text(text: str) -> None:
    """Raise BadNote unless `text` may be signed: whole lines, no control characters."""
    if not text.endswith("\n"):
        raise BadNote("The text of a note ends with a line feed.")
    if any(ord(character) < 0x20 and character != "\n" for character in text):
        raise BadNote("The text of a note holds a control character.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadNote("The text of a note is not valid Unicode.") from error


def encode64(raw: bytes) -> str:
    """Return standard base64 with padding."""
    return base64.b64encode(raw).decode()


def decode64(text: str) -> bytes:
    """Return the bytes; raise BadNote unless `text` is their only base64 spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote(f"{text[:60]!r} is not base64.") from error
    if encode64(raw) != text:
        raise BadNote(f"{text[:60]!r} is not the canonical base64 of its bytes.")
    return raw
