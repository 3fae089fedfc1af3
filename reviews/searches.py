"""What is typed into the queue's search field, as a value. Pure.

`is:open risk:high agent:claims kind:mistake free words`: a key with several values is any of them
(`risk:high,medium`), different keys and words must all hold. What is not understood is said and
left out; typing never ends in an error page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agents.web.ids import BadId, parse_id

LONGEST = 200
MOST_WORDS = 8
TERM = re.compile(r'[^\s"]*"[^"]*"|\S+')


class Where(StrEnum):
    """Which proposals are looked at: the value of `is:`."""

    OPEN = "open"
    MINE = "mine"
    SECOND = "second"
    CONFLICTED = "conflicted"
    DECIDED = "decided"
    SCHEDULED = "scheduled"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SENT_BACK = "sent-back"
    OWN = "own"
    ALL = "all"


WAITING = frozenset({Where.OPEN, Where.MINE, Where.SECOND, Where.CONFLICTED})
"""What waits for somebody is listed by risk, oldest first; everything else newest first."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "is": tuple(Where),
    "risk": ("high", "medium", "low"),
    "op": ("create", "update", "merge", "retire"),
}
KEYS = (*VALUES, "agent", "kind", "dream")
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for. problems: what was typed and could not be understood, in sentences.

    agents: slugs, or "shared". kinds: of patterns. number: of one P-…, when it was typed.
    """

    text: str = ""
    where: Where = Where.OPEN
    risks: frozenset[str] = frozenset()
    ops: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    dream: str = ""
    number: int | None = None
    words: tuple[str, ...] = ()
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
        """Say whether anything beside `is:` narrows the list."""
        return bool(
            self.risks
            or self.ops
            or self.agents
            or self.kinds
            or self.dream
            or self.number
            or self.words
        )


@dataclass(slots=True)
class _Read:
    """What was understood so far."""

    values: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    number: int | None = None
    problems: list[str] = field(default_factory=list)


def read_search(text: str) -> Search:
    """Return what `text` asks for; never raises."""
    text = text.replace("\x00", "").strip()
    read = _Read()
    if len(text) > LONGEST:
        read.problems.append(f"Only the first {LONGEST} characters were read.")
        text = text[:LONGEST]
    for term in TERM.findall(text):
        _read_term(term, read)
    if len(read.words) > MOST_WORDS:
        read.problems.append(f"Only the first {MOST_WORDS} words were looked for.")
    where = read.values.get("is", [Where.ALL if read.number else Where.OPEN])
    return Search(
        text=text,
        where=Where(where[-1]),
        risks=frozenset(read.values.get("risk", ())),
        ops=frozenset(read.values.get("op", ())),
        agents=frozenset(read.values.get("agent", ())),
        kinds=frozenset(read.values.get("kind", ())),
        dream=read.values.get("dream", [""])[-1],
        number=read.number,
        words=tuple(read.words[:MOST_WORDS]),
        problems=tuple(read.problems),
    )


def _read_term(term: str, read: _Read) -> None:
    key, colon, value = term.partition(":")
    if colon and key.lower() in KEYS:
        _read_values(key.lower(), value.strip('"').lower(), read)
        return
    if colon and key.isalpha() and value:
        known = ", ".join(f"{name}:" for name in KEYS)
        read.problems.append(f"“{key[:40]}:” is not a filter. Filters are {known} and free words.")
        return
    word = term.replace('"', "").strip()
    number = _number_of(word)
    if number is not None:
        read.number = number
    elif word:
        read.words.append(word)


def _read_values(key: str, typed: str, read: _Read) -> None:
    for value in filter(None, (part.strip() for part in typed.split(","))):
        known = VALUES.get(key)
        if known is not None and value not in known:
            read.problems.append(
                f"“{key}:{value[:40]}” is not known. After {key}: comes {', '.join(known)}."
            )
        elif key == "dream" and not _is_dream(value):
            read.problems.append(f"“dream:{value[:40]}” is not a dream. Write dream:D-87.")
        else:
            read.values.setdefault(key, []).append(value.upper() if key == "dream" else value)
    if not typed:
        read.problems.append(f"“{key}:” lacks a value.")


def _number_of(word: str) -> int | None:
    """Return the number of a typed P-1042, None for anything else."""
    try:
        return parse_id(word, expected="P").number
    except BadId:
        return None


def _is_dream(value: str) -> bool:
    try:
        return bool(parse_id(value, expected="D"))
    except BadId:
        return False


def put(text: str, key: str, value: str) -> str:
    """Return the search `text` with `key:value` in place of what it said about `key`.

    An empty value takes the key out; for links that change one filter and keep the rest.
    """
    kept = [term for term in TERM.findall(text) if not term.lower().startswith(f"{key}:")]
    spelled = f'"{value}"' if " " in value else value
    return " ".join([*([f"{key}:{spelled}"] if value else []), *kept])
