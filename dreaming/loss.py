"""What changes would take from a store, and what a merged text would lose of its sources. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dreaming.engines.base import EngineMemory
from dreaming.likeness import are_near, form_of, normalise_text, split_statements
from reviews.changes import Change, Op

LOSS_LIMIT = Fraction(1, 4)

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CODE = re.compile(r"`([^`]+)`")
_PLAIN_WORD = re.compile(r"\w+")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]|[A-Z]{2}")
_BRACKETS = "\"'()[]{}<>,;!?*"
_INSIDE_NAMES = frozenset("_./:@\\=")


@dataclass(frozen=True, slots=True)
class Loss:
    """What a dream's changes would take from a store; shares are of what stood there before."""

    memories: int
    removed: int
    size_bytes: int
    lost_bytes: int
    protected: tuple[str, ...] = ()
    leaves_empty: bool = False

    @property
    def removed_share(self) -> Fraction:
        """Return the share of memories removed, 0 for an empty store."""
        return Fraction(self.removed, self.memories) if self.memories else Fraction(0)

    @property
    def shrunk_share(self) -> Fraction:
        """Return the share of bytes removed or cut away, 0 for an empty store."""
        return Fraction(self.lost_bytes, self.size_bytes) if self.size_bytes else Fraction(0)


def measure_loss(changes: Iterable[Change], memories: Iterable[EngineMemory]) -> Loss:
    """Return what `changes` would take from the store that holds `memories`.

    A memory is removed when it is retired, or folded into a text that does not keep it (`keeps`).
    Shrinking counts the bytes of UTF-8 by which a path's text becomes shorter, unless the new text
    keeps the old one. A protected memory is touched when it is retired or folded away, or when its
    own text changes; folding another into it word for word does not touch it.
    """
    before = {memory.path: memory for memory in memories}
    removed: set[str] = set()
    created: set[str] = set()
    touched: set[str] = set()
    lost = 0
    for change in changes:
        touched |= _touched_by(change, before)
        gone = {change.path} if change.op is Op.RETIRE else set()
        gone |= {p for p in change.merged if p in before and not _stays(before[p], change)}
        removed |= gone & before.keys()
        lost += sum(_size(before[path].content) for path in gone if path in before)
        if change.op is Op.RETIRE:
            continue
        if change.path not in before:
            created.add(change.path)
        elif not _stays(before[change.path], change):
            lost += max(0, _size(before[change.path].content) - _size(change.content))
    return Loss(
        memories=len(before),
        removed=len(removed),
        size_bytes=sum(_size(memory.content) for memory in before.values()),
        lost_bytes=lost,
        protected=tuple(sorted(path for path in touched if before[path].protected)),
        leaves_empty=bool(before) and len(removed) == len(before) and not created,
    )


def _touched_by(change: Change, before: dict[str, EngineMemory]) -> set[str]:
    touched = set(change.merged) & before.keys()
    own = before.get(change.path)
    if own is not None and (change.op is Op.RETIRE or change.content != own.content):
        touched.add(own.path)
    return touched


def _stays(memory: EngineMemory, change: Change) -> bool:
    return keeps(change.content, memory.content)


def _size(text: str) -> int:
    return len(text.encode())


def is_over_budget(loss: Loss) -> bool:
    """Say whether two people must let the dream through: a quarter lost, protected, or emptied."""
    return (
        loss.removed_share > LOSS_LIMIT
        or loss.shrunk_share > LOSS_LIMIT
        or bool(loss.protected)
        or loss.leaves_empty
    )


def keeps(content: str, text: str) -> bool:
    """Say whether `content` keeps what `text` says, so that folding it in removes nothing.

    It does when both are the same after normalising, when every statement of `text` stands in it
    word for word, or when they are near duplicates and no number, name or negation is missing.
    """
    if normalise_text(text) == normalise_text(content):
        return True
    if says_all_of(content, text):
        return True
    if lost_tokens([text], content):
        return False
    return any(are_near(text, part) for part in (content, *split_statements(content)))


def says_all_of(content: str, text: str) -> bool:
    """Say whether every statement of `text` stands in `content` word for word, after normalising.

    A statement that stands there only as part of a longer one ("do not ask" for "ask") does not.
    """
    held = {normalise_text(one) for one in split_statements(content)}
    said = [normalise_text(one) for one in split_statements(text)]
    return bool(said) and held.issuperset(said)


def list_tokens(text: str) -> frozenset[str]:
    """Return the numbers and named tokens of `text`.

    Named are: code in backticks, identifiers, paths, addresses, options, acronyms, and words with a
    capital inside a sentence.
    """
    return frozenset(_NUMBER.findall(text)) | list_names(text)


def list_names(text: str) -> frozenset[str]:
    """Return the named tokens of `text`, without plain numbers; in time linear in its length."""
    names = {code.strip() for code in _CODE.findall(text)}
    for statement in split_statements(_CODE.sub(" ", text)):
        for place, word in enumerate(statement.split()):
            core = word.strip(_BRACKETS).rstrip(".:")
            if _is_name(core) or (place and core[:1].isupper() and core[1:].islower()):
                names.add(core)
    return frozenset(names - {""})


def _is_name(word: str) -> bool:
    """Say whether a word is an identifier, a path, an address, an option or an acronym."""
    if word.startswith("-"):
        return any(letter.isalpha() for letter in word)
    if not any(letter.isalpha() for letter in word):
        return False
    has_digit = any(letter.isdigit() for letter in word)
    return has_digit or not _INSIDE_NAMES.isdisjoint(word) or bool(_INNER_CAPITAL.search(word))


def lost_tokens(sources: Sequence[str], merged: str) -> tuple[str, ...]:
    """Return the numbers, named tokens and negations of `sources` that are absent from `merged`.

    A negation is lost when a source has more of them than the merged text: it is named "not".
    """
    numbers = set(_NUMBER.findall(merged))
    words = {word.casefold() for word in _PLAIN_WORD.findall(merged)}
    plain = merged.casefold()
    lost = {
        token
        for source in sources
        for token in list_tokens(source)
        if token not in numbers and not _stands_in(token.casefold(), plain, words)
    }
    most = max((form_of(source).guard.negations for source in sources), default=0)
    if most > form_of(merged).guard.negations:
        lost.add("not")
    return tuple(sorted(lost))


def _stands_in(token: str, plain: str, words: set[str]) -> bool:
    if token.isalnum():
        return not token.isdigit() and token in words
    return re.search(rf"(?<!\w){re.escape(token)}(?!\w)", plain) is not None


def merge_loss(sources: Sequence[str], merged: str) -> Fraction:
    """Return the share of distinct numbers and named tokens of `sources` absent from `merged`.

    0 for sources without any; a lost negation counts as one more token. A merge is proposed at 0
    only.
    """
    lost = lost_tokens(sources, merged)
    tokens = frozenset[str]().union(*(list_tokens(source) for source in sources))
    total = len(tokens | set(lost))
    return Fraction(len(lost), total) if total else Fraction(0)
