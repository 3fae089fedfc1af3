"""Writing that hides what it says: letters that look like others, digits for letters, codes. Pure.

Each variant of a text has its length, so that a place found in one is the same place in the text.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

# Letters of other alphabets by the Latin letter they are drawn like.
_ALIKE = {
    "a": "\u0430\u03b1\u0251\u0101",
    "b": "\u0432\u044c\u03b2",
    "c": "\u0441\u03f2\u1d04",
    "d": "\u0501\u217e",
    "e": "\u0435\u03b5\u0454\u04bd",
    "f": "\u03dd\u0584",
    "g": "\u0261\u0581",
    "h": "\u04bb\u043d\u0570",
    "i": "\u0456\u03b9\u0131\u0457\u1d09",
    "j": "\u0458\u03f3",
    "k": "\u043a\u03ba\u1d0b",
    "l": "\u04cf\u01c0\u05c0",
    "m": "\u043c\u1d0d",
    "n": "\u0578\u03b7\u057c",
    "o": "\u043e\u03bf\u03c3\u0585\u0d20\u1d0f",
    "p": "\u0440\u03c1\u2374",
    "q": "\u051b\u0566",
    "r": "\u0433\u1d26",
    "s": "\u0455\u02e2\ua731",
    "t": "\u0442\u03c4\u1d1b",
    "u": "\u03c5\u057d\u1d1c",
    "v": "\u03bd\u0475\u1d20",
    "w": "\u051d\u0461\u03c9\u1d21",
    "x": "\u0445\u03c7\u00d7",
    "y": "\u0443\u03b3\u04af",
    "z": "\u1d22\u03b6",
}


class _Latin(dict[int, str]):
    """Code point -> the plain Latin letter it is drawn like, itself where it is like none."""

    def __missing__(self, code: int) -> str:
        base = unicodedata.normalize("NFD", chr(code))[0]
        self[code] = base if base.isascii() else chr(code)
        return self[code]


def _latin() -> _Latin:
    drawn = {ord(other): letter for letter, others in _ALIKE.items() for other in others}
    return _Latin({code: chr(code) for code in range(128)} | drawn)


_LATIN = _latin()
_DIGITS = (str.maketrans("0134578", "oieastb"), str.maketrans("0134578", "oleastb"))
_SIGNS = str.maketrans("@$!", "asi")
_MIXED_WORD = re.compile(
    r"(?<![^\W_])(?=[a-z0-9]{0,40}[a-z])(?=[a-z0-9]{0,40}[0134578])[a-z0-9]{2,40}"
)
_MANY = 3
_SIGN = re.compile(r"(?<=[a-z0-9])[@$!](?=[a-z0-9])|(?<!\w)[@$](?=[a-z]{2})")


def unmask(folded: str) -> tuple[str, ...]:
    """Return what a text in lower case says with look-alike letters and digits undone.

    A "1" is read as i, and once more as l. Nothing comes back where nothing would change.
    """
    plain = folded if folded.isascii() else folded.translate(_LATIN)
    if "@" in plain or "$" in plain or "!" in plain:
        plain = _SIGN.sub(lambda found: found[0].translate(_SIGNS), plain)
    found = [plain]
    if any(digit in plain for digit in "0134578"):
        found = [_undigit(plain, table) for table in _DIGITS]
    return tuple(text for text in dict.fromkeys(found) if text != folded)


def _undigit(plain: str, table: dict[int, int]) -> str:
    """Return a text with digits in words read as letters, all digits where many words have some."""
    if sum(1 for _ in islice(_MIXED_WORD.finditer(plain), _MANY)) == _MANY:
        return plain.translate(table)
    return _MIXED_WORD.sub(lambda word: word[0].translate(table), plain)


_CAMEL = re.compile(r"\b[A-Za-z][a-z]{1,20}(?:[A-Z][a-z]{0,20}){1,12}")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def split_camels(normal: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, its words in lower case) of each name written likeThis."""
    for found in _CAMEL.finditer(normal):
        yield found.start(), found.end(), _HUMP.sub(" ", found[0]).lower()


_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_*\u00b7]{1,2}){6,60}[^\W\d_](?![^\W_])")
_ESCAPED = re.compile(
    r"(?:&#x?[0-9a-f]{2,6};){4,99}|(?:%[0-9a-f]{2}){5,99}"
    r"|(?:\\u\{?[0-9a-f]{4,6}\}?|\\x[0-9a-f]{2}){4,99}",
    re.IGNORECASE,
)
_CODED = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{16,}={0,2}")
_READ = 400


def find_codes(normal: str) -> Iterator[tuple[int, int]]:
    """Yield where letters are spaced out, written as escapes, or in base64 that holds words."""
    for pattern in (_SPACED, _ESCAPED):
        for found in pattern.finditer(normal):
            yield found.span()
    for found in _CODED.finditer(normal):
        if _holds_words(found[0][:_READ]):
            yield found.span()


def _holds_words(code: str) -> bool:
    if code.isdigit() or code.islower() or code.isupper():
        return False
    bare = code.rstrip("=").translate(str.maketrans("-_", "+/"))
    whole = bare[: len(bare) - len(bare) % 4]
    try:
        text = base64.b64decode(whole).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return False
    plain = sum(letter.isalpha() or letter in " .,:/'-_!\n" for letter in text)
    return " " in text and plain >= 0.9 * len(text)
