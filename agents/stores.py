"""What a store may hold, and how its contents are named. Pure.

The limits are those of hosted memory stores, so that a store can be moved there and back.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.errors import InvalidInput, InvalidPath, StoreFull

MAX_PATH_BYTES = 1_024
MAX_SEGMENTS = 20
MAX_MEMORY_BYTES = 102_400
MAX_MEMORIES = 2_000

# Control, format, lone surrogate, private and unassigned characters, line and paragraph separators:
# what a person cannot see in a path, or what two systems may read differently.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class ReleaseLine(NamedTuple):
    """One path of a release: numbers as people quote them (M-311, version 4) and primary keys."""

    path: str
    memory: int
    version: int
    sha256: str
    memory_id: int
    version_id: int


def check_path(path: str) -> None:
    """Raise InvalidPath unless `path` may name a memory: `/mistake/refund-window-1a2b3c4d.md`.

    It starts with "/", has 1 to 20 non-empty segments, none of them "." or "..", at most 1,024
    bytes of UTF-8, is in NFC and holds no control or format characters.
    """
    fault = _fault_of_path(path)
    if fault:
        raise InvalidPath(f"The path {path[:80]!r} {fault}.")


def _fault_of_path(path: str) -> str:
    unseen = next((c for c in path if unicodedata.category(c) in UNSEEN), "")
    if unseen:
        return f"holds U+{ord(unseen):04X}, which cannot be seen; remove it"
    if not path.startswith("/"):
        return 'does not start with "/"'
    size = len(path.encode())
    if size > MAX_PATH_BYTES:
        return f"has {size:,} bytes; the limit is {MAX_PATH_BYTES:,}"
    if not unicodedata.is_normalized("NFC", path):
        return "is not in the composed form of Unicode (NFC); normalise it"
    return _fault_of_segments(path[1:].split("/"))


def _fault_of_segments(segments: Sequence[str]) -> str:
    if len(segments) > MAX_SEGMENTS:
        return f"has {len(segments)} segments; the limit is {MAX_SEGMENTS}"
    return 'has an empty segment, "." or ".."' if {"", ".", ".."} & set(segments) else ""


def check_content(path: str, content: str) -> None:
    """Raise StoreFull for a text beyond 102,400 bytes, InvalidInput for one that is no memory.

    path: named in the message. NUL and lone surrogates cannot be stored; an empty text is what
    retiring is for.
    """
    if not content:
        raise InvalidInput(f"The text for {path} is empty; retire the path instead.")
    if "\0" in content:
        raise InvalidInput(f"The text for {path} holds a NUL character; remove it.")
    try:
        size = len(content.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"The text for {path} holds half a character (a lone surrogate) at {error.start:,}."
        ) from error
    if size > MAX_MEMORY_BYTES:
        raise StoreFull(
            f"The text for {path} has {size:,} bytes; a memory holds {MAX_MEMORY_BYTES:,}."
        )


def check_room(path: str, held: int) -> None:
    """Raise StoreFull when a store that holds `held` memories takes no new path."""
    if held >= MAX_MEMORIES:
        raise StoreFull(
            f"The store holds {held:,} memories, which is the limit; "
            f"retire or merge some before adding {path}."
        )


def text_sha256(content: str) -> str:
    """Return the identity of a text: SHA-256 of its UTF-8 bytes, in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def manifest(lines: Iterable[tuple[str, str]]) -> bytes:
    """Return the exact bytes a release's SHA-256 is over, from (path, version sha256) pairs.

    One line a path, in the order of the path's UTF-8 bytes: 64 hex digits, two blanks, the path,
    one line feed, all in UTF-8; an empty release is no bytes. It is the form `sha256sum` prints.
    """
    # Code point order is the order of the UTF-8 bytes.
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(lines)).encode()


def manifest_sha256(lines: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256 of `manifest(lines)`, in hex."""
    return hashlib.sha256(manifest(lines)).hexdigest()
