"""What memory holds and reviewers decided before, and what makes it worth another look. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

ALREADY_OPEN = "already_open"
ALREADY_IN_MEMORY = "already_in_memory"
REJECTED_BEFORE = "rejected_before"

TIMES = 2
MORE = 3
"""Evidence has grown with twice the sessions and three more, or when an effect is newly told."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """A pattern or text that was dealt with before: how, and in which proposal or memory.

    sessions, is_told: what it rested on then. proposed: the text its dream proposed, '' unknown; a
    memory that says something else was edited by a person.
    """

    status: str
    reference: str
    sessions: int = 0
    is_told: bool = False
    proposed: str = ""


Known = Mapping[str, Precedent]
"""Pattern key -> what became of it before."""


def has_grown(before: Precedent, *, sessions: int, is_told: bool) -> bool:
    """Say whether there is materially more behind something now than `before`."""
    return (is_told and not before.is_told) or has_doubled(before.sessions, sessions)


def has_doubled(before: int, now: int) -> bool:
    """Say whether sessions at least doubled, and are at least three more."""
    return now >= TIMES * before and now >= before + MORE


def comes_back(before: Precedent, *, sessions: int, is_told: bool) -> bool:
    """Say whether what was rejected is proposed once more."""
    return before.status == REJECTED_BEFORE and has_grown(
        before, sessions=sessions, is_told=is_told
    )


def say_return(before: Precedent, *, sessions: int, is_told: bool) -> str:
    """Return the sentence that says it was rejected, and what has grown since."""
    then = f"{before.sessions} session{'' if before.sessions == 1 else 's'}"
    told = "; its effect on outcomes is told now" if is_told and not before.is_told else ""
    return f"Rejected before as {before.reference} with {then}; now {sessions}{told}."
