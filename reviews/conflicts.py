"""A conflict as a reviewer settles it: what moved under a proposal, and the lines to choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.memory import find_head
from agents.models import MemoryVersion
from reviews.changes import Op
from reviews.diffs import (
    Block,
    Choice,
    Diff,
    DiffRow,
    Pick,
    Settled,
    UnsettledConflict,
    conflict_choices,
    diff,
    resolve,
)
from reviews.dossier import compare, version_text
from reviews.models import Decision, Proposal

WHOLE = 1_000_000
"""Context lines for showing a choice: it is never folded."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question: its text as rows against the base, and what it is called."""

    pick: Pick
    label: str
    rows: tuple[DiffRow, ...]
    is_picked: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Lines both sides touched, with the answers offered. number: from 0, as `resolve` counts."""

    number: int
    title: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """What went live under the proposal: version None where the path has no text now."""

    version: int | None
    proposal: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The three texts, what has to be chosen, and what carries over by itself.

    written_on: the version the proposal stands on, None for none. retires: there is no text to
    choose, only whether the path still goes.
    """

    proposal: Proposal
    written_on: int | None
    moved: Moved
    base: str
    live: str
    proposed: str
    blocks: tuple[Block, ...]
    retires: bool

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Return what has to be chosen, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Choice))

    @property
    def carried(self) -> int:
        """Return how many stretches of the proposal carry over by themselves."""
        return sum(
            isinstance(block, Settled) and block.by is Pick.PROPOSED for block in self.blocks
        )


def conflict_of(proposal: Proposal) -> Conflict:
    """Return the conflict of a proposal with what its path says now.

    Where the path has no text now, the proposal stands against nothing: it would be new memory.
    """
    head = find_head(proposal.store, proposal.path)
    live = head.content if head else ""
    on = proposal.base_version
    base = version_text(proposal, on) if on is not None and head is not None else ""
    proposed = proposal.revisions.get(number=proposal.revision).content
    retires = proposal.op == Op.RETIRE
    return Conflict(
        proposal=proposal,
        written_on=on,
        moved=_moved(head),
        base=base,
        live=live,
        proposed=proposed,
        blocks=() if retires else conflict_choices(base, live, proposed),
        retires=retires,
    )


def _moved(head: MemoryVersion | None) -> Moved:
    if head is None:
        return Moved(None, "", None)
    return Moved(head.number, head.proposal, head.created_at)


def read_picks(conflict: Conflict, typed: Mapping[str, str]) -> dict[int, Pick]:
    """Return the picks of a form (`pick-0` = live, proposed or both); what is unknown is left."""
    picks: dict[int, Pick] = {}
    for number in range(len(conflict.choices)):
        value = typed.get(f"pick-{number}", "")
        if value in set(Pick):
            picks[number] = Pick(value)
    return picks


def first_picks(conflict: Conflict) -> dict[int, Pick]:
    """Return what is chosen before anybody chose: both, where both can stand together."""
    return {
        number: Pick.BOTH
        for number, choice in enumerate(conflict.choices)
        if choice.both is not None
    }


def settle_text(conflict: Conflict, picks: Mapping[int, Pick]) -> str:
    """Return the text the picks lead to. Raises UnsettledConflict while one is missing."""
    return "" if conflict.retires else resolve(conflict.blocks, picks)


def questions_of(conflict: Conflict, picks: Mapping[int, Pick]) -> tuple[Question, ...]:
    """Return the questions with their answers as they are shown."""
    return tuple(
        _question(conflict, number, choice, picks.get(number))
        for number, choice in enumerate(conflict.choices)
    )


def _question(conflict: Conflict, number: int, choice: Choice, picked: Pick | None) -> Question:
    live = "Live" if conflict.moved.version is None else f"Live, version {conflict.moved.version}"
    offered: list[tuple[Pick, str, Sequence[str]]] = [
        (Pick.LIVE, live, choice.live),
        (Pick.PROPOSED, "This proposal", choice.proposed),
    ]
    if choice.both is not None:
        offered.append((Pick.BOTH, "Both", choice.both))
    base = "\n".join(choice.base)
    options = tuple(
        Option(pick, label, _rows(base, lines), pick is picked) for pick, label, lines in offered
    )
    return Question(number, f"Line {choice.line}: choose what it says", options)


def _rows(base: str, lines: Sequence[str]) -> tuple[DiffRow, ...]:
    if not lines:
        return ()
    return diff(base, "\n".join(lines), context=WHOLE).rows


def result_of(conflict: Conflict, picks: Mapping[int, Pick]) -> Diff | None:
    """Return how the settled text differs from what is live; None while a choice is open."""
    try:
        return compare(conflict.live, settle_text(conflict, picks))
    except UnsettledConflict:
        return None


def fallen_approvals(proposal: Proposal) -> tuple[Decision, ...]:
    """Return the approvals of the text as it was: they no longer count."""
    decisions = Decision.objects.filter(
        proposal=proposal, revision=proposal.revision, verdict="approve", undo=None
    )
    return tuple(decisions.select_related("person").order_by("pk"))
