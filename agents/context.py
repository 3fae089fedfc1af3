"""Choosing and rendering memories for the start of a session. Pure: equal input, equal bytes.

Order: pinned, then support, then last evidence, then path. A memory is rendered as its path in a
heading and its text; one that no longer fits into the budget is left out, and smaller ones behind
it may still come in, so that a single long memory cannot empty the context.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

BYTES_A_TOKEN = 4
HEADING = "## /"
PINNED = "pinned"
RANKED = "ranked"
OVER_BUDGET = "over budget"


@dataclass(frozen=True, slots=True)
class Remembered:
    """One memory as it may be rendered. support: distinct sessions behind it."""

    memory: int
    version: int
    path: str
    content: str
    support: int = 0
    last_evidence_at: datetime | None = None
    is_pinned: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What became of one memory, and why: pinned, ranked or over budget."""

    memory: int
    version: int
    path: str
    is_in: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Context:
    """The text an agent reads, its size in tokens, and every memory in the order of its rank."""

    text: str
    tokens: int
    places: tuple[Place, ...]


def count_tokens(size_bytes: int) -> int:
    """Return the tokens a text of `size_bytes` of UTF-8 is counted as: a quarter, rounded up."""
    return -(-size_bytes // BYTES_A_TOKEN)


def rank(memories: Iterable[Remembered]) -> list[Remembered]:
    """Return the memories in the order in which they are considered."""
    return sorted(memories, key=_rank)


def _rank(memory: Remembered) -> tuple[bool, int, float, str]:
    at = memory.last_evidence_at.timestamp() if memory.last_evidence_at else 0.0
    return not memory.is_pinned, -memory.support, -at, memory.path


def spell(memory: Remembered) -> str:
    """Return the memory as it stands in the text: its path as a heading, its words, a blank line.

    A line of the words that looks like such a heading is moved in by a space: no memory can pass
    its words off as another's.
    """
    words = memory.content.rstrip()
    if HEADING in words:
        words = "\n".join(
            f" {line}" if line.startswith(HEADING) else line for line in words.split("\n")
        )
    return f"{HEADING}{memory.path[1:]}\n\n{words}\n\n"


def render(memories: Iterable[Remembered], budget_tokens: int) -> Context:
    """Return the text of the best memories within `budget_tokens` (4 bytes of UTF-8 each)."""
    parts: list[str] = []
    places: list[Place] = []
    used = 0
    for memory in rank(memories):
        part = spell(memory)
        size = len(part.encode())
        fits = count_tokens(used + size) <= budget_tokens
        if fits:
            parts.append(part)
            used += size
        reason = OVER_BUDGET if not fits else PINNED if memory.is_pinned else RANKED
        places.append(Place(memory.memory, memory.version, memory.path, fits, reason))
    return Context("".join(parts), count_tokens(used), tuple(places))
