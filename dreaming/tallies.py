"""What a workspace's proposals, decisions, dreams and sessions amount to: a few wide reads.

Counts are over the last LOOKED_BACK; what needs each row (ages, edits, reversals) is read of the
NEWEST decided only, so that a page costs the same in a large workspace as in a small one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, floor, sqrt

from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.db.models.functions import TruncDate
from rapidfuzz.distance import Indel

from agents.models import MemoryVersion, Session, Workspace
from agents.transcripts.base import Verdict
from dreaming.models import Dream
from dreaming.strata import Interval, wilson_interval
from reviews.models import OPEN_STATES, OriginKind, Proposal, ProposalRevision

LOOKED_BACK = timedelta(days=84)
REVERTED_WITHIN = timedelta(days=30)
WEEK = timedelta(days=7)
NEWEST = 2_000
NEWEST_EDITED = 200
WAITED: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "week": WEEK,
    "month": timedelta(days=30),
}
OLDEST = "older"
LEAST = 6
"""With fewer, a median has no interval of 95 % between two of its own values."""


@dataclass(frozen=True, slots=True)
class Median:
    """The middle of `count` values with its 95 % interval, in their unit; None with too few."""

    count: int
    middle: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """hits of total with its interval; None of nothing."""

    hits: int
    total: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the newest decided proposals.

    ages: seconds from filing to decision by risk. edited: approved after somebody changed the
    text. changed: the share of words an edit changed. reverted: of what was applied at least 30
    days ago, what was retired or put back within 30 days.
    """

    count: int
    ages: Mapping[str, Median]
    edited: Share
    changed: Median
    reverted: Share


@dataclass(frozen=True, slots=True)
class Filed:
    """What was filed: states by operation, states of what dreams filed, ages of what waits.

    ages: how many open ones were filed within the time of WAITED, the rest under OLDEST.
    """

    fates: Mapping[str, Counter[str]]
    dreamt: Counter[str]
    ages: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Week:
    """One week of sessions, by its last day."""

    until: date
    sessions: int
    known: int
    failed: int


def median_of(values: Sequence[float]) -> Median:
    """Return the median of the values with its interval.

    The interval's ends are order statistics: of ranks n/2 -+ 1.96 sqrt(n)/2, rounded outwards
    (Conover 1999, Practical Nonparametric Statistics, 3.2). None with fewer than LEAST values.
    """
    ordered, count = sorted(values), len(values)
    if count < LEAST:
        return Median(count)
    half = 1.959963984540054 * sqrt(count) / 2
    low = max(0, floor(count / 2 - half))
    high = min(count - 1, ceil(count / 2 + half) - 1)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Median(count, middle, ordered[low], ordered[high])


def share_of(hits: int, total: int) -> Share:
    """Return a share with its interval."""
    return Share(hits, total, wilson_interval(hits, total))


def count_filed(workspace: Workspace, since: datetime, now: datetime) -> Filed:
    """Count what was filed since then by operation, state, who filed it and, where it waits, age.

    One question, which an index answers alone.
    """
    age = Case(
        *(When(filed_at__gte=now - least, then=Value(name)) for name, least in WAITED.items()),
        default=Value(OLDEST),
    )
    waited = Case(When(state__in=OPEN_STATES, then=age), default=Value(""))
    rows = Proposal.objects.filter(workspace=workspace, filed_at__gte=since).order_by()
    counted = rows.annotate(waited=waited).values("op", "state", "origin_kind", "waited")
    fates: defaultdict[str, Counter[str]] = defaultdict(Counter)
    dreamt: Counter[str] = Counter()
    ages = Counter(dict.fromkeys((*WAITED, OLDEST), 0))
    for op, state, kind, old, times in counted.annotate(times=Count("pk")).values_list(
        "op", "state", "origin_kind", "waited", "times"
    ):
        fates[op][state] += times
        if kind == OriginKind.DREAM:
            dreamt[state] += times
        if old:
            ages[old] += times
    return Filed(dict(fates), dreamt, dict(ages))


def tally_decided(workspace: Workspace, since: datetime, now: datetime) -> Decided:
    """Return what became of the NEWEST proposals decided since then, in three queries at most."""
    later = MemoryVersion.objects.filter(
        memory=OuterRef("applied_version__memory"),
        number__gt=OuterRef("applied_version__number"),
        created_at__lte=OuterRef("settled_at") + REVERTED_WITHIN,
    )
    rows = Proposal.objects.filter(workspace=workspace, decided_at__gte=since)
    columns = ("pk", "risk", "filed_at", "decided_at", "verdict", "revision", "settled_at")
    gone = later.filter(Q(is_tombstone=True) | Q(restores__isnull=False))
    annotated = rows.annotate(gone=Exists(gone)).order_by("-decided_at")
    found = list(annotated.values_list(*columns, "applied_version", "gone")[:NEWEST])
    ages: defaultdict[str, list[float]] = defaultdict(list)
    edited, approved, old, reverted = [], 0, 0, 0
    for pk, risk, filed_at, decided_at, verdict, revision, settled_at, version, is_gone in found:
        ages[risk].append((decided_at - filed_at).total_seconds())
        if verdict == "approve":
            approved += 1
            if revision > 1:
                edited.append(pk)
        if version and settled_at and settled_at <= now - REVERTED_WITHIN:
            old += 1
            reverted += is_gone
    return Decided(
        count=len(found),
        ages={risk: median_of(ages[risk]) for risk in ("high", "medium", "low")},
        edited=share_of(len(edited), approved),
        changed=median_of(changed_shares(edited[:NEWEST_EDITED])),
        reverted=share_of(reverted, old),
    )


def changed_shares(proposals: Sequence[int]) -> list[float]:
    """Return for each proposal which share of its words the edits changed, 0 to 1."""
    rows = ProposalRevision.objects.filter(proposal__in=proposals).order_by("proposal", "number")
    texts: defaultdict[int, list[str]] = defaultdict(list)
    for proposal, content in rows.values_list("proposal", "content"):
        texts[proposal].append(content)
    return [
        Indel.normalized_distance(found[0].split(), found[-1].split())
        for found in texts.values()
        if len(found) > 1
    ]


def count_dreams(workspace: Workspace, since: datetime) -> Counter[str]:
    """Return how many dreams queued since then stand in each state."""
    rows = Dream.objects.filter(workspace=workspace, queued_at__gte=since).order_by()
    counted = rows.values("state").annotate(times=Count("pk"))
    return Counter(dict(counted.values_list("state", "times")))


def count_weeks(workspace: Workspace, now: datetime) -> list[Week]:
    """Return the sessions of each week until today, oldest first.

    known: with a known end that was the agent's doing; failed: of these.
    """
    ended = Q(not_agent_fault="") & ~Q(verdict=Verdict.UNKNOWN)
    rows = Session.objects.filter(workspace=workspace, created_at__gte=now - LOOKED_BACK)
    days = rows.order_by().annotate(day=TruncDate("created_at")).values("day")
    counted = days.annotate(
        sessions=Count("pk"),
        known=Count("pk", filter=ended),
        failed=Count("pk", filter=ended & Q(verdict=Verdict.FAILURE)),
    ).values_list("day", "sessions", "known", "failed")
    return weeks_of(counted, now.date())


def weeks_of(days: Iterable[tuple[date, int, int, int]], today: date) -> list[Week]:
    """Return days as weeks that each end on today's day of the week, oldest first."""
    weeks = LOOKED_BACK // WEEK
    sums = [[0, 0, 0] for _ in range(weeks)]
    for day, *counts in days:
        back = (today - day).days // 7
        if 0 <= back < weeks:
            sums[back] = [one + more for one, more in zip(sums[back], counts, strict=True)]
    return [Week(today - back * WEEK, *sums[back]) for back in reversed(range(weeks))]
