"""What a list answers when it is asked plainly: the queries the prepared ones are held against."""

from collections.abc import Sequence

from django.db.models import QuerySet

from agents.people import Member
from reviews.models import Proposal
from reviews.neighbours import Neighbours, neighbours_query, read_neighbours, steps_after
from reviews.orders import Order, Place
from reviews.postponements import NOTHING_ASIDE, Aside
from reviews.queue import (
    Counts,
    KinCounts,
    Page,
    counts_query,
    kin_query,
    leads_of,
    read_counts,
    read_kin,
    today,
)
from reviews.searches import Search

Segments = Sequence[tuple[QuerySet[Proposal], Order]]


def count_all(
    member: Member, rows: QuerySet[Proposal], search: Search, aside: Aside = NOTHING_ASIDE
) -> Counts:
    """Every number of the queue; rows: those the search lists."""
    return read_counts(counts_query(member, rows, search, today(), aside).get())


def count_kin(rows: QuerySet[Proposal], page: Page) -> KinCounts:
    """How many of the list belong together, for those on the page who are not alone there."""
    leads = leads_of(page)
    return read_kin(kin_query(rows, leads)) if leads else {}


def find_neighbours(
    segments: Segments,
    at: int,
    place: Place,
    total: int | None = None,
    kin: QuerySet[Proposal] | None = None,
) -> Neighbours:
    """Who stands before and after `place` of segment `at`, the segments read one after the other.

    total: how many the lists hold, where that is known. kin: whom it belongs together with.
    """
    return read_neighbours(neighbours_query(segments, at, place, total, kin).get(), total)


def find_next(segments: Segments, at: int, place: Place) -> int | None:
    """The number of who comes after `place`, None at the end."""
    steps = (one.first() for one in steps_after(segments, at, place))
    return next((row["number"] for row in steps if row is not None), None)
