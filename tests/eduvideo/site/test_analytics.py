import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video
from eduvideo.community.models import DailyViews, DailyWatching
from eduvideo.core import clock
from eduvideo.danmaku.models import Kind
from eduvideo.danmaku.services import NewDanmaku, add_danmaku_bulk
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.pages import XSS, Scripts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def watched(video: Video, *, people: int = 8, viewings: int = 8, days_ago: int = 0) -> Video:
    """Let people watch a lesson of a minute: all of them its first half, one in four to the end, half of them at 0:12 again."""
    day = clock.now().date() - timedelta(days=days_ago)
    parts = [viewings] * 50 + [viewings // 4] * 50
    again = [0] * 20 + [viewings // 2] + [0] * 79
    DailyViews.objects.create(video=video, day=day, people=people)
    DailyWatching.objects.create(
        video=video, day=day, duration_ms=60_000, viewings=viewings, watched_ms=viewings * 37_500,
        finished=viewings // 4, parts=parts, again=again,
    )  # fmt: skip
    return video


def text_of(person: User, path: str) -> str:
    answer = asking(person).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(person: User, path: str) -> list[list[str]]:
    answer = asking(person).get(path)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def facts_of(text: str) -> dict[str, str]:
    return dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", text))


class TestLesson:
    def test_sums_and_curves_are_told_as_tables(self, creator: User) -> None:
        video = watched(watched(a_video(owner=creator)), days_ago=3)
        text = text_of(creator, f"/studio/{video.public_id}/analytics?range=7")
        assert facts_of(text) == {
            "Views": "16", "Watched, hours": "0:10", "Watched on average": "62%", "Came to the end": "25%",
            "Likes in all": "0", "Comments in all": "0",
        }  # fmt: skip
        assert len(re.findall(r'<th scope="row" data-x="\d{4}-', text)) == 7  # days
        row = f'<th scope="row" data-x="12000"><a href="/watch/{video.public_id}?t=12">0:12</a></th>'
        assert f'{row}<td data-y="1.0000">100%</td><td data-y="0.5000">50%</td>' in text
        assert f'Played again most: <a class="moment" href="/watch/{video.public_id}?t=12">0:12</a>' in text

    def test_days_before_the_range_do_not_count(self, creator: User) -> None:
        video = watched(watched(a_video(owner=creator)), days_ago=7)
        counts = {
            name: facts_of(text_of(creator, f"/studio/{video.public_id}/analytics?range={name}"))["Views"]
            for name in ("7", "28", "all", "nonsense")
        }
        assert counts == {"7": "8", "28": "16", "all": "16", "nonsense": "16"}

    def test_of_few_viewers_no_curve_is_shown(self, creator: User) -> None:
        video = watched(a_video(owner=creator), people=4, viewings=4)
        text = text_of(creator, f"/studio/{video.public_id}/analytics")
        assert facts_of(text)["Came to the end"] == facts_of(text)["Watched, hours"] == "–"
        assert 'id="chart-retention"' not in text
        assert "from 5 viewings on" in text
        assert rows_of(creator, f"/studio/{video.public_id}/analytics.csv?what=parts") == [
            ["start_s", "watched_share", "watched_again_share"]
        ]
        watched(video, people=1, viewings=1, days_ago=1)
        assert 'id="chart-retention"' in text_of(creator, f"/studio/{video.public_id}/analytics")

    def test_questions_lead_to_their_moments(self, creator: User) -> None:
        video = a_video(owner=creator)
        asked = [NewDanmaku(30_500, "Why?", kind=Kind.QUESTION)] * 3
        add_danmaku_bulk(video, [NewDanmaku(1_000, "Hello"), *asked])
        text = text_of(creator, f"/studio/{video.public_id}/analytics")
        assert f'Most questions: <a class="moment" href="/watch/{video.public_id}?t=30">0:30</a>' in text
        assert '0:30</a></th><td data-y="3">3</td><td data-y="3">3</td>' in text

    def test_curves_are_of_the_recording_that_there_is(self, creator: User) -> None:
        video = watched(a_video(owner=creator))
        DailyWatching.objects.update(duration_ms=90_000)
        assert 'id="chart-retention"' not in text_of(creator, f"/studio/{video.public_id}/analytics")
        watched(video, viewings=16, days_ago=1)
        facts = facts_of(text_of(creator, f"/studio/{video.public_id}/analytics"))
        assert (facts["Watched, hours"], facts["Watched on average"]) == ("0:15", "62%")

    def test_many_days_are_told_by_week(self, creator: User) -> None:
        video = watched(watched(a_video(owner=creator)), days_ago=200)
        text = text_of(creator, f"/studio/{video.public_id}/analytics?range=all")
        assert "Views by week" in text
        assert len(re.findall(r'<th scope="row" data-x="\d{4}-', text)) in {29, 30}

    def test_the_same_queries_for_one_day_and_for_many(self, creator: User) -> None:
        video = watched(a_video(owner=creator, title=XSS))
        client, path, counts = asking(creator), f"/studio/{video.public_id}/analytics", []
        for _ in range(2):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                text = client.get(path).content.decode()
            counts.append(len(queries))
            for day in range(1, 20):
                watched(video, days_ago=day)
            video = a_video(owner=creator)
        assert counts[0] == counts[1] <= 10
        found = Scripts()
        found.feed(text)
        assert (found.inline, found.handlers) == (0, [])


class TestFiles:
    def test_days_and_parts_are_numbers(self, creator: User) -> None:
        video = watched(a_video(owner=creator))
        days = rows_of(creator, f"/studio/{video.public_id}/analytics.csv?range=7")
        assert days[0] == ["day", "views"]
        assert days[-1] == [clock.now().date().isoformat(), "8"]
        assert len(days) == 8
        parts = rows_of(creator, f"/studio/{video.public_id}/analytics.csv?what=parts")
        assert (len(parts), parts[21]) == (101, ["12.0", "1.0", "0.5"])

    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
    def test_no_title_is_a_formula(self, creator: User, sign: str) -> None:
        video = watched(a_video(owner=creator, title=f'{sign}HYPERLINK("http://x")'))
        rows = rows_of(creator, "/studio/analytics.csv")
        assert rows[1] == [video.public_id, f'\'{sign}HYPERLINK("http://x")', "8", "5", "0.25"]

    def test_of_few_viewings_only_their_number_is_told(self, creator: User) -> None:
        video = watched(a_video(owner=creator, title="A class of four"), people=4, viewings=4)
        assert rows_of(creator, "/studio/analytics.csv")[1] == [video.public_id, "A class of four", "4", "", ""]


class TestOverview:
    def test_one_s_own_lessons_by_their_views(self, creator: User) -> None:
        less, more = watched(a_video(owner=creator, title="Less")), watched(a_video(owner=creator), people=20)
        watched(a_video(title="Not mine"), people=99)
        text = text_of(creator, "/studio/analytics")
        assert facts_of(text)["Views"] == "28"
        listed = re.findall(r'href="/studio/(\w+)/analytics\?range=28"', text)
        assert listed == [more.public_id, less.public_id]
        assert "Not mine" not in text

    def test_what_few_watched_is_not_told_as_what_is_left_of_the_sums(self, creator: User) -> None:
        watched(a_video(owner=creator))
        before = facts_of(text_of(creator, "/studio/analytics"))
        assert (before["Watched, hours"], before["Came to the end"]) == ("0:05", "25%")
        few = watched(a_video(owner=creator), people=4, viewings=4)
        DailyWatching.objects.filter(video=few).update(finished=4)
        assert facts_of(text_of(creator, "/studio/analytics")) == {**before, "Views": "12"}

    def test_queries_do_not_grow_with_the_lessons(self, creator: User) -> None:
        client, counts = asking(creator), []
        for more in (1, 19):
            for _ in range(more):
                watched(a_video(owner=creator))
            client.get("/studio/analytics")
            with CaptureQueriesContext(connection) as queries:
                client.get("/studio/analytics")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 8

    def test_it_is_for_who_has_an_account_and_empty_at_first(self, creator: User) -> None:
        assert asking(None).get("/studio/analytics").status_code == 302
        assert "Nobody has watched in these days." in text_of(creator, "/studio/analytics")
