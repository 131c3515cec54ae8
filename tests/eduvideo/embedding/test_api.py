import pytest

from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Visibility
from eduvideo.embedding.models import AllowList
from eduvideo.media.models import PlaybackSession
from eduvideo.media.services import open_playback
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

JSON = {"content_type": "application/json"}


def test_the_owner_says_who_may_frame_a_playlist() -> None:
    playlist = a_playlist(a_video())
    path = f"/api/v1/playlists/{playlist.public_id}/embedding"
    client = asking(playlist.owner)
    assert client.get(path).json()["allowed_domains"] == []
    answer = client.put(path, {"allowed_domains": ["School.org", "", "school.org", "*.学校.中国"]}, **JSON).json()
    assert answer["allowed_domains"] == ["school.org", "*.xn--48s290a.xn--fiqs8s"]
    assert answer["embed_url"].endswith(f"/embed/playlist/{playlist.public_id}")
    assert answer["embed_url"] in answer["code"]
    assert asking(a_person(Role.STAFF)).get(path).json() == answer
    assert client.put(path, {"allowed_domains": []}, **JSON).json()["allowed_domains"] == []


def test_every_wrong_line_is_named_and_nothing_changes() -> None:
    playlist = a_playlist(a_video())
    path = f"/api/v1/playlists/{playlist.public_id}/embedding"
    client = asking(playlist.owner)
    client.put(path, {"allowed_domains": ["school.org"]}, **JSON)
    wrong = client.put(path, {"allowed_domains": ["ok.org", "'none'", "x; script-src *"]}, **JSON)
    assert wrong.status_code == 422
    assert [item["field"] for item in wrong.json()["errors"]] == ["allowed_domains"] * 2
    assert "Line 2" in wrong.json()["errors"][0]["message"]
    assert client.get(path).json()["allowed_domains"] == ["school.org"]
    assert client.put(path, {"allowed_domains": ["a.org"] * 201}, **JSON).status_code == 422


def test_others_neither_see_nor_change_the_list() -> None:
    playlist = a_playlist(a_video())
    path = f"/api/v1/playlists/{playlist.public_id}/embedding"
    for person, status in ((None, 401), (a_person(Role.CREATOR), 403)):
        assert asking(person).get(path).status_code in {status, 403}
        assert asking(person).put(path, {"allowed_domains": ["evil.org"]}, **JSON).status_code in {status, 403}
    assert not AllowList.objects.exists()


def test_a_changed_list_ends_the_playback_of_embed_only_lessons() -> None:
    video = a_video(visibility=Visibility.EMBED)
    playlist = a_playlist(video)
    open_playback(video.asset, viewer=video.owner)
    path = f"/api/v1/playlists/{playlist.public_id}/embedding"
    asking(playlist.owner).put(path, {"allowed_domains": ["school.org"]}, **JSON)
    assert not PlaybackSession.objects.exists()
