"""Who was given certain texts, and who runs with them now: from the record of reads."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Max

from agents import clock
from agents.models import MemoryRead, Rendering, Session, Workspace
from agents.transcripts.base import Verdict

Versions = Mapping[int, Collection[int]]
"""Number of M-… -> numbers of the versions that are asked about."""

Key = tuple[int, str]
"""Primary key of the agent, external id: what a session is known by."""

STILL_OPEN = timedelta(days=7)
"""How long after its last read a session that reported no end is taken to run."""

LOOK_UP_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Reader:
    """One session that was given some of the versions asked about.

    session: its row once its transcript came in. memories: numbers of M-…, rising. has_it: it runs,
    as far as is known, and the last text it was given holds one of them.
    """

    agent: int
    external_id: str
    session: Session | None
    read_at: datetime
    memories: tuple[int, ...]
    has_it: bool


def find_readers(workspace: Workspace, versions: Versions, since: datetime) -> list[Reader]:
    """Return the sessions that were given any of these versions since then, last read first."""
    giving = _renderings_giving(workspace, versions, since)
    newest: dict[Key, tuple[int, datetime]] = {}
    given: dict[Key, set[int]] = {}
    reads = MemoryRead.objects.filter(rendering__in=list(giving)).order_by("pk")
    for pk, agent, external_id, rendering, at in reads.values_list(
        "pk", "agent_id", "external_session_id", "rendering_id", "created_at"
    ):
        newest[agent, external_id] = pk, at
        given.setdefault((agent, external_id), set()).update(giving[rendering])
    rows = {(row.agent_id, row.external_id): row for row in _sessions_among(given)}
    last = _last_reads(given)
    started = clock.now() - STILL_OPEN
    readers = [
        Reader(
            agent=key[0],
            external_id=key[1],
            session=rows.get(key),
            read_at=at,
            memories=tuple(sorted(given[key])),
            has_it=last[key] == pk and at >= started and _runs(rows.get(key)),
        )
        for key, (pk, at) in newest.items()
    ]
    return sorted(readers, key=lambda one: (one.read_at, one.external_id), reverse=True)


def _runs(session: Session | None) -> bool:
    """Say whether a session has not ended, as far as it told."""
    return session is None or (session.ended_at is None and session.verdict == Verdict.UNKNOWN)


def _renderings_giving(
    workspace: Workspace, versions: Versions, since: datetime
) -> dict[int, frozenset[int]]:
    """Return by primary key the renderings with any of the versions in them, and of which."""
    giving: dict[int, frozenset[int]] = {}
    rows = Rendering.objects.filter(workspace=workspace, created_at__gte=since)
    for pk, items in rows.values_list("pk", "items").iterator(chunk_size=20):
        found = frozenset(
            item["memory"]
            for item in items
            if item["in"] and item["version"] in versions.get(item["memory"], ())
        )
        if found:
            giving[pk] = found
    return giving


def _sessions_among(keys: Collection[Key]) -> Iterator[Session]:
    """Yield those of the sessions whose transcript came in."""
    for some in _few(keys):
        rows = Session.objects.filter(
            agent__in={agent for agent, _ in some}, external_id__in={one for _, one in some}
        )
        yield from (row for row in rows if (row.agent_id, row.external_id) in keys)


def _last_reads(keys: Collection[Key]) -> dict[Key, int]:
    """Return the primary key of the last read of each session, of whatever text."""
    last: dict[Key, int] = {}
    for some in _few(keys):
        reads = MemoryRead.objects.filter(
            agent__in={agent for agent, _ in some},
            external_session_id__in={one for _, one in some},
        )
        newest = reads.values("agent_id", "external_session_id").annotate(last=Max("pk"))
        last |= {(row["agent_id"], row["external_session_id"]): row["last"] for row in newest}
    return last


def _few(keys: Collection[Key]) -> Iterator[list[Key]]:
    rest = iter(keys)
    while some := list(islice(rest, LOOK_UP_TOGETHER)):
        yield some
