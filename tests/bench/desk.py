"""The review desk at 10,000, 100,000 and 1,000,000 proposals: queue, proposal, diff, decide.

One client, with the number of queries of each; on SQLite up to 100,000. Four processes that decide
at once come last.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_least, at_most, percentile, told
from tests.bench.machine import OBJECTS, meanwhile

SIZES = (10_000, 100_000, 1_000_000)
SQLITE_SIZES = SIZES[:2]
ROUNDS = 60
QUEUE_MS = 25.0
TEXT_MS = QUEUE_MS + 80.0
PANE_MS = 20.0
DECIDE_MS = 30.0
DIFF_MS = 40.0
TICK_MS = 15.0
DEEP_RATIO = 1.3
GROWTH_RATIO = 1.5
FILTERS = "is:open risk:high agent:desk kind:mistake"
FRAGMENT = {"HX-Request": "true"}
FOLLOWS = "Queue-Follows"
LIST_LASTS = 38
MANY = 3 * 1_001
"""What a list of three risks is said to hold where there are more than are counted of each."""
DIFF_WORDS = 2_000
CLIENTS = 4
EACH = 150
DECISIONS_PER_S = 100.0

Act = Callable[[int], Any]


def measure() -> Iterator[Line]:
    """Yield the desk's times on both databases."""
    yield from on_both("tests.bench.desk:measure_here")


def measure_here() -> Iterator[Line]:
    """Yield the times on this process's database, growing it from size to size."""
    from tests.bench import rows  # noqa: PLC0415 (after the settings are chosen)

    place = rows.make_place()
    sizes = SIZES if os.environ["BENCH_ON"] == "PostgreSQL" else SQLITE_SIZES
    queue: dict[int, float] = {}
    for size in sizes:
        rows.make_proposals(place, size)
        client = rows.sign_in(place)
        lines, queue[size] = measure_size(client, place, size)
        yield from lines
    ratio = queue[sizes[-1]] / queue[sizes[0]]
    name = f"queue, {sizes[-1]:,} against {sizes[0]:,} (p50)"
    yield at_most("desk", named(name), ratio, "x", GROWTH_RATIO)
    yield from measure_crowd(place)


def measure_size(client: Any, place: Any, size: int) -> tuple[list[Line], float]:
    """Return the lines of one size, and the median of the filtered queue in milliseconds."""
    base = f"/w/{place.workspace.slug}/review/"
    opened = place.open_numbers((ROUNDS + 6) * 4)
    numbers, pairs = iter(opened), pairwise(opened[(ROUNDS + 6) * 2 :])
    dream = place.running_dream().number
    deep = walk(client, base)
    surfaces: dict[str, tuple[Act, float]] = {
        "queue, 4 filters": (lambda _: client.get(base, {"q": FILTERS}), QUEUE_MS),
        "queue, 3 filters and words": (
            lambda _: client.get(base, {"q": "risk:high kind:mistake before:x document answer"}),
            TEXT_MS,
        ),
        "proposal pane": (lambda _: pane(client, base, next(numbers)), PANE_MS),
        "live diff of 2,000 words": (lambda _: live_diff(client, base, next(numbers)), DIFF_MS),
        "progress tick": (lambda _: tick(client, place, dream), TICK_MS),
        "decide and next": (lambda at: decide(client, base, at, next(pairs)), DECIDE_MS),
    }
    lines: list[Line] = []
    for name, (act, budget) in surfaces.items():
        taken, machine = meanwhile(lambda act=act: times(act))
        lines += [
            at_most("desk", named(f"{name} p95 at {size:,}"), p95(taken), "ms", budget),
            told("desk", named(f"{name} p50 at {size:,}"), p50(taken), "ms"),
            told("desk", named(f"{name}, {OBJECTS:,} objects meanwhile"), machine, "ms"),
            told("desk", named(f"{name}, queries"), queries(act), ""),
        ]
    first = p50(times(lambda _: client.get(base)))
    ratio = p50(times(lambda _: client.get(f"{base}?at={deep}"))) / first
    lines.append(
        at_most("desk", named(f"deep page against page 1 at {size:,}"), ratio, "x", DEEP_RATIO)
    )
    filtered = p50(times(surfaces["queue, 4 filters"][0]))
    return lines, filtered


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


def pane(client: Any, base: str, number: int) -> Any:
    """Open a proposal as a fragment."""
    return client.get(f"{base}P-{number}/", headers=FRAGMENT)


def live_diff(client: Any, base: str, number: int) -> Any:
    """Ask what a long text would change, as the editor does while one types."""
    text = " ".join(f"word{at % 400}" for at in range(DIFF_WORDS))
    sent = {"revision": 1, "text": text, "against": "live"}
    return client.post(f"{base}P-{number}/edit/preview/", sent, headers=FRAGMENT)


def tick(client: Any, place: Any, number: int) -> Any:
    """Ask how far a running dream is."""
    address = f"/w/{place.workspace.slug}/dreams/D-{number}/progress/"
    return client.get(address, headers=FRAGMENT)


def decide(client: Any, base: str, at: int, pair: tuple[int, int]) -> Any:
    """Approve the first of two that follow each other as the page would; its list renews at times.

    at: which decision it is. A page's list of 50 rows comes whole again after 38.
    """
    follows = f"{pair[1]} of {MANY}" if at % LIST_LASTS else ""
    return approve(client, base, pair[0], follows)


def approve(client: Any, base: str, number: int, follows: str = "") -> Any:
    """Approve a proposal as the page would, and take the next pane."""
    sent = {"revision": 1, "state": "pending", "confirmed": 1, "signs": 400}
    headers = FRAGMENT | {FOLLOWS: follows}
    return client.post(f"{base}P-{number}/approve/", sent, headers=headers)


def times(act: Act) -> list[float]:
    """Return the milliseconds of each of ROUNDS calls, after five that are not counted."""
    taken = []
    for at in range(ROUNDS + 5):
        began = time.perf_counter()
        answer = act(at)
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code >= 400:
            raise RuntimeError(f"answered {answer.status_code}: {answer.content[:300]!r}")
    return taken[5:]


def queries(act: Act) -> int:
    """Return how many queries one call asks."""
    from django.db import connection  # noqa: PLC0415 (after the settings are chosen)
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as asked:
        act(0)
    return len(asked)


def measure_crowd(place: Any) -> Iterator[Line]:
    """Yield how many decisions four processes take in a second, and what became of them."""
    from reviews.models import Decision  # noqa: PLC0415 (after the settings are chosen)

    before = Decision.objects.count()
    numbers = place.open_numbers(CLIENTS * EACH)
    shares = [numbers[at::CLIENTS] for at in range(CLIENTS)]
    with ProcessPoolExecutor(CLIENTS, mp_context=get_context("spawn")) as pool:
        # The first round only lets the processes start and connect.
        list(pool.map(decide_all, [[] for _ in shares]))
        began = time.perf_counter()
        done = sum(pool.map(decide_all, shares))
        took = time.perf_counter() - began
    name = f"decisions by {CLIENTS} at once"
    yield at_least("desk", named(name), done / took, "1/s", DECISIONS_PER_S)
    made = Decision.objects.count() - before
    doubled = made - Decision.objects.values("proposal").distinct().count() + before
    yield at_most("desk", named(f"{name}, lost"), len(numbers) - made, "", 0)
    yield at_most("desk", named(f"{name}, doubled"), doubled, "", 0)


def decide_all(numbers: list[int]) -> int:
    """Approve these proposals one after the other in this process; return how many."""
    import django  # noqa: PLC0415 (a process of its own)

    django.setup()
    from agents.people import find_member_at  # noqa: PLC0415
    from reviews.decisions import Shown, approve  # noqa: PLC0415
    from reviews.models import Proposal  # noqa: PLC0415
    from tests.bench import rows  # noqa: PLC0415

    if not numbers:
        return 0
    member = find_member_at(rows.reviewer(), rows.SLUG)
    for number in numbers:
        found = Proposal.objects.get(workspace=member.workspace, number=number)
        approve(found, by=member, shown=Shown(revision=1, state="pending"))
    return len(numbers)


def p50(values: list[float]) -> float:
    """Return the median."""
    return percentile(values, 0.5)


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return percentile(values, 0.95)
