"""What the agent pages show of a store: a few wide queries, then plain values for the template."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce

from agents.memory import LIVE
from agents.models import (
    Channel,
    MemoryVersion,
    Quarantine,
    Release,
    ReleaseItem,
    Session,
    Workspace,
)
from agents.quarantines import covers
from agents.transcripts.base import Verdict
from agents.web.charts import Growth, GrowthPoint, growth_of, wilson
from agents.web.ids import parse_id
from dreaming.models import Dream
from reviews.models import OPEN_STATES, Baseline, Proposal
from reviews.provenance import Source

RECENTLY = timedelta(days=30)
WEEK = timedelta(days=7)
WEEKS = 12
LISTED = 10


@dataclass(frozen=True, slots=True)
class Share:
    """Sessions that came in recently: how many, how many with a known end, how many succeeded.

    share (0 to 1), low and high (whole percent, the 95 % Wilson interval): of those with a known
    end; None without any.
    """

    sessions: int = 0
    known: int = 0
    succeeded: int = 0
    share: float | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """One release: what it changed against the one before it, and the proposals behind that."""

    number: int
    on: datetime
    live: int
    added: int
    changed: int
    retired: int
    back_to: int | None
    proposals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One memory the agent reads now. waiting: open proposals on its path.

    before: number of the newest version with another text, which a lead can put back; None where
    there is none, or where the memory was ever quarantined.
    """

    version: MemoryVersion
    source: Source | None
    reads: int
    waiting: int
    is_quarantined: bool
    before: int | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What was published in a span of time, in memories."""

    added: int
    changed: int
    retired: int
    live: int

    @property
    def moved(self) -> int:
        """Return how many of the memories that were live then say something else now, or nothing.

        One that changed twice counts twice.
        """
        return self.changed + self.retired

    @property
    def before(self) -> int:
        """Return how many memories were live when the span began."""
        return self.live - self.added + self.retired

    @property
    def churn(self) -> float | None:
        """Return what moved as a share of what was live; None where nothing was."""
        return self.moved / self.before if self.before > 0 else None


def find_channels(workspace: Workspace) -> QuerySet[Channel]:
    """Return what each store of the workspace serves now, with its agent and what waits there.

    Each has also `waiting` (open proposals), `dream` (number of the newest), `dreamed_at` and
    `is_due` (for revalidation).
    """
    left = Baseline.objects.filter(store=OuterRef("store"), replaced_at=None, left_at__isnull=False)
    waiting = Proposal.objects.filter(store=OuterRef("store"), state__in=OPEN_STATES)
    counted = waiting.order_by().values("store").annotate(n=Count("pk")).values("n")
    newest = Dream.objects.filter(store=OuterRef("store")).order_by("-number")
    return (
        Channel.objects.filter(name=LIVE, store__workspace=workspace)
        .select_related("store__agent__owner", "store__workspace", "store__schedule", "release")
        .annotate(
            waiting=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
            dream=Subquery(newest.values("number")[:1]),
            dreamed_at=Subquery(newest.values("queued_at")[:1]),
            is_due=Exists(left),
        )
    )


def live_items(channel: Channel) -> QuerySet[ReleaseItem]:
    """Return the newest item of every memory the served release holds, with version and memory.

    Each has also `waiting` (open proposals on its path), `is_quarantined`, and `before`, the newest
    earlier version with another text of a memory that was never quarantined.
    """
    served = ReleaseItem.objects.filter(
        release__store=channel.store_id, release__sequence__lte=channel.release.sequence
    )
    later = served.filter(
        memory=OuterRef("memory"), release__sequence__gt=OuterRef("release__sequence")
    )
    waiting = Proposal.objects.filter(
        store=channel.store_id, path=OuterRef("memory__path"), state__in=OPEN_STATES
    )
    counted = waiting.order_by().values("path").annotate(n=Count("pk")).values("n")
    ever = Quarantine.objects.filter(memory=OuterRef("memory"))
    out = ever.filter(covers(OuterRef("version__number")), lifted_at=None)
    earlier = MemoryVersion.objects.filter(
        ~Exists(Quarantine.objects.filter(memory=OuterRef("memory"))),
        memory=OuterRef("memory"),
        number__lt=OuterRef("version__number"),
        is_tombstone=False,
    ).exclude(sha256=OuterRef("version__sha256"))
    return (
        served.filter(~Exists(later), version__isnull=False)
        .select_related("version", "memory", "release")
        .annotate(
            waiting=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
            is_quarantined=Exists(out),
            before=Subquery(earlier.order_by("-number").values("number")[:1]),
        )
    )


def live_rows(
    items: Sequence[ReleaseItem], sources: Mapping[str, Source], reads: Counter[int]
) -> list[LiveRow]:
    """Return the items as rows of the table of live memory."""
    rows = []
    for item in items:
        version = item.version
        if version is None:
            continue
        version.memory = item.memory
        rows.append(
            LiveRow(
                version=version,
                source=sources.get(version.proposal),
                reads=reads[item.memory.number],
                waiting=getattr(item, "waiting", 0),
                is_quarantined=getattr(item, "is_quarantined", False),
                before=getattr(item, "before", None),
            )
        )
    return rows


def find_published(channel: Channel, now: datetime) -> list[Published]:
    """Return the releases of the last WEEKS weeks, and at least the LISTED newest; newest first.

    The empty release a store begins with changed nothing and is not among them.
    """
    items = ReleaseItem.objects.filter(
        Q(release__created_at__gte=now - WEEKS * WEEK)
        | Q(release__sequence__gt=channel.release.sequence - LISTED),
        release__store=channel.store_id,
    )
    ordered = items.order_by("-release__sequence", "pk").select_related(
        "release__parent", "release__goes_back_to", "version"
    )
    changes = ordered.defer("version__content")
    return [
        _published(release, list(part))
        for release, part in groupby(changes, key=lambda item: item.release)
    ]


def _published(release: Release, items: Sequence[ReleaseItem]) -> Published:
    """Return what the release changed; what it added follows from how many memories it holds."""
    retired = sum(item.version_id is None for item in items)
    before = release.parent.memory_count if release.parent else 0
    added = release.memory_count - before + retired
    names = dict.fromkeys(item.version.proposal for item in items if item.version)
    return Published(
        number=release.number,
        on=release.created_at,
        live=release.memory_count,
        added=added,
        changed=len(items) - added - retired,
        retired=retired,
        back_to=release.goes_back_to.number if release.goes_back_to else None,
        proposals=tuple(parse_id(name, expected="P").number for name in names if name),
    )


def totals_of(published: Iterable[Published], since: datetime, live: int) -> Totals:
    """Return what was added, changed and retired by the releases since then; live: now."""
    recent = [one for one in published if one.on >= since]
    return Totals(
        added=sum(one.added for one in recent),
        changed=sum(one.changed for one in recent),
        retired=sum(one.retired for one in recent),
        live=live,
    )


def growth_in_weeks(published: Sequence[Published], live: int, now: datetime) -> Growth | None:
    """Return the growth chart of the last WEEKS weeks, each ending on today's day of the week.

    published: newest first. None where nothing was published in that time.
    """
    points = []
    for back in range(WEEKS):
        end = now - back * WEEK
        within = [one for one in published if end - WEEK < one.on <= end]
        points.append(
            GrowthPoint(
                on=end.date(),
                live=live,
                added=sum(one.added for one in within),
                retired=sum(one.retired for one in within),
            )
        )
        live -= sum(one.added - one.retired for one in within)
    if not any(point.added or point.retired for point in points):
        return None
    return growth_of(points[::-1])


def find_sessions(channel: Channel, since: datetime) -> tuple[Share, Sequence[Session]]:
    """Return the share of sessions that succeeded since then, and the newest of these sessions.

    For the shared store these are the sessions of all agents, who all read it.
    """
    store = channel.store
    whose = Q(agent=store.agent_id) if store.agent_id else Q(workspace=store.workspace_id)
    ended = Q(not_agent_fault="")
    counted = Session.objects.filter(whose, created_at__gte=since).annotate(
        total=Window(Count("pk")),
        known=Window(Count("pk", filter=ended & ~Q(verdict=Verdict.UNKNOWN))),
        succeeded=Window(Count("pk", filter=ended & Q(verdict=Verdict.SUCCESS))),
    )
    newest = list(counted.select_related("agent").order_by("-number")[:LISTED])
    return (share_of(newest[0]) if newest else Share()), newest


def share_of(row: Session) -> Share:
    """Return the share from the counts that `find_sessions` asked for with each row."""
    total, known, succeeded = (getattr(row, name) for name in ("total", "known", "succeeded"))
    if not known:
        return Share(sessions=total)
    low, high = wilson(succeeded, known)
    return Share(total, known, succeeded, succeeded / known, round(100 * low), round(100 * high))
