from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.catalog.services import delete_video
from eduvideo.core.models import OutboxEvent
from eduvideo.danmaku.models import Danmaku
from eduvideo.danmaku.services import post_danmaku, withdraw_danmaku
from eduvideo.study.models import WatchProgress
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person, some_danmaku

pytestmark = pytest.mark.django_db


def test_a_guide_is_kept_as_written_and_shown_as_html() -> None:
    video = a_video()
    path = f"/api/v1/videos/{video.public_id}/study-guide"
    asking(video.owner).put(path, {"markdown": "# One\n[0:30]"}, content_type="application/json")
    shown = asking(None).get(path).json()
    assert shown["markdown"] == "# One\n[0:30]"
    assert '<h2 id="g-one">One</h2>' in shown["html"]
    assert OutboxEvent.objects.filter(name="catalog.VideoChanged").count() == 1


def test_a_draft_has_no_guide_for_others() -> None:
    video = a_video(state=VideoState.DRAFT)
    assert asking(None).get(f"/api/v1/videos/{video.public_id}/study-guide").status_code == 404


def test_a_guide_has_an_end() -> None:
    video = a_video()
    path = f"/api/v1/videos/{video.public_id}/study-guide"
    answer = asking(video.owner).put(path, {"markdown": "x" * 100_001}, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "markdown"


def test_what_no_database_keeps_is_left_out_of_a_guide() -> None:
    video = a_video()
    path, body = f"/api/v1/videos/{video.public_id}/study-guide", '{"markdown": "a\\ud800b\\u0000c"}'
    client = asking(video.owner)
    assert client.put(path, body, content_type="application/json").json()["markdown"] == "abc"
    preview = client.post("/api/v1/study-guide/preview", body, content_type="application/json")
    assert preview.json() == {"html": "<p>abc</p>\n"}


def test_creators_see_a_guide_before_they_keep_it() -> None:
    ask = {"path": "/api/v1/study-guide/preview", "content_type": "application/json"}
    creator = asking(a_person(Role.CREATOR))
    assert creator.post(data={"markdown": "$x$"}, **ask).json() == {"html": '<p><code class="math">x</code></p>\n'}
    assert creator.post(data={"markdown": "x" * 100_001}, **ask).status_code == 422
    assert asking(a_person()).post(data={"markdown": "x"}, **ask).status_code == 403
    assert asking(None).post(data={"markdown": "x"}, **ask).status_code == 401


class TestProgress:
    def test_the_last_place_counts_and_the_end_finishes(self) -> None:
        video, person = a_video(), a_person()
        client, path = asking(person), f"/api/v1/videos/{video.public_id}/progress"
        with CaptureQueriesContext(connection) as queries:
            assert put(client, path, 20_000) == 204
        assert len([query for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]) == 1
        for place in (40_000, 10_000):
            assert put(client, path, place) == 204
        assert WatchProgress.objects.values_list("user", "video", "position_ms", "is_finished").get() == (
            person.pk, video.pk, 10_000, False,
        )  # fmt: skip
        assert put(client, path, 99_000) == 204  # behind the end is the end
        assert WatchProgress.objects.values_list("position_ms", "is_finished").get() == (60_000, True)
        assert put(client, path, 5_000) == 204  # once more from the start
        assert not WatchProgress.objects.get().is_finished

    def test_it_is_for_accounts_that_may_watch(self) -> None:
        hidden = f"/api/v1/videos/{a_video(visibility=Visibility.ORGANIZATION).public_id}/progress"
        assert put(asking(a_person()), hidden, 20_000) == 404
        open_ = f"/api/v1/videos/{a_video().public_id}/progress"
        assert put(asking(None), open_, 20_000) == 401
        for wrong in (-1, 10**12, "x"):
            assert put(asking(a_person()), open_, wrong) == 422
        assert not WatchProgress.objects.exists()

    def test_it_goes_with_the_video_and_with_the_account(self) -> None:
        person, first, second = a_person(), a_video(), a_video()
        for video in (first, second):
            put(asking(person), f"/api/v1/videos/{video.public_id}/progress", 20_000)
        delete_video(first, by=first.owner)
        assert WatchProgress.objects.get().video == second
        person.delete()
        assert not WatchProgress.objects.exists()


def put(client: Client, path: str, position_ms: object) -> int:
    return client.put(path, {"position_ms": position_ms}, content_type="application/json").status_code


class TestQuestionsFromClass:
    def test_a_question_that_is_answered_is_in_the_guide_until_either_is_taken_off(self) -> None:
        video, student = a_video(), a_person()
        asked = [
            post_danmaku(video, author=student, position_ms=at_ms, text=f"why {at_ms}", kind="question")
            for at_ms in (30_000, 10_000, 20_000)
        ]
        assert questions_of(video) == []
        answers = [
            post_danmaku(
                video, author=video.owner, position_ms=1, text=text, kind="answer", reply_to=question.public_id
            )
            for question, text in ((asked[0], "so"), (asked[1], "because"), (asked[1], "and also"))
        ]
        late, early = (
            {"id": asked[0].public_id, "position_ms": 30_000, "text": "why 30000", "answers": ["so"]},
            {"id": asked[1].public_id, "position_ms": 10_000, "text": "why 10000", "answers": ["because", "and also"]},
        )
        assert questions_of(video) == [early, late]
        assert questions_of(a_video()) == []
        withdraw_danmaku(answers[2], by=video.owner)
        assert questions_of(video) == [{**early, "answers": ["because"]}, late]
        withdraw_danmaku(asked[0], by=student)
        assert questions_of(video) == [{**early, "answers": ["because"]}]
        withdraw_danmaku(answers[1], by=video.owner)
        assert questions_of(video) == []

    @pytest.mark.parametrize("n", [1, 20])
    def test_twenty_take_as_many_queries_as_one(self, n: int, django_assert_num_queries: Any) -> None:
        video = a_video()
        asked = some_danmaku(video, n)
        Danmaku.objects.filter(video=video).update(kind="question")
        for question in asked:
            some_danmaku(video, 1)
            Danmaku.objects.filter(kind="comment").update(kind="answer", reply_to=question.public_id)
        with django_assert_num_queries(3):  # video, guide, questions with their answers
            assert len(questions_of(video)) == n


def questions_of(video: Video) -> Any:
    return asking(None).get(f"/api/v1/videos/{video.public_id}/study-guide").json()["questions"]
