"""What is typed into the queue's search field, as a value. Pure.

`is:open risk:high agent:claims older:2d kind:mistake free words`: a key with several values is any
of them (`risk:high,medium`), different keys and words must all hold, and a leading minus leaves
out (`-agent:claims`). What is not understood is said and left out; typing never ends in an error
page.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from agents.web.ids import BadId, parse_id, spell_id

LONGEST = 200
MOST_WORDS = 8
TERM = re.compile(r'(?:[^\s"]|"[^"]*")+(?=\s|$)|\S+')
AGE = re.compile(r"([1-9][0-9]{0,3})([hdw])")
HOURS: Mapping[str, int] = {"h": 1, "d": 24, "w": 7 * 24}
PLAIN_WORD = re.compile(r'[^\s":-][^\s":]*')


class Where(StrEnum):
    """Which proposals are looked at: the value of `is:`."""

    OPEN = "open"
    YOURS = "yours"
    LATE = "late"
    LATER = "later"
    SECOND = "second"
    CONFLICTED = "conflicted"
    DECIDED = "decided"
    SCHEDULED = "scheduled"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SENT_BACK = "sent-back"
    OWN = "own"
    OVERDUE_REVIEW = "overdue-review"
    ALL = "all"


class Mark(StrEnum):
    """What else holds of the proposals of a list: further values of `is:`."""

    RESERVED = "reserved"
    UNRESERVED = "unreserved"


WAITING = frozenset(
    {Where.OPEN, Where.YOURS, Where.LATE, Where.LATER, Where.SECOND, Where.CONFLICTED}
)
"""What waits for somebody is listed by risk, oldest first; everything else newest first."""

OTHER_NAMES: Mapping[str, str] = {"mine": Where.YOURS}
"""Further spellings of values of `is:`."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "is": (*Where, *Mark),
    "risk": ("high", "medium", "low"),
    "op": ("create", "update", "merge", "retire"),
}
NAMES = ("agent", "kind", "dream")
AGES = ("older", "newer")
KEYS = (*VALUES, *NAMES, *AGES)
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Terms:
    """Values by key. agents: slugs, or "shared". kinds: of patterns. dreams: as D-87."""

    risks: frozenset[str] = frozenset()
    ops: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    dreams: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is any value."""
        return bool(
            self.risks or self.ops or self.agents or self.kinds or self.dreams or self.words
        )


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for. problems: what was typed and could not be understood, in sentences.

    without: what is left out. older, newer: least and most age since filing. number: of one P-…,
    when it was typed.
    """

    text: str = ""
    where: Where = Where.OPEN
    marks: frozenset[Mark] = frozenset()
    only: Terms = Terms()
    without: Terms = Terms()
    older: timedelta | None = None
    newer: timedelta | None = None
    number: int | None = None
    problems: tuple[str, ...] = ()

    @property
    def is_by_risk(self) -> bool:
        """Say whether the list goes by risk, oldest first; otherwise it is newest first."""
        return self.where in WAITING

    @property
    def is_plain(self) -> bool:
        """Say whether nothing narrows the list of what waits."""
        return not self.narrows and self.where is Where.OPEN

    @property
    def narrows(self) -> bool:
        """Say whether anything beside the list of `is:` narrows it."""
        return bool(
            self.marks or self.only or self.without or self.older or self.newer or self.number
        )


@dataclass(slots=True)
class _Read:
    """What was understood so far: (is it left out, key) -> values."""

    values: dict[tuple[bool, str], list[str]] = field(default_factory=dict)
    number: int | None = None
    problems: list[str] = field(default_factory=list)

    def put(self, minus: str, key: str, value: str) -> None:
        self.values.setdefault((bool(minus), key), []).append(value)

    def last(self, key: str) -> str:
        return self.values.get((False, key), [""])[-1]

    def terms(self, minus: str) -> Terms:
        def of(key: str) -> frozenset[str]:
            return frozenset(self.values.get((bool(minus), key), ()))

        words = tuple(self.values.get((bool(minus), "word"), ()))
        return Terms(of("risk"), of("op"), of("agent"), of("kind"), of("dream"), words)


def read_search(text: str) -> Search:
    """Return what `text` asks for; never raises."""
    text = text.replace("\x00", "").strip()
    read = _Read()
    if len(text) > LONGEST:
        read.problems.append(f"Only the first {LONGEST} characters were read.")
        text = text[:LONGEST]
    for term in TERM.findall(text):
        _read_term(term, read)
    where = read.last("is") or (Where.ALL if read.number else Where.OPEN)
    marks = frozenset(Mark(value) for value in read.values.get((False, "mark"), ()))
    return Search(
        text=text,
        where=Where(where),
        marks=marks,
        only=read.terms(""),
        without=read.terms("-"),
        older=_age_of(read.last("older")),
        newer=_age_of(read.last("newer")),
        number=read.number,
        problems=tuple(read.problems),
    )


def _read_term(term: str, read: _Read) -> None:
    minus = "-" if len(term) > 1 and term.startswith("-") else ""
    rest = term.removeprefix(minus)
    key, colon, value = rest.partition(":")
    if colon and key.lower() in KEYS:
        _read_values(minus, key.lower(), value.replace('"', "").lower(), read)
    elif colon and key.isalpha() and value:
        known = ", ".join(f"{name}:" for name in KEYS)
        read.problems.append(f"“{key[:40]}:” is not a filter. Filters are {known} and free words.")
    else:
        _read_word(minus, rest, read)


def _read_word(minus: str, typed: str, read: _Read) -> None:
    word = typed.replace('"', "").strip()
    number = None if typed.startswith('"') else _number_of(word, "P")
    if number is not None and minus:
        read.problems.append(f"“-{word}”: one proposal cannot be left out.")
    elif number is not None:
        read.number = number
    elif sum(len(read.terms(sign).words) for sign in ("", "-")) >= MOST_WORDS:
        said = f"Only the first {MOST_WORDS} words were looked for."
        if said not in read.problems:
            read.problems.append(said)
    elif word:
        read.put(minus, "word", word)


def _read_values(minus: str, key: str, typed: str, read: _Read) -> None:
    if minus and key in {"is", *AGES}:
        read.problems.append(_cannot_leave_out(key))
        return
    values = [part.strip() for part in typed.split(",") if part.strip()]
    if not values:
        read.problems.append(f"“{key}:” lacks a value.")
    for value in values:
        problem = _problem_with(key, value)
        if problem:
            read.problems.append(problem)
        else:
            is_mark = key == "is" and value in set(Mark)
            read.put(minus, "mark" if is_mark else key, _one_spelling(key, value))


def _cannot_leave_out(key: str) -> str:
    if key == "is":
        return "“-is:” is not known: is: chooses one list."
    other = AGES[1 - AGES.index(key)]
    return f"“-{key}:” is not known. Write {other}: for the other side."


def _problem_with(key: str, value: str) -> str:
    """Return why `value` makes no sense behind `key`, '' where it does."""
    known = VALUES.get(key)
    if known is not None and _one_spelling(key, value) not in known:
        return f"“{key}:{value[:40]}” is not known. After {key}: comes {', '.join(known)}."
    if key == "dream" and _number_of(value, "D") is None:
        return f"“dream:{value[:40]}” is not a dream. Write dream:D-87."
    if key in AGES and AGE.fullmatch(value) is None:
        return f"“{key}:{value[:40]}” is not an age. Write hours, days or weeks: {key}:2d."
    return ""


def _one_spelling(key: str, value: str) -> str:
    number = _number_of(value, "D") if key == "dream" else None
    if number is not None:
        return spell_id("D", number)
    return OTHER_NAMES.get(value, value) if key == "is" else value


def _number_of(word: str, letter: str) -> int | None:
    """Return the number of a typed P-1042, None for anything else."""
    try:
        return parse_id(word, expected=letter).number
    except BadId:
        return None


def _age_of(value: str) -> timedelta | None:
    found = AGE.fullmatch(value)
    return timedelta(hours=int(found[1]) * HOURS[found[2]]) if found else None


def spell_search(search: Search) -> str:
    """Return the one spelling of what is looked for: searches alike in meaning are spelled alike.

    `read_search` reads it back, as long as it is not longer than what is read.
    """
    return " ".join(_spelled_terms(search))


def _spelled_terms(search: Search) -> Iterator[str]:
    if search.where is not (Where.ALL if search.number else Where.OPEN):
        yield f"is:{search.where}"
    yield from (f"is:{mark}" for mark in sorted(search.marks))
    for minus, terms in (("", search.only), ("-", search.without)):
        for key, values in _keyed(terms):
            yield from (f"{minus}{key}:{quoted(value)}" for value in sorted(values))
    for key, age in (("older", search.older), ("newer", search.newer)):
        if age is not None:
            yield f"{key}:{_spell_age(age)}"
    if search.number is not None:
        yield spell_id("P", search.number)
    for minus, terms in (("", search.only), ("-", search.without)):
        for word in terms.words:
            is_plain = PLAIN_WORD.fullmatch(word) and _number_of(word, "P") is None
            yield f"{minus}{word}" if is_plain else f'{minus}"{word}"'


def _keyed(terms: Terms) -> Iterator[tuple[str, frozenset[str]]]:
    yield from (("risk", terms.risks), ("op", terms.ops), ("agent", terms.agents))
    yield from (("kind", terms.kinds), ("dream", terms.dreams))


def _spell_age(age: timedelta) -> str:
    hours = int(age.total_seconds()) // 3600
    # Above 9,999 hours only the larger units can be read back.
    unit = next(unit for unit in "wdh" if hours % HOURS[unit] == 0)
    return f"{hours // HOURS[unit]}{unit}"


def quoted(value: str) -> str:
    """Return `value` as it is typed behind a key: in quotes where a blank would end it."""
    return f'"{value}"' if re.search(r"\s", value) else value


def put(text: str, key: str, value: str) -> str:
    """Return the search `text` with `key:value` in place of what it said about `key`.

    An empty value takes the key out; for links that change one filter and keep the rest.
    """
    about = (f"{key}:", f"-{key}:")
    marks = {f"is:{mark}" for mark in Mark}
    kept = [
        term
        for term in TERM.findall(text)
        if not term.lower().startswith(about) or term.lower() in marks
    ]
    return " ".join([*([f"{key}:{quoted(value)}"] if value else []), *kept])
