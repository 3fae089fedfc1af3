"""What an agent waits for: the memory read at the start of a session, with 2,000 memories."""

from collections.abc import Iterator
from typing import Any

from tests.bench.desk import p50, p95, times
from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_most, told

MEMORIES = 2_000
READ_MS = 15.0
WHOLE = 1_000_000
"""Tokens: more than all memories have, so that every one is in the text."""


def measure() -> Iterator[Line]:
    """Yield the times of a read on both databases."""
    yield from on_both("tests.bench.memory:measure_here")


def measure_here(memories: int = MEMORIES) -> Iterator[Line]:
    """Yield the times of new sessions, of repeats, and of repeats that have the text already."""
    from tests.bench import rows  # noqa: PLC0415 (after the settings are chosen)

    place = rows.make_place()
    rows.make_memories(place, memories)
    headers = {"Authorization": f"Bearer {rows.make_token(place)}"}
    url = f"/api/v1/agents/{place.agent.slug}/memory"

    def read(session: str, **more: str) -> Any:
        asked = {"session": session, "budget_tokens": str(WHOLE)}
        return place.client.get(url, asked, headers=headers | more)

    etag = read("again")["ETag"]
    reads = {
        "first read of a session": times(lambda at: read(f"new-{at}")),
        "repeat": times(lambda _: read("again")),
        "repeat, 304": times(lambda _: read("again", **{"If-None-Match": etag})),
    }
    for what, taken in reads.items():
        yield at_most("memory", named(f"{what} p95, {memories:,}"), p95(taken), "ms", READ_MS)
        yield told("memory", named(f"{what} p50, {memories:,}"), p50(taken), "ms")
