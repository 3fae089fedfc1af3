"""Who stands before and after a proposal in the lists that J and K walk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet, Subquery

from agents.models import Workspace
from agents.people import Member
from reviews.models import Proposal
from reviews.orders import BY_RISK, Order, Place, order_of
from reviews.postponements import NOTHING_ASIDE, Aside
from reviews.queue import COUNTED, NO_KEYS, Counted, Keys, Moments, capped, list_of
from reviews.searches import Search, Where


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who stands around a proposal: numbers, None at an end. position: from 1, of `total`.

    kin: how many others it belongs together with, wherever they are.
    """

    previous: int | None
    next: int | None
    position: int
    total: int
    kin: int = 0


def neighbours_query(
    segments: Sequence[tuple[QuerySet[Proposal], Order]],
    at: int,
    place: Place,
    total: int | None = None,
    kin: QuerySet[Proposal] | None = None,
) -> QuerySet[Workspace, Any]:
    """Return the query of who stands before and after `place`, one row for read_neighbours.

    at: in which of the segments the place is, which are read one after the other. total: how many
    they hold, where that is known. kin: whoever it belongs together with, to be counted. A place
    that is no longer in the list has neighbours all the same.
    """
    before, after = _steps_before(segments, at, place), steps_after(segments, at, place)
    asked: dict[str, Subquery] = {f"before_{n}": Subquery(one[:1]) for n, one in enumerate(before)}
    asked |= {f"after_{n}": Subquery(one[:1]) for n, one in enumerate(after)}
    asked |= {f"ahead_{n}": Counted(one[: COUNTED + 1]) for n, one in enumerate(before)}
    if total is None:
        lists = [part.order_by(*its.first) for part, its in segments]
        asked |= {f"all_{n}": Counted(capped(part)) for n, part in enumerate(lists)}
    if kin is not None:
        asked["kin"] = Counted(capped(kin.order_by()))
    rows = Workspace.objects.annotate(**asked).values(*asked)
    query: QuerySet[Workspace, Any] = rows.order_by()[:1]
    return query


def read_neighbours(one: Mapping[str, int | None], total: int | None = None) -> Neighbours:
    """Return what neighbours_query found; total: where it was known before."""
    return Neighbours(
        previous=next(_values(one, "before"), None),
        next=next(_values(one, "after"), None),
        position=1 + sum(_values(one, "ahead")),
        total=sum(_values(one, "all")) if total is None else total,
        kin=sum(_values(one, "kin")),
    )


def _steps_before(
    segments: Sequence[tuple[QuerySet[Proposal], Order]], at: int, place: Place
) -> list[QuerySet[Proposal, Any]]:
    rows, order = segments[at]
    earlier = [step for part, its in reversed(segments[:at]) for step in its.end(part)]
    return [_numbers(step) for step in (*order.before(rows, place), *earlier)]


def steps_after(
    segments: Sequence[tuple[QuerySet[Proposal], Order]], at: int, place: Place
) -> list[QuerySet[Proposal, Any]]:
    """Return the queries that look for who comes after `place`, to be asked one after the other."""
    rows, order = segments[at]
    later = [step for part, its in segments[at + 1 :] for step in its.start(part)]
    return [_numbers(step) for step in (*order.after(rows, place), *later)]


def _numbers(rows: QuerySet[Proposal]) -> QuerySet[Proposal, Any]:
    return rows.values("number")


def _values(row: Mapping[str, int | None], prefix: str) -> Iterator[int]:
    for name, value in row.items():
        if name.startswith(prefix) and value is not None:
            yield value


def segments_of(
    member: Member,
    search: Search,
    agents: Keys = NO_KEYS,
    aside: Aside = NOTHING_ASIDE,
    moments: Moments | None = None,
) -> list[tuple[QuerySet[Proposal], Order]]:
    """Return the lists J and K walk: what is in conflict stands in front of what is open."""
    main = (list_of(member, search, agents, aside, moments), order_of(search, aside))
    if search.where is not Where.OPEN:
        return [main]
    front = list_of(member, replace(search, where=Where.CONFLICTED), agents, NOTHING_ASIDE, moments)
    return [(front, BY_RISK), main]
