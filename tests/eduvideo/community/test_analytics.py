from datetime import timedelta

import pytest

from eduvideo.catalog.models import Video
from eduvideo.community.analytics import FEWEST, Watching, filled_days, rewatched, watching_of
from eduvideo.community.models import DailyWatching
from eduvideo.community.retention import PARTS
from eduvideo.core import clock
from tests.factories.catalog import a_video


def played(video: Video, *, viewings: int, mean_ms: int, duration_ms: int = 60_000) -> None:
    DailyWatching.objects.create(
        video=video, day=clock.now().date(), duration_ms=duration_ms, viewings=viewings, watched_ms=viewings * mean_ms
    )


@pytest.mark.django_db
def test_the_mean_is_of_the_recording_that_there_is_and_the_sum_of_all() -> None:
    video = a_video()
    played(video, viewings=10, mean_ms=30_000)
    played(video, viewings=90, mean_ms=300_000, duration_ms=600_000)
    found = watching_of(video, since=None)
    assert (found.viewings, found.mean_ms, found.told_ms) == (10, 30_000, 10 * 30_000 + 90 * 300_000)


def test_of_few_viewings_nothing_is_told_but_their_number() -> None:
    few = Watching(FEWEST - 1, watched_ms=60_000, finished=2, parts=(1,) * PARTS, earlier_ms=1)
    assert (few.told_ms, few.mean_ms, few.finish_rate, few.shares(), rewatched(few)) == (None, None, None, None, [])


def test_what_was_played_again_is_told_once_for_its_neighbors() -> None:
    again = [0] * PARTS
    again[20], again[21], again[60], again[90] = 9, 8, 10, 1
    assert rewatched(Watching(20, again=tuple(again))) == [20, 60]


def test_days_without_anybody_are_told_too() -> None:
    today = clock.now().date()
    first = today - timedelta(days=2)
    assert filled_days({first: 3}, since=None) == [(first, 3), (first + timedelta(days=1), 0), (today, 0)]
    assert filled_days({}, since=None) == [(today, 0)]
