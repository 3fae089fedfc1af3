"""The numbers of one set of sessions, gathered over seeds and halves."""

import statistics
from dataclasses import dataclass, field


@dataclass(slots=True)
class Measures:
    """The numbers of one set: a value for each seed and side under the name of the measure."""

    name: str
    sessions: int = 0
    tasks: int = 0
    values: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, value: float | None) -> None:
        """Keep one value; None (nothing to divide by) is left out."""
        if value is not None:
            self.values.setdefault(name, []).append(value)

    def total(self, name: str) -> float:
        """Return the sum of a measure."""
        return sum(self.values.get(name, ()))

    def mean(self, name: str) -> float | None:
        """Return the mean of a measure, None where there is no value."""
        found = self.values.get(name)
        return statistics.fmean(found) if found else None
