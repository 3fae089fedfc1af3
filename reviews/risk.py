"""How much care a change needs, with reasons in words a reviewer reads. Pure, in linear time.

Detectors never allow anything: they raise the level, route a change to two people and keep it out
of automatic rules and of batches. A text without a reason is not thereby safe.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from rapidfuzz.distance import Indel

from reviews.appeals import find_appeals
from reviews.changes import Change, Op, Trust, Unsourced, is_tainted
from reviews.diffs import HIDDEN
from reviews.screening import Code, Hit, Reading, is_check, screen


class Level(StrEnum):
    """How much care a change needs."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0, 1 or 2, for sorting in a database."""
        return _RANKS[self]


_RANKS: Mapping[Level, int] = {Level.LOW: 0, Level.MEDIUM: 1, Level.HIGH: 2}


@dataclass(frozen=True, slots=True)
class RiskReason:
    """One reason. words: a sentence; excerpt: where it stands, secrets masked, at most 200 signs.

    Both quote the text of the change: an audit entry takes the code only.
    """

    code: Code
    words: str
    excerpt: str = ""
    level: Level = Level.HIGH


@dataclass(frozen=True, slots=True)
class Risk:
    """The highest level of its reasons (low without one), and the reasons, worst first."""

    level: Level
    reasons: tuple[RiskReason, ...] = ()

    @property
    def codes(self) -> tuple[Code, ...]:
        """Return the codes of what raises the level above low, each once, worst first."""
        raising = (reason.code for reason in self.reasons if reason.level is not Level.LOW)
        return tuple(dict.fromkeys(raising))

    def and_reasons(self, *more: RiskReason) -> "Risk":
        """Return this risk with further reasons."""
        return risk_of([*self.reasons, *more])


def risk_of(reasons: Sequence[RiskReason]) -> Risk:
    """Return the risk that `reasons` amount to."""
    order = list(Code)
    ranked = sorted(reasons, key=lambda reason: (-reason.level.rank, order.index(reason.code)))
    return Risk(ranked[0].level if ranked else Level.LOW, tuple(ranked))


NO_SOURCE = RiskReason(Code.NO_SOURCE, "No source found in the sessions this dream read.")
PART_SOURCE = RiskReason(
    Code.NO_SOURCE, "No source found for a part of it in the sessions this dream read."
)
_UNSOURCED: Mapping[Unsourced, RiskReason] = {
    Unsourced.WHOLE: NO_SOURCE,
    Unsourced.PART: PART_SOURCE,
}


def unsourced_in(words: Iterable[str]) -> Unsourced:
    """Return how much has no source, by the words of reasons given before."""
    said = frozenset(words)
    return next((how for how, one in _UNSOURCED.items() if one.words in said), Unsourced.NOTHING)


@dataclass(frozen=True, slots=True)
class MemoryFlags:
    """What is set on the memory a change touches."""

    protected: bool = False


SHORT: Mapping[Code, str] = {
    Code.SKIPPED_CHECK: "skipped check",
    Code.OVERSIGHT: "less oversight",
    Code.REMOVED_CHECK: "removed check",
    Code.INSTRUCTION: "order to its reader",
    Code.CREDENTIAL: "credential",
    Code.COMMAND: "command",
    Code.PACKAGE: "package",
    Code.ADDRESS: "address",
    Code.PERMISSION: "permission",
    Code.AUTHORITY: "claimed approval",
    Code.HIDDEN: "hidden words",
    Code.MIXED_SCRIPT: "look-alike letters",
    Code.BLOB: "encoded text",
    Code.NO_SOURCE: "no source found",
    Code.TAINT: "outside words",
    Code.PROTECTED: "protected memory",
    Code.SECRECY: "secrecy",
    Code.RETIRE: "retirement",
    Code.REMOVAL: "removal",
    Code.APPROVALS_ONLY: "approvals only",
}
"""What a chip says of a reason, beside the level."""

_TAINT_WORDS: Mapping[Trust, str] = {
    Trust.PRINCIPAL: "Holds words of the person a session served.",
    Trust.TOOL: "Holds words of a tool's result.",
    Trust.OUTSIDE: "Holds words from outside content.",
}


def assess(
    change: Change,
    base_text: str | None,
    *,
    taint: Trust,
    memory: MemoryFlags = MemoryFlags(),
) -> Risk:
    """Return the risk of `change`.

    base_text: what the path says now, for a merge followed by the texts it folds in, one a line;
    None where there is nothing. taint: the lowest trust of the words in the text, through its
    edits. What the change adds raises the level; what stood there unchanged is said and does not.
    """
    new, old = Reading(change.content), Reading(base_text or "")
    reasons = [*_content_reasons(new, old), *_hidden_reasons(change.content, base_text or "")]
    if base_text is None:
        reasons.extend(_path_reasons(change.path, new))
    for name, words in (("title", change.title), ("rationale", change.rationale)):
        reasons.extend(_address_to_reviewer(name, words))
    if base_text is not None:
        reasons.extend(_losses(change.op, new, old))
    if change.unsourced:
        reasons.append(_UNSOURCED[change.unsourced])
    if is_tainted(taint):
        reasons.append(RiskReason(Code.TAINT, _TAINT_WORDS[taint]))
    if memory.protected:
        reasons.append(RiskReason(Code.PROTECTED, "Changes a protected memory."))
    if change.pattern is not None and change.pattern.signal == "approval":
        words = "Rests on approvals alone; no outcome confirms it."
        reasons.append(RiskReason(Code.APPROVALS_ONLY, words, level=Level.LOW))
    return risk_of(reasons)


_NOUNS: Mapping[Code, str] = {
    Code.SKIPPED_CHECK: "a left-out check",
    Code.INSTRUCTION: "an order to its reader",
    Code.CREDENTIAL: "a credential",
    Code.COMMAND: "a command",
    Code.PACKAGE: "a package",
    Code.ADDRESS: "an address",
    Code.PERMISSION: "a permission",
    Code.AUTHORITY: "a claim of approval",
    Code.OVERSIGHT: "something kept from those who oversee it",
    Code.HIDDEN: "words that a page would not show",
    Code.SECRECY: "a demand to keep something from people",
    Code.MIXED_SCRIPT: "a word of mixed alphabets",
    Code.BLOB: "text nobody can read",
}
# After so many new places of a code the rest is not looked for; the level is what it is.
_MOST_HITS = 20
_EXAMPLES = 3
# What a phrase is about stands around it; what a command does stands behind it.
_SAID_WHOLE = frozenset(
    {
        Code.SKIPPED_CHECK,
        Code.OVERSIGHT,
        Code.SECRECY,
        Code.AUTHORITY,
        Code.PERMISSION,
        Code.INSTRUCTION,
    }
)
_SAID_TO_THE_END = frozenset({Code.COMMAND, Code.PACKAGE})
_EXAMPLE_SIGNS = 80
_EXCERPT_SIGNS = 200


class _Standing(StrEnum):
    """Whether what was found is new, stands in a statement that changed, or stood there before."""

    ADDED = "Adds"
    CHANGED = "Changes a statement with"
    KEPT = "Keeps"


@dataclass(slots=True)
class _Found:
    """Examples of one code in one standing, in the order of the text."""

    examples: list[str]
    excerpt: str
    count: int = 0


def _content_reasons(new: Reading, old: Reading) -> Iterator[RiskReason]:
    found: dict[tuple[Code, _Standing], _Found] = {}
    before = frozenset(old.statements)
    kept: dict[Code, tuple[int, int]] = {}
    enough: set[Code] = set()
    for hit in screen(new, enough):
        start, end = kept.get(hit.code, (0, 0))
        if start <= hit.start and hit.end <= end:
            # Inside a statement that is known to have stood there before.
            continue
        standing = _standing(hit, new, old, before)
        if standing is _Standing.KEPT:
            kept[hit.code] = new.span_at(hit)
        places = found.setdefault((hit.code, standing), _Found([], ""))
        _note(places, new, hit)
        if standing is not _Standing.KEPT and places.count >= _MOST_HITS:
            enough.add(hit.code)
    for (code, standing), places in found.items():
        yield _reason(code, standing, places)
    if new.is_unreadable:
        words = "Holds signs that stand for many letters each; the text was not read."
        yield RiskReason(Code.HIDDEN, words)


def _standing(hit: Hit, new: Reading, old: Reading, before: frozenset[str]) -> _Standing:
    if all(new.statements[number] in before for number in new.statements_at(hit)):
        return _Standing.KEPT
    if new.folded[hit.start : hit.end] in old.folded:
        return _Standing.CHANGED
    return _Standing.ADDED


def _note(places: _Found, reading: Reading, hit: Hit) -> None:
    places.count += 1
    if places.count > _MOST_HITS or len(places.examples) > _EXAMPLES:
        return
    excerpt = _shortened(reading.statement_at(hit), _EXCERPT_SIGNS)
    example = reading.words_at(hit)
    if hit.code in _SAID_WHOLE and len(excerpt) <= _EXAMPLE_SIGNS:
        example = excerpt
    elif hit.code in _SAID_TO_THE_END:
        _, end = reading.span_at(hit)
        example = reading.words_at(hit._replace(end=min(end, hit.start + _EXAMPLE_SIGNS)))
    example = _shortened(example.rstrip(".,;:"), _EXAMPLE_SIGNS)
    if hit.code is Code.CREDENTIAL:
        example, excerpt = _masked(example), _masked(excerpt)
    if not places.examples:
        places.excerpt = excerpt
    if not any(example in other for other in places.examples):
        places.examples = [other for other in places.examples if other not in example]
        places.examples.append(example)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


_SECRET = re.compile(r"(?=[^\s]{0,200}\d)([\w+/.=-]{4})[\w+/.=-]{8,}")


def _masked(text: str) -> str:
    """Return `text` with what could be a secret cut to its first four signs."""
    return _SECRET.sub(r"\1…", text)


def _reason(code: Code, standing: _Standing, places: _Found) -> RiskReason:
    named = ", ".join(places.examples[:_EXAMPLES])
    more = " and more" if len(places.examples) > _EXAMPLES else ""
    words = f"{standing} {_NOUNS[code]}: {named}{more}"
    if standing is _Standing.KEPT:
        words = f"Keeps {_NOUNS[code]} that was there: {named}{more}"
        return RiskReason(code, words, places.excerpt, Level.LOW)
    level = Level.MEDIUM if code is Code.SECRECY else Level.HIGH
    return RiskReason(code, words, places.excerpt, level)


# Hidden characters that belong to writing: emoji forms, joiners of emoji and of Arabic and Indic
# letters, odd spaces, soft hyphens, the carriage return of a line ending.
_HARMLESS = re.compile(
    "(?<=[\u203c-\u3299\U0001f000-\U0001faff0-9#*])[\ufe0e\ufe0f]"
    "|(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"
    "|(?<=[\u0600-\u06ff\u0900-\u0dff])[\u200c\u200d](?=[\u0600-\u06ff\u0900-\u0dff])"
    "|[\xa0\xad\u1680\u2000-\u200a\u202f\u205f]|\r(?=\n)"
)


def _hidden(text: str) -> Counter[str]:
    return Counter(HIDDEN.findall(_HARMLESS.sub("", text))) if HIDDEN.search(text) else Counter()


def _hidden_reasons(content: str, base_text: str) -> Iterator[RiskReason]:
    now = _hidden(content)
    added = now - _hidden(base_text)
    if added:
        count = added.total()
        characters = "character" if count == 1 else "characters"
        yield RiskReason(Code.HIDDEN, f"Adds {count} hidden {characters}: {_code_points(added)}")
    elif now:
        words = f"Keeps hidden characters that were there: {_code_points(now)}"
        yield RiskReason(Code.HIDDEN, words, level=Level.LOW)


def _code_points(characters: Iterable[str]) -> str:
    points = [f"U+{ord(character):04X}" for character in characters]
    return ", ".join(points[:_EXAMPLES]) + (" and more" if len(points) > _EXAMPLES else "")


# Words of a name are parts of one thing: alone they say nothing.
_ENDING = re.compile(r"(?:-[0-9a-f]{8})?\.\w{1,8}\Z")
_SAID_IN_PATHS = _SAID_WHOLE | {Code.HIDDEN, Code.MIXED_SCRIPT, Code.BLOB}


def _path_reasons(path: str, text: Reading) -> Iterator[RiskReason]:
    """Yield what a new path says that its text does not: agents read it as a heading."""
    said = {hit.code for hit in screen(text)}
    reading = Reading(_ENDING.sub("", path).replace("-", " ").replace("/", "\n"))
    for hit in screen(reading):
        if hit.code in _SAID_IN_PATHS and hit.code not in said:
            said.add(hit.code)
            example = _shortened(reading.words_at(hit), _EXAMPLE_SIGNS)
            yield RiskReason(hit.code, f"The path holds {_NOUNS[hit.code]}: {example}")
    hidden = _hidden(path)
    if hidden:
        yield RiskReason(Code.HIDDEN, f"The path holds hidden characters: {_code_points(hidden)}")


_TO_REVIEWER = frozenset({Code.INSTRUCTION, Code.AUTHORITY, Code.MIXED_SCRIPT})


def _address_to_reviewer(name: str, words: str) -> Iterator[RiskReason]:
    """Yield what in the title or the rationale is meant to steer the person who decides."""
    reading = Reading(words)
    said: set[Code] = set()
    for hit in chain(find_appeals(reading), screen(reading)):
        if hit.code in _TO_REVIEWER and hit.code not in said:
            said.add(hit.code)
            example = _shortened(reading.words_at(hit), _EXAMPLE_SIGNS)
            excerpt = _shortened(reading.statement_at(hit), _EXCERPT_SIGNS)
            yield RiskReason(hit.code, f"The {name} holds {_NOUNS[hit.code]}: {example}", excerpt)
    hidden = _hidden(words)
    if hidden:
        yield RiskReason(Code.HIDDEN, f"The {name} holds hidden characters: {_code_points(hidden)}")


# What a change takes away.

_MOST_COMPARED = 50
_REWORDED = 0.4


def _losses(op: Op, new: Reading, old: Reading) -> Iterator[RiskReason]:
    if op is Op.RETIRE:
        words = "Takes the whole memory out of use."
        yield RiskReason(Code.RETIRE, words, level=Level.MEDIUM)
    before, kept = dict.fromkeys(old.statements), dict.fromkeys(new.statements)
    removed = [words for words in before if words and words not in kept]
    added = [words for words in kept if words and words not in before]
    yield from _lost_checks(removed, added)
    if op is Op.RETIRE:
        return
    gone = _without_version(removed, added)
    if gone:
        statements = "a statement" if len(gone) == 1 else f"{len(gone)} statements"
        excerpt = _shortened(gone[0], _EXCERPT_SIGNS)
        yield RiskReason(Code.REMOVAL, f"Removes {statements}.", excerpt, Level.MEDIUM)


def _lost_checks(removed: Sequence[str], added: Sequence[str]) -> Iterator[RiskReason]:
    checks = [words for words in removed if is_check(words)]
    gone = _without_version(checks, [words for words in added if is_check(words)])
    if gone:
        example = _shortened(gone[0], _EXAMPLE_SIGNS)
        words = f"Removes a statement that asks for a check: {example}"
        excerpt = _shortened(gone[0], _EXCERPT_SIGNS)
        yield RiskReason(Code.REMOVED_CHECK, words, excerpt)
    elif checks:
        words = "Rewords a statement that asks for a check."
        excerpt = _shortened(checks[0], _EXCERPT_SIGNS)
        yield RiskReason(Code.REMOVED_CHECK, words, excerpt, Level.MEDIUM)


def _without_version(removed: Sequence[str], added: Sequence[str]) -> list[str]:
    """Return the removed statements of which no added one is a version.

    Only the first fifty are compared with the first fifty; beyond, all count as gone.
    """
    versions = [words.split()[:_MOST_COMPARED] for words in added[:_MOST_COMPARED]]
    compared = [words for words in removed[:_MOST_COMPARED] if not _has_version(words, versions)]
    return [*compared, *removed[_MOST_COMPARED:]]


def _has_version(words: str, versions: Sequence[Sequence[str]]) -> bool:
    short = words.split()[:_MOST_COMPARED]
    return any(Indel.normalized_similarity(short, other) >= _REWORDED for other in versions)
