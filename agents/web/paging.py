"""Pages of a list by key, not by number: page 9,000 costs what page 1 costs.

A cursor is the sort key of the row at an edge, signed. Rows that are added or decided while
somebody reads never shift the next page, which an offset would.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import F, Value
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

Row = TypeVar("Row", bound=Model)

OLDER, NEWER = "o", "n"
LONGEST = 1_000
SALT = "agents.web.paging"


class BadCursor(ValueError):
    """The cursor was not made here, or for another list or order."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page in list order; `newer` and `older` are cursors, empty where the list ends.

    strayed: the cursor could not be read, so this is the first page.
    """

    items: tuple[Row, ...]
    newer: str
    older: str
    strayed: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A decoded cursor: which way to go from a row, and that row's sort key."""

    towards: str
    key: tuple[Any, ...]


def page_of(
    rows: QuerySet[Row], *, order: Sequence[str], cursor: str = "", size: int = 50
) -> Page[Row]:
    """Return the page of `rows` the cursor points at, or the first page.

    order: names of columns that are never null, "-" for falling; the last must be unique. Where
    all point the same way, an index over them in this order finds any page at once.
    A cursor that was tampered with, is too long or belongs to another order gives the first page
    with strayed set: an old link must not end in an error.
    """
    try:
        edge = read_cursor(cursor, order) if cursor else None
    except BadCursor:
        first = page_of(rows, order=order, size=size)
        return Page(first.items, first.newer, first.older, strayed=True)
    if edge is not None and edge.towards == NEWER:
        return page_before(rows, order, edge, size)
    ordered = rows.order_by(*order)
    found = list(ordered.filter(beyond(order, edge.key)) if edge else ordered)[: size + 1] if False else list(
        (ordered.filter(beyond(order, edge.key)) if edge else ordered)[: size + 1]
    )
    shown = tuple(found[:size])
    return Page(
        items=shown,
        newer=write_cursor(NEWER, shown[0], order) if edge and shown else "",
        older=write_cursor(OLDER, shown[-1], order) if len(found) > size else "",
    )
