"""Cursor paging by a descending, unique sort key: pages stay right while rows come and go."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError

PAGE_SIZE = 24
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of rows and the cursor of the page after it (None at the end)."""

    items: list[M]
    next: str | None


def page_by_time(rows: QuerySet[M], *, field: str, cursor: str | None, size: int = PAGE_SIZE) -> Page[M]:
    """Return one page, newest first by a datetime field and then by pk; one query.

    Raises InvalidInputError for a cursor that we have not made.
    """
    if cursor:
        moment, pk = _decode(cursor, _time_and_pk)
        # Said apart because SQLite takes no bound for its index from an "or": it would read all the pages before.
        rows = rows.filter(**{f"{field}__lte": moment})
        rows = rows.filter(Q(**{f"{field}__lt": moment}) | Q(pk__lt=pk))
    found = list(rows.order_by(f"-{field}", "-pk")[: size + 1])
    if len(found) <= size:
        return Page(found, None)
    last = found[size - 1]
    return Page(found[:size], encode_cursor([getattr(last, field).isoformat(), last.pk]))


def encode_cursor(values: list[object]) -> str:
    """Return values as opaque URL-safe text."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[object]:
    """Return what encode_cursor was given; raises InvalidInputError for anything else."""
    return _decode(cursor, lambda values: values)


def moment_in(value: object) -> datetime:
    """Return the moment that a value of a cursor says, in UTC; raises TypeError or ValueError for any other value.

    One at the edge of what there are dates for may have no place in UTC: that is a ValueError too.
    """
    if not isinstance(value, str):
        raise TypeError("not a text")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("without a zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


C = TypeVar("C")


def _decode(cursor: str, read: Callable[[list[object]], C]) -> C:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list):
            raise TypeError("not a list")  # noqa: TRY301 - one answer for everything that is no cursor
        json.dumps(values, ensure_ascii=False).encode()  # half a character, which no database takes, is a ValueError
        return read(values)
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page.")) from error


def _time_and_pk(values: list[object]) -> tuple[datetime, int]:
    moment, pk = values
    if not isinstance(pk, int):
        raise TypeError("not a number")
    if not 0 <= pk < 2**63:
        raise ValueError("out of range")
    return moment_in(moment), pk
