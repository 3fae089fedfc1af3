"""What a verification found, in a form other checks can add to."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from reviews.audit.merkle import TreeHead

KEPT = 200


class Status(IntEnum):
    """What the log is found to be; the number is the exit code."""

    SOUND = 0
    TAMPERED = 1
    INCOMPLETE = 2
    UNVERIFIABLE = 3


GRAVITY = (Status.TAMPERED, Status.INCOMPLETE, Status.UNVERIFIABLE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One difference: its kind, a sentence, and the leaf it is about, if it is about one."""

    status: Status
    message: str
    leaf: int | None = None


@dataclass(slots=True)
class Report:
    """What was checked and what was found; other checks add what they find with `add`.

    counts: what was looked at, by name. notes: facts that are no problem. head: the newest signed
    tree whose root the leaves give. Only the first 200 problems and notes are kept; `total` counts
    all problems.
    """

    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    found: dict[Status, int] = field(default_factory=dict)
    head: TreeHead | None = None

    @property
    def status(self) -> Status:
        """The gravest of what was found."""
        return next((status for status in GRAVITY if self.found.get(status)), Status.SOUND)

    @property
    def total(self) -> int:
        """How many problems there are, kept or not."""
        return sum(self.found.values())

    def add(self, status: Status, message: str, leaf: int | None = None) -> None:
        """Record a problem; `leaf` puts "entry 18,200 (leaf 18,199): " before the message."""
        self.found[status] = self.found.get(status, 0) + 1
        if len(self.problems) < KEPT:
            self.problems.append(Problem(status, located(message, leaf), leaf))

    def note(self, message: str, leaf: int | None = None) -> None:
        """Record a fact that is no problem."""
        if len(self.notes) < KEPT:
            self.notes.append(located(message, leaf))

    def count(self, name: str, by: int = 1) -> None:
        """Add to a count."""
        self.counts[name] = self.counts.get(name, 0) + by

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values for `--json`."""
        head = self.head
        return {
            "status": self.status.name.lower(),
            "exit": int(self.status),
            "checkpoint": {"size": head.size, "root": head.root.hex()} if head else None,
            "counts": dict(sorted(self.counts.items())),
            "problems": [
                {"status": p.status.name.lower(), "message": p.message, "leaf": p.leaf}
                for p in self.problems
            ],
            "problems_total": self.total,
            "notes": list(self.notes),
        }


def located(message: str, leaf: int | None) -> str:
    """Put the number of the entry before a message about it."""
    return message if leaf is None else f"entry {leaf + 1:,} (leaf {leaf:,}): {message}"
