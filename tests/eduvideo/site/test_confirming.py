import pytest

from eduvideo.accounts.models import Role
from eduvideo.media.captioning import put_captions
from eduvideo.media.queries import caption_tracks
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_cannot_be_undone_is_asked_for_without_script_too() -> None:
    creator = a_person(Role.CREATOR)
    video = a_video(owner=creator)
    put_captions(video.asset, language="en", text="WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    path = f"/studio/{video.public_id}/captions/en/delete"
    client = asking(creator)
    page = client.post(path, {"note": '"><script>'}).content.decode()
    assert len(caption_tracks(video.asset)) == 1
    assert '<input type="hidden" name="confirmed" value="1">' in page
    assert 'value="&quot;&gt;&lt;script&gt;"' in page  # the form is sent again as it was
    assert client.post(path, {"confirmed": "1"}).status_code == 302
    assert caption_tracks(video.asset) == []
