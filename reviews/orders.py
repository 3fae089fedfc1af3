"""The orders of the queue's lists, and how each is walked by key from its ends or from a place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q, QuerySet

from reviews.models import Proposal
from reviews.postponements import NOTHING_ASIDE, Aside
from reviews.risk import Level
from reviews.searches import Search, Where

LEAVES_ASIDE = frozenset({Where.OPEN, Where.YOURS, Where.SECOND})
"""Lists without what their reader put aside. What is late is listed all the same."""


class Place(NamedTuple):
    """Where a proposal stands in the list, whether or not it still is in it."""

    risk_rank: int
    lead: int
    number: int


Start = Callable[[QuerySet[Proposal]], Sequence[QuerySet[Proposal]]]
Walk = Callable[[QuerySet[Proposal], Place], Sequence[QuerySet[Proposal]]]


@dataclass(frozen=True, slots=True)
class Order:
    """One order of the list: how to begin at its ends and how to walk on from a place.

    Each is a few queries, each answered by an index range, to be read one after the other. first:
    the columns of the order, for counting.
    """

    first: tuple[str, ...]
    start: Start
    end: Start
    after: Walk
    before: Walk


def _after_by_risk(rows: QuerySet[Proposal], place: Place) -> Sequence[QuerySet[Proposal]]:
    same = _later_than(place, rows.filter(risk_rank=place.risk_rank))
    lower = rows.filter(risk_rank__lt=place.risk_rank)
    return same, lower.order_by(*WAITING_ORDER)


def _before_by_risk(rows: QuerySet[Proposal], place: Place) -> Sequence[QuerySet[Proposal]]:
    same = _earlier_than(place, rows.filter(risk_rank=place.risk_rank))
    higher = rows.filter(risk_rank__gt=place.risk_rank)
    return same, higher.order_by(*WAITING_BACKWARDS)


def _later_than(place: Place, rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Return the rows of one risk behind `place`, in their order."""
    later = Q(lead__gt=place.lead) | Q(lead=place.lead, number__gt=place.number)
    # Said twice: the range is what an index is entered by, the rest leaves out a few rows.
    return rows.filter(later, lead__gte=place.lead).order_by("lead", "number")


def _earlier_than(place: Place, rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Return the rows of one risk in front of `place`, the nearest first."""
    earlier = Q(lead__lt=place.lead) | Q(lead=place.lead, number__lt=place.number)
    return rows.filter(earlier, lead__lte=place.lead).order_by("-lead", "-number")


def _after_by_number(rows: QuerySet[Proposal], place: Place) -> Sequence[QuerySet[Proposal]]:
    return (rows.filter(number__lt=place.number).order_by("-number"),)


def _before_by_number(rows: QuerySet[Proposal], place: Place) -> Sequence[QuerySet[Proposal]]:
    return (rows.filter(number__gt=place.number).order_by("number"),)


def _whole(*order: str) -> Start:
    return lambda rows: (rows.order_by(*order),)


WAITING_ORDER = ("-risk_rank", "lead", "number")
WAITING_BACKWARDS = ("risk_rank", "-lead", "-number")
BY_RISK = Order(
    WAITING_ORDER,
    _whole(*WAITING_ORDER),
    _whole(*WAITING_BACKWARDS),
    _after_by_risk,
    _before_by_risk,
)
NEWEST = Order(
    ("-number",), _whole("-number"), _whole("number"), _after_by_number, _before_by_number
)
RANKS = tuple(sorted((level.rank for level in Level), reverse=True))


def _with_back(back: Mapping[int, int]) -> Order:
    """Return the order by risk in which what is back from later is on top of its group.

    back: number -> risk rank. It is never much, so each group is parted in two ranges.
    """

    def parts(rows: QuerySet[Proposal], ranks: Sequence[int]) -> list[QuerySet[Proposal]]:
        found = []
        for rank in ranks:
            group = rows.filter(risk_rank=rank)
            on_top = [number for number, its in back.items() if its == rank]
            if on_top:
                found.append(group.filter(number__in=on_top))
                group = group.exclude(number__in=on_top)
            found.append(group)
        return found

    def start(rows: QuerySet[Proposal]) -> Sequence[QuerySet[Proposal]]:
        return [part.order_by("lead", "number") for part in parts(rows, RANKS)]

    def end(rows: QuerySet[Proposal]) -> Sequence[QuerySet[Proposal]]:
        return [part.order_by("-lead", "-number") for part in reversed(parts(rows, RANKS))]

    def after(rows: QuerySet[Proposal], place: Place) -> Sequence[QuerySet[Proposal]]:
        own = parts(rows, (place.risk_rank,))[0 if place.number in back else -1 :]
        lower = parts(rows, [rank for rank in RANKS if rank < place.risk_rank])
        rest = [part.order_by("lead", "number") for part in (*own[1:], *lower)]
        return [_later_than(place, own[0]), *rest]

    def before(rows: QuerySet[Proposal], place: Place) -> Sequence[QuerySet[Proposal]]:
        own = parts(rows, (place.risk_rank,))
        own = own[:1] if place.number in back else own
        higher = parts(rows, [rank for rank in RANKS if rank > place.risk_rank])
        rest = [part.order_by("-lead", "-number") for part in (*own[-2::-1], *reversed(higher))]
        return [_earlier_than(place, own[-1]), *rest]

    return Order(WAITING_ORDER, start, end, after, before)


def order_of(search: Search, aside: Aside = NOTHING_ASIDE) -> Order:
    """Return the order in which the search's list goes; aside: what its reader put aside."""
    if not search.is_by_risk:
        return NEWEST
    return _with_back(aside.back) if aside.back and search.where in LEAVES_ASIDE else BY_RISK
