from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.community import retention
from eduvideo.community.models import DailyWatching, MovedWatching
from eduvideo.community.retention import PREFIX, Report, count_watching, move_watching
from eduvideo.core import clock
from eduvideo.core.broker import broker
from eduvideo.core.errors import TooManyRequestsError
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_person
from tests.servers.valkey import ValkeyServer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    broker().flushdb()


def a_browser(person: User | None = None) -> Client:
    """Return a client with a CSRF secret of its own, as a page gives it."""
    client = Client(enforce_csrf_checks=True)
    if person:
        client.force_login(person)
    client.get("/")
    return client


def report(client: Client, video: Video, **body: object) -> int:
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value} if "csrftoken" in client.cookies else {}
    path = f"/api/v1/videos/{video.public_id}/watched"
    return client.post(path, {"played_ms": 0, **body}, headers=headers, content_type="application/json").status_code


def played(video: Video, viewer: str, parts: range, *, again: range = range(0), ms: int = 10_000) -> None:
    count_watching(video, Report(frozenset(parts), frozenset(again), ms), viewer=viewer)


def row_of(video: Video) -> DailyWatching:
    return DailyWatching.objects.get(video=video)


class TestCounting:
    def test_each_hundredth_counts_once_of_each_viewing_and_once_more_if_it_was_played_again(self) -> None:
        video = a_video()
        played(video, "a", range(3), ms=2_000)
        played(video, "a", range(2, 5), again=range(2), ms=2_000)
        played(video, "a", range(5), again=range(2), ms=1_000)
        played(video, "b", range(2), ms=1_000)
        move_watching()
        row = row_of(video)
        assert (row.viewings, row.watched_ms, row.duration_ms, row.finished) == (2, 6_000, 60_000, 0)
        assert row.parts[:6] == [2, 2, 1, 1, 1, 0]
        assert (row.again[:3], sum(row.again), len(row.parts)) == ([1, 1, 0], 2, 100)

    def test_who_comes_to_the_end_has_finished_once(self) -> None:
        video = a_video()
        for _ in range(2):
            played(video, "a", range(90, 100))
        played(video, "b", range(90, 95))
        move_watching()
        assert row_of(video).finished == 1

    def test_nobody_plays_more_than_the_clock_allows(self) -> None:
        video = a_video()
        for _ in range(3):
            played(video, "a", range(1), ms=60_000)
        move_watching()
        assert 60_000 <= row_of(video).watched_ms < 90_000  # later ones: what passed at triple speed, and five seconds

    def test_too_many_reports_are_refused(self) -> None:
        video = a_video()
        for _ in range(retention.REPORTS_PER_MINUTE):
            played(video, "a", range(1))
        # A minute may have begun in between; one full minute more is too much in any case.
        with pytest.raises(TooManyRequestsError):
            for _ in range(retention.REPORTS_PER_MINUTE + 1):
                played(video, "a", range(1))
        played(video, "b", range(1))

    def test_another_recording_is_counted_apart(self) -> None:
        video = a_video()
        played(video, "a", range(3))
        video.asset.duration_ms = 90_000
        played(video, "b", range(3))
        move_watching()
        assert sorted(DailyWatching.objects.values_list("duration_ms", "viewings")) == [(60_000, 1), (90_000, 1)]

    def test_who_it_was_can_be_read_nowhere(self) -> None:
        video = a_video()
        played(video, "account 17", range(3))
        keys = broker().keys("*")
        assert all("17" not in key.replace(str(video.pk), "") or ":viewing:" in key for key in keys)
        assert all(0 < broker().ttl(key) <= 7 * 86_400 for key in keys if key != retention.CHANGED)
        assert {field.name for field in DailyWatching._meta.get_fields()} == {
            "id", "video", "day", "duration_ms", "viewings", "watched_ms", "finished", "parts", "again"
        }  # fmt: skip


class TestMoving:
    def test_what_comes_later_is_added(self) -> None:
        video, other = a_video(), a_video()
        played(video, "a", range(3))
        played(other, "a", range(1))
        assert move_watching() == 1
        played(video, "b", range(2))
        assert [move_watching(), move_watching()] == [1, 0]
        assert (row_of(video).parts[:4], row_of(other).viewings) == ([2, 2, 1, 0], 1)

    def test_a_task_that_ends_before_it_adds_loses_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        video = a_video()
        played(video, "a", range(3))
        with monkeypatch.context() as broken:
            broken.setattr(retention, "_add", killed)
            with pytest.raises(OSError, match="killed"):
                move_watching()
        assert not DailyWatching.objects.exists()
        played(video, "b", range(3))
        assert move_watching() == 2
        assert row_of(video).viewings == 2
        assert not [key for key in broker().keys(f"{PREFIX}*") if ":viewing:" not in key]

    def test_a_task_that_ends_after_it_has_added_doubles_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        video = a_video()
        played(video, "a", range(3))
        with monkeypatch.context() as broken:
            broken.setattr("redis.client.Pipeline.delete", killed)
            with pytest.raises(OSError, match="killed"):
                move_watching()
        assert row_of(video).viewings == 1
        assert move_watching() == 0
        assert row_of(video).viewings == 1
        assert MovedWatching.objects.count() == 1

    def test_lessons_that_are_gone_hold_up_no_others(self) -> None:
        gone, video = a_video(), a_video()
        played(gone, "a", range(3))
        played(video, "a", range(3))
        gone.delete()
        move_watching()
        assert DailyWatching.objects.get().video == video

    def test_many_lessons_are_moved_in_few_queries(self) -> None:
        counts = []
        for more in (1, 20):
            for _ in range(more):
                played(a_video(), "a", range(3))
            with CaptureQueriesContext(connection) as queries:
                move_watching()
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestFolding:
    def test_days_of_long_ago_become_one_of_their_month_and_lose_nothing(self) -> None:
        video, today = a_video(), clock.now().date()
        long_ago = (today - retention.FOLDED_AFTER - timedelta(days=40)).replace(day=1)
        for day in (long_ago + timedelta(days=number) for number in range(20)):
            DailyWatching.objects.create(
                video=video, day=day, duration_ms=60_000, viewings=6, watched_ms=10, finished=1, parts=[2] * 100
            )
        DailyWatching.objects.create(video=video, day=long_ago, duration_ms=90_000, viewings=1)
        DailyWatching.objects.create(video=video, day=today, duration_ms=60_000, viewings=1)
        assert [retention.fold_watching(), retention.fold_watching()] == [19, 0]
        row = DailyWatching.objects.get(day=long_ago, duration_ms=60_000)
        assert (row.viewings, row.watched_ms, row.finished) == (120, 200, 20)
        assert (row.parts, row.again) == ([40] * 100, [0] * 100)
        assert DailyWatching.objects.count() == 3


class TestApi:
    def test_viewers_count_and_creators_and_staff_do_not(self) -> None:
        video = a_video()
        for client in (a_browser(), a_browser(a_person()), a_browser(video.owner), a_browser(a_person(Role.STAFF))):
            assert report(client, video, parts=[0, 1], played_ms=1_000) == 204
        move_watching()
        assert row_of(video).viewings == 2

    def test_a_report_writes_nothing_to_the_database(self) -> None:
        client, video = a_browser(a_person()), a_video()
        with CaptureQueriesContext(connection) as queries:
            assert report(client, video, parts=list(range(100))) == 204
        assert [row["sql"].split()[0] for row in queries] == ["SELECT"] * 3  # session, account, lesson

    @pytest.mark.parametrize(
        "body",
        [{"parts": [100]}, {"parts": [-1]}, {"again": ["x"]}, {"played_ms": -1}, {"played_ms": 10**9},
         {"parts": [0] * 101}, {"parts": 7}, {"played_ms": None}],
    )  # fmt: skip
    def test_what_no_player_says_is_refused(self, body: dict[str, object]) -> None:
        assert report(a_browser(), a_video(), **body) == 422
        assert not broker().keys(f"{PREFIX}*")

    def test_programs_without_a_page_and_people_who_may_not_watch_do_not_count(self) -> None:
        assert report(Client(enforce_csrf_checks=True), a_video()) == 403
        assert report(a_browser(), a_video(state=VideoState.DRAFT)) == 404
        assert report(a_browser(), a_video(visibility=Visibility.ORGANIZATION)) == 404

    def test_without_the_broker_it_is_refused_and_nothing_breaks(self, valkey: ValkeyServer) -> None:
        client, video = a_browser(a_person()), a_video()
        valkey.kill()
        assert report(client, video, parts=[1]) == 503


def killed(*_args: object, **_named: object) -> None:
    raise OSError("killed here")
