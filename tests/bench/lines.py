"""What a bench reports: one line a number, against its budget."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One number. budget: the most (for a rate, the least) it may be; None where there is none."""

    part: str
    name: str
    value: float
    unit: str
    budget: float | None
    ok: bool


def at_most(part: str, name: str, value: float, unit: str, budget: float) -> Line:
    """Return a line that is well up to `budget`."""
    return Line(part, name, round(value, 3), unit, budget, ok=value <= budget)


def at_least(part: str, name: str, value: float, unit: str, budget: float) -> Line:
    """Return a line that is well from `budget` on."""
    return Line(part, name, round(value, 3), unit, budget, ok=value >= budget)


def told(part: str, name: str, value: float, unit: str) -> Line:
    """Return a line without a budget, such as the floor others are compared with."""
    return Line(part, name, round(value, 3), unit, None, ok=True)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(lines: Iterable[Line]) -> str:
    """Return the lines as a table for people."""
    rows = [
        (
            "ok " if line.ok else "NOT",
            line.part,
            line.name,
            f"{line.value:g} {line.unit}",
            "" if line.budget is None else f"{line.budget:g} {line.unit}",
        )
        for line in lines
    ]
    return "\n".join(
        f"{ok}  {part:<10} {name:<44} {value:>18}  {budget:>18}"
        for ok, part, name, value, budget in rows
    )


def write_json(lines: Iterable[Line], path: Path) -> None:
    """Write the lines as a list of {part, name, value, unit, budget, ok}."""
    path.write_text(json.dumps([asdict(line) for line in lines], indent=1), encoding="utf-8")
