"""What waits, for whom, in which order: the queue's rows, its counts, and who comes next.

What waits is listed by risk and, within a risk, oldest first; the rest newest first. Both are
walked by key, so that a page deep in the list costs what the first one costs, and a proposal that
was decided meanwhile still has a place from which the next one is found. What is kin waits where
the first of it waits.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from agents import clock
from agents.models import Agent, Workspace
from agents.people import Member
from agents.prepared import Listed, Prepared, Slot
from reviews.lifecycle import spell_groups
from reviews.models import (
    OPEN_STATES,
    Containment,
    Decision,
    Proposal,
    ProposalRevision,
    Reservation,
)
from reviews.orders import BY_RISK, LEAVES_ASIDE, Order, Place, order_of
from reviews.postponements import NOTHING_ASIDE, Aside
from reviews.review_dates import overdue
from reviews.risk import Level
from reviews.searches import SHARED, Mark, Search, Terms, Where

NO_TIME = timedelta()
SIZE = 50
COUNTED = 1_000
"""Where counting stops: more than that is said to be more, and costs no more."""

MOST_IN_FRONT = 20
CURSOR = re.compile(
    r"(?P<towards>[no])(?P<risk_rank>[0-9]{1,2})\.(?P<lead>[0-9]{1,19})\.(?P<number>[0-9]{1,19})"
)
COLUMNS = (
    "number",
    "risk_rank",
    "lead",
    "about",
    "op",
    "title",
    "state",
    "verdict",
    "support",
    "merged",
    "filed_at",
    "decided_at",
    "revision",
    "origin_kind",
    "agent__name",
    "agent__slug",
    "due_at",
    "remind_at",
    "held__until",
    "held__person",
    "held__person__name",
    "bar",
)
STATES_OF: Mapping[Where, tuple[str, ...]] = {
    Where.OPEN: OPEN_STATES,
    Where.YOURS: OPEN_STATES,
    Where.LATE: OPEN_STATES,
    Where.LATER: OPEN_STATES,
    Where.SECOND: ("awaiting_second",),
    Where.CONFLICTED: ("conflicted",),
    Where.DECIDED: ("scheduled", "applied", "rejected"),
    Where.SCHEDULED: ("scheduled",),
    Where.APPLIED: ("applied",),
    Where.REJECTED: ("rejected",),
    Where.WITHDRAWN: ("withdrawn",),
    Where.SENT_BACK: ("changes_requested",),
    Where.OVERDUE_REVIEW: ("applied",),
}

Keys = Mapping[str, int]
"""Slug -> key of each agent a search names."""

NO_KEYS: Keys = MappingProxyType({})
KinCounts = Mapping[tuple[int, int], int]
"""(risk rank, lead) -> how many of a list stand there together."""


class Row(NamedTuple):
    """One proposal as the list shows it: the columns of COLUMNS, in their order."""

    number: int
    risk_rank: int
    lead: int
    about: str
    op: str
    title: str
    state: str
    verdict: str
    support: int
    merged: list[dict[str, object]]
    filed_at: datetime
    decided_at: datetime | None
    revision: int
    origin_kind: str
    agent_name: str | None
    agent_slug: str | None
    due_at: datetime | None = None
    remind_at: datetime | None = None
    held_until: datetime | None = None
    held_by: int | None = None
    held_name: str | None = None
    bar: str = ""


class Moments(NamedTuple):
    """What a list compares times with: now, and the ends of the ages its search names.

    Each a moment, or the slot of a prepared query that one is filled in.
    """

    now: datetime | Slot
    older: datetime | Slot
    newer: datetime | Slot


def moments_of(search: Search) -> Moments:
    """Return the moments of the search as they are now; an age it does not name ends now."""
    now = clock.now()
    return Moments(now, now - (search.older or NO_TIME), now - (search.newer or NO_TIME))


class Decided(NamedTuple):
    """A vote that can be undone. round: how often one on the proposal was undone before.

    apply_at: when its grace ends, None where another person decides first.
    """

    number: int
    round: int
    apply_at: datetime | None


class Point(NamedTuple):
    """From where a list is read, and which way: 'o' to older, 'n' to newer, '' from its start."""

    towards: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list; newer and older are cursors, empty where it ends."""

    rows: tuple[Row, ...]
    newer: str = ""
    older: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, each up to COUNTED: in the list by risk, beside it, and decided today."""

    high: int
    medium: int
    low: int
    conflicted: int
    containments: int
    decided_today: int
    open: int

    @property
    def total(self) -> int:
        """Return how many the list holds."""
        return self.high + self.medium + self.low


class Counted(Subquery):
    """How many rows a query has, as one value of another; a sliced query stops counting there."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


Take = Callable[[Point, int], list[Row]]


@Prepared
def _agent_key(workspace: Slot, slug: Slot) -> QuerySet[Agent, int]:
    return Agent.objects.filter(workspace=workspace, slug=slug).values_list("pk", flat=True)


def find_agents(workspace: Workspace, search: Search) -> tuple[Search, Keys]:
    """Return the search with a problem for each agent that is unknown, and the known ones' keys."""
    slugs = (search.only.agents | search.without.agents) - {SHARED}
    if not slugs:
        return search, {}
    asked = ((slug, _agent_key.first(workspace=workspace.pk, slug=slug)) for slug in slugs)
    found = {slug: key for slug, key in asked if key is not None}
    missing = tuple(
        f"{workspace.name} has no agent “{slug[:40]}”." for slug in sorted(slugs - found.keys())
    )
    return replace(search, problems=(*search.problems, *missing)), found


def list_of(
    member: Member,
    search: Search,
    agents: Keys = NO_KEYS,
    aside: Aside = NOTHING_ASIDE,
    moments: Moments | None = None,
) -> QuerySet[Proposal]:
    """Return the proposals the search asks for, in no order.

    agents: keys of those it names; aside: what the member put aside; moments: those of the search
    unless they are given.
    """
    at = moments or moments_of(search)
    rows = Proposal.objects.filter(_narrow(search, agents, at), workspace=member.workspace)
    states = STATES_OF.get(search.where)
    if states == OPEN_STATES:
        rows = rows.filter(waits=1)
    elif states is not None:
        rows = rows.filter(state__in=states) if len(states) > 1 else rows.filter(state=states[0])
    if search.where is Where.OWN:
        rows = rows.filter(proposer=member.person)
    if search.where is Where.LATE:
        rows = rows.filter(due_at__lte=at.now)
    if search.where is Where.OVERDUE_REVIEW:
        rows = rows.filter(memory__in=overdue(member.workspace), applied_version=F("memory__head"))
    if search.where is Where.YOURS:
        rows = _leave_barred(rows, member)
    if search.where in LEAVES_ASIDE and aside.away:
        rows = rows.exclude(number__in=sorted(aside.away))
    if search.where is Where.LATER:
        rows = rows.filter(number__in=sorted(aside.away))
    return _by_reservation(rows, member.workspace, search.marks, at)


def as_seen_by(
    member: Member, rows: QuerySet[Proposal], now: datetime | Slot | None = None
) -> QuerySet[Proposal]:
    """Return the rows with who holds each and what keeps the member from deciding it.

    Only for rows that are read: a list that is walked or counted costs less without.
    """
    in_force = Q(reservation__until__gt=clock.now() if now is None else now)
    whens = [When(barred, then=Value(word)) for word, barred in _bars(member).items()]
    return rows.annotate(
        held=FilteredRelation("reservation", condition=in_force),
        bar=Case(*whens, default=Value(""), output_field=CharField()),
    )


def _by_reservation(
    rows: QuerySet[Proposal], workspace: Workspace, marks: frozenset[Mark], at: Moments
) -> QuerySet[Proposal]:
    """Narrow the rows by being reserved or not; few are, so these few are looked up once."""
    live = Reservation.objects.filter(workspace=workspace, until__gt=at.now)
    numbers = live.values("number")
    if Mark.RESERVED in marks:
        rows = rows.filter(number__in=numbers)
    return rows.exclude(number__in=numbers) if Mark.UNRESERVED in marks else rows


def _narrow(search: Search, agents: Keys, at: Moments) -> Q:
    wanted = Q()
    for only in _each_of(search.only, agents):
        wanted &= only
    for without in _each_of(search.without, agents):
        wanted &= ~without
    if search.older is not None:
        wanted &= Q(filed_at__lte=at.older)
    if search.newer is not None:
        wanted &= Q(filed_at__gte=at.newer)
    if search.number is not None:
        wanted &= Q(number=search.number)
    return wanted


def _each_of(terms: Terms, agents: Keys) -> Iterator[Q]:
    """Yield what each key and each word asks for."""
    for column, values in (
        ("risk_rank", {Level(risk).rank for risk in terms.risks}),
        ("op", terms.ops),
        ("pattern_kind", terms.kinds),
    ):
        if values:
            yield Q(**{f"{column}__in": sorted(values)})
    if terms.agents:
        named = Q(agent__in=[agents[slug] for slug in sorted(terms.agents & agents.keys())])
        yield named | Q(agent=None) if SHARED in terms.agents else named
    if terms.dreams:
        yield Q(origin_kind="dream", origin_id__in=sorted(terms.dreams))
    for word in terms.words:
        yield Q(title__icontains=word) | Q(path__icontains=word)


def _bars(member: Member) -> dict[str, Q]:
    """Return what keeps the member from deciding a proposal, by a word for it."""
    own = {"proposal": OuterRef("pk"), "person": member.person}
    voted = Decision.objects.filter(**own, revision=OuterRef("revision"), undo=None)
    written = ProposalRevision.objects.filter(proposal=OuterRef("pk"), author=member.person)
    return {
        "filed": Q(proposer=member.person),
        "started": Q(started_by=member.person),
        "wrote": Q(Exists(written)),
        "voted": Q(Exists(voted)),
        "group": ~_open_to(member.groups),
    }


def _leave_barred(rows: QuerySet[Proposal], member: Member) -> QuerySet[Proposal]:
    """Leave out what the member filed, started, wrote or has voted on, and what others are asked.

    By the same bars as a row says whose turn it is: what is left out here is not bold there.
    """
    bars = _bars(member)
    rows = rows.exclude(bars["filed"] | bars["started"])
    return rows.filter(~bars["group"], ~bars["wrote"], ~bars["voted"])


def _open_to(groups: frozenset[str]) -> Q:
    """Return what asks for an approval of somebody in these groups, or of anybody."""
    asked = Q(asked="")
    for group in sorted(groups):
        # No LIKE: to SQLite's a capital letter is the small one.
        asked |= Q(GreaterThan(StrIndex("asked", Value(spell_groups([group]))), 0))
    return asked


def page_of(rows: QuerySet[Proposal], order: Order, cursor: str = "", size: int = SIZE) -> Page:
    """Return the page the cursor points at, or the first one for a cursor that cannot be read.

    rows: as_seen_by whoever reads it.
    """
    return turn_to(lambda at, count: _take(walk_from(rows, order, at), count), cursor, size)


def turn_to(take: Take, cursor: str, size: int = SIZE) -> Page:
    """Return the page the cursor points at; take: reads so many rows from a point of the list."""
    at = read_cursor(cursor)
    found = take(at, size + 1)
    if at.towards == "n" and len(found) > size:
        shown = tuple(reversed(found[:size]))
        return Page(shown, _cursor("n", shown[0]), _cursor("o", shown[-1]))
    if at.towards == "n":
        return turn_to(take, "", size)
    return _page(found, size, has_newer=at.towards == "o")


def walk_from(rows: QuerySet[Proposal], order: Order, at: Point) -> Sequence[QuerySet[Proposal]]:
    """Return the queries by which the list is read from a point of it, one after the other."""
    if at.place is None:
        return order.start(rows)
    return (order.before if at.towards == "n" else order.after)(rows, at.place)


def _page(found: list[Row], size: int, *, has_newer: bool) -> Page:
    shown = tuple(found[:size])
    return Page(
        rows=shown,
        newer=_cursor("n", shown[0]) if shown and has_newer else "",
        older=_cursor("o", shown[-1]) if len(found) > size else "",
    )


def cursor_before(place: Place) -> str:
    """Return the cursor of the page that begins with the proposal at `place`, in order of risk."""
    return _spell_cursor("o", place._replace(number=place.number - 1))


def _cursor(towards: str, row: Row) -> str:
    return _spell_cursor(towards, Place(row.risk_rank, row.lead, row.number))


def _spell_cursor(towards: str, place: Place) -> str:
    return towards + ".".join(map(str, place))


def read_cursor(cursor: str) -> Point:
    """Return the point a cursor names, the beginning of the list for anything else."""
    found = CURSOR.fullmatch(cursor)
    if found is None or max(int(found["lead"]), int(found["number"])) >= 2**63:
        return Point()
    rank, lead, number = (int(found[name]) for name in Place._fields)
    return Point(found["towards"], Place(rank, lead, number))


def _take(walk: Sequence[QuerySet[Proposal]], count: int) -> list[Row]:
    found: list[Row] = []
    for rows in walk:
        if len(found) < count:
            columns = rows.values_list(*COLUMNS)[: count - len(found)]
            found.extend(Row._make(values) for values in columns)
    return found


def today() -> datetime:
    """Return when this day began, in UTC."""
    return clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def counts_query(
    member: Member,
    rows: QuerySet[Proposal],
    search: Search,
    start: datetime | Slot,
    aside: Aside = NOTHING_ASIDE,
) -> QuerySet[Workspace, Any]:
    """Return the query of every number of the queue, a row for read_counts; start: of this day."""
    workspace = member.workspace
    every = Proposal.objects.filter(workspace=workspace)
    counted = {level.value: Counted(capped(_at_risk(rows, level, search))) for level in Level} | {
        "conflicted": Counted(capped(every.filter(state="conflicted").order_by(*BY_RISK.first))),
        "containments": Counted(open_containments(workspace).order_by().values("pk")),
        "decided_today": Counted(
            capped(every.filter(decided_at__gte=start).order_by("decided_at"))
        ),
    }
    if not search.is_plain:
        waiting = list_of(member, Search(), aside=aside)
        counted["open"] = Counted(capped(waiting.order_by(*BY_RISK.first)))
    asked = {f"n_{name}": query for name, query in counted.items()}
    here = Workspace.objects.filter(pk=workspace.pk)
    query: QuerySet[Workspace, Any] = here.annotate(**asked).values(*asked)
    return query


def read_counts(row: Mapping[str, int]) -> Counts:
    """Return what counts_query found; where the list is all that is open, it is that many."""
    found = {name.removeprefix("n_"): number for name, number in row.items()}
    listed = sum(found[level.value] for level in Level)
    return Counts(**{"open": min(listed, COUNTED + 1), **found})


def _at_risk(rows: QuerySet[Proposal], level: Level, search: Search) -> QuerySet[Proposal]:
    """Return the rows of one level; for one not searched for, none without asking for it."""
    if search.only.risks and level.value not in search.only.risks:
        return rows.none()
    return rows.filter(risk_rank=level.rank).order_by(*order_of(search).first)


def capped(rows: QuerySet[Proposal]) -> QuerySet[Proposal, Any]:
    """Return as much of the rows as is counted.

    Ordered as an index is: a planner takes a short count without an order for a reason to read
    the table from its start.
    """
    return rows.values("number")[: COUNTED + 1]


@Listed
def _last_decided(workspace: Slot, person: Slot) -> QuerySet[Proposal, tuple[Any, ...]]:
    rows = Proposal.objects.filter(state="scheduled", workspace=workspace, decided_by=person)
    return rows.order_by("-decided_at", "-pk").values_list(*Decided._fields)[:1]


def last_decided(member: Member) -> Decided | None:
    """Return what the member settled last and can still undo; one look at what is in its grace."""
    found = _last_decided.first(workspace=member.workspace.pk, person=member.person.pk)
    return Decided._make(found) if found else None


def count_rows(rows: QuerySet[Proposal]) -> int:
    """Return how many rows there are, up to COUNTED and one."""
    return capped(rows.order_by(*BY_RISK.first)).count()


def leads_of(page: Page) -> list[int]:
    """Return where those of the page stand that are not alone there.

    The last row counts as well where the list goes on: its kin may stand on the next page.
    """
    leads = {one.lead for one, other in pairwise(page.rows) if one.lead == other.lead}
    if page.older:
        leads.add(page.rows[-1].lead)
    return sorted(leads)


def kin_query(rows: QuerySet[Proposal], leads: Sequence[int | Slot]) -> QuerySet[Proposal, Any]:
    """Return the query of what stands together: risk rank, lead, and how many stand there."""
    together = rows.filter(lead__in=leads).order_by().values_list("risk_rank", "lead")
    return together.annotate(Count("number"))


def read_kin(rows: Iterable[tuple[int, int, int]]) -> KinCounts:
    """Return what kin_query found."""
    return {(rank, lead): count for rank, lead, count in rows}


def open_containments(workspace: Workspace) -> QuerySet[Containment]:
    """Return the containments nobody has answered yet, the most urgent first."""
    return Containment.objects.filter(workspace=workspace, answer="").order_by("due_at", "pk")


def place_of(proposal: Proposal) -> Place:
    """Return where the proposal stands, or stood, in the list."""
    return Place(proposal.risk_rank, proposal.lead, proposal.number)
