"""Who approved a text and where it was learned: what stands behind a memory version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from agents.models import MemoryVersion, Workspace
from agents.web.ids import parse_id
from reviews.models import OriginKind, Proposal

COLUMNS = (
    "number",
    "origin_kind",
    "origin_id",
    "support",
    "revision",
    "route",
    "settled_at",
    "decisions__person__name",
    "decisions__revision",
    "decisions__round",
    "decisions__verdict",
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a text came from: P-`proposal`, who approved it, and the dream or person behind it.

    approved_by: names in the order they approved, or the rule that needed nobody. dream: number of
    D-…, None for a text written by a person or an agent. sessions: how many showed the pattern.
    is_edited: the approved text is not the one first filed.
    """

    proposal: int
    approved_by: tuple[str, ...]
    rule: str
    dream: int | None
    by_agent: bool
    sessions: int
    is_edited: bool
    settled_at: datetime | None


def sources_of(workspace: Workspace, versions: Iterable[MemoryVersion]) -> Mapping[str, Source]:
    """Return the source of each version by the name of its proposal (P-1042), in one query.

    A text that was put back keeps the proposal it first came from.
    """
    names = {version.proposal for version in versions if version.proposal}
    numbers = {parse_id(name, expected="P").number for name in names}
    rows = Proposal.objects.filter(workspace=workspace, number__in=numbers)
    found = rows.order_by("number", "decisions__pk").values(*COLUMNS)
    sources = [_source(list(part)) for _, part in groupby(found, key=lambda row: row["number"])]
    return {f"P-{source.proposal}": source for source in sources}


@dataclass(frozen=True, slots=True)
class Span:
    """Versions of one memory: later than `served`, applied up to `until` (None: up to now)."""

    served: int
    until: datetime | None = None


def versions_in(workspace: Workspace, spans: Mapping[int, Span]) -> list[MemoryVersion]:
    """Return the versions in each span, by number of memory and oldest first, without texts.

    spans: by the number of the memory. One query for any number of them.
    """
    rows = MemoryVersion.objects.filter(
        memory__workspace=workspace, memory__number__in=list(spans)
    ).select_related("memory")
    rows = rows.only("number", "proposal", "created_at", "memory__number")
    found = []
    for row in rows.order_by("memory__number", "number"):
        span = spans[row.memory.number]
        if row.number > span.served and (span.until is None or row.created_at <= span.until):
            found.append(row)
    return found


def sources_in(
    workspace: Workspace, versions: Iterable[MemoryVersion]
) -> Mapping[int, tuple[Source, ...]]:
    """Return by number of memory what stands behind these versions of it, each proposal once."""
    listed = list(versions)
    sources = sources_of(workspace, listed)
    names: dict[int, dict[str, None]] = {}
    for version in listed:
        if version.proposal in sources:
            names.setdefault(version.memory.number, {})[version.proposal] = None
    return {memory: tuple(map(sources.__getitem__, found)) for memory, found in names.items()}


def _source(rows: list[Mapping[str, object]]) -> Source:
    """Return the source of the rows of one proposal, one a decision (or one without any)."""
    first = rows[0]
    final = [row for row in rows if row["decisions__revision"] == first["revision"]]
    newest = max((row["decisions__round"] for row in final), default=0, key=_as_int)
    route = first["route"]
    return Source(
        proposal=_as_int(first["number"]),
        approved_by=tuple(
            str(row["decisions__person__name"])
            for row in final
            if row["decisions__verdict"] == "approve"
            and row["decisions__round"] == newest
            and row["decisions__person__name"]
        ),
        rule=str(route.get("rule", "")) if isinstance(route, dict) else "",
        dream=_dream_in(first),
        by_agent=first["origin_kind"] == OriginKind.AGENT,
        sessions=_as_int(first["support"]),
        is_edited=_as_int(first["revision"]) > 1,
        settled_at=first["settled_at"] if isinstance(first["settled_at"], datetime) else None,
    )


def _dream_in(row: Mapping[str, object]) -> int | None:
    if row["origin_kind"] != OriginKind.DREAM:
        return None
    return parse_id(str(row["origin_id"]), expected="D").number


def _as_int(value: object) -> int:
    return value if isinstance(value, int) else 0
