"""What keeps a proposal out of a batch, so that it is decided on its own page. Pure.

A batch saves steps, never a judgement: only what can be judged from one line is decided in a list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

MOST_WORDS = 60
"""Words added and removed that can be read in a list; a longer change has a page of its own."""

MOST = 25
"""Proposals in one batch."""

TYPED_FROM = 11
"""From so many on, who decides types how many it is."""

OPENED_OF = 10
"""Of so many in a batch that is approved, one has had a quote opened where it was said."""


class Exclusion(StrEnum):
    """Why a proposal is not decided in a list; the worst first."""

    UNKNOWN = "unknown"
    CHANGED = "changed"
    SETTLED = "settled"
    NOT_LOW = "not_low"
    PROTECTED = "protected"
    RISKY = "risky"
    NO_SOURCE = "no_source"
    CONTRADICTED = "contradicted"
    REMOVES = "removes"
    BARRED = "barred"
    DRAWN = "drawn"
    NEEDS_MORE = "needs_more"
    NEAR = "near"
    ALIKE = "alike"
    STALE = "stale"
    RESERVED = "reserved"
    LONG = "long"


WORDS: Mapping[Exclusion, str] = {
    Exclusion.UNKNOWN: "It cannot be decided in a list.",
    Exclusion.CHANGED: "It changed since the list was shown.",
    Exclusion.SETTLED: "It does not wait for a first decision any more.",
    Exclusion.NOT_LOW: "Its risk is not low.",
    Exclusion.PROTECTED: "It touches a protected memory.",
    Exclusion.RISKY: "It names something that needs a closer look.",
    Exclusion.NO_SOURCE: "No source was found for it.",
    Exclusion.CONTRADICTED: "A quote speaks against it.",
    Exclusion.REMOVES: "It takes text out of memory.",
    Exclusion.BARRED: "It is not yours to decide.",
    Exclusion.DRAWN: "It was drawn for double review.",
    Exclusion.NEEDS_MORE: "It needs more than one approval.",
    Exclusion.NEAR: "Memory says nearly the same already.",
    Exclusion.ALIKE: "Another proposal says nearly the same.",
    Exclusion.STALE: "Its path has changed since it was proposed.",
    Exclusion.RESERVED: "Somebody else has reserved it.",
    Exclusion.LONG: "Its change is too long to be judged in a list.",
}


@dataclass(frozen=True, slots=True)
class Looks:
    """What of a proposal says whether it may be decided in a list.

    traits: those of its route. supports, against: how many quotes do. approvals: asked for in all.
    words: added and removed.
    """

    state: str
    risk: str
    traits: frozenset[str]
    supports: int
    against: int
    approvals: int
    words: int
    is_adding: bool
    is_unsourced: bool
    is_drawn: bool
    is_barred: bool
    is_near: bool
    is_alike: bool
    is_stale: bool
    is_reserved: bool


_ASKED: Mapping[Exclusion, Callable[[Looks], bool]] = {
    Exclusion.SETTLED: lambda looks: looks.state != "pending",
    Exclusion.NOT_LOW: lambda looks: looks.risk != "low",
    Exclusion.PROTECTED: lambda looks: "protected" in looks.traits,
    Exclusion.RISKY: lambda looks: bool(looks.traits - {"identical"}),
    Exclusion.NO_SOURCE: lambda looks: looks.is_unsourced or not looks.supports,
    Exclusion.CONTRADICTED: lambda looks: looks.against > 0,
    Exclusion.REMOVES: lambda looks: not looks.is_adding,
    Exclusion.BARRED: lambda looks: looks.is_barred,
    Exclusion.DRAWN: lambda looks: looks.is_drawn,
    Exclusion.NEEDS_MORE: lambda looks: looks.approvals != 1,
    Exclusion.NEAR: lambda looks: looks.is_near,
    Exclusion.ALIKE: lambda looks: looks.is_alike,
    Exclusion.STALE: lambda looks: looks.is_stale,
    Exclusion.RESERVED: lambda looks: looks.is_reserved,
    Exclusion.LONG: lambda looks: looks.words > MOST_WORDS,
}


def exclude(looks: Looks) -> Exclusion | None:
    """Return the worst of what keeps the proposal out of a batch, None where it may be in one."""
    return next((one for one, holds in _ASKED.items() if holds(looks)), None)


def left_to_open(count: int, opened: int) -> int:
    """Return of how many more a quote is to be opened before a batch of `count` is approved.

    opened: of how many of it the person has opened one.
    """
    return max(0, count // OPENED_OF - opened)
