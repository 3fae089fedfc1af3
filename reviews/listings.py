"""One list of the queue as a desk has it open, asked through queries that are prepared for it.

The SQL of a list depends on what is searched for, who searches and what they put aside. All that
stays while somebody works through it; what changes from one proposal to the next are a place and
the time, and these are filled in.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

from django.db.models import QuerySet

from agents.people import Member
from agents.prepared import Filling, Kept, Listed, Made, Prepared, Slot, Written
from reviews.kin import kin_at
from reviews.models import Proposal
from reviews.neighbours import (
    Neighbours,
    neighbours_query,
    read_neighbours,
    segments_of,
    steps_after,
)
from reviews.orders import Order, Place
from reviews.postponements import Aside
from reviews.queue import (
    COLUMNS,
    MOST_IN_FRONT,
    SIZE,
    Counts,
    Keys,
    KinCounts,
    Moments,
    Page,
    Point,
    Row,
    as_seen_by,
    counts_query,
    kin_query,
    leads_of,
    moments_of,
    read_counts,
    read_kin,
    today,
    turn_to,
    walk_from,
)
from reviews.searches import Search, Where

Cells = TypeVar("Cells")
Steps = Sequence[Prepared[tuple[Any, ...]]]
Segments = list[tuple[QuerySet[Proposal], Order]]
MOMENTS = Moments(Slot("now"), Slot("older"), Slot("newer"))
KEPT = Kept(most=256)
"""The queries of each list that was open lately, in this process."""


@dataclass(frozen=True)
class Listing:
    """The proposals a member's search lists. agents: keys of those the search names."""

    member: Member
    search: Search
    agents: Keys
    aside: Aside

    @cached_property
    def segments(self) -> Segments:
        """Return the lists J and K walk one after the other, as plain queries."""
        return segments_of(self.member, self.search, self.agents, self.aside)

    def counts(self) -> Counts:
        """Return every number of the queue; one query."""
        query = self._kept("counts", lambda: self._prepared(self._counts))
        return read_counts(query(start=today(), **self._times())[0])

    def page(self, cursor: str = "", size: int = SIZE) -> Page:
        """Return the page the cursor points at, as reviews.queue.page_of; a query or two."""
        return turn_to(self._take, cursor, size)

    def in_front(self) -> tuple[Row, ...]:
        """Return the first of the conflicted proposals that stand in front of what is open."""
        if self.search.where is not Where.OPEN:
            return ()
        steps = self._kept("front", lambda: self._steps(Point(), 0, MOST_IN_FRONT))
        return tuple(self._read(steps, Point(), MOST_IN_FRONT))

    def kin(self, page: Page) -> KinCounts:
        """Return how many of the list belong together; one query, none for a page of strangers."""
        leads = {f"lead_{at}": lead for at, lead in enumerate(leads_of(page))}
        if not leads:
            return {}
        query = self._kept(("kin", len(leads)), lambda: self._prepared(lambda: self._kin(leads)))
        return read_kin(query(**leads, **self._times()))

    def around(self, place: Place, at: int, total: int | None = None) -> Neighbours:
        """Return who stands around a place of segment `at`, and how many are its kin; one query.

        total: of the list, where it is known, and then nothing stands in front of it.
        """
        key = ("around", at, place.risk_rank, total is None)
        query = self._kept(key, lambda: self._prepared(lambda: self._around(place, at, total)))
        return read_neighbours(query(**_filling(place), **self._times())[0], total)

    def after(self, place: Place, at: int) -> int | None:
        """Return who comes after a place of segment `at`, None at the end; a query or two."""
        steps = self._kept(("after", at, place.risk_rank), lambda: self._after(place, at))
        found = (step.first(**_filling(place), **self._times()) for step in steps)
        return next((row["number"] for row in found if row is not None), None)

    def _take(self, at: Point, count: int) -> list[Row]:
        key = ("page", at.towards, at.place and at.place.risk_rank, count)
        return self._read(self._kept(key, lambda: self._steps(at, -1, count)), at, count)

    def _read(self, steps: Steps, at: Point, count: int) -> list[Row]:
        found: list[Row] = []
        for step in steps:
            if len(found) < count:
                read = step(**_filling(at.place), **self._times())
                found.extend(map(Row._make, read[: count - len(found)]))
        return found

    @property
    def _is_kept(self) -> bool:
        """Say whether its queries are the same for every place and every day."""
        return not self.aside.back and self.search.where is not Where.OVERDUE_REVIEW

    def _kept(self, what: Hashable, make: Callable[[], Made]) -> Made:
        return KEPT.get((self._key, what), make) if self._is_kept else make()

    def _prepared(self, build: Callable[..., QuerySet[Any, Cells]]) -> Prepared[Cells]:
        """Return the query with its plan kept, where it will be asked again."""
        return Written(build) if self._is_kept else Listed(build)

    def _asking(self, rows: QuerySet[Any, Cells]) -> Prepared[Cells]:
        return self._prepared(lambda: rows)

    @cached_property
    def _key(self) -> Hashable:
        """Return all that the SQL of the list depends on."""
        member = self.member
        who = (member.workspace.pk, member.person.pk, member.groups)
        return who, self.search, frozenset(self.agents.items()), frozenset(self.aside.away)

    @cached_property
    def _slotted(self) -> Segments:
        """Return the segments with slots for the moments they compare with."""
        return segments_of(self.member, self.search, self.agents, self.aside, MOMENTS)

    def _times(self) -> dict[str, Filling]:
        return cast("dict[str, Filling]", moments_of(self.search)._asdict())

    def _open(self, place: Place) -> Place:
        """Return the place with slots; itself where the SQL depends on who stands there."""
        if not self._is_kept:
            return place
        # In a query a slot stands for the number that is filled in.
        lead, number = cast("int", Slot("lead")), cast("int", Slot("number"))
        return place._replace(lead=lead, number=number)

    def _steps(self, at: Point, segment: int, count: int) -> Steps:
        rows, order = self._slotted[segment]
        seen = as_seen_by(self.member, rows, MOMENTS.now)
        point = at._replace(place=self._open(at.place)) if at.place else at
        walk = walk_from(seen, order, point)
        return [self._asking(step.values_list(*COLUMNS)[:count]) for step in walk]

    def _after(self, place: Place, at: int) -> Sequence[Prepared[dict[str, int]]]:
        steps = steps_after(self._slotted, at, self._open(place))
        return [self._asking(step[:1]) for step in steps]

    def _counts(self, start: Slot) -> QuerySet[Any, dict[str, int]]:
        return counts_query(self.member, self._slotted[-1][0], self.search, start, self.aside)

    def _kin(self, leads: Iterable[str]) -> QuerySet[Any, tuple[int, int, int]]:
        return kin_query(self._slotted[-1][0], [Slot(name) for name in leads])

    def _around(
        self, place: Place, at: int, total: int | None
    ) -> QuerySet[Any, dict[str, int | None]]:
        spot = self._open(place)
        kin = kin_at(self.member.workspace.pk, spot.lead, spot.number)
        if total is None:
            return neighbours_query(self._slotted, at, spot, kin=kin)
        return neighbours_query(self._slotted[-1:], 0, spot, total, kin)


def _filling(place: Place | None) -> dict[str, Filling]:
    """Return what the slots of a place are filled with."""
    return cast("dict[str, Filling]", place._asdict()) if place else {}
