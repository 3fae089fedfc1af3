"""Characters a reader cannot see. Pure. They carry instructions past a reviewer's eyes."""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that print nothing; their category says nothing of it."""


class Segment(NamedTuple):
    """A run of readable text, or one hidden character.

    code is empty for a run; for a hidden character it is `U+200B`, name is its Unicode name.
    """

    text: str
    code: str = ""
    name: str = ""


def is_hidden(char: str, before: str = "") -> bool:
    """Say whether `char` prints nothing or turns the reading direction.

    before: the character in front of it, because U+FE0F is plain after a symbol (an emoji).
    Space, tab and line feed are not hidden; every other blank is.
    """
    if char in " \t\n":
        return False
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return not (char == "\ufe0f" and bool(before) and unicodedata.category(before) == "So")
    category = unicodedata.category(char)
    return category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"} or char in BLANK_LETTERS


def split_hidden(text: str) -> Iterator[Segment]:
    r"""Yield the text as runs and single hidden characters; joined they are the text again.

    A carriage return directly before a line feed stays in its run: it is a line end, not a trick.
    """
    start = 0
    before = ""
    for position, char in enumerate(text):
        line_end = char == "\r" and text[position + 1 : position + 2] == "\n"
        if is_hidden(char, before) and not line_end:
            if start < position:
                yield Segment(text[start:position])
            yield Segment(char, code=f"U+{ord(char):04X}", name=name_of(char))
            start = position + 1
        before = char
    if start < len(text):
        yield Segment(text[start:])


def name_of(char: str) -> str:
    """Return the Unicode name in lower case, or what kind of character it is."""
    named = unicodedata.name(char, "")
    if named:
        return named.lower()
    return {"Cc": "control character", "Cs": "half of a surrogate pair"}.get(
        unicodedata.category(char), "character without a name"
    )


def count_hidden(text: str) -> int:
    """Return how many hidden characters the text has."""
    return sum(1 for segment in split_hidden(text) if segment.code)
