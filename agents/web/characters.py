"""Characters a reader cannot see. Pure. They carry instructions past a reviewer's eyes."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Controls other than tab and line feed, bidirectional and zero-width characters, variation
# selectors, tags, fillers, odd spaces, private use and lone surrogates. The Arabic number signs
# are format characters too, but print, and stay out.
HIDDEN_RANGES = (
    "\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
HIDDEN_RUN = re.compile(f"([{HIDDEN_RANGES}]+)")
# A carriage return in front of a line feed is a line end; U+FE0F behind a symbol is an emoji.
PLAIN = re.compile("\r(?=\n)|(?<=[\u2190-\u2bff\U0001f000-\U0001faff])\ufe0f")
BOXES_A_RUN = 4
BOXES_A_TEXT = 30


# A letter of another alphabet in a word of Latin ones is drawn like a Latin one, or nearly. The
# micro and ohm signs stand beside Latin letters in units, as do Greek ones in front of them.
_ALIKE = "\u0370-\u03bb\u03bd-\u03c8\u03ca-\u03ff\u0400-\u052f\u0561-\u0587\u13a0-\u13f5"
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[A-Za-z]")
LOOK_ALIKE = re.compile(f"[{_ALIKE}]+")


class Segment(NamedTuple):
    """Text to print as it is, or (is_hidden) the words of a box and the name of what it hides.

    is_first: the text names what memory never held before.
    """

    text: str
    is_hidden: bool = False
    name: str = ""
    is_first: bool = False


def split_hidden(text: str) -> Iterator[Segment]:
    """Yield the text as readable runs and boxes for what would not show.

    A box reads `U+202E`, with its count where the character repeats (`U+200B x57`). A run of more
    than four different ones is boxed as the first four and the number of the rest, and of a text
    full of boxes the rest is counted too, so that neither can bury a page.
    """
    pieces = enumerate(HIDDEN_RUN.split(PLAIN.sub("", text)))
    return few_boxes(
        part
        for place, piece in pieces
        if piece
        for part in (boxes(piece) if place % 2 else split_alike(piece))
    )


def few_boxes(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield the segments with BOXES_A_TEXT boxes at most, and how many were left out at the end."""
    seen = 0
    for segment in segments:
        seen += segment.is_hidden
        if not segment.is_hidden or seen <= BOXES_A_TEXT:
            yield segment
    if seen > BOXES_A_TEXT:
        left = seen - BOXES_A_TEXT
        yield Segment(f"and {left} boxes more", is_hidden=True, name="hidden characters")


def split_alike(text: str) -> Iterator[Segment]:
    """Yield a text without hidden characters, with boxes for look-alike letters.

    A letter of another alphabet is boxed where its word has a Latin letter too.
    """
    if text.isascii() or not LOOK_ALIKE.search(text):
        yield Segment(text)
        return
    at = 0
    for word in _WORD.finditer(text):
        if not _LATIN.search(word[0]):
            continue
        for run in LOOK_ALIKE.finditer(word[0]):
            start, end = word.start() + run.start(), word.start() + run.end()
            if start > at:
                yield Segment(text[at:start])
            yield from boxes(run[0])
            at = end
    if at < len(text):
        yield Segment(text[at:])


def boxes(run: str) -> Iterator[Segment]:
    """Yield the boxes of a run of characters that do not show, or show as others."""
    counts = Counter(run)
    shown = 0
    for char, count in list(counts.items())[:BOXES_A_RUN]:
        times = f" x{count}" if count > 1 else ""
        name = unicodedata.name(char, "control character").lower()
        yield Segment(f"U+{ord(char):04X}{times}", is_hidden=True, name=name)
        shown += count
    if shown < len(run):
        yield Segment(f"and {len(run) - shown} more", is_hidden=True, name="hidden characters")


def count_hidden(text: str) -> int:
    """Return how many hidden characters the text has."""
    return sum(len(run) for run in HIDDEN_RUN.findall(PLAIN.sub("", text)))
