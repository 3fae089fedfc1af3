"""The ids people read aloud: P-1042, D-87. Pure; primary keys never show."""

import re
from typing import NamedTuple

KINDS = {
    "P": "proposal",
    "D": "dream",
    "M": "memory",
    "S": "session",
    "R": "release",
    "X": "export",
    "C": "containment",
    "Q": "quarantine",
}
LARGEST = 2**63 - 1
SPELLING = re.compile(r"([A-Za-z])-?([0-9]{1,19})")


class BadId(ValueError):
    """The text is not the spelling of a human id; says what one looks like."""


class HumanId(NamedTuple):
    """A letter of KINDS and the number it counts within its workspace, from 1."""

    letter: str
    number: int


def spell_id(letter: str, number: int) -> str:
    """Return the one spelling of a human id, such as `P-1042`.

    Raises BadId for a letter that is not in KINDS or a number outside 1 to 2**63 - 1.
    """
    if letter not in KINDS:
        raise BadId(f"No kind of id begins with {letter!r}. Known: {', '.join(KINDS)}.")
    if not 1 <= number <= LARGEST:
        raise BadId(f"The number of an id is 1 to {LARGEST}, not {number}.")
    return f"{letter}-{number}"


def parse_id(text: str, *, expected: str = "") -> HumanId:
    """Return (letter, number) of a typed id: `P-1042`, `p-1042` and `P1042` are the same.

    expected: a letter of KINDS when only one kind makes sense here, else any kind is taken.
    Raises BadId; its message names the input (cut to 40 characters) and a right spelling.
    """
    example = f"{expected or 'P'}-1042"
    match = SPELLING.fullmatch(text.strip())
    if match is None:
        raise BadId(f"{text[:40]!r} is not an id. An id looks like {example}.")
    letter, number = match[1].upper(), int(match[2])
    if letter not in KINDS or (expected and letter != expected):
        kind = f"a {KINDS[expected]}" if expected else "a known kind"
        raise BadId(f"{text[:40]!r} is not the id of {kind}. It looks like {example}.")
    if not 1 <= number <= LARGEST:
        raise BadId(f"{text[:40]!r} has no such number. An id looks like {example}.")
    return HumanId(letter, number)
