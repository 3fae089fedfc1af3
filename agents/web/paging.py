"""Pages of a list by key, not by number: page 9,000 costs what page 1 costs.

A cursor is the sort key of the row at an edge, signed. Rows that are added or decided while
somebody reads never shift the next page, which an offset would.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import (  # type: ignore[attr-defined,unused-ignore]
    TupleGreaterThan,
    TupleLessThan,
)
from django.db.models.lookups import GreaterThan, LessThan
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)

OLDER, NEWER = "o", "n"
LONGEST = 1_000
SALT = "agents.web.paging"


class RowAfter(TupleGreaterThan):
    """(a, b) > (x, y); Django spells it out as alternatives on SQLite, which scans the index."""

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """Return the row comparison that SQLite answers from the index."""
        return GreaterThan.as_sql(self, compiler, connection)


class RowBefore(TupleLessThan):
    """(a, b) < (x, y), on SQLite as on PostgreSQL."""

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """Return the row comparison that SQLite answers from the index."""
        return LessThan.as_sql(self, compiler, connection)


class BadCursor(ValueError):
    """The cursor was not made here, or was made for another order."""


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
    """A read cursor: which way to go from a row, and the sort key of that row."""

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
    if not cursor:
        return page_after(rows, order, None, size)
    try:
        edge = read_cursor(cursor, order)
    except BadCursor:
        return replace(page_after(rows, order, None, size), strayed=True)
    if edge.towards == NEWER:
        return page_before(rows, order, edge, size)
    return page_after(rows, order, edge, size)


def page_after(
    rows: QuerySet[Row], order: Sequence[str], edge: Edge | None, size: int
) -> Page[Row]:
    """Return the page behind the edge, or the first page when there is none."""
    ordered = rows.order_by(*order)
    found = list((ordered.filter(beyond(order, edge.key)) if edge else ordered)[: size + 1])
    shown = tuple(found[:size])
    return Page(
        items=shown,
        newer=write_cursor(NEWER, shown[0], order) if edge and shown else "",
        older=write_cursor(OLDER, shown[-1], order) if len(found) > size else "",
    )


def page_before(rows: QuerySet[Row], order: Sequence[str], edge: Edge, size: int) -> Page[Row]:
    """Return the page in front of the edge; at the head of the list a whole first page."""
    turned = tuple(turn(name) for name in order)
    found = list(rows.order_by(*turned).filter(beyond(turned, edge.key))[: size + 1])
    if len(found) <= size:
        return page_after(rows, order, None, size)
    shown = tuple(reversed(found[:size]))
    return Page(
        items=shown,
        newer=write_cursor(NEWER, shown[0], order),
        older=write_cursor(OLDER, shown[-1], order),
    )


def beyond(order: Sequence[str], key: Sequence[Any]) -> Q:
    """Return the condition "sorts after `key`".

    One direction becomes a row comparison, which both databases answer from the index. Mixed
    directions become alternatives behind a bound on the first column.
    """
    falling = [name.startswith("-") for name in order]
    names = [name.removeprefix("-") for name in order]
    if len(set(falling)) == 1 and len(names) > 1:
        compare = RowBefore if falling[0] else RowAfter
        return Q(compare(tuple(F(name) for name in names), tuple(key)))
    alternatives = Q(pk__in=())
    same = Q()
    for name, down, value in zip(names, falling, key, strict=True):
        alternatives |= same & Q(**{f"{name}__{'lt' if down else 'gt'}": value})
        same &= Q(**{name: value})
    bound = Q(**{f"{names[0]}__{'lte' if falling[0] else 'gte'}": key[0]})
    return bound & alternatives


def turn(name: str) -> str:
    """Return the order term pointing the other way."""
    return name[1:] if name.startswith("-") else f"-{name}"


def write_cursor(towards: str, row: Model, order: Sequence[str]) -> str:
    """Return the signed cursor of one row.

    Raises ValueError when a sort column is null or of a kind a cursor cannot carry.
    """
    key = []
    for name in order:
        value = attrgetter(name.removeprefix("-").replace("__", "."))(row)
        key.append(pack(name, value))
    body = json.dumps([towards, list(order), key], separators=(",", ":"), ensure_ascii=False)
    return signing.dumps(body, salt=SALT, compress=False)


def read_cursor(cursor: str, order: Sequence[str]) -> Edge:
    """Return the edge a cursor stands for. Raises BadCursor for anything not written here."""
    if len(cursor) > LONGEST or not cursor.isascii():
        raise BadCursor("The cursor is too long or not plain text.")
    try:
        towards, made_for, key = json.loads(signing.loads(cursor, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadCursor("The cursor was not made here.") from error
    if made_for != list(order):
        raise BadCursor("The cursor was made for another order.")
    return Edge(towards, tuple(unpack(*value) for value in key))


def pack(name: str, value: object) -> tuple[str, str | int]:
    """Return a sort value as (kind, plain value) for JSON."""
    if isinstance(value, bool | int):
        return ("i", int(value))
    if isinstance(value, datetime):
        return ("t", value.isoformat())
    if isinstance(value, date):
        return ("d", value.isoformat())
    if isinstance(value, str):
        return ("s", value)
    raise ValueError(f"A page cannot be cut by {name!r}: {type(value).__name__} is no sort key.")


def unpack(kind: str, value: Any) -> Any:
    """Return the sort value that `pack` wrote."""
    if kind == "t":
        return datetime.fromisoformat(value)
    if kind == "d":
        return date.fromisoformat(value)
    return value
