"""What a CDN is told when media are not public any more."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from eduvideo.core.errors import UnavailableError
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media import captioning, services
from eduvideo.media.collect import collect_stale_media
from eduvideo.media.models import Asset
from eduvideo.media.purging import purge_asset
from tests.factories.media import a_played_asset

pytestmark = pytest.mark.django_db(transaction=True)


class Cdn:
    """A server that takes PURGE and remembers it."""

    def __init__(self) -> None:
        self.purged: list[str] = []
        self.status = 200
        cdn = self

        class Handler(BaseHTTPRequestHandler):
            def do_PURGE(self) -> None:
                cdn.purged.append(self.path)
                self.send_response(cdn.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/cdn"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def cdn(settings: Any) -> Iterator[Cdn]:
    running = Cdn()
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"media_url": running.url, "media_purge": True})
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def asset() -> Asset:
    asset = a_played_asset()
    captioning.put_captions(asset, language="en", text="WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")
    return asset


def hide(asset: Asset) -> None:
    services.set_asset_public(asset, is_public=False)


def addresses_of(asset: Asset) -> set[str]:
    job, track = asset.current_job, asset.caption_tracks.get()
    assert job
    stored = {info.key for info in open_objects().list("assets/")}
    composed = {f"{job.output_prefix(1)}master.m3u8", f"{track.object_key}.m3u8"}
    return {f"/cdn/{key}" for key in stored | composed}


def test_every_address_of_what_is_hidden_is_taken_back_once(asset: Asset, cdn: Cdn) -> None:
    expected = addresses_of(asset)
    hide(asset)
    hide(asset)
    relay_due_events()
    assert sorted(cdn.purged) == sorted(expected)


def test_what_is_deleted_is_taken_back_before_its_objects_go(asset: Asset, cdn: Cdn) -> None:
    stored = {f"/cdn/{info.key}" for info in open_objects().list("assets/")}
    services.delete_asset(asset)
    relay_due_events()
    assert stored <= set(cdn.purged)
    assert list(open_objects().list("assets/")) == []


def test_while_the_cdn_is_away_it_is_tried_again(asset: Asset, cdn: Cdn) -> None:
    cdn.status = 503
    hide(asset)
    relay_due_events()
    assert OutboxEvent.objects.get(name="media.AssetHidden").done_at is None
    with pytest.raises(UnavailableError):
        purge_asset(asset.public_id)
    cdn.status = 404  # it has nothing to forget
    assert purge_asset(asset.public_id) > 0


def test_what_is_collected_is_taken_back_before_it_goes(cdn: Cdn) -> None:
    key = "assets/nobody/job/1/720p/seg_00001.m4s"
    open_objects().write(key, b"0123456789", content_type="video/iso.segment")
    cdn.status = 503
    with pytest.raises(UnavailableError):
        collect_stale_media()
    assert open_objects().info(key)  # else nobody would know what to take back
    cdn.status = 200
    cdn.purged.clear()
    assert collect_stale_media() == 1
    assert set(cdn.purged) == {f"/cdn/{key}", "/cdn/assets/nobody/job/1/master.m3u8"}  # in any order
    assert open_objects().info(key) is None


def test_a_cdn_that_takes_no_such_requests_gets_none(asset: Asset, cdn: Cdn, settings: Any) -> None:
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"media_purge": False})
    hide(asset)
    relay_due_events()
    assert cdn.purged == []
