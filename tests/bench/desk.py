"""The review desk at 10,000 and 100,000 proposals: queue, proposal, decide; one client."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_most, percentile, told

SIZES = (10_000, 100_000)
ROUNDS = 60
QUEUE_MS = 25.0
PANE_MS = 20.0
DECIDE_MS = 30.0
DEEP_RATIO = 1.3
GROWTH_RATIO = 1.5
FILTERS = "is:open risk:high agent:desk kind:mistake"


def measure() -> Iterator[Line]:
    """Yield the desk's times on both databases."""
    yield from on_both("tests.bench.desk:measure_here")


def measure_here() -> Iterator[Line]:
    """Yield the times on this process's database, growing it from size to size."""
    from tests.bench import rows  # noqa: PLC0415 (after the settings are chosen)

    place = rows.make_place()
    queue: dict[int, float] = {}
    for size in SIZES:
        rows.make_proposals(place, size)
        client = rows.sign_in(place)
        lines, queue[size] = measure_size(client, place, size)
        yield from lines
    ratio = queue[SIZES[1]] / queue[SIZES[0]]
    yield at_most("desk", named("queue, 100,000 against 10,000 (p50)"), ratio, "x", GROWTH_RATIO)


def measure_size(client: Any, place: Any, size: int) -> tuple[list[Line], float]:
    """Return the lines of one size, and the median of the filtered queue in milliseconds."""
    base = f"/w/{place.workspace.slug}/review/"
    filtered = times(lambda _: client.get(base, {"q": FILTERS}))
    first = times(lambda _: client.get(base))
    deep_at = walk(client, base)
    deep = times(lambda _: client.get(f"{base}?at={deep_at}"))
    numbers = place.open_numbers(ROUNDS * 2)
    pane = times(lambda at: client.get(f"{base}P-{numbers[at]}/", headers={"HX-Request": "true"}))
    decide = times(lambda at: approve(client, base, numbers[at]))
    name = f"at {size:,}"
    lines = [
        at_most("desk", named(f"queue, 4 filters p95 {name}"), p95(filtered), "ms", QUEUE_MS),
        told("desk", named(f"queue, 4 filters p50 {name}"), p50(filtered), "ms"),
        told("desk", named(f"queue, page 1 p50 {name}"), p50(first), "ms"),
        at_most(
            "desk",
            named(f"deep page against page 1 {name}"),
            p50(deep) / p50(first),
            "x",
            DEEP_RATIO,
        ),
        at_most("desk", named(f"proposal pane p95 {name}"), p95(pane), "ms", PANE_MS),
        told("desk", named(f"proposal pane p50 {name}"), p50(pane), "ms"),
        at_most("desk", named(f"decide and next p95 {name}"), p95(decide), "ms", DECIDE_MS),
        told("desk", named(f"decide and next p50 {name}"), p50(decide), "ms"),
    ]
    return lines, p50(filtered)


def walk(client: Any, base: str, pages: int = 25) -> str:
    """Return the cursor of a page far behind the first."""
    cursor = ""
    for _ in range(pages):
        page = client.get(f"{base}?at={cursor}" if cursor else base).content.decode()
        found = re.findall(r"[?&;]at=([^\"&]+)", page)
        if not found:
            break
        cursor = found[-1]
    return cursor


def approve(client: Any, base: str, number: int) -> Any:
    """Approve a proposal as the page would, and take the next pane."""
    answer = client.post(
        f"{base}P-{number}/approve/",
        {"revision": 1, "state": "pending"},
        headers={"HX-Request": "true"},
    )
    if answer.status_code >= 400:
        raise RuntimeError(f"P-{number}: {answer.status_code}")
    return answer


def times(act: Callable[[int], Any]) -> list[float]:
    """Return the milliseconds of each of ROUNDS calls, after five that are not counted."""
    taken = []
    for at in range(ROUNDS + 5):
        began = time.perf_counter()
        answer = act(at)
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code >= 400:
            raise RuntimeError(f"answered {answer.status_code}")
    return taken[5:]


def p50(values: list[float]) -> float:
    """Return the median."""
    return percentile(values, 0.5)


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return percentile(values, 0.95)
