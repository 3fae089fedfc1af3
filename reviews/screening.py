"""What the words of a text could do: commands, addresses, left-out checks and the like. Pure.

Linear in the length of the text: phrases of words, forms of things, and both once more in what a
disguise of letters or names hides.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from functools import cached_property

from reviews.diffs import HIDDEN
from reviews.disguises import find_codes, split_camels, unmask
from reviews.hits import Code, Hit
from reviews.patterns import (
    blob_hits,
    host_hits,
    mixed_scripts,
    pattern_hits,
    phrases_without_spaces,
)
from reviews.phrases import is_check, word_hits
from reviews.vocabulary import LETTER_APOSTROPHE

__all__ = ["Code", "Hit", "Reading", "fold", "is_check", "screen"]

_BOUNDARY = re.compile(r"\n+|(?<=[.!?;])\s+|(?<=\u3002)")
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019](?=\w)")
# Some signs stand for eighteen letters each; a text of them is not read, it is reported.
_MOST_GROWTH = 2
_PIECE = 4_096
_HIDDEN_RUN = re.compile(f"(?:{HIDDEN.pattern})+")
# What composition leaves over is drawn over letters to part them from their words.
_MARKS = re.compile("[\u0300-\u036f]+")
# Odd spaces stay spaces and line separators line feeds; what has no width goes.
_PLAIN_SPACES = dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F], " ") | {
    0x2028: "\n",
    0x2029: "\n",
}


def fold(text: str) -> str:
    """Return a text as it is screened, in lower case."""
    return Reading(text).folded


class Reading:
    """A text as it is screened: compatibility forms folded, hidden characters out, lower case.

    is_unreadable: folding would have blown the text up; it was left as it is.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        bare = text if text.isascii() else _HIDDEN_RUN.sub("", text.translate(_PLAIN_SPACES))
        normal = _normalised(bare)
        self.is_unreadable = normal is None
        self.normal = bare if normal is None else _MARKS.sub("", normal)
        self.folded = self.normal.lower()
        if "'" in self.folded or "\u2019" in self.folded:
            self.folded = _APOSTROPHE.sub(LETTER_APOSTROPHE, self.folded)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BOUNDARY.finditer(self.folded))]

    @cached_property
    def statements(self) -> list[str]:
        """Return the statements of the folded text, white space collapsed."""
        ends = [*self._starts[1:], len(self.folded)]
        pieces = zip(self._starts, ends, strict=True)
        return [" ".join(self.folded[start:end].split()) for start, end in pieces]

    def statements_at(self, hit: Hit) -> range:
        """Return the numbers of the statements `hit` stands in."""
        first = bisect_right(self._starts, hit.start) - 1
        return range(first, max(first + 1, bisect_right(self._starts, hit.end - 1)))

    def raw_span(self, hit: Hit) -> tuple[int, int] | None:
        """Return from where to where `hit` stands in the text as it came.

        None where folding changed lengths in a way that is not kept track of.
        """
        places = self._places
        if places is None or len(self.normal) != len(self.folded):
            return None
        return places[hit.start], places[hit.end - 1] + 1

    @cached_property
    def _places(self) -> Sequence[int] | None:
        """Return for each place of the folded text the place it had in the text as it came."""
        if self._text.isascii():
            return range(len(self._text))
        places: list[int] = []
        for place, sign in enumerate(self._text):
            plain = sign.translate(_PLAIN_SPACES)
            bare = "" if HIDDEN.fullmatch(plain) else plain
            places.extend([place] * len(_MARKS.sub("", unicodedata.normalize("NFKC", bare))))
        return places if len(places) == len(self.normal) else None

    def words_at(self, hit: Hit) -> str:
        """Return the words of `hit` as they were written, white space collapsed."""
        return self._written(hit.start, hit.end)

    def statement_at(self, hit: Hit) -> str:
        """Return the statements `hit` stands in, as they were written."""
        return self._written(*self.span_at(hit))

    def span_at(self, hit: Hit) -> tuple[int, int]:
        """Return where the statements of `hit` begin and end."""
        numbers = self.statements_at(hit)
        following = numbers.stop
        end = self._starts[following] if following < len(self._starts) else len(self.folded)
        return self._starts[numbers.start], end

    def _written(self, start: int, end: int) -> str:
        # Lower case has another length in a handful of scripts; then it is shown in lower case.
        same_places = len(self.normal) == len(self.folded)
        return " ".join((self.normal if same_places else self.folded)[start:end].split())


def _normalised(text: str) -> str | None:
    """Return `text` in NFKC, None where that would be more than twice as long."""
    if text.isascii():
        return text
    pieces: list[str] = []
    room = _MOST_GROWTH * len(text) + 100
    for at in range(0, len(text), _PIECE):
        pieces.append(unicodedata.normalize("NFKC", text[at : at + _PIECE]))
        room -= len(pieces[-1])
        if room < 0:
            return None
    return "".join(pieces)


def screen(reading: Reading, enough: Container[Code] = frozenset()) -> Iterator[Hit]:
    """Yield what the text holds, in no order; one place can be hit more than once.

    enough: codes nobody asks for any more; it is looked at again and again while hits are taken.
    """
    yield from word_hits(reading.folded, enough)
    yield from pattern_hits(reading.folded, enough)
    yield from host_hits(reading.folded, enough)
    yield from blob_hits(reading.normal, enough)
    yield from _disguised_hits(reading, enough)
    if not reading.folded.isascii():
        yield from mixed_scripts(reading.folded, enough)
        yield from phrases_without_spaces(reading.folded)


# In a name words are parts of one thing: what they say together counts, what each says does not.
_SAID_BY_NAMES = frozenset(
    {Code.SKIPPED_CHECK, Code.OVERSIGHT, Code.INSTRUCTION, Code.AUTHORITY, Code.PERMISSION}
)
_NAME = re.compile(r"(?<!\w)[^\W_]\w{0,200}_\w{1,200}")
_ORDER_AS_NAME = re.compile(
    r"(?<![^\W_])(?:always|never|you|please|remember|from_now|do_not|dont|note_to|system|dear)"
    r"(?:_[^\W_]{1,30}){3,30}"
)
_COMMAND_AS_NAME = re.compile(
    r"(?<![^\W_])(?:curl|wget|sudo|rm|chmod|pip_install|npm_install)_[^\W_]{1,30}_\w{1,60}"
)
_ADDRESS_AS_NAME = re.compile(r"(?<![^\W_])(?:https?|www)_[^\W_]{1,40}_\w{1,60}")
_SPREAD_AS_NAME = re.compile(
    r"(?<![^\W_])(?:send|tell|nenne|gib|envoie|manda|include|share|give|show|print|log|leak|reveal|post|export|dump|copy)_"
    r"(?:[^\W_]{1,20}_){0,3}(?:passwords?|passwort|senha|credentials?|secrets?|api_keys?|tokens?|otp)(?![^\W_])"
)


def _disguised_hits(reading: Reading, enough: Container[Code]) -> Iterator[Hit]:
    """Find what is written with look-alike letters, as one name, or in a code."""
    texts = [reading.folded]
    for plain in unmask(reading.folded):
        texts.append(plain)
        yield from word_hits(plain, enough)
        yield from pattern_hits(plain, enough, only=Code.INSTRUCTION)
        yield from host_hits(plain, enough)
    for text in texts:
        if "_" in text:
            yield from _name_hits(text, enough)
    for start, end, words in split_camels(reading.normal):
        for hit in _name_hits(words.replace(" ", "_"), enough):
            yield Hit(hit.code, start, end)
    for start, end in find_codes(reading.normal):
        if Code.BLOB not in enough:
            yield Hit(Code.BLOB, start, end)


def _name_hits(folded: str, enough: Container[Code]) -> Iterator[Hit]:
    """Find what names say whose words stand between underscores."""
    parted = folded.replace("_", " ")
    for hit in word_hits(parted, enough):
        if hit.code in _SAID_BY_NAMES:
            yield hit
    # What stands before a name ("after … failed") softens nothing that the name says.
    for name in _NAME.finditer(folded):
        for hit in word_hits(name[0].replace("_", " "), enough):
            if hit.code in _SAID_BY_NAMES:
                yield Hit(hit.code, name.start() + hit.start, name.start() + hit.end)
    yield from pattern_hits(parted, enough, only=Code.INSTRUCTION)
    for code, pattern in (
        (Code.INSTRUCTION, _ORDER_AS_NAME),
        (Code.COMMAND, _COMMAND_AS_NAME),
        (Code.CREDENTIAL, _SPREAD_AS_NAME),
        (Code.ADDRESS, _ADDRESS_AS_NAME),
    ):
        for found in pattern.finditer(folded):
            if code not in enough:
                yield Hit(code, found.start(), found.end())
