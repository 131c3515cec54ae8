"""What is collected and, more to the point, what is kept."""

import os
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from eduvideo.core import clock
from eduvideo.core.objects import FolderObjectStore, open_objects
from eduvideo.media import services
from eduvideo.media.models import Asset, JobState, PlaybackSession, TranscodeJob
from eduvideo.media.tasks import collect_stale_media
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset, a_running_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("each_store")]
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


def write(key: str) -> str:
    open_objects().write(key, b"x", content_type="application/octet-stream")
    return key


def keys() -> set[str]:
    return {info.key for info in open_objects().list("assets/")}


@pytest.fixture
def let_a_day_pass(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Makes every object look a little older than a day."""

    def change() -> None:
        store, then = open_objects(), time.time() - 24 * 3600 - 60
        for key in keys():
            if isinstance(store, FolderObjectStore):
                path = store.path(key)
            else:
                path = request.getfixturevalue("s3_server").path(store, key)
            os.utime(path, (then, then))

    return change


@pytest.fixture
def asset() -> Asset:
    asset = a_played_asset()
    services.put_captions(asset, language="en", text=CAPTIONS)
    return asset


def test_what_is_played_or_being_made_is_kept_for_ever(asset: Asset, let_a_day_pass: Callable[[], None]) -> None:
    again = a_running_job(asset=asset, token=3)
    write(again.output_prefix(3) + "720p/seg_00001.m4s")
    before = keys()
    let_a_day_pass()
    collect_stale_media()
    assert keys() == before
    assert open_objects().info(asset.source_key)


def test_a_playable_attempt_is_kept_while_its_job_is_tried_again(
    asset: Asset, let_a_day_pass: Callable[[], None]
) -> None:
    TranscodeJob.objects.update(state=JobState.RUNNING, token=2)
    before = keys()
    let_a_day_pass()
    collect_stale_media()
    assert keys() == before


def test_superseded_attempts_and_captions_and_orphans_go_after_a_day(
    asset: Asset, let_a_day_pass: Callable[[], None]
) -> None:
    job = TranscodeJob.objects.get()
    kept = keys()
    old_captions = asset.caption_tracks.get().object_key
    services.put_captions(asset, language="en", text=CAPTIONS)
    kept = kept - {old_captions} | {asset.caption_tracks.get().object_key}
    write(job.output_prefix(7) + "720p/seg_00001.m4s")
    write("assets/nobody/job/1/poster.jpg")
    write("assets/nobody/captions/en-r1.vtt")
    everything = keys()
    collect_stale_media()
    assert keys() == everything  # a viewer may still be on the attempt before
    let_a_day_pass()
    collect_stale_media()
    assert keys() == kept


def test_the_attempt_before_the_newest_encode_goes(asset: Asset, let_a_day_pass: Callable[[], None]) -> None:
    first = TranscodeJob.objects.get()
    second = TranscodeJob.objects.create(asset=asset, state=JobState.SUCCEEDED, token=1, playable_token=1)
    new = write(second.output_prefix(1) + "master.m3u8")
    Asset.objects.update(current_job=second)
    let_a_day_pass()
    collect_stale_media()
    assert not any(key.startswith(first.output_prefix(1)) for key in keys())
    assert keys() == {new, asset.caption_tracks.get().object_key}


def test_ended_sessions_go_and_others_stay(asset: Asset) -> None:
    ended, open_still = (services.open_playback(asset, viewer=a_person()) for _ in range(2))
    PlaybackSession.objects.filter(pk=ended.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    collect_stale_media()
    assert list(PlaybackSession.objects.all()) == [open_still]
