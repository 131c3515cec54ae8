"""What is collected and, more to the point, what is kept."""

import io
import os
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import Image

from eduvideo.core import clock
from eduvideo.core.objects import FolderObjectStore, open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media import captioning, posters, services
from eduvideo.media.audit import Audit, compare_storage
from eduvideo.media.models import Asset, JobState, PlaybackSession, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.rerun import remake_rendition
from eduvideo.media.tasks import collect_stale_media
from tests.factories.danmaku import a_person
from tests.factories.media import a_failure, a_played_asset, a_running_job, a_snapshot, news
from tests.factories.splits import a_split_job, begin, finish, parts_of, put_growing
from transcoding.messages import EventKind, FailureCode, RenditionState, Snapshot

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
    captioning.put_captions(asset, language="en", text=CAPTIONS)
    return asset


def test_a_chosen_poster_is_kept_and_goes_a_day_after_another_is(
    asset: Asset, let_a_day_pass: Callable[[], None]
) -> None:
    def stills() -> set[str]:
        return {key for key in keys() if f"/{asset.public_id}/posters/" in key}

    file = io.BytesIO()
    Image.new("RGB", (640, 360)).save(file, "PNG")
    posters.upload_poster(asset, data=file.getvalue())
    let_a_day_pass()
    collect_stale_media()
    first = stills()
    assert len(first) == 2
    posters.upload_poster(asset, data=file.getvalue())
    both = stills()
    collect_stale_media()
    assert stills() == both > first
    let_a_day_pass()
    collect_stale_media()
    assert stills() == both - first
    posters.reset_poster(asset)
    collect_stale_media()
    assert stills() == both - first
    let_a_day_pass()
    collect_stale_media()
    assert not stills()


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


def test_superseded_attempts_and_captions_go_after_a_day(asset: Asset, let_a_day_pass: Callable[[], None]) -> None:
    job = TranscodeJob.objects.get()
    kept = keys()
    old_captions = asset.caption_tracks.get().object_key
    captioning.put_captions(asset, language="en", text=CAPTIONS)
    kept = kept - {old_captions} | {asset.caption_tracks.get().object_key}
    write(job.output_prefix(7) + "720p/seg_00001.m4s")
    everything = keys()
    for key in ("assets/nobody/job/1/poster.jpg", "assets/nobody/captions/en-r1.vtt"):  # of which none can be
        write(key)
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


def test_the_attempt_before_stays_for_a_day_after_another_took_its_place(
    asset: Asset, let_a_day_pass: Callable[[], None]
) -> None:
    let_a_day_pass()
    before = keys()
    again = a_running_job(asset=asset)
    for name in ("720p/index.m3u8", "audio/index.m3u8", "poster.jpg"):
        write(again.output_prefix(1) + name)
    assert record_event(news(again, EventKind.DONE, seq=1, snapshot=a_snapshot(state=RenditionState.READY)))
    collect_stale_media()
    assert keys() > before


class TestSplit:
    """A job in three parts, the second of which was tried twice."""

    @pytest.fixture
    def job(self) -> TranscodeJob:
        job = a_split_job()
        write(job.output_prefix(1) + "plan.json")
        first, second, third = parts_of(job)
        put_growing(begin(second), segments=1)
        for part in (first, second, third):
            put_growing(begin(part), segments=2)
            finish(part)
        return job

    def joined(self, job: TranscodeJob) -> None:
        TranscodeJob.objects.filter(pk=job.pk).update(token=2, dispatched_at=clock.now())
        job.refresh_from_db()
        snapshot = a_snapshot(state=RenditionState.READY)
        for info in snapshot.renditions:
            write(job.output_prefix(2) + info.playlist)
        write(job.output_prefix(2) + "poster.jpg")
        assert record_event(news(job, EventKind.DONE, seq=3, snapshot=snapshot))

    def test_every_try_is_kept_while_a_growing_playlist_may_name_it(
        self, job: TranscodeJob, let_a_day_pass: Callable[[], None]
    ) -> None:
        before = keys()
        let_a_day_pass()
        collect_stale_media()
        assert keys() == before
        self.joined(job)
        after = keys()
        let_a_day_pass()
        collect_stale_media()
        assert keys() == after

    def test_later_only_what_the_joined_playlists_refer_to(
        self, job: TranscodeJob, let_a_day_pass: Callable[[], None]
    ) -> None:
        self.joined(job)
        TranscodeJob.objects.update(finished_at=clock.now() - timedelta(days=2))
        before, dead = keys(), parts_of(job)[1].output_prefix(1)
        assert any(key.startswith(dead) for key in before)
        let_a_day_pass()
        collect_stale_media()
        assert keys() == {key for key in before if not key.startswith(dead)}
        assert compare_storage() == Audit(unowned=(), missing=())

    def test_a_split_job_that_failed_leaves_nothing(
        self, job: TranscodeJob, let_a_day_pass: Callable[[], None]
    ) -> None:
        TranscodeJob.objects.filter(pk=job.pk).update(dispatched_at=clock.now(), heartbeat_at=clock.now())
        assert record_event(news(job, EventKind.FAILED, seq=9, failure=a_failure(FailureCode.INTERNAL)))
        let_a_day_pass()
        collect_stale_media()
        assert keys() == set()

    def test_the_objects_of_parts_go_with_their_asset(self, job: TranscodeJob) -> None:
        services.delete_asset(job.asset)
        relay_due_events()
        assert keys() == set()


class TestMadeAnew:
    def test_the_old_rendition_goes_a_day_after_it_was_replaced(
        self, asset: Asset, let_a_day_pass: Callable[[], None]
    ) -> None:
        first, second = (self.replace(asset) for _ in range(2))
        before = keys()
        let_a_day_pass()
        collect_stale_media()
        assert keys() == before
        TranscodeJob.objects.update(finished_at=clock.now() - timedelta(days=2))
        collect_stale_media()
        old = {key for key in before if key.startswith(f"{asset.played_prefix}720p/")}
        gone = {key for key in old if not key.endswith(".m3u8")} | {first}
        assert len(old) == len(gone)  # the old playlist stays: it says where a next one is to be cut
        assert keys() == before - gone
        assert second in keys()

    def replace(self, asset: Asset) -> str:
        """Make the picture anew, and return a segment of it."""
        job = remake_rendition(asset, "720p")
        assert job
        TranscodeJob.objects.filter(pk=job.pk).update(token=1, dispatched_at=clock.now())
        job.refresh_from_db()
        made = a_snapshot(state=RenditionState.READY).renditions[:1]
        assert record_event(news(job, EventKind.DONE, seq=1, snapshot=Snapshot(renditions=made)))
        return write(job.output_prefix(1) + "720p/seg_00001.m4s")


def test_ended_sessions_go_and_others_stay(asset: Asset) -> None:
    ended, open_still = (services.open_playback(asset, viewer=a_person()) for _ in range(2))
    PlaybackSession.objects.filter(pk=ended.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    collect_stale_media()
    assert list(PlaybackSession.objects.all()) == [open_still]
