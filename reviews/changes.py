"""A proposed change to one memory, as a value: what every dreamer and every person files."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_WORDS = re.compile(r"[^\W\d_]+")
TELLING = 4
"""So many letters a word has that tells what a text is about."""
STEM = 5
FEW = 4
"""With fewer telling words than this a text is known by all its words."""


class Op(StrEnum):
    """What a change does to its path."""

    CREATE = "create"
    UPDATE = "update"
    MERGE = "merge"
    RETIRE = "retire"


class Trust(StrEnum):
    """Where words come from, most trusted first. Below AGENT a text is tainted."""

    MEMBER = "member"
    CHECK = "check"
    AGENT = "agent"
    PRINCIPAL = "principal"
    TOOL = "tool"
    OUTSIDE = "outside"


TRUST_ORDER: tuple[Trust, ...] = tuple(Trust)


def lowest_trust(sources: tuple[Trust, ...]) -> Trust:
    """Return the least trusted of `sources`; MEMBER when nothing foreign stands in the text."""
    return max(sources, key=TRUST_ORDER.index, default=Trust.MEMBER)


def is_tainted(trust: Trust) -> bool:
    """Say whether words of this trust taint the text they stand in."""
    return TRUST_ORDER.index(trust) > TRUST_ORDER.index(Trust.AGENT)


class Relation(StrEnum):
    """How a quote bears on a change."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"


class Unsourced(StrEnum):
    """How much of what a dream wrote was found in none of the sessions it read."""

    NOTHING = ""
    PART = "part"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Verbatim words of one stored event: start and end are offsets in characters of its text."""

    session: str
    revision: int
    event: int
    quote: str
    start: int
    end: int
    sha256: str
    relation: Relation = Relation.SUPPORTS


@dataclass(frozen=True, slots=True)
class PatternFacts:
    """The pattern a change rests on, frozen as it was when the change was filed.

    numbers: JSON-safe mapping without floats in decimal form that must round-trip (see
    dreaming.statistics); signal: ground_truth, outcome, approval or words.
    """

    kind: str
    key: str
    statement: str
    signal: str
    numbers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one path. base_version: head the proposer saw; None where there is none.

    content is '' for a retire. merged: the other paths a merge folds into this one.
    title: at most 60 characters, for lists. taint: lowest trust of the words in `content`.
    unsourced: how much of it no session that was read says; it stays so through every edit.
    """

    op: Op
    path: str
    content: str
    base_version: int | None
    title: str
    rationale: str
    evidence: tuple[Evidence, ...] = ()
    pattern: PatternFacts | None = None
    taint: Trust = Trust.MEMBER
    merged: tuple[str, ...] = ()
    unsourced: Unsourced = Unsourced.NOTHING


def pattern_key(kind: str, tool: str, template: str, scope: str) -> str:
    """Return the hex key under which a pattern is known to dreams, proposals and versions."""
    return hashlib.sha256("\x1f".join((kind, tool, template, scope)).encode()).hexdigest()


def normalised_text(text: str) -> str:
    """Return `text` as it is compared for being the same: NFC, runs of white space as one space.

    Case, punctuation and hidden characters stay: a text that differs in them is another text.
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def text_key(text: str) -> str:
    """Return the hex key under which texts that say nearly the same are one; '' for no words.

    Case, order, punctuation, figures, short words and endings do not count, so it says that texts
    are worth reading together, never that they mean the same.
    """
    words = _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())
    telling = {word[:STEM] for word in words if len(word) >= TELLING}
    kept = sorted(telling) if len(telling) >= FEW else words
    return hashlib.sha256("\x1f".join(kept).encode()).hexdigest() if kept else ""
