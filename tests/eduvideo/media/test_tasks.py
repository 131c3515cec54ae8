"""Real runs of a transcoding worker for real jobs: a lecture in parts, joined, and one rendition of it made anew."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from eduvideo.core.broker import broker
from eduvideo.core.objects import FolderObjectStore, open_objects
from eduvideo.media import composing, services
from eduvideo.media.audit import compare_storage
from eduvideo.media.dispatch import dispatch_jobs
from eduvideo.media.models import Asset, AssetState, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.queries import Playback, playback_of, processing_of
from eduvideo.media.rerun import remake_rendition
from tests import media_factory
from tests.factories.media import an_asset, announce_slots, queued_requests
from tests.factories.uploads import ask
from transcoding import parts, tasks
from transcoding import settings as machine
from transcoding.messages import TRANSCODE_QUEUE, EventKind, TranscodeEvent, TranscodeRequest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.servers]
SECONDS = 32


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[TranscodeEvent]]:
    """Let runs in this process use the product's store, and return what they tell."""
    store = open_objects()
    assert isinstance(store, FolderObjectStore)
    monkeypatch.setenv("EDUVIDEO_OBJECTS_URL", store.root.as_uri())
    monkeypatch.setenv("EDUVIDEO_TRANSCODE_WORK", str(tmp_path / "work"))
    machine.settings.cache_clear()
    events: list[TranscodeEvent] = []
    monkeypatch.setattr(tasks, "_send", events.append)
    monkeypatch.setattr(composing, "FRESH_S", 0)
    composing.forget()
    yield events
    machine.settings.cache_clear()


def addresses(playlist: httpx.Response) -> list[str]:
    """Return what the lines of a playlist name, as a player resolves it."""
    return [str(playlist.url.join(line)) for line in playlist.text.splitlines() if line and not line.startswith("#")]


def a_recording(*, seconds: int = SECONDS) -> Asset:
    """Return a public asset whose source is long enough for the parts of a test, unless told otherwise."""
    asset = an_asset()
    source = media_factory.lecture(width=320, height=180, seconds=seconds, fps="15")
    open_objects().write(asset.source_key, source.read_bytes(), content_type="video/mp4")
    services.set_asset_public(asset, is_public=True)
    return asset


def run_next(told: list[TranscodeEvent]) -> list[TranscodeRequest]:
    """Dispatch, run what the broker holds then, and take in what is told; return what was run."""
    dispatch_jobs()
    requests = [TranscodeRequest.model_validate(request) for request in queued_requests()]
    broker().delete(TRANSCODE_QUEUE)
    for request in requests:
        tasks.run_request(request)
        for event in told:
            assert event.kind is not EventKind.FAILED, event.failure
            record_event(event)
        told.clear()
    return requests


def test_a_lecture_in_parts_is_played_while_it_grows_and_joined(
    told: list[TranscodeEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "SPLIT_FROM_MS", 20_000)
    monkeypatch.setattr(parts, "LEAST_PART_MS", 8_000)
    announce_slots(2)
    asset = a_recording()
    assert services.queue_job(asset)
    (whole,) = run_next(told)
    assert whole.may_split
    job = TranscodeJob.objects.get(work="join")
    assert job.waits_for_parts
    texts: list[str] = []
    playback: Playback | None = None
    ran: list[TranscodeRequest] = []
    while job.waits_for_parts:
        ran += run_next(told)
        job.refresh_from_db()
        asset = Asset.objects.select_related("current_job").get()
        playback = playback_of(asset, session=None)
        if playback:
            texts.append(ask("GET", playback.hls_url.replace("master.m3u8", "180p/growing.m3u8")).text)
    assert playback
    assert len(ran) == job.parts.count() >= 3
    assert asset.state == AssetState.PLAYABLE
    for before, after in pairwise(texts):
        assert after.startswith(before.removesuffix("#EXT-X-ENDLIST\n"))
    assert texts[-1].endswith("#EXT-X-ENDLIST\n")
    (join,) = run_next(told)
    assert join.work == "join"
    asset = Asset.objects.select_related("current_job").get()
    assert (asset.state, processing_of(asset).message) == (AssetState.READY, "Ready to watch.")
    assert compare_storage().missing == compare_storage().unowned == ()
    final = ask("GET", (playback_of(asset, session=None) or playback).hls_url)
    growing = ask("GET", playback.hls_url.replace("master.m3u8", "180p/growing.m3u8"))
    segments = addresses(ask("GET", next(one for one in addresses(final) if "180p" in one)))
    assert addresses(growing) == segments
    assert len(segments) == len(set(segments)) >= SECONDS // 6
    assert all(ask("HEAD", segment).status_code == 200 for segment in segments)


def test_one_rendition_made_anew_is_played_in_the_place_of_the_old(told: list[TranscodeEvent]) -> None:
    announce_slots(1)
    asset = a_recording(seconds=8)
    assert services.queue_job(asset)
    run_next(told)
    asset.refresh_from_db()
    assert asset.state == AssetState.READY
    job = remake_rendition(asset, "180p")
    assert job
    (request,) = run_next(told)
    assert (request.work, request.rendition) == ("rendition", "180p")
    playback = playback_of(Asset.objects.select_related("current_job").get(), session=None)
    assert playback
    playlist = next(one for one in addresses(ask("GET", playback.hls_url)) if "180p" in one)
    assert f"/{job.public_id}/1/180p/" in playlist
    assert all(ask("HEAD", segment).status_code == 200 for segment in addresses(ask("GET", playlist)))
    assert compare_storage().missing == compare_storage().unowned == ()
