"""Delivery of media over the whole application: who gets what, with which headers, at how many queries."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.media import access, captioning, services
from eduvideo.media.asgi import CONTENT_TYPES, delivery
from eduvideo.media.models import Asset, PlaybackSession, TranscodeJob
from eduvideo.media.queries import playback_of
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset
from tests.factories.uploads import ask, beside_the_tests
from transcoding.storage import CONTENT_TYPES as MADE

pytestmark = pytest.mark.django_db(transaction=True)
SEGMENT, PLAYLIST, STILL = "720p/seg_00001.m4s", "720p/index.m3u8", "poster.jpg"
GROWING, STORYBOARD = "720p/growing.m3u8", "storyboard/storyboard.vtt"


def url_of(asset: Asset, name: str, *, session: PlaybackSession | None = None) -> str:
    """Return the address of one of the files of the attempt that is played."""
    playback = playback_of(asset, session=session)
    assert playback
    return playback.hls_url.replace("master.m3u8", name)


@pytest.fixture
def public() -> Asset:
    asset = a_played_asset()
    for name, body in ((GROWING, b"#EXTM3U\n"), (STORYBOARD, b"WEBVTT\n")):
        open_objects().write(f"{asset.played_prefix}{name}", body, content_type="text/plain")
    return asset


@pytest.fixture
def private() -> Asset:
    return a_played_asset(is_public=False)


@pytest.fixture
def session(private: Asset) -> PlaybackSession:
    return services.open_playback(private, viewer=a_person())


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "kind", "caching"),
        [
            (SEGMENT, "video/iso.segment", "public, max-age=31536000, immutable"),
            ("720p/init.mp4", "video/mp4", "public, max-age=31536000, immutable"),
            (STILL, "image/jpeg", "public, max-age=31536000, immutable"),
            (STORYBOARD, "text/vtt; charset=utf-8", "public, max-age=31536000, immutable"),
            (PLAYLIST, "application/vnd.apple.mpegurl", "public, max-age=60"),
            (GROWING, "application/vnd.apple.mpegurl", "no-cache"),
        ],
    )
    def test_a_public_file_may_be_fetched_by_anyone_and_kept(
        self, public: Asset, name: str, kind: str, caching: str
    ) -> None:
        answer = ask("GET", url_of(public, name))
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == caching
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["etag"]

    def test_whatever_a_worker_makes_for_players_has_its_type(self) -> None:
        made = {suffix.removeprefix("."): kind for suffix, kind in MADE.items() if suffix != ".json"}
        assert made == CONTENT_TYPES

    def test_one_copy_serves_all(self, public: Asset) -> None:
        options = {"headers": {"Origin": "https://school.example", "Cookie": "sessionid=x", "Accept-Encoding": "gzip"}}
        for name in (SEGMENT, PLAYLIST, "master.m3u8"):
            answer = ask("GET", url_of(public, name), **options)
            assert answer.status_code == 200
            assert not {"vary", "set-cookie", "content-encoding"} & set(answer.headers)

    def test_a_part_of_a_file_may_be_asked_for(self, public: Asset) -> None:
        answer = ask("GET", url_of(public, SEGMENT), headers={"Range": "bytes=2-4"})
        assert (answer.status_code, answer.content) == (206, b"234")
        assert (answer.headers["content-range"], answer.headers["content-length"]) == ("bytes 2-4/10", "3")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert ask("GET", url_of(public, SEGMENT), headers={"Range": "bytes=-3"}).content == b"789"
        several = ask("GET", url_of(public, SEGMENT), headers={"Range": "bytes=0-1,4-5"})
        assert (several.status_code, several.content) == (200, b"0123456789")

    @pytest.mark.parametrize("name", [SEGMENT, "master.m3u8"])
    def test_a_part_that_is_not_there_is_refused_with_the_size(self, public: Asset, name: str) -> None:
        size = len(ask("GET", url_of(public, name)).content)
        answer = ask("GET", url_of(public, name), headers={"Range": f"bytes={size}-"})
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
        assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("name", [SEGMENT, STILL, PLAYLIST, GROWING, "master.m3u8"])
    def test_who_has_it_is_told_so_and_sent_nothing(self, public: Asset, name: str) -> None:
        first = ask("GET", url_of(public, name))
        again = ask("GET", url_of(public, name), headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for header in ("etag", "cache-control", "access-control-allow-origin"):
            assert again.headers[header] == first.headers[header]
        other = ask("GET", url_of(public, name), headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.content) == (200, first.content)

    def test_a_date_does_where_a_client_knows_no_etag(self, public: Asset) -> None:
        date = ask("GET", url_of(public, SEGMENT)).headers["last-modified"]
        assert ask("GET", url_of(public, SEGMENT), headers={"If-Modified-Since": date}).status_code == 304

    def test_a_part_is_gone_on_with_only_of_the_same_file(self, public: Asset) -> None:
        etag = ask("GET", url_of(public, SEGMENT)).headers["etag"]
        for known, status in ((etag, 206), ('"other"', 200)):
            answer = ask("GET", url_of(public, SEGMENT), headers={"Range": "bytes=2-4", "If-Range": known})
            assert answer.status_code == status

    @pytest.mark.parametrize("name", [SEGMENT, PLAYLIST, "master.m3u8"])
    def test_head_tells_what_get_would_and_sends_nothing(self, public: Asset, name: str) -> None:
        whole, head = ask("GET", url_of(public, name)), ask("HEAD", url_of(public, name))
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers) == dict(whole.headers)

    def test_other_sites_may_ask_what_they_may_do(self, public: Asset) -> None:
        asking = {"Origin": "https://school.example", "Access-Control-Request-Method": "GET",
                  "Access-Control-Request-Headers": "range"}  # fmt: skip
        answer = ask("OPTIONS", url_of(public, SEGMENT), headers=asking)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Range" in answer.headers["access-control-allow-headers"]
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
        assert int(answer.headers["access-control-max-age"]) > 0

    def test_other_sites_may_read_what_a_range_needs(self, public: Asset) -> None:
        exposed = ask("GET", url_of(public, SEGMENT)).headers["access-control-expose-headers"]
        assert {"Content-Range", "Content-Length", "Accept-Ranges", "ETag"} <= set(exposed.split(", "))

    def test_a_refusal_is_read_by_other_sites_and_kept_by_nobody(self, public: Asset) -> None:
        for path in (url_of(public, "720p/seg_00009.m4s"), "/media/s/none/assets/a/b/c.jpg"):
            answer = ask("GET", path)
            assert answer.status_code in {403, 404}
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["referrer-policy"] == "no-referrer"

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_nothing_can_be_written(self, public: Asset, method: str) -> None:
        answer = ask(method, url_of(public, SEGMENT))
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")

    @pytest.mark.parametrize(
        "name",
        ["result.json", "720p/.seg.m4s", "720p/seg_00009.m4s", "720p", f"{'x' * 300}.jpg", "a\0b.jpg", "a//b.jpg"],
    )
    def test_what_is_not_for_players_does_not_exist(self, public: Asset, name: str) -> None:
        answer = ask("GET", url_of(public, "") + name.replace("\0", "%00"))
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

    @pytest.mark.parametrize(
        "path", ["", "assets", "assets/x", "sources/x/y/source", "s/", "s//assets/a/b/c.jpg", "s/x"]
    )
    def test_other_paths_do_not_exist(self, public: Asset, path: str) -> None:
        assert ask("GET", f"/media/{path}").status_code == 404

    @pytest.mark.parametrize("dots", ["..", "%2e%2e", ".%2e"])
    def test_no_path_leads_out_of_an_asset(self, public: Asset, private: Asset, dots: str) -> None:
        key = url_of(private, SEGMENT).removeprefix("/media/assets/")
        for path in (f"{public.public_id}/{dots}/{key}", f"{public.public_id}/{dots}/{dots}/{dots}/etc/x/passwd.jpg"):
            assert get_raw(f"/media/assets/{path}") == 404


def get_raw(path: str) -> int:
    """Return the status of a path that no client has tidied up."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    statuses: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(int(str(message["status"])))

    scope = {
        "type": "http", "method": "GET", "path": unquote(path), "root_path": "/media", "headers": [], "query_string": b"",
    }  # fmt: skip
    beside_the_tests(delivery, scope, receive, send)
    return statuses[0]


class TestBehindNginx:
    @pytest.fixture(autouse=True)
    def _accel(self, settings: Any) -> None:
        settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"media_accel": "/objects/"})

    def test_it_is_told_which_file_to_send_and_how(self, public: Asset) -> None:
        answer = ask("GET", url_of(public, SEGMENT))
        key = url_of(public, SEGMENT).removeprefix("/media/")
        assert (answer.headers["x-accel-redirect"], answer.content) == (f"/objects/{key}", b"")
        assert answer.headers["content-type"] == "video/iso.segment"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"

    def test_only_what_may_be_fetched(self, public: Asset, private: Asset) -> None:
        dots = f"/media/assets/{public.public_id}/a/../x.jpg"
        for path in (url_of(private, SEGMENT), url_of(public, "result.json"), dots.replace("..", "%2e%2e")):
            answer = ask("GET", path)
            assert answer.status_code == 404
            assert "x-accel-redirect" not in answer.headers

    def test_what_is_missing_is_refused_by_us_for_nginx_would_let_it_be_kept(self, public: Asset) -> None:
        answer = ask("GET", url_of(public, "720p/seg_00099.m4s"))
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
        assert "x-accel-redirect" not in answer.headers

    def test_playlists_that_are_composed_still_come_from_us(self, public: Asset) -> None:
        assert "720p/index.m3u8" in ask("GET", url_of(public, "master.m3u8")).text


class TestAccess:
    def test_a_private_file_does_not_exist_without_a_session(self, private: Asset) -> None:
        for name in (SEGMENT, PLAYLIST, STILL, "master.m3u8"):
            assert ask("GET", url_of(private, name)).status_code == 404

    def test_a_session_opens_it_and_nobody_between_may_keep_it(self, private: Asset, session: PlaybackSession) -> None:
        answer = ask("GET", url_of(private, SEGMENT, session=session))
        assert (answer.status_code, answer.content) == (200, b"0123456789")
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        for name in ("master.m3u8", PLAYLIST, STILL):
            answer = ask("GET", url_of(private, name, session=session))
            assert answer.status_code == 200
            assert answer.headers["cache-control"].startswith("private, ")
            assert answer.headers["referrer-policy"] == "no-referrer"

    def test_a_session_opens_one_asset_only(self, session: PlaybackSession) -> None:
        other = a_played_asset(is_public=False)
        assert ask("GET", url_of(other, SEGMENT, session=session)).status_code == 403

    def test_a_revoked_session_ends_within_seconds(self, private: Asset, session: PlaybackSession) -> None:
        url = url_of(private, SEGMENT, session=session)
        assert ask("GET", url).status_code == 200
        assert services.close_playback(private) == 1
        assert ask("GET", url).status_code == 200  # what was just allowed is remembered
        assert access.REMEMBERED_S <= 5
        access.forget()
        assert ask("GET", url).status_code == 403

    def test_what_is_remembered_is_asked_again_after_its_time(
        self, private: Asset, session: PlaybackSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(access, "REMEMBERED_S", 0.0)
        url = url_of(private, SEGMENT, session=session)
        assert ask("GET", url).status_code == 200
        services.close_playback(private)
        assert ask("GET", url).status_code == 403

    def test_a_session_ends_by_itself(self, private: Asset, session: PlaybackSession) -> None:
        PlaybackSession.objects.update(expires_at=clock.now())
        assert ask("GET", url_of(private, SEGMENT, session=session)).status_code == 403

    def test_who_watches_longer_is_not_cut_off_before_twelve_hours(
        self, private: Asset, session: PlaybackSession
    ) -> None:
        url, now = url_of(private, SEGMENT, session=session), clock.now()
        for began, left in ((timedelta(hours=2), timedelta(minutes=30)), (timedelta(hours=11.9), timedelta(minutes=2))):
            PlaybackSession.objects.update(created_at=now - began, expires_at=now + left)
            access.forget()
            assert ask("GET", url).status_code == 200
            session.refresh_from_db()
            assert session.expires_at > now + left
            assert session.expires_at <= session.created_at + timedelta(hours=12)

    def test_an_asset_that_is_made_private_is_closed(self, public: Asset) -> None:
        services.set_asset_public(public, is_public=False)
        access.forget()
        assert ask("GET", url_of(public, SEGMENT)).status_code == 404

    def test_a_person_has_one_young_session_and_strangers_each_their_own(self, private: Asset) -> None:
        person = a_person()
        mine = [services.open_playback(private, viewer=person) for _ in range(2)]
        assert mine[0] == mine[1]
        strangers = [services.open_playback(private, viewer=AnonymousUser()) for _ in range(2)]
        assert strangers[0] != strangers[1]

    def test_many_segments_cost_one_query(self, private: Asset, session: PlaybackSession) -> None:
        url = url_of(private, SEGMENT, session=session)

        asked: list[int] = []
        original = access.ask_status

        def count(asset_public_id: str, *, session: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                status = original(asset_public_id, session=session)
            asked.append(len(queries))
            return status

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(access, "ask_status", count)
            for _ in range(5):
                assert ask("GET", url).status_code == 200
        assert asked == [1]


class TestPlaylists:
    CAPTIONS = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n"

    def test_the_first_playlist_names_renditions_and_captions_by_relative_paths(self, public: Asset) -> None:
        captioning.put_captions(public, language="en", text=self.CAPTIONS, label="English")
        answer = ask("GET", url_of(public, "master.m3u8"))
        assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
        assert answer.headers["cache-control"] == "no-cache"
        assert "720p/index.m3u8" in answer.text
        assert 'URI="audio/index.m3u8"' in answer.text
        uri = re.search(r'TYPE=SUBTITLES.*URI="(.+?)"', answer.text)
        assert uri
        assert not uri[1].startswith("/")
        playlist = ask("GET", f"{url_of(public, '')}{uri[1]}")
        assert (playlist.status_code, playlist.headers["cache-control"]) == (200, "no-cache")
        assert "#EXT-X-ENDLIST" in playlist.text
        name = next(line for line in playlist.text.splitlines() if line.endswith(".vtt"))
        captions = ask("GET", f"/media/assets/{public.public_id}/captions/{name}")
        assert (captions.headers["content-type"], captions.text) == ("text/vtt; charset=utf-8", self.CAPTIONS)

    def test_captions_that_change_are_played_without_a_new_encode(self, public: Asset) -> None:
        url = url_of(public, "master.m3u8")
        assert "SUBTITLES" not in ask("GET", url).text
        captioning.put_captions(public, language="en", text=self.CAPTIONS)
        first = ask("GET", url).text
        captioning.put_captions(public, language="en", text=self.CAPTIONS.replace("Hello", "Hi"))
        assert first != ask("GET", url).text
        captioning.delete_captions(public, language="en")
        assert "SUBTITLES" not in ask("GET", url).text

    @pytest.mark.parametrize("token", ["2", "0", "x", "-1", "9" * 30, "9" * 5000])
    def test_an_attempt_that_is_not_played_does_not_exist(self, public: Asset, token: str) -> None:
        job = TranscodeJob.objects.get()
        path = f"/media/assets/{public.public_id}/{job.public_id}/{token}/master.m3u8"
        assert ask("GET", path).status_code == 404

    @pytest.mark.parametrize("name", ["en-r9.vtt.m3u8", ".vtt.m3u8"])
    def test_captions_that_are_not_there_have_no_playlist(self, public: Asset, name: str) -> None:
        assert ask("GET", f"/media/assets/{public.public_id}/captions/{name}").status_code == 404
