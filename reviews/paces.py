"""How fast approvals follow one another, against how long their texts take to read. Pure.

It is told, never enforced: who is quick may be right, and who is tired should hear of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SIGNS_A_SECOND = 25
"""What a quick reader reads: about 300 words a minute."""

TIMES_FASTER = 3
"""An approval is fast where it took less than a third of the reading time."""

IN_A_ROW = 5
"""So many fast ones in a row, and every so many after them, are told."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Fast approvals in a row: how many, in how many milliseconds, to read in how many."""

    count: int = 0
    taken_ms: int = 0
    reading_ms: int = 0

    def body(self) -> dict[str, int]:
        """Return it as it is kept with a decision; `read_pace` reads it back."""
        return {"count": self.count, "taken_ms": self.taken_ms, "reading_ms": self.reading_ms}


def read_pace(shown: Mapping[str, object]) -> Pace:
    """Return the pace kept with a decision, none where it has none."""
    body = shown.get("pace")
    if not isinstance(body, Mapping):
        return Pace()
    return Pace(int(body["count"]), int(body["taken_ms"]), int(body["reading_ms"]))


def go_on(before: Pace, taken_ms: int, signs: int) -> Pace:
    """Return the pace after one more approval.

    taken_ms: since the decision before it. signs: characters of what there was to read.
    """
    reading_ms = signs * 1_000 // SIGNS_A_SECOND
    if taken_ms * TIMES_FASTER >= reading_ms:
        return Pace()
    return Pace(
        before.count + 1, before.taken_ms + max(0, taken_ms), before.reading_ms + reading_ms
    )


def is_told(pace: Pace) -> bool:
    """Say whether this is the moment to tell of it."""
    return pace.count > 0 and pace.count % IN_A_ROW == 0
