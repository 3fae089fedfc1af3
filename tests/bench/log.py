"""What the log costs a change, and how long it takes to verify 100,000 entries."""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_most, told
from tests.measure import ROOT

ENTRIES = 100_000
TOGETHER = 500
PAIRS = 300
COST_MS = 1.0
S_AN_ENTRY = 60 / 1_000_000
MOST_MIB = 512.0


def measure() -> Iterator[Line]:
    """Yield the log's cost and its verification on both databases."""
    yield from on_both("tests.bench.log:measure_here")


def measure_here() -> Iterator[Line]:
    """Yield the lines of this process's database."""
    from tests.bench import rows  # noqa: PLC0415 (after the settings are chosen)

    place = rows.make_place()
    yield from measure_cost(place)
    fill(place, ENTRIES)
    yield from measure_verify()


def measure_cost(place: Any, pairs: int = PAIRS) -> Iterator[Line]:
    """Yield the median difference between a change with its entry and the same change without."""
    with_entry: list[float] = []
    without: list[float] = []
    for at in range(pairs + 10):
        # Whichever comes first must not be the slower one by its place.
        for is_logged in (at % 2 == 0, at % 2 == 1):
            took = change(place, at, is_logged)
            if at >= 10:
                (with_entry if is_logged else without).append(took)
    cost = statistics.median(a - b for a, b in zip(with_entry, without, strict=True))
    yield told("log", named("a change without entry p50"), statistics.median(without), "ms")
    yield at_most("log", named("an entry adds to a change (p50)"), cost, "ms", COST_MS)


def change(place: Any, at: int, is_logged: bool) -> float:
    """Return the milliseconds of one transaction that changes a row, with its entry or without."""
    from django.db import transaction  # noqa: PLC0415

    from agents.models import Agent  # noqa: PLC0415
    from reviews.audit.log import append_many  # noqa: PLC0415

    began = time.perf_counter()
    with transaction.atomic(durable=True):
        Agent.objects.filter(pk=place.agent.pk).update(purpose=f"Settles orders, {at}")
        if is_logged:
            append_many([draft_of(place, at)])
    return (time.perf_counter() - began) * 1000


def draft_of(place: Any, at: int) -> Any:
    """Return the entry of a change with one free text."""
    from agents.people import actor_of  # noqa: PLC0415
    from reviews.audit.actions import Action  # noqa: PLC0415
    from reviews.audit.bodies import Draft  # noqa: PLC0415

    return Draft(
        action=Action.AGENT_CHANGED,
        workspace=place.workspace.slug,
        actor=actor_of(place.reviewer),
        object=f"agent:{place.agent.slug}",
        before={"revision": at},
        after={"revision": at + 1},
        values={"purpose": f"Settles orders, {at}"},
    )


def fill(place: Any, entries: int) -> None:
    """Write the entries and sign the tree."""
    from django.db import transaction  # noqa: PLC0415

    from agents import clock  # noqa: PLC0415
    from reviews.audit import sealing  # noqa: PLC0415
    from reviews.audit.log import append_many  # noqa: PLC0415

    for start in range(0, entries, TOGETHER):
        with transaction.atomic(durable=True):
            append_many([draft_of(place, at) for at in range(start, start + TOGETHER)])
    sealing.seal()
    sealing.checkpoint(clock.now())


def measure_verify() -> Iterator[Line]:
    """Yield seconds and memory of the whole command, its start-up included."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "manage.py", "audit_verify"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"audit_verify ended with {done.returncode}: {done.stdout[-500:]}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    name = f"audit_verify of {ENTRIES:,} entries"
    yield at_most("log", named(name), took, "s", ENTRIES * S_AN_ENTRY)
    yield told("log", named(f"{name}, processor time"), used.ru_utime + used.ru_stime, "s")
    yield at_most("log", named(f"{name}, most memory"), used.ru_maxrss / 1024, "MiB", MOST_MIB)
