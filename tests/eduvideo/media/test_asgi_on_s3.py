"""Delivery where browsers reach the store themselves: the same addresses and refusals, the bytes from elsewhere."""

import logging
import urllib.parse
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from eduvideo.core import clock
from eduvideo.core.outages import OutageFilter
from eduvideo.core.s3 import S3ObjectStore
from eduvideo.media import access, captioning, services
from eduvideo.media.models import Asset, PlaybackSession
from eduvideo.media.queries import playback_of, poster_url
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset
from tests.factories.uploads import ask
from tests.servers.s3 import S3Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]
SEGMENT, PLAYLIST, STILL = "720p/seg_00001.m4s", "720p/index.m3u8", "poster.jpg"
CAPTIONS = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n"


def url_of(asset: Asset, name: str, *, session: PlaybackSession | None = None) -> str:
    playback = playback_of(asset, session=session)
    assert playback
    return playback.hls_url.replace("master.m3u8", name)


def follow(answer: httpx.Response, *, method: str = "GET", **headers: str) -> httpx.Response:
    """Go where a redirect sends us, with nothing of ours but what a browser repeats."""
    assert answer.status_code == 307
    return httpx.request(method, answer.headers["location"], headers=headers, timeout=10)


@pytest.fixture
def public(objects_in_s3: S3ObjectStore) -> Asset:
    return a_played_asset()


@pytest.fixture
def private(objects_in_s3: S3ObjectStore) -> Asset:
    return a_played_asset(is_public=False)


@pytest.fixture
def session(private: Asset) -> PlaybackSession:
    return services.open_playback(private, viewer=a_person())


@pytest.mark.parametrize("name", [SEGMENT, "720p/init.mp4", STILL])
def test_a_browser_is_sent_to_the_store_and_may_remember_the_way_for_a_while(public: Asset, name: str) -> None:
    answer = ask("GET", url_of(public, name))
    assert (answer.status_code, answer.content) == (307, b"")
    assert answer.headers["cache-control"] == "public, max-age=240"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert follow(answer).status_code == 200


def test_the_way_outlives_what_a_browser_remembers(public: Asset) -> None:
    answer = ask("GET", url_of(public, SEGMENT))
    signed = urllib.parse.parse_qs(answer.headers["location"].partition("?")[2])
    began = datetime.strptime(signed["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    left = began + timedelta(seconds=int(signed["X-Amz-Expires"][0])) - clock.now()
    assert left > timedelta(seconds=240 + 55)


def test_a_part_of_a_segment_may_be_asked_for(public: Asset) -> None:
    answer = follow(ask("GET", url_of(public, SEGMENT), headers={"Range": "bytes=2-4"}), Range="bytes=2-4")
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["content-range"] == "bytes 2-4/10"
    end = follow(ask("GET", url_of(public, SEGMENT)), Range="bytes=-3")
    assert (end.status_code, end.content) == (206, b"789")
    assert follow(ask("GET", url_of(public, SEGMENT)), Range="bytes=10-").status_code == 416
    text = ask("GET", url_of(public, PLAYLIST), headers={"Range": "bytes=1-3"})
    assert (text.status_code, text.content, text.headers["content-range"]) == (206, b"EXT", "bytes 1-3/8")


def test_a_playlist_that_a_player_has_is_not_sent_again(public: Asset) -> None:
    first = ask("GET", url_of(public, PLAYLIST))
    again = ask("GET", url_of(public, PLAYLIST), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_is_sent_to_the_store_as_well(public: Asset) -> None:
    answer = follow(ask("HEAD", url_of(public, SEGMENT)), method="HEAD")
    assert (answer.status_code, answer.headers["content-length"]) == (200, "10")


def test_nobody_gets_an_object_of_the_bucket_without_us(public: Asset) -> None:
    place = ask("GET", url_of(public, SEGMENT)).headers["location"].partition("?")[0]
    assert httpx.get(place).status_code == 403
    assert httpx.get(place.rpartition("/assets/")[0]).status_code == 403  # nor a list of them


def test_playlists_and_captions_come_from_our_address(public: Asset) -> None:
    captioning.put_captions(public, language="en", text=CAPTIONS)
    track = public.caption_tracks.get()
    for url, kind, caching, text in (
        (url_of(public, PLAYLIST), "application/vnd.apple.mpegurl", "public, max-age=60", "#EXTM3U\n"),
        (f"/media/{track.object_key}", "text/vtt; charset=utf-8", "public, max-age=31536000, immutable", CAPTIONS),
    ):
        answer = ask("GET", url)
        assert (answer.status_code, answer.headers["content-type"], answer.text) == (200, kind, text)
        assert answer.headers["cache-control"] == caching
    assert "720p/index.m3u8" in ask("GET", url_of(public, "master.m3u8")).text
    assert "#EXT-X-ENDLIST" in ask("GET", f"/media/{track.object_key}.m3u8").text


@pytest.mark.parametrize("name", ["result.json", "720p/none.m3u8", "720p/.seg.m4s", "720p", "a\0b.jpg", "a//b.jpg"])
def test_what_is_not_for_players_does_not_exist(public: Asset, name: str) -> None:
    answer = ask("GET", url_of(public, "") + name.replace("\0", "%00"))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_segment_that_is_not_there_is_missing_in_the_store(public: Asset) -> None:
    assert follow(ask("GET", url_of(public, "720p/seg_00009.m4s"))).status_code == 404


def test_a_session_is_asked_for_as_with_a_folder(private: Asset, session: PlaybackSession) -> None:
    for name in (SEGMENT, PLAYLIST, STILL, "master.m3u8"):
        assert ask("GET", url_of(private, name)).status_code == 404
    answer = ask("GET", url_of(private, SEGMENT, session=session))
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    media = follow(answer)
    assert (media.content, media.headers["cache-control"]) == (b"0123456789", "private, max-age=31536000, immutable")
    assert ask("GET", url_of(private, PLAYLIST, session=session)).status_code == 200


def test_a_revoked_session_is_sent_nowhere(private: Asset, session: PlaybackSession) -> None:
    urls = [url_of(private, name, session=session) for name in (SEGMENT, PLAYLIST, "master.m3u8")]
    services.close_playback(private)
    access.forget()
    assert [ask("GET", url).status_code for url in urls] == [403, 403, 403]


def test_no_way_to_the_store_is_given_out_after_the_revocation(private: Asset, session: PlaybackSession) -> None:
    url = url_of(private, SEGMENT, session=session)
    assert ask("GET", url).status_code == 307
    services.close_playback(private)
    assert ask("GET", url).status_code == 403  # whatever is remembered


def test_who_keeps_the_way_to_private_media_has_it_for_a_minute_at_most(
    private: Asset, session: PlaybackSession
) -> None:
    answer = ask("GET", url_of(private, SEGMENT, session=session))
    signed = urllib.parse.parse_qs(answer.headers["location"].partition("?")[2])
    began = datetime.strptime(signed["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    left = began + timedelta(seconds=int(signed["X-Amz-Expires"][0])) - clock.now()
    assert timedelta(seconds=25) < left <= timedelta(seconds=60)


def test_a_way_whose_time_is_over_leads_nowhere(
    private: Asset, session: PlaybackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as a_minute_ago:
        now = clock.now()
        a_minute_ago.setattr(clock, "now", lambda: now - timedelta(seconds=61))
        kept = ask("GET", url_of(private, SEGMENT, session=session))
    services.close_playback(private)
    assert follow(kept).status_code == 403


class TestWithCdn:
    @pytest.fixture(autouse=True)
    def _cdn(self, objects_in_s3: S3ObjectStore, settings: Any) -> None:
        settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"media_url": "https://cdn.example/edu"})

    def test_players_are_sent_there_and_it_is_sent_to_the_store(self, public: Asset) -> None:
        playback = playback_of(public, session=None)
        assert playback
        for url in (playback.hls_url, str(poster_url(public))):
            assert url.startswith("https://cdn.example/edu/assets/")
        path = url_of(public, SEGMENT).replace("https://cdn.example/edu/", "/media/")
        assert follow(ask("GET", path)).status_code == 200

    def test_private_media_never_do(self, private: Asset, session: PlaybackSession) -> None:
        answer = ask("GET", url_of(private, SEGMENT, session=session))
        assert "cdn.example" not in answer.headers["location"]
        assert follow(answer).status_code == 200


def test_a_store_that_is_away_is_one_line_and_503_until_it_is_back(
    public: Asset, s3_server: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask("GET", url_of(public, PLAYLIST)).status_code == 200
    s3_server.kill()
    caplog.clear()
    caplog.handler.addFilter(OutageFilter())
    with caplog.at_level(logging.INFO):
        answer = ask("GET", url_of(public, PLAYLIST))
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"]
    assert s3_server.url not in answer.text
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "does not answer" in record.getMessage()
    assert not record.exc_info
    assert ask("GET", url_of(public, "master.m3u8")).status_code == 200  # needs no object
    assert ask("GET", url_of(public, SEGMENT)).status_code == 307  # the store itself will say no
    s3_server.start()
    assert ask("GET", url_of(public, PLAYLIST)).status_code == 200
    assert follow(ask("GET", url_of(public, SEGMENT))).status_code == 200


def test_a_log_line_does_not_tell_a_session(
    private: Asset, session: PlaybackSession, s3_server: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    s3_server.kill()
    with caplog.at_level(logging.WARNING, logger="eduvideo"):
        assert ask("GET", url_of(private, PLAYLIST, session=session)).status_code == 503
    assert caplog.records
    assert not any(
        session.token in record.getMessage() for record in caplog.records if record.name.startswith("eduvideo")
    )
