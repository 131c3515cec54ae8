import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.catalog.models import Video, VideoState
from eduvideo.media.captioning import delete_captions, put_captions
from eduvideo.media.queries import caption_tracks
from eduvideo.site.transcripts import transcript_of
from tests.factories.catalog import a_video, asking
from tests.factories.pages import XSS

pytestmark = pytest.mark.django_db


def say(video: Video, text: str, *, language: str = "en") -> None:
    put_captions(video.asset, language=language, text=f"WEBVTT\n\n01:05.000 --> 01:07.000\n{text}\n")


def shown(video: Video) -> list[str]:
    page = asking(None).get(f"/watch/{video.public_id}").content.decode()
    return re.findall(r"<span>(.*?)</span></a></li>", page.partition("<edu-transcript")[2].partition("</ol>")[0])


def test_lines_seek_and_hold_text_only() -> None:
    video = a_video()
    say(video, XSS)
    [track] = caption_tracks(video.asset)
    found = transcript_of(track)
    assert found
    assert found.language == "en"
    assert '<li><a href="?t=65" data-start-ms="65000"><time>1:05</time> <span>' in found.lines
    assert "<script" not in found.lines


def test_a_revision_is_read_once() -> None:
    video = a_video()
    say(video, "Hello")
    [track] = caption_tracks(video.asset)
    transcript_of(track)
    with CaptureQueriesContext(connection) as queries:
        assert transcript_of(track)
    assert not queries


def test_the_page_follows_every_change_at_once() -> None:
    video = a_video(language="en")
    for text in ("first", "second"):
        say(video, text)
        assert shown(video) == [text]
    say(video, "三", language="zh-Hans")
    assert shown(video) == ["second"]
    delete_captions(video.asset, language="en")
    assert shown(video) == ["三"]
    Video.objects.filter(pk=video.pk).update(state=VideoState.WITHDRAWN)
    assert asking(None).get(f"/watch/{video.public_id}").status_code == 404


def test_captions_that_were_changed_meanwhile_give_none() -> None:
    video = a_video()
    say(video, "first")
    [track] = caption_tracks(video.asset)
    say(video, "second")
    assert transcript_of(track) is None
