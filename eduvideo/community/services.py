"""Writes of how lessons are received."""

from collections import Counter
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Greatest

from eduvideo.catalog.models import Video
from eduvideo.community.models import DailyViews, PopularVideo
from eduvideo.community.viewers import Place, people_with
from eduvideo.core import clock

DAYS = 30
KEPT_DAYS = 3 * 366  # what creators look back on
KEPT_PER_GRADE = 48
SWEPT_AT_ONCE = 5_000  # rows; more would hold up other writers of SQLite


def count_view(video: Video, *, viewer: str) -> None:
    """Count that somebody watches a video today, once a day; `viewer` stands for them and is not kept.

    One write, none for whoever was counted; raises BrokerError.
    """
    today = clock.now().date()
    people = people_with(viewer, video_pk=video.pk, day=today)
    if people is not None:
        _raise(DailyViews(video=video, day=today, people=people))


def count_framed_view(video: Video, *, viewer: str) -> None:
    """Count that somebody watches a video today in a frame, like any view, and in which it was told apart.

    Two writes, none for whoever was counted; raises BrokerError.
    """
    count_view(video, viewer=viewer)
    today = clock.now().date()
    framed = people_with(viewer, video_pk=video.pk, day=today, place=Place.FRAME)
    if framed is not None:
        _raise(DailyViews(video=video, day=today, people=framed, framed=framed))


def _raise(found: DailyViews) -> None:
    """Write the counts of a day, never less than was known.

    Another request may have been faster, or the broker may have forgotten.
    """
    known = DailyViews.objects.filter(video=found.video, day=found.day)
    raised = {
        name: Greatest(F(name), Value(value)) for name, value in (("people", found.people), ("framed", found.framed))
    }
    is_less = Q(people__lt=found.people) | Q(framed__lt=found.framed)
    if not known.filter(is_less).update(**raised):
        DailyViews.objects.bulk_create([found], ignore_conflicts=True)


def rank_popular() -> None:
    """Choose the most watched videos of each grade anew, and forget days on which nobody looks back."""
    today = clock.now().date()
    first_day = today - timedelta(days=DAYS)
    old = DailyViews.objects.filter(day__lt=today - timedelta(days=KEPT_DAYS)).values("pk")[:SWEPT_AT_ONCE]
    DailyViews.objects.filter(pk__in=old).delete()
    chosen = _most_watched(since=first_day)
    with transaction.atomic():
        if set(chosen) == set(PopularVideo.objects.values_list("video", "grade", "views")):
            return
        PopularVideo.objects.all().delete()
        PopularVideo.objects.bulk_create(PopularVideo(video_id=pk, grade=grade, views=n) for pk, grade, n in chosen)


def _most_watched(*, since: date) -> list[tuple[int, str, int]]:
    days = DailyViews.objects.filter(day__gte=since, video__in=Video.objects.listed())
    sums = days.values("video", "video__grade")
    rows = sums.annotate(views=Sum("people")).order_by("-views", "-video").values_list("video", "video__grade", "views")
    chosen = []
    of_grade: Counter[str] = Counter()
    for pk, grade, views in rows.iterator():
        of_grade[grade] += 1
        if of_grade[grade] <= KEPT_PER_GRADE:
            chosen.append((pk, grade, views))
    return chosen
