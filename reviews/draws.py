"""Drawing lots. Pure.

By a keyed hash: who holds the key can repeat a draw, nobody else foresees it; it depends on what it
is for and on what it is about, and on nothing that can be chosen later. Openly, by a seed that is
on the record: everybody can repeat it.
"""

import hashlib
import hmac
from collections.abc import Iterable

SPAN = 2**64
MOST_DRAWN = 200
"""Proposals a sample has at most: each is read whole by a person."""


def draw_number(key: bytes, purpose: str, *about: object) -> int:
    """Return a whole number of 0 to 2^64 - 1, the same for the same key, purpose and subject.

    about: what the draw is about; its parts are kept apart, so ("a", "bc") is not ("ab", "c").
    """
    words = [purpose, *map(str, about)]
    message = "\0".join(f"{len(word)}:{word}" for word in words)
    return int.from_bytes(hmac.digest(key, message.encode(), hashlib.sha256)[:8], "big")


def is_drawn(key: bytes, purpose: str, *about: object, percent: int) -> bool:
    """Say whether the lot falls on this subject; percent: of 100 subjects, how many it falls on."""
    return draw_number(key, purpose, *about) * 100 < percent * SPAN


def draw_openly(seed: str, names: Iterable[str], count: int) -> list[str]:
    """Return `count` of the names, in the order in which the lot falls on them.

    Each name gets SHA-256 of "seed:name" in hex; the names with the lowest are drawn. Whoever has
    seed and names repeats it with nothing but SHA-256. Where there are fewer names, all are drawn.
    """
    return sorted(set(names), key=lambda name: _lot(seed, name))[:count]


def _lot(seed: str, name: str) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
