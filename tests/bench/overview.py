"""The lead's wide pages at 100,000 proposals: the overview, and a dry run of the rules."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_most, percentile

SIZE = 100_000
ROUNDS = 7
OVERVIEW_MS = 1_000.0
DRY_RUN_MS = 3_000.0


def measure() -> Iterator[Line]:
    """Yield the times on both databases."""
    yield from on_both("tests.bench.overview:measure_here")


def measure_here() -> Iterator[Line]:
    """Yield the times on this process's database."""
    from reviews.approval_rules import DEFAULT_RULES  # noqa: PLC0415 (after the settings)
    from reviews.rule_changes import rehearse_rules  # noqa: PLC0415
    from tests.bench import rows  # noqa: PLC0415

    place = rows.make_place()
    rows.make_proposals(place, SIZE)
    client = rows.sign_in(place)
    overview = f"/w/{place.workspace.slug}/insights/"
    first, *others = DEFAULT_RULES
    drafted = (replace(first, needs=((None, 3),), path_prefix="/notes/"), *others)
    acts: dict[str, tuple[Callable[[], Any], float]] = {
        "overview": (lambda: client.get(overview), OVERVIEW_MS),
        "dry run over 90 days": (lambda: rehearse_rules(place.workspace, drafted), DRY_RUN_MS),
    }
    for name, (act, budget) in acts.items():
        taken = sorted(time_of(act) for _ in range(ROUNDS))
        line = named(f"{name}, {SIZE:,} proposals (p50)")
        yield at_most("overview", line, percentile(taken, 0.5), "ms", budget)


def time_of(act: Callable[[], Any]) -> float:
    """Return how many milliseconds one call takes."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1_000
