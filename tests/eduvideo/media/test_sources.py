"""Recordings that take the place of others: what plays meanwhile, what is kept, and what goes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections

from eduvideo.core.errors import ConflictError
from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media import captioning, handlers, progress, services, sources
from eduvideo.media.audit import compare_storage
from eduvideo.media.models import Asset, AssetState, JobState, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.queries import newest_job, processing_of
from eduvideo.media.rerun import remake_rendition
from eduvideo.uploads.events import UploadCompleted
from eduvideo.uploads.models import Upload, UploadState
from eduvideo.uploads.services import abort_upload, complete_upload
from tests.environment import RUNS_ON_SERVERS
from tests.factories.media import a_failure, a_played_asset, a_snapshot, an_asset, is_told_to_stop, news
from tests.factories.splits import PLAN, begin, made_by, parts_of
from tests.factories.uploads import an_upload
from tests.waiting import wait_until
from transcoding.messages import CaptionInfo, EventKind, FailureCode, RenditionState, TranscodeEvent

pytestmark = pytest.mark.django_db(transaction=True)
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\n%s\n"
READY = a_snapshot(state=RenditionState.READY)


@pytest.fixture
def asset() -> Asset:
    """A finished recording, whose transcode was `played_job`."""
    return a_played_asset()


def arrive(upload: Upload) -> None:
    """Let the file of an upload be there, and nobody have heard of it."""
    open_objects().write(upload.source_key, b"9876543210", content_type="video/mp4")
    complete_upload(upload)


def replace(asset: Asset) -> Upload:
    """Send another recording for an asset, up to where its transcode is queued."""
    assert asset.upload
    upload = an_upload(owner=asset.upload.owner, filename="better.mp4")
    sources.expect_recording(asset, upload)
    arrive(upload)
    for _ in ("UploadCompleted", "UploadDiscarded"):
        relay_due_events()
    asset.refresh_from_db()
    return upload


def take_up(asset: Asset) -> TranscodeJob:
    """Give the newest transcode of an asset to a worker."""
    job = newest_job(asset)
    assert job
    told = {"dispatched_at": job.created_at, "heartbeat_at": job.created_at, "last_seq": 0}
    TranscodeJob.objects.filter(pk=job.pk).update(state=JobState.RUNNING, token=job.token + 1, **told)
    job.refresh_from_db()
    return job


def hear(job: TranscodeJob, *, language: str = "en", text: str = "heard") -> CaptionInfo:
    """Put captions of a recording where the present run of its transcode has them."""
    name = f"captions/{language}.vtt"
    body = (CAPTIONS % text).encode()
    open_objects().write(job.output_prefix(job.token) + name, body, content_type="text/vtt")
    return CaptionInfo(name=language, language=language, label="", path=name)


def keep_heard(asset: Asset, *languages: str) -> None:
    """Let captions of what is played be found."""
    job = asset.current_job
    assert job
    for language in languages:
        found = hear(job, language=language)
        captioning.take_found_captions(job, token=job.token, path=found.path, language=language, label="")


def run(asset: Asset, kind: EventKind, **told: Any) -> TranscodeJob:
    """Let a worker take up the newest job of an asset and say how it ends."""
    job = take_up(asset)
    snapshot = told.pop("snapshot", READY)
    assert record_event(news(job, kind, seq=1, snapshot=snapshot, **told))
    asset.refresh_from_db()
    relay_due_events()
    return job


def source_keys() -> set[str]:
    return {info.key for info in open_objects().list("sources/")}


class TestReplacing:
    def test_the_one_before_plays_until_the_new_one_is_ready(self, asset: Asset) -> None:
        before, played = asset.upload, asset.current_job
        assert before
        new = replace(asset)
        assert (asset.upload, asset.source_key, asset.source_name) == (new, new.object_key, "better.mp4")
        assert (asset.state, asset.current_job) == (AssetState.READY, played)
        assert {before.object_key, new.object_key} <= source_keys()
        job = run(asset, EventKind.DONE)
        assert (asset.state, asset.current_job, asset.former_upload) == (AssetState.READY, job, None)
        assert before.object_key not in source_keys()
        assert new.object_key in source_keys()
        assert not Upload.objects.filter(pk=before.pk).exists()

    def test_its_creator_is_told_how_far_the_new_one_is(self, asset: Asset) -> None:
        assert processing_of(asset).renewal is None
        replace(asset)
        processing = processing_of(asset)
        assert (processing.state, processing.renewal) == ("ready", "underway")
        assert processing.percent < 100
        assert processing.message.startswith("The recording before plays until the new one is ready.")
        run(asset, EventKind.DONE)
        processing = processing_of(asset)
        assert (processing.renewal, processing.percent, processing.message) == (None, 100.0, "Ready to watch.")

    def test_so_also_in_the_moment_before_its_transcode_is_queued(self, asset: Asset) -> None:
        upload = an_upload()
        sources.expect_recording(asset, upload)
        asset.refresh_from_db()
        assert processing_of(asset).renewal is None
        arrive(upload)
        asset.refresh_from_db()
        assert processing_of(asset).renewal == "underway"

    def test_the_arrival_may_be_told_twice(self, asset: Asset) -> None:
        new = replace(asset)
        sources.take_recording(asset, new)
        assert asset.jobs.count() == 2

    def test_one_that_cannot_be_used_leaves_the_one_before_and_can_be_tried_again_or_given_up(
        self, asset: Asset
    ) -> None:
        before, played = asset.upload, asset.current_job
        assert before
        new = replace(asset)
        run(asset, EventKind.FAILED, failure=a_failure(FailureCode.NOT_MEDIA))
        assert (asset.state, asset.current_job) == (AssetState.READY, played)
        assert "not a video" in processing_of(asset).message
        assert processing_of(asset).renewal == "failed"
        services.retry_asset(asset)
        run(asset, EventKind.FAILED, failure=a_failure(FailureCode.NOT_MEDIA))
        sources.give_up_replacement(asset)
        relay_due_events()
        asset.refresh_from_db()
        assert (asset.upload, asset.source_key, asset.source_name) == (before, before.object_key, before.filename)
        assert (asset.state, asset.current_job, processing_of(asset).percent) == (AssetState.READY, played, 100.0)
        assert new.object_key not in source_keys()
        with pytest.raises(ConflictError):
            services.retry_asset(asset)

    def test_a_third_one_may_follow_a_second_that_failed(self, asset: Asset) -> None:
        before = asset.upload
        second = replace(asset)
        run(asset, EventKind.FAILED, failure=a_failure(FailureCode.NOT_MEDIA))
        third = replace(asset)
        assert (asset.upload, asset.former_upload) == (third, before)
        assert second.object_key not in source_keys()
        run(asset, EventKind.DONE)
        assert Upload.objects.get(assets=asset) == third
        assert Upload.objects.count() == 1

    def test_one_that_is_made_ready_can_be_given_up(self, asset: Asset) -> None:
        before = asset.upload
        replace(asset)
        job = asset.jobs.order_by("-id").first()
        assert job
        TranscodeJob.objects.filter(pk=job.pk).update(state=JobState.RUNNING, token=1)
        sources.give_up_replacement(asset)
        asset.refresh_from_db()
        assert (asset.upload, is_told_to_stop(job, 1)) == (before, True)

    def test_there_may_be_nothing_to_give_up(self, asset: Asset) -> None:
        with pytest.raises(ConflictError):
            sources.give_up_replacement(asset)

    def test_what_is_still_being_made_of_the_one_before_ends(self) -> None:
        asset = an_asset(state=AssetState.PROCESSING)
        services.queue_job(asset)
        old = run(asset, EventKind.PLAYABLE, snapshot=a_snapshot())
        assert asset.state == AssetState.PLAYABLE
        before = asset.upload
        assert before
        replace(asset)
        old.refresh_from_db()
        assert old.state == JobState.CANCELLED
        assert (asset.state, asset.current_job) == (AssetState.PROCESSING, None)
        assert before.object_key not in source_keys()
        run(asset, EventKind.DONE)
        assert asset.state == AssetState.READY

    def test_captions_of_the_recording_go_with_it_and_those_of_people_stay(self, asset: Asset) -> None:
        keep_heard(asset, "en", "de")
        captioning.put_captions(asset, language="zh-Hans", text=CAPTIONS % "写的")
        captioning.put_captions(asset, language="de", text=CAPTIONS % "corrected")
        replace(asset)
        assert asset.caption_tracks.count() == 3
        run(asset, EventKind.DONE)
        assert set(asset.caption_tracks.values_list("language", flat=True)) == {"zh-Hans", "de"}

    @pytest.mark.parametrize("before", [(), ("en",)])
    def test_captions_that_parts_of_the_new_one_tell_of_stay_when_those_before_go(
        self, before: tuple[str, ...], asset: Asset
    ) -> None:
        keep_heard(asset, *before)
        replace(asset)
        planned = a_snapshot(state=RenditionState.WAITING, poster=None)
        job = run(asset, EventKind.SPLIT, snapshot=planned, split=PLAN)
        for part in map(begin, parts_of(job)):
            found = (hear(part, text="new"),) if part.part == 0 else ()
            made = made_by(part, state=RenditionState.READY).model_copy(update={"captions": found})
            assert record_event(news(part, EventKind.DONE, seq=9, snapshot=made))
        relay_due_events()
        run(asset, EventKind.DONE)
        assert asset.current_job == job
        assert [track.cues[0][2] for track in asset.caption_tracks.all()] == ["new"]

    def test_late_news_of_the_one_before_take_nothing_away(self, asset: Asset) -> None:
        before = asset.upload
        assert before
        replace(asset)
        handlers.transcode_upload(UploadCompleted(upload_id=before.pk, object_key=before.object_key))
        asset.refresh_from_db()
        assert (asset.former_upload, before.object_key in source_keys()) == (before, True)
        assert asset.jobs.count() == 2

    @pytest.mark.skipif(not RUNS_ON_SERVERS, reason="SQLite has one writer, so nobody waits for a row")
    def test_its_end_and_its_giving_up_in_the_same_moment_come_one_after_the_other(
        self, asset: Asset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        replace(asset)
        job = take_up(asset)
        begun, follow = Event(), progress._follow

        def is_waited_for() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                return bool(cursor.fetchone()[0])

        def follow_when_waited_for(job: TranscodeJob, event: TranscodeEvent) -> None:
            begun.set()
            wait_until(is_waited_for, timeout_s=20, message="nobody waits for what the news change")
            follow(job, event)

        def give_up() -> None:
            try:
                assert begun.wait(20)
                sources.give_up_replacement(asset)
            finally:
                connections.close_all()

        monkeypatch.setattr(progress, "_follow", follow_when_waited_for)
        with ThreadPoolExecutor(1) as pool:
            given_up = pool.submit(give_up)
            assert record_event(news(job, EventKind.DONE, seq=1, snapshot=READY))
            assert isinstance(given_up.exception(timeout=30), ConflictError)
        asset.refresh_from_db()
        assert (asset.current_job, asset.former_upload) == (job, None)

    def test_nothing_is_left_over_or_missing(self, asset: Asset) -> None:
        before = compare_storage()
        replace(asset)
        run(asset, EventKind.FAILED, failure=a_failure(FailureCode.NOT_MEDIA))
        replace(asset)
        job = run(asset, EventKind.DONE)
        for name in ("720p/index.m3u8", "audio/index.m3u8", "poster.jpg"):
            open_objects().write(job.output_prefix(job.token) + name, b"", content_type="text/plain")
        audit = compare_storage()
        assert set(audit.unowned) <= set(before.unowned)
        assert set(audit.missing) <= set(before.missing)
        services.delete_asset(asset)
        relay_due_events()
        assert not any(asset.public_id in key for key in compare_storage().unowned)


class TestBeginning:
    def test_a_lesson_whose_upload_was_given_up_gets_another(self) -> None:
        asset = services.create_asset(upload=an_upload(), language="en")
        assert asset.upload
        abort_upload(asset.upload)
        new = an_upload(owner=asset.upload.owner, filename="again.mp4")
        sources.expect_recording(asset, new)
        asset.refresh_from_db()
        assert (asset.upload, asset.replacement, asset.source_name) == (new, None, "again.mp4")
        assert sources.open_upload(asset) == new

    def test_one_at_a_time(self, asset: Asset) -> None:
        waiting = services.create_asset(upload=an_upload(), language="en")
        sources.expect_recording(asset, an_upload())
        for busy in (waiting, asset):
            with pytest.raises(ConflictError):
                sources.expect_recording(busy, an_upload())
        asset.refresh_from_db()
        assert asset.replacement
        abort_upload(asset.replacement)
        sources.expect_recording(asset, an_upload())

    @pytest.mark.parametrize("is_first", [True, False])
    def test_none_while_one_that_has_arrived_waits_to_be_taken(self, is_first: bool, asset: Asset) -> None:
        upload = an_upload()
        if is_first:
            asset = services.create_asset(upload=upload, language="en")
        else:
            sources.expect_recording(asset, upload)
        arrive(upload)
        with pytest.raises(ConflictError):
            sources.expect_recording(asset, an_upload())
        relay_due_events()
        asset.refresh_from_db()
        assert (asset.upload, upload.object_key in source_keys()) == (upload, True)

    def test_one_on_its_way_can_be_given_up(self, asset: Asset) -> None:
        new = an_upload()
        sources.expect_recording(asset, new)
        sources.give_up_replacement(asset)
        asset.refresh_from_db()
        assert (asset.replacement, sources.open_upload(asset)) == (None, None)
        assert not Upload.objects.filter(pk=new.pk).exists()


class TestPolicy:
    def test_the_file_of_a_finished_recording_can_go_and_another_can_come(self, asset: Asset) -> None:
        key = asset.source_key
        assert sources.delete_source(asset)
        relay_due_events()
        asset.refresh_from_db()
        assert asset.upload
        assert (asset.upload.state, asset.source_key, asset.state) == (UploadState.ABORTED, "", AssetState.READY)
        assert key not in source_keys()
        with pytest.raises(ConflictError, match="not kept"):
            remake_rendition(asset, "720p")
        new = replace(asset)
        assert (asset.source_key, asset.state) == (new.object_key, AssetState.READY)
        run(asset, EventKind.DONE)
        assert asset.state == AssetState.READY
        assert list(Upload.objects.all()) == [new]

    @pytest.mark.parametrize("state", [state for state in AssetState if state != AssetState.READY])
    def test_it_stays_while_it_is_needed(self, state: AssetState) -> None:
        asset = an_asset(state=state)
        assert not sources.delete_source(asset)
        assert asset.source_key in source_keys()

    def test_it_stays_while_one_that_failed_is_to_take_its_place(self, asset: Asset) -> None:
        before, new = asset.upload, replace(asset)
        run(asset, EventKind.FAILED, failure=a_failure(FailureCode.NOT_MEDIA))
        assert not sources.delete_source(asset)
        relay_due_events()
        asset.refresh_from_db()
        assert (asset.upload, asset.former_upload) == (new, before)
        assert before
        assert {before.object_key, new.object_key} <= source_keys()

    def test_it_stays_while_a_rendition_is_made_anew(self, asset: Asset) -> None:
        services.queue_job(asset)
        assert not sources.delete_source(asset)


class TestReplacingWhatThePolicyLetGo:
    """As where the file before is still here: what plays is of another recording than the one that comes."""

    @pytest.fixture
    def asset(self, asset: Asset) -> Asset:
        keep_heard(asset, "en")
        assert sources.delete_source(asset)
        relay_due_events()
        asset.refresh_from_db()
        return asset

    def test_its_creator_is_told_of_the_new_one_and_its_captions_go_at_the_end(self, asset: Asset) -> None:
        played = asset.current_job
        replace(asset)
        assert (asset.current_job, processing_of(asset).renewal) == (played, "underway")
        assert asset.caption_tracks.count() == 1
        job = run(asset, EventKind.DONE)
        assert (asset.current_job, asset.former_upload, processing_of(asset).renewal) == (job, None, None)
        assert not asset.caption_tracks.exists()

    def test_one_that_cannot_be_used_can_be_tried_again_or_given_up(self, asset: Asset) -> None:
        before, played, new = asset.upload, asset.current_job, replace(asset)
        run(asset, EventKind.FAILED, failure=a_failure(FailureCode.NOT_MEDIA))
        assert processing_of(asset).renewal == "failed"
        services.retry_asset(asset)
        assert processing_of(asset).renewal == "underway"
        sources.give_up_replacement(asset)
        relay_due_events()
        asset.refresh_from_db()
        assert (asset.upload, asset.source_key, asset.current_job) == (before, "", played)
        assert (asset.state, processing_of(asset).renewal) == (AssetState.READY, None)
        assert new.object_key not in source_keys()
        assert asset.caption_tracks.count() == 1
        replace(asset)
        assert processing_of(asset).renewal == "underway"
