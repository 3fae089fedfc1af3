"""How far the texts that are served are from those somebody stands behind. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distance:
    """changes: paths whose text differs; bytes: of them, the longer text of each; of: all bytes.

    of: how many bytes of text the baseline holds.
    """

    changes: int
    bytes: int
    of: int

    @property
    def percent(self) -> float:
        """Return the bytes that differ as a share of the baseline's, in percent; may pass 100."""
        if not self.bytes:
            return 0.0
        return 100 * self.bytes / self.of if self.of else 100.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How far is still near: percent of the baseline's bytes, and paths. At the limit is near."""

    percent: int = 20
    changes: int = 30


def measure(sizes: Iterable[tuple[int, int]], of: int) -> Distance:
    """Return the distance of the paths that differ: their bytes before and after, 0 for no text."""
    longer = [max(before, after) for before, after in sizes]
    return Distance(len(longer), sum(longer), of)


def is_far(distance: Distance, limits: Limits) -> bool:
    """Say whether the distance passes either limit."""
    return distance.changes > limits.changes or distance.percent > limits.percent
