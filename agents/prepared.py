"""Queries whose SQL is written once and from then on only filled in.

Django writes the SQL of a query anew each time it is asked, which costs several times what a small
query costs the database. A page that asks a dozen fixed questions asks them through this.
"""

import re
import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from inspect import signature
from typing import Any, Generic, TypeVar, cast

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from psycopg import sql
from psycopg.types.numeric import Int8

Row = TypeVar("Row")
Made = TypeVar("Made")
Filling = int | str | datetime
_PLACES = re.compile(r"%%|%s")


class Slot(Expression):
    """A place in a prepared query, filled by each call with a value of its own."""

    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(  # noqa: D102 (Django's)
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, Any]:
        return "%s", (self,)


class _PlanningCursor(ServerBindingCursor):
    """A cursor that lets the server keep the plans of what it is asked."""

    def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
        execute: Any = super().execute  # type: ignore[misc]
        own: Any = self.connection  # type: ignore[attr-defined]
        usual, own.prepare_threshold = own.prepare_threshold, 0
        try:
            return execute(query, params, prepare=True, **how)
        finally:
            own.prepare_threshold = usual


class _Planned:
    """A connection to PostgreSQL as it is, but for its cursors: the server keeps their plans.

    To plan a query of many tables takes the server longer than to answer it.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> Any:
        """Return a cursor; those of others stay as they were."""
        self._connection.ensure_connection()
        own: Any = self._connection.connection
        usual, own.cursor_factory = own.cursor_factory, _PlanningCursor
        try:
            return self._connection.cursor()
        finally:
            own.cursor_factory = usual


class _Held:
    """One prepared query's SQL on one connection."""

    def __init__(
        self,
        rows: QuerySet[Any, Any],
        connection: BaseDatabaseWrapper,
        *,
        is_planned: bool,
        is_written: bool,
    ) -> None:
        self.connection, self.rows = connection, rows
        self.compiler: Any = rows.query.get_compiler(connection=connection)
        self.params: Sequence[Any] | None
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql, self.params = "", None
        # What reads the rows asks the query for its compiler and the compiler for its SQL.
        rows.query.get_compiler = self._compiler  # type: ignore[method-assign]
        self.compiler.as_sql = self._as_sql
        self.converters: Callable[..., dict[int, Any]] = self.compiler.get_converters
        self.converted: dict[int, Any] | None = None
        self.compiler.get_converters = self._get_converters
        self.is_planned = is_planned
        if is_planned and is_written and self.params is not None:
            self.sql, self.params = written(self.sql, self.params, connection)
        if is_planned:
            self.compiler.connection = _Planned(connection)
        self.filled: tuple[Any, ...] = ()

    def read(self, values: dict[str, Filling]) -> list[Any]:
        """Return the rows with the slots filled; none, unasked, for what can hold none."""
        if self.params is None:
            return []
        fill = self._filled
        self.filled = tuple(
            fill(values[one.name]) if isinstance(one, Slot) else one for one in self.params
        )
        reader: Any = self.rows._iterable_class
        return [*reader(self.rows)]

    def _compiler(self, *args: Any, **kwargs: Any) -> Any:
        return self.compiler

    def _as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        return self.sql, self.filled

    def _get_converters(self, columns: Sequence[Any]) -> dict[int, Any]:
        """Return what makes Python's values of the columns': worked out once, as the SQL is."""
        if self.converted is None:
            self.converted = self.converters(columns)
        return self.converted

    def _filled(self, value: Filling) -> Any:
        """Return the value as the database takes it. Raises TypeError for None: = NULL is never."""
        if isinstance(value, datetime):
            return self.connection.ops.adapt_datetimefield_value(value)
        if value is None:
            raise TypeError("A slot of a prepared query takes no None.")
        if self.is_planned and isinstance(value, int):
            # Of one width, else small and large numbers would be two statements.
            return Int8(value)
        return value


class Prepared(Generic[Row]):
    """A query with slots: `build` makes it of one Slot for each of its parameters.

    Call it by keyword with a value for each; what no slot of it asks for is ignored. The rows are
    read at once and are nobody else's. Whatever else `build` compares with stays as it was when the
    query was first asked.

    For rows that are found by their keys: on PostgreSQL the server keeps one plan for all values.
    """

    is_planned = True
    is_written = False

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._build = build
        self._slots = {name: Slot(name) for name in signature(build).parameters}
        self._here = threading.local()

    def __call__(self, **values: Filling) -> list[Row]:
        """Return the rows; one query."""
        return cast("list[Row]", self._held().read(values))

    def first(self, **values: Filling) -> Row | None:
        """Return the first of the rows, None where there is none; one query."""
        return next(iter(self(**values)), None)

    def _held(self) -> _Held:
        """Return the query as this thread's connection is asked it."""
        held: _Held | None = getattr(self._here, "held", None)
        if held is None or held.connection is not connections[held.connection.alias]:
            rows = self._build(**self._slots)
            connection = connections[router.db_for_read(rows.model)]
            held = self._here.held = _Held(
                rows.using(connection.alias),
                connection,
                is_planned=self.is_planned and keeps_plans(connection),
                is_written=self.is_written,
            )
        return held


class Listed(Prepared[Row]):
    """A prepared query whose best plan depends on the values: it is planned for them each time.

    So does any that could read much: one plan for all values knows neither who decided a hundred
    thousand proposals nor which state is rare, and takes no index that is only of one value.
    """

    is_planned = False


class Written(Prepared[Row]):
    """A prepared query whose plan is kept though it reads a list: all but its slots is in its SQL.

    So the plan is one for these very values, and the slots are only where in the list one stands.
    """

    is_written = True


def written(
    text: str, params: Sequence[Any], connection: BaseDatabaseWrapper
) -> tuple[str, tuple[Slot, ...]]:
    """Return the SQL with every parameter that is no slot written into it, and its slots in order.

    On PostgreSQL alone: its driver writes the values, as it does where nothing is bound.
    """
    connection.ensure_connection()
    left, slots = iter(params), []

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        value = next(left)
        if isinstance(value, Slot):
            slots.append(value)
            return "%s"
        return sql.Literal(value).as_string(connection.connection).replace("%", "%%")

    return _PLACES.sub(put, text), tuple(slots)


def keeps_plans(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the server is let to keep plans."""
    return connection.vendor == "postgresql" and settings.PREPARED_STATEMENTS


class Kept:
    """Prepared queries that are made as they are needed, by what they are made of.

    most: so many; after that all are forgotten and made anew, which costs time and nothing else.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made for `key`, or make it now."""
        found: Made | None = self._found.get(key)
        if found is None:
            if len(self._found) >= self._most:
                self._found = {}
            found = self._found[key] = make()
        return found
