"""Writes of how lessons are received."""

from collections import Counter
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum

from eduvideo.catalog.models import Video
from eduvideo.community.models import DailyViews, PopularVideo
from eduvideo.community.viewers import people_with
from eduvideo.core import clock

DAYS = 30
KEPT_PER_GRADE = 48
SWEPT_AT_ONCE = 5_000  # rows; more would hold up other writers of SQLite


def count_view(video: Video, *, viewer: str) -> None:
    """Count that somebody watches a video today, once a day; `viewer` stands for them and is not kept.

    One write, none for whoever was counted; raises BrokerError.
    """
    today = clock.now().date()
    people = people_with(viewer, video_pk=video.pk, day=today)
    if people is None:
        return
    # Never less than was known: another request may have been faster, or the broker may have forgotten.
    known = DailyViews.objects.filter(video=video, day=today)
    if not known.filter(people__lt=people).update(people=people):
        DailyViews.objects.bulk_create([DailyViews(video=video, day=today, people=people)], ignore_conflicts=True)


def rank_popular() -> None:
    """Choose the most watched videos of each grade anew, and forget days that count no more."""
    first_day = clock.now().date() - timedelta(days=DAYS)
    old = DailyViews.objects.filter(day__lt=first_day).values("pk")[:SWEPT_AT_ONCE]
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
