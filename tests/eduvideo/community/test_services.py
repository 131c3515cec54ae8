from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.community.models import DailyViews, PopularVideo
from eduvideo.community.queries import popular_videos
from eduvideo.community.services import DAYS, KEPT_DAYS, KEPT_PER_GRADE, count_view, rank_popular
from eduvideo.core import clock
from eduvideo.core.broker import broker
from tests.factories.catalog import a_video

pytestmark = pytest.mark.django_db


def watched(video: Video, people: int, *, days_ago: int = 0) -> Video:
    DailyViews.objects.create(video=video, day=clock.now().date() - timedelta(days=days_ago), people=people)
    return video


def test_the_sum_of_the_last_weeks_decides_within_a_grade() -> None:
    steady = watched(watched(a_video(grade="8"), 3), 4, days_ago=DAYS)
    fresh = watched(a_video(grade="8"), 6)
    watched(watched(a_video(grade="8"), 99, days_ago=DAYS + 1), 98, days_ago=KEPT_DAYS + 1)
    elsewhere = watched(a_video(grade="9"), 50)
    rank_popular()
    assert list(popular_videos(grade="8", limit=9)) == [steady, fresh]
    assert list(popular_videos(limit=2)) == [elsewhere, steady]
    assert list(popular_videos(grade="1", limit=9)) == []
    assert list(DailyViews.objects.filter(people__gte=98).values_list("people", flat=True)) == [99]


def test_what_is_hidden_leaves_at_once_and_frees_its_place() -> None:
    video, other = watched(a_video(grade="8"), 9), watched(a_video(grade="8"), 3)
    watched(a_video(grade="8", visibility=Visibility.UNLISTED), 5)
    rank_popular()
    assert list(popular_videos(grade="8", limit=9)) == [video, other]
    Video.objects.filter(pk=video.pk).update(state=VideoState.WITHDRAWN)
    assert list(popular_videos(grade="8", limit=9)) == [other]
    rank_popular()
    assert list(PopularVideo.objects.values_list("video", flat=True)) == [other.pk]


def test_only_the_first_of_each_grade_are_kept() -> None:
    first = a_video(grade="8")
    for _ in range(KEPT_PER_GRADE):
        watched(a_video(grade="8"), 1)
    watched(first, 2)
    rank_popular()
    assert PopularVideo.objects.count() == KEPT_PER_GRADE
    assert list(popular_videos(grade="8", limit=1)) == [first]


def test_a_broker_that_forgot_takes_nothing_away() -> None:
    video = a_video()
    for number in range(3):
        count_view(video, viewer=f"account {number}")
    broker().flushdb()
    count_view(video, viewer="account 9")
    assert DailyViews.objects.get().people == 3


def test_what_is_popular_everywhere_is_not_looked_for_among_all_videos() -> None:
    watched(a_video(), 1)
    rank_popular()
    with CaptureQueriesContext(connection) as queries:
        list(popular_videos(limit=4))
    (asked,) = queries
    if connection.vendor == "sqlite":  # PostgreSQL goes by how many there are
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked['sql']}")
            assert "SCAN catalog_video" not in str(cursor.fetchall())
