"""Looking words up in texts of memory. Pure: paths and texts in, places out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_LINES = 3
"""Lines of one memory that are shown; the whole text is one read away."""
LONGEST_LINE = 200
"""Characters of one line that are shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """A memory in which every word stands. lines: (number from 1, text) of the first that hold one.

    count: how often the words stand in path and text together.
    """

    path: str
    lines: tuple[tuple[int, str], ...]
    count: int


def look_up(query: str, texts: Mapping[str, str]) -> list[Place]:
    """Return the memories whose path or text holds every word of `query`, fullest first.

    Upper and lower case are the same. A query without a word is found nowhere.
    """
    words = query.casefold().split()
    if not words:
        return []
    places = [_place(path, text, words) for path, text in texts.items()]
    return sorted(
        (place for place in places if place is not None), key=lambda one: (-one.count, one.path)
    )


def _place(path: str, text: str, words: Sequence[str]) -> Place | None:
    folded = f"{path}\n{text}".casefold()
    if not all(word in folded for word in words):
        return None
    held = [
        (number, line.strip()[:LONGEST_LINE])
        for number, line in enumerate(text.splitlines(), start=1)
        if any(word in line.casefold() for word in words)
    ]
    return Place(path, tuple(held[:MOST_LINES]), sum(folded.count(word) for word in words))
