"""Reads of how lessons are received, of what people keep, and of whom they follow."""

from datetime import timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video, VideoQuerySet
from eduvideo.catalog.queries import CARD_RELATIONS, listed_videos, watchable_by
from eduvideo.community.models import DailyViews, Favorite, Follow, PopularVideo
from eduvideo.core import clock
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor, page_by_time
from eduvideo.core.prepared import Given

SPARE = 4  # times as many as are wanted are looked at, should some have been hidden since
WATCHED_DAYS = 30


def popular_videos(*, grade: Given = "", limit: int) -> VideoQuerySet:
    """Return the most watched videos of the last weeks that anyone may find, of one grade or of all.

    They come with all that a card shows. `grade` may be a slot.
    """
    rows = PopularVideo.objects.filter(grade=grade) if grade else PopularVideo.objects.all()
    # Chosen before they are joined: SQLite would begin with all videos.
    first = rows.order_by("-views", "-video").values("video")[: limit * SPARE]
    return listed_videos().filter(pk__in=first).order_by("-popularity__views", "-pk")[:limit]


def new_of_creator(creator: User, *, cursor: str | None) -> Page[Video]:
    """Return one page of what anyone may find of a creator, newest first. One query.

    Raises InvalidInputError for a forged cursor.
    """
    return page_by_time(listed_videos().filter(owner=creator), field="published_at", cursor=cursor)


def most_watched_of_creator(creator: User, *, cursor: str | None, size: int = PAGE_SIZE) -> Page[Video]:
    """Return one page of what anyone may find of a creator, by how many people watched it in 30 days. One query.

    Raises InvalidInputError for a forged cursor.
    """
    days = DailyViews.objects.filter(video=OuterRef("pk"), day__gte=clock.now().date() - timedelta(days=WATCHED_DAYS))
    people = days.order_by().values("video").annotate(n=Sum("people")).values("n")
    rows = listed_videos().filter(owner=creator).annotate(watched=Coalesce(Subquery(people), 0))
    if cursor:
        watched, pk = numbers_in(cursor, 2)
        rows = rows.filter(Q(watched__lt=watched) | Q(watched=watched, pk__lt=pk))
    found = list(rows.order_by("-watched", "-pk")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    after = encode_cursor([last.watched, last.pk]) if last else None  # type: ignore[attr-defined]  # annotated above
    return Page(found[:size], after)


def favorites_of(user: User) -> QuerySet[Favorite]:
    """Return what somebody keeps and may still watch, each with all that a card shows; unordered."""
    relations = (f"video__{name}" for name in CARD_RELATIONS)
    return Favorite.objects.filter(watchable_by(user), user=user).select_related(*relations)


def follows_of(user: User) -> QuerySet[Follow]:
    """Return whom somebody follows, with their accounts; unordered."""
    return Follow.objects.filter(user=user, creator__is_active=True).select_related("creator")


def lessons_of_followed(user: Given) -> VideoQuerySet:
    """Return what anyone may find of those whom somebody (or the one of a slot) follows, with all that a card shows.

    Unordered.
    """
    return listed_videos().filter(owner__in=Follow.objects.filter(user=user).values("creator"))


def is_following(viewer: Viewer, creator: User) -> bool:
    """Tell whether a viewer follows a creator. One query, none for the anonymous."""
    return viewer.is_authenticated and Follow.objects.filter(user=viewer, creator=creator).exists()


def numbers_in(cursor: str, count: int) -> list[int]:
    """Return the numbers of a cursor; raises InvalidInputError for one that we have not made."""
    values = decode_cursor(cursor)
    numbers = [value for value in values if type(value) is int and 0 <= value < 2**63]
    if len(numbers) == len(values) == count:
        return numbers
    raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page."))
