"""Queries that are built and compiled once; what is new each time are the values in their slots.

To build a query of some relations with the ORM and to write its SQL costs many times what it costs to run it. What
comes out is the same: models with what was selected with them, values, tuples. This stands on how the compilers of
Django 5.2 work (`as_sql` writes, `get_converters` says what is read how); the tests compare both ways.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")
Given = Any  # the type of what builders get: slots, which stand for values of any column
Slots = tuple[tuple[str, int | None], ...]  # of each value its name, and how many slots it has where it is many


class Slot(Expression):
    """Where a query takes a value that is not known yet: the one of a name, or one of several of that name."""

    def __init__(self, name: str, place: int | None = None) -> None:
        super().__init__()
        self.name, self.place = name, place

    def as_sql(self, compiler: SQLCompiler, connection: object) -> tuple[str, list[Any]]:  # type: ignore[override]  # noqa: ARG002
        """Stand for itself among the parameters until there is a value."""
        return "%s", [self]

    def value_in(self, values: Mapping[str, Any]) -> Any:  # Any: of any column
        found = values[self.name]
        return found if self.place is None else found[self.place]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A query whose SQL is written; `converted` has each column that is not taken as the database gives it, else None.

    The compiler is only ever copied, so that any thread may use it.
    """

    queryset: QuerySet[Any, Any]
    compiler: SQLCompiler
    sql: str
    params: tuple[object, ...]
    converted: list[Any]


class Prepared(Generic[Row]):
    """A query by what builds it: a function from names to a QuerySet that looks at nothing but its arguments.

    It gets a Slot for each value, and a list of Slots for a list or a tuple, which is filled up with its last value to
    1, 2, 4, 8 ... of them: order and duplicates must not matter there.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._build = build
        self._ready: dict[tuple[Slots, int | None], _Ready | None] = {}  # None: nothing can be found

    def __call__(self, *, limit: int | None = None, **values: Any) -> list[Row]:  # Any: of any column
        """Return what is found with these values, or the first of it. One query; its limit is part of its text."""
        given = {name: _filled(value) for name, value in values.items()}
        slots = tuple((name, len(value) if isinstance(value, list) else None) for name, value in given.items())
        if (slots, limit) not in self._ready:
            self._ready[slots, limit] = self._compiled(slots, limit)
        ready = self._ready[slots, limit]
        return list(_rows(ready, given)) if ready else []

    def first(self, **values: Any) -> Row | None:  # Any: of any column
        """Return the first that is found with these values. One query."""
        return next(iter(self(limit=1, **values)), None)

    def _compiled(self, slots: Slots, limit: int | None) -> _Ready | None:
        queryset = self._build(
            **{
                name: Slot(name) if count is None else [Slot(name, place) for place in range(count)]
                for name, count in slots
            }
        )
        queryset = queryset if limit is None else queryset[:limit]
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        columns = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
        needed = compiler.get_converters(columns)
        converted = [column if place in needed else None for place, column in enumerate(columns)]
        return _Ready(queryset, compiler, sql, tuple(params), converted)


class _Run:
    """Stands where Django's iterables expect a QuerySet and its Query, for one run of a query that is ready."""

    def __init__(self, ready: _Ready, compiler: SQLCompiler) -> None:
        self.db = DEFAULT_DB_ALIAS
        self.query = self
        self._source, self._compiler = ready.queryset, compiler

    def get_compiler(self, using: str) -> SQLCompiler:  # noqa: ARG002 - Django passes it
        return self._compiler

    def __getattr__(self, name: str) -> Any:  # Any: what either has
        return getattr(
            self._source if name in {"model", "_fields", "_known_related_objects"} else self._source.query, name
        )


def _rows(ready: _Ready, values: Mapping[str, Any]) -> Iterator[Any]:  # Any: rows of any kind
    connection = connections[DEFAULT_DB_ALIAS]
    as_kept = connection.ops.adapt_datetimefield_value
    bound = (param.value_in(values) if isinstance(param, Slot) else param for param in ready.params)
    params = tuple(as_kept(value) if isinstance(value, datetime) else value for value in bound)
    compiler: Any = copy(ready.compiler)  # Any: two methods of it know their answers
    compiler.connection = connection
    compiler.as_sql = lambda: (ready.sql, params)
    compiler.get_converters = lambda _columns: ready.compiler.__class__.get_converters(compiler, ready.converted)
    read: Any = ready.queryset._iterable_class  # noqa: SLF001 - models, tuples or whatever it gives
    return iter(read(_Run(ready, compiler)))


def _filled(value: Any) -> Any:  # Any: of any column
    if not isinstance(value, list | tuple):
        return value
    wanted = 1 << (len(value) - 1).bit_length() if value else 0
    return [*value, *value[-1:] * (wanted - len(value))]
