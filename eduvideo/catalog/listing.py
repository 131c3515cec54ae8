"""A creator's own lessons as the studio lists them: by how far they are, by title, in an order, page by page."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video, VideoQuerySet, VideoState
from eduvideo.catalog.queries import CARD_RELATIONS
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor, moment_in
from eduvideo.media.models import AssetState


class Facet(StrEnum):
    """How far a lesson is. A draft that is being prepared is found under both."""

    ALL = ""
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    PREPARING = "preparing"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class Sort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    CHANGED = "changed"
    TITLE = "title"
    SOONEST = "soonest"  # of what has a time only


CONDITIONS: Mapping[Facet, Q] = {
    Facet.DRAFT: Q(state=VideoState.DRAFT, publish_at__isnull=True),
    Facet.SCHEDULED: Q(publish_at__isnull=False),
    Facet.PUBLISHED: Q(state=VideoState.PUBLISHED),
    Facet.PREPARING: Q(asset__state__in=(AssetState.WAITING, AssetState.PROCESSING, AssetState.PLAYABLE)),
    Facet.FAILED: Q(asset__state=AssetState.FAILED),
    Facet.WITHDRAWN: Q(state=VideoState.WITHDRAWN),
}
# The field by which each order goes, and whether it falls.
ORDERS: Mapping[Sort, tuple[str, bool]] = {
    Sort.NEWEST: ("created_at", True),
    Sort.OLDEST: ("created_at", False),
    Sort.CHANGED: ("updated_at", True),
    Sort.TITLE: ("title", False),
    Sort.SOONEST: ("publish_at", False),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lessons are asked for; `text` is a part of their titles."""

    facet: Facet = Facet.ALL
    text: str = ""
    sort: Sort = Sort.NEWEST


def chosen_lessons(owner: User, wanted: Wanted) -> VideoQuerySet:
    """Return a creator's lessons of a kind, unordered."""
    lessons = Video.objects.filter(owner=owner)
    lessons = lessons.filter(title__icontains=wanted.text) if wanted.text else lessons
    return lessons.filter(CONDITIONS[wanted.facet]) if wanted.facet else lessons


def lesson_page(owner: User, wanted: Wanted, *, cursor: str | None, size: int = PAGE_SIZE) -> Page[Video]:
    """Return one page in the order that is asked for, with what a card shows. One query.

    Raises InvalidInputError for a cursor that is not of this order.
    """
    field, is_falling = ORDERS[wanted.sort]
    lessons = chosen_lessons(owner, wanted)
    if wanted.sort is Sort.SOONEST:
        lessons = lessons.filter(CONDITIONS[Facet.SCHEDULED])
    if cursor:
        value, pk = _decoded(cursor, is_text=wanted.sort is Sort.TITLE)
        beyond = "lt" if is_falling else "gt"
        # Said apart, as in core.pagination, so that SQLite takes a bound for its index.
        lessons = lessons.filter(**{f"{field}__{beyond}e": value})
        lessons = lessons.filter(Q(**{f"{field}__{beyond}": value}) | Q(**{f"pk__{beyond}": pk}))
    sign = "-" if is_falling else ""
    related = lessons.select_related(*CARD_RELATIONS, "asset__upload", "asset__replacement")
    found = list(related.order_by(f"{sign}{field}", f"{sign}pk")[: size + 1])
    if len(found) <= size:
        return Page(found, None)
    last = found[size - 1]
    value = getattr(last, field)
    return Page(found[:size], encode_cursor([value if isinstance(value, str) else value.isoformat(), last.pk]))


def facet_counts(owner: User, *, text: str = "") -> dict[Facet, int]:
    """Return how many lessons there are of each kind. One query."""
    counted = {facet.name.lower(): Count("pk", filter=condition) for facet, condition in CONDITIONS.items()}
    row = chosen_lessons(owner, Wanted(text=text)).aggregate(all=Count("pk"), **counted)
    return {facet: row[facet.name.lower()] for facet in Facet}


def _decoded(cursor: str, *, is_text: bool) -> tuple[str | datetime, int]:
    match decode_cursor(cursor):
        case [str(value), int(pk)] if 0 <= pk < 2**63 and "\0" not in value:
            if is_text:
                return value, pk
            with contextlib.suppress(ValueError):
                return moment_in(value), pk
    raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page."))
