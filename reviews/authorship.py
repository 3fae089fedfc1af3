"""Which version of a memory each of its lines comes from. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from reviews.alignment import align_lines, lines_of, work_for

LINES = 400
"""Lines of a text that are told; a memory is rarely longer than a page."""


class Written(NamedTuple):
    """A line as it stands now, and the number of the version that wrote it so."""

    number: int
    text: str
    version: int


def trace_lines(texts: Iterable[tuple[int, str]]) -> tuple[Written, ...]:
    """Return the lines of the last text, each with the version that wrote it so.

    texts: (number, text) of every version, oldest first; '' for a tombstone. A line that was
    reworded belongs to who reworded it; one that came back after it was gone, to who put it back.
    """
    lines: list[str] = []
    writers: list[int] = []
    for number, text in texts:
        following = lines_of(text.removesuffix("\n"))
        from_before: dict[int, int] = {}
        for i, j in align_lines(lines, following, work_for("\n".join(lines), text), 0):
            if i is not None and j is not None and lines[i] == following[j]:
                from_before[j] = writers[i]
        lines, writers = following, [from_before.get(j, number) for j in range(len(following))]
    pairs = enumerate(zip(lines, writers, strict=True), start=1)
    return tuple(Written(at, line, version) for at, (line, version) in pairs)[:LINES]
