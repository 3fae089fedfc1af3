"""Drawing lots by a keyed hash: who holds the key can repeat a draw, nobody else foresees it. Pure.

A draw depends on what it is for and on what it is about, and on nothing that can be chosen later.
"""

import hashlib
import hmac

SPAN = 2**64


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
