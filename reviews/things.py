"""What a text names that could do something: hosts, commands, packages, paths, permissions. Pure.

The places are those screening finds for the risk; here each becomes a thing with a name, so that
it can be looked for in what memory held before.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from reviews.hits import Code, Hit
from reviews.patterns import path_hits
from reviews.screening import Reading, screen

MOST = 200
"""Places of one code that are looked at; a text with more is full of them anyhow."""

LONGEST = 80
KEPT_TEXTS = 64


class Kind(StrEnum):
    """What a thing is; stable, because it is kept with the revision."""

    HOST = "host"
    ADDRESS = "address"
    COMMAND = "command"
    PACKAGE = "package"
    PATH = "path"
    PERMISSION = "permission"
    LEFT_OUT = "left_out"
    APPROVAL = "approval"
    UNSEEN = "unseen"


class Thing(NamedTuple):
    """One place of a text that names something: from `start` to `end` of the text as it came.

    value: its name, in lower case, as it is looked for elsewhere.
    """

    kind: Kind
    value: str
    start: int
    end: int


_SAID: dict[Code, Kind] = {
    Code.PERMISSION: Kind.PERMISSION,
    Code.SKIPPED_CHECK: Kind.LEFT_OUT,
    Code.AUTHORITY: Kind.APPROVAL,
    Code.OVERSIGHT: Kind.UNSEEN,
}
_ASKED = {*_SAID, Code.ADDRESS, Code.COMMAND, Code.PACKAGE}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,15}://(?:[^/\s@]{0,80}@)?")
_HOST_END = re.compile(r"[/?#\s]|:(?!//)")
_DOTS = re.compile(r"\s?(?:\[\.\]|\(\.\)|\[dot\]|\(dot\))\s?")
_PATH_START = re.compile(r"/|~/|\.|[a-z]:\\")
_PACKAGE = re.compile(r"\s{1,3}(?:-{1,2}[\w-]{1,30}\s{1,3}){0,4}(@?[a-z0-9][\w./-]{0,60})")
_VERSION = re.compile(r"[=<>~]=.*")


def things_in(text: str) -> tuple[Thing, ...]:
    """Return what the text names, in its order; of nested places of one kind the longest."""
    return _things_in(text)


@lru_cache(maxsize=KEPT_TEXTS)
def _things_in(text: str) -> tuple[Thing, ...]:
    reading = Reading(text)
    found: set[Thing] = set()
    for hit in _hits(reading):
        kind, value, end = _name(hit, reading)
        span = reading.raw_span(hit._replace(end=end))
        if value and span is not None:
            found.add(Thing(kind, value[:LONGEST], *span))
    return tuple(_outermost(sorted(found, key=lambda one: (one.start, -one.end, one.kind))))


def _hits(reading: Reading) -> Iterator[Hit]:
    enough = set(Code) - _ASKED
    seen: Counter[Code] = Counter()
    for hit in chain(path_hits(reading.folded), screen(reading, enough)):
        if hit.code in _ASKED:
            seen[hit.code] += 1
            if seen[hit.code] > MOST:
                enough.add(hit.code)
            yield hit


def _name(hit: Hit, reading: Reading) -> tuple[Kind, str, int]:
    """Return what a hit is, its name ('' where it names nothing), and where it ends with it."""
    written = reading.folded[hit.start : hit.end].rstrip(".,;:")
    words, end = " ".join(written.split()), hit.start + len(written)
    if hit.code in _SAID:
        return _SAID[hit.code], words, end
    if hit.code is Code.ADDRESS:
        return *_name_address(words), end
    if hit.code is Code.PACKAGE:
        following = _PACKAGE.match(reading.folded, end)
        if following is None or _VERSION.search(words):
            return Kind.PACKAGE, _VERSION.sub("", words), end
        name = following[1].rstrip(".")
        return Kind.PACKAGE, name, following.start(1) + len(name)
    return (Kind.PATH if _PATH_START.match(words) else Kind.COMMAND), words, end


def _name_address(words: str) -> tuple[Kind, str]:
    """Return the host of an address, or the whole of one that has no host."""
    if "://" in words:
        return Kind.HOST, _HOST_END.split(_SCHEME.sub("", words, count=1), maxsplit=1)[0]
    if "@" in words or words.startswith(("data:", "javascript:")):
        return Kind.ADDRESS, words.removeprefix("mailto:")
    return Kind.HOST, _HOST_END.split(_DOTS.sub(".", words), maxsplit=1)[0]


# What a thing may lie within without being one of its own.
_AROUND: dict[Kind, tuple[Kind, ...]] = {
    Kind.COMMAND: (Kind.COMMAND, Kind.PATH, Kind.PACKAGE),
    Kind.HOST: (Kind.HOST, Kind.ADDRESS),
    Kind.ADDRESS: (Kind.HOST, Kind.ADDRESS),
}


def _outermost(things: Iterable[Thing]) -> Iterator[Thing]:
    """Yield the things that lie within none that came before, and each name once a place."""
    until: dict[Kind, int] = {}
    last: dict[Kind, str] = {}
    for one in things:
        around = max(until.get(kind, -1) for kind in _AROUND.get(one.kind, (one.kind,)))
        is_again = one.start < around and last.get(one.kind) == one.value
        if one.end > around and not is_again:
            until[one.kind], last[one.kind] = one.end, one.value
            yield one


def pack(things: Sequence[Thing]) -> list[list[object]]:
    """Return the things as a row keeps them."""
    return [[one.kind.value, one.value, one.start, one.end] for one in things]


def unpack(packed: Sequence[Sequence[object]]) -> tuple[Thing, ...]:
    """Return the things a row keeps."""
    return tuple(
        Thing(Kind(str(kind)), str(value), int(str(start)), int(str(end)))
        for kind, value, start, end in packed
    )


def is_held(thing: Thing, text: str) -> bool:
    """Say whether a text holds the thing by itself, not as part of a longer name."""
    before = r"(?<![\w.-])" if thing.value[0].isalnum() else ""
    after = r"(?![\w-]|\.\w)" if thing.value[-1].isalnum() else ""
    words = re.escape(thing.value).replace("\\ ", r"\s+")
    return re.search(f"{before}{words}{after}", text.lower()) is not None
