"""Views in frames: counted like any, told apart, without a cookie."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import Client

from eduvideo.catalog.models import Video, VideoState
from eduvideo.community.models import DailyViews
from eduvideo.community.services import count_view
from eduvideo.core import clock
from eduvideo.core.broker import broker
from eduvideo.embedding.counting import LONGEST_S, frame_seal, video_of_seal
from tests.factories.catalog import a_playlist, a_video, asking

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/embed/views"


def seal_in(page: bytes) -> str:
    found = re.search(r'data-seal="([^"]+)"', page.decode())
    assert found
    return found[1]


def watch(seal: str, viewer: str = "abcdefgh") -> int:
    """Say it as a frame does: a browser that sends no cookie and has no CSRF secret."""
    client = Client(enforce_csrf_checks=True)
    answer = client.post(PATH, {"seal": seal, "viewer": viewer}, content_type="application/json")
    assert not answer.cookies
    return answer.status_code


def counts(video: Video) -> tuple[int, int]:
    found = DailyViews.objects.filter(video=video).first()
    return (found.people, found.framed) if found else (0, 0)


def test_each_viewer_of_a_frame_counts_once_a_day_and_is_told_apart() -> None:
    video = a_video()
    seal = seal_in(Client().get(f"/embed/video/{video.public_id}").content)
    assert [watch(seal), watch(seal), watch(seal, "another1")] == [204, 204, 204]
    count_view(video, viewer="on our own page")
    assert counts(video) == (3, 2)
    assert (
        "<dt>On other sites</dt><dd>2</dd>"
        in asking(video.owner).get(f"/studio/{video.public_id}/analytics").content.decode()
    )


def test_the_frame_of_a_playlist_counts_the_lesson_that_it_plays() -> None:
    video = a_video()
    playlist = a_playlist(video)
    assert watch(seal_in(Client().get(f"/embed/playlist/{playlist.public_id}").content)) == 204
    assert counts(video) == (1, 1)


def test_who_it_was_is_kept_nowhere() -> None:
    watch(frame_seal(a_video().public_id))
    for key in (*broker().keys("*views:*"), *broker().keys("*framed:*")):
        assert broker().pfcount(key) == 1  # registers of a HyperLogLog, and no list of people
        assert 0 < broker().ttl(key) <= 2 * 86_400


@pytest.mark.parametrize("seal", ["", "x", "a.b.c", "forged:seal"])
def test_a_seal_that_is_not_ours_counts_nothing(seal: str) -> None:
    assert watch(seal) == 404
    video = a_video()
    assert watch(frame_seal(video.public_id)[:-1]) == 404
    assert watch(frame_seal(video.public_id), viewer="<script>") == 422
    assert not DailyViews.objects.exists()


def test_a_lesson_that_was_withdrawn_counts_no_more() -> None:
    video = a_video()
    Video.objects.update(state=VideoState.WITHDRAWN)
    assert watch(frame_seal(video.public_id)) == 404


def test_a_seal_ends() -> None:
    seal = frame_seal("abc")
    assert video_of_seal(seal) == "abc"
    later = (clock.now() + timedelta(seconds=LONGEST_S + 60)).timestamp()
    with patch("django.core.signing.time.time", return_value=later):
        assert video_of_seal(seal) is None
