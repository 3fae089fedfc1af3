"""What a statement claims, taken apart: its subject, its values, and whether it affirms. Pure.

Two statements of one subject that differ in exactly one value, unit, negation or opposite disagree.
What stands in a condition ("when `pay` fails, …") and numbers that name a thing ("HTTP 404") belong
to the subject. Only such near-equal wording is told; other disagreement needs a person or a model.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from dreaming.likeness import FILLERS, NEGATIONS, SAME_WORD, expand_contractions, same_words

STATEMENT_LIMIT = 600
LEAST_WORDS = 2

_TOKEN = re.compile(
    r"`(?P<code>[^`]{1,120})`|\"(?P<quote>[^\"]{1,200})\"|(?P<number>\d+(?:[.,:]\d+)*%?)"
    r"|(?P<word>[^\W\d_][\w-]*(?:['.][^\W_]+)*)|(?P<stop>[,;.!?](?=\s|$)|:(?=\s))|(?P<sign>[€$£%])"
)
_NO_LONGER = re.compile(r"\bno longer\b|\bnot any ?more\b")
_CONDITION_WORDS = "when whenever if while unless after before once until during"
_CONDITIONS = frozenset(_CONDITION_WORDS.split())
_IDENTIFYING_WORDS = (
    "http error code status version step rule article chapter section room table order flight line"
    " level region store page port id number release case model"
)
_IDENTIFIED_BY = frozenset(_IDENTIFYING_WORDS.split())
_UNITS: Mapping[str, str] = {
    unit: group
    for group, units in {
        "time": "second seconds sec s minute minutes min hour hours h day days week weeks month"
        " months year years ms millisecond milliseconds workdays",
        "money": "eur usd gbp chf jpy euro euros dollar dollars pound pounds cent cents € $ £",
        "size": "byte bytes kb mb gb tb kib mib gib",
        "length": "mm cm m km inch inches mile miles foot feet",
        "weight": "g kg gram grams pound lb lbs ton tons",
        "share": "% percent",
    }.items()
    for unit in units.split()
}
_CLASSES: Mapping[str, str] = {
    word: group
    for group, words in {
        "weekday": "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays"
        " wednesdays thursdays fridays saturdays sundays",
        "month": "january february march april june july august september october november"
        " december",
        "language": "english german french spanish italian dutch polish portuguese turkish japanese"
        " chinese russian arabic",
        "currency": "eur usd gbp chf jpy euros dollars pounds",
        "zone": "utc cet cest gmt est pst",
        "boolean": "true false",
        "colour": "red green blue yellow black white orange grey",
    }.items()
    for word in words.split()
}
_OPPOSITES: Mapping[str, tuple[int, int]] = {
    word: (place, side)
    for place, pair in enumerate(
        (
            "enable enabled on|disable disabled off",
            "allow allowed permit permitted|forbid forbidden deny denied prohibit prohibited",
            "accept accepted|reject rejected refuse refused",
            "first|last",
            "before|after",
            "include included including|exclude excluded excluding",
            "increase|decrease reduce",
            "minimum least|maximum most",
            "start|finish",
            "open|close closed",
            "add|remove delete",
            "required mandatory|optional",
            "ascending|descending",
            "public|private",
            "upper uppercase|lower lowercase",
            "inclusive|exclusive",
            "manual manually|automatic automatically",
            "gross|net",
            "newest|oldest",
            "more|less fewer",
            "internal|external",
            "available|unavailable",
            "valid|invalid",
            "possible|impossible",
            "safe|unsafe",
        )
    )
    for side, words in enumerate(pair.split("|"))
    for word in words.split()
}
_TAKES_WORD = frozenset({"use", "prefer", "choose", "pick"})
_TAKES_VALUE = _TAKES_WORD | {"is", "are", "equals", "to", "called", "named", "be", "default"}
_REJECTS = frozenset({"instead-of", "rather-than", "over"})
_EMPTY_WORDS = "always must should can may shall need needs now only then still"
_EMPTY = frozenset(_EMPTY_WORDS.split())
_ARTICLES = frozenset({"the", "a", "an"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value a statement gives its subject: what kind of slot it fills, and the value."""

    slot: str
    said: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement taken apart. subject: its other words, sorted; opposites: pair -> side.

    negations counts "not", "never", "without" and the like outside quoted words.
    """

    text: str
    subject: str
    values: tuple[Value, ...]
    opposites: tuple[tuple[int, int], ...]
    negations: int


@dataclass(slots=True)
class _Reading:
    """Where the reader of a statement stands."""

    words: list[str]
    values: list[Value]
    opposites: set[tuple[int, int]]
    negations: int = 0
    before: str = ""
    in_condition: bool = False


@lru_cache(maxsize=16384)
def read_claim(text: str) -> Claim | None:
    """Return what `text` claims; None for what is too long, or says too little to have a subject.

    Numbers, code, names of classes (weekdays, languages, …) and what follows "use" or "prefer" are
    values where they stand outside a condition; everything else is the subject.
    """
    if len(text) > STATEMENT_LIMIT:
        return None
    plain = _NO_LONGER.sub("not", expand_contractions(text))
    reading = _Reading([], [], set())
    for kind, token in _read_tokens(plain):
        _take(reading, kind, token)
    subject = sorted(set(reading.words))
    if len(subject) < LEAST_WORDS or not _has_content(subject):
        return None
    return Claim(
        text=text,
        subject=" ".join(subject),
        values=tuple(reading.values),
        opposites=tuple(sorted(reading.opposites)),
        negations=reading.negations,
    )


def _has_content(subject: list[str]) -> bool:
    return sum(not word.startswith("<") for word in subject) >= LEAST_WORDS


def _read_tokens(plain: str) -> Iterator[tuple[str, str]]:
    plain = re.sub(r"\binstead of\b", "instead-of", plain)
    plain = re.sub(r"\brather than\b", "rather-than", plain)
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup or "word"
        yield kind, match[kind].strip()


def _take(reading: _Reading, kind: str, found: str) -> None:
    if kind == "stop":
        reading.in_condition = reading.in_condition and found == ":"
        reading.before = ""
        return
    before, reading.before = reading.before, found
    if kind == "word":
        _take_word(reading, before, found)
    elif kind in {"number", "sign"}:
        _take_number(reading, before, kind, found)
    elif not reading.in_condition and (before in _TAKES_VALUE or before in _REJECTS):
        reading.values.append(Value("rejected" if before in _REJECTS else "code", found))
        reading.words.append("<code>")
    else:
        reading.words.append(f"`{found.replace(' ', '_')}`")


def _take_number(reading: _Reading, before: str, kind: str, token: str) -> None:
    if kind == "sign":
        reading.values.append(Value("unit", token))
    elif reading.in_condition or before in _IDENTIFIED_BY:
        reading.words.append(token)
    else:
        reading.values.append(Value("number", token.rstrip("%")))
        reading.words.append("<number>")
        if token.endswith("%"):
            reading.values.append(Value("unit", "%"))


def _take_word(reading: _Reading, before: str, word: str) -> None:
    if word in _ARTICLES:
        reading.before = before
    elif word in _OPPOSITES and not (word == "before" and not before):
        reading.opposites.add(_OPPOSITES[word])
        reading.in_condition = reading.in_condition or word in _CONDITIONS
    elif word in _CONDITIONS:
        reading.in_condition = True
        reading.words.append(word)
    elif word in NEGATIONS:
        reading.negations += 1
        reading.before = before
    elif word in _UNITS and re.fullmatch(r"\d.*", before):
        reading.values.append(Value("unit", word.rstrip("s") or word))
    elif word in _CLASSES and not reading.in_condition:
        reading.values.append(Value(_CLASSES[word], word.rstrip("s")))
        reading.words.append(f"<{_CLASSES[word]}>")
    elif before in _TAKES_WORD or before in _REJECTS:
        reading.values.append(Value("rejected" if before in _REJECTS else "word", word))
        reading.words.append("<word>")
    elif word not in FILLERS and word not in _EMPTY:
        reading.words.append(SAME_WORD.get(word, word))


def find_difference(left: Claim, right: Claim) -> str:
    """Return in what two claims of one subject disagree, in words; '' where they do not.

    They disagree in exactly one thing: a value, its unit, a negation, or an opposite; or they turn
    each other's choice down. More differences mean two subjects.
    """
    if kind_of(left) != kind_of(right) or not same_words(left.subject, right.subject):
        return ""
    pairs = list(zip(left.values, right.values, strict=True))
    differing = [(a, b) for a, b in pairs if a.said != b.said]
    turned = sum(a != b for a, b in zip(left.opposites, right.opposites, strict=True))
    negated = (left.negations - right.negations) % 2
    if len(differing) == 2 and _are_swapped(differing) and not turned and not negated:
        return f'each turns down what the other asks for: "{differing[0][0].said}"'
    if len(differing) + turned + negated != 1:
        return ""
    if differing:
        (one, other) = differing[0]
        return f'the {_SLOT_WORDS.get(one.slot, one.slot)}: "{one.said}" and "{other.said}"'
    return "they say opposite things" if turned else "one says it and the other says not"


_SLOT_WORDS = {"code": "name", "word": "choice", "rejected": "choice turned down"}


def kind_of(claim: Claim) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return which slots a claim fills and which opposites it chooses between, in order."""
    return tuple(v.slot for v in claim.values), tuple(place for place, _ in claim.opposites)


def _are_swapped(differing: list[tuple[Value, Value]]) -> bool:
    (a, b), (c, d) = differing
    return (a.said, c.said) == (d.said, b.said) and "rejected" in {a.slot, c.slot}
