import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.catalog.models import VideoState, Visibility
from eduvideo.catalog.services import delete_video
from eduvideo.core.models import OutboxEvent
from eduvideo.study.models import WatchProgress
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


def test_a_guide_is_kept_as_written_and_shown_as_html() -> None:
    video = a_video()
    path = f"/api/v1/videos/{video.public_id}/study-guide"
    asking(video.owner).put(path, {"markdown": "# One\n[0:30]"}, content_type="application/json")
    shown = asking(None).get(path).json()
    assert shown["markdown"] == "# One\n[0:30]"
    assert "<h2>One</h2>" in shown["html"]
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
