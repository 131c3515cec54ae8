"""Recordings that take the place of others: what plays meanwhile, what is kept, and what goes."""

from typing import Any

import pytest

from eduvideo.core.errors import ConflictError
from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media import captioning, services, sources
from eduvideo.media.audit import compare_storage
from eduvideo.media.models import Asset, AssetState, JobState, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.queries import processing_of
from eduvideo.media.rerun import remake_rendition
from eduvideo.uploads.models import Upload
from eduvideo.uploads.services import abort_upload, complete_upload
from tests.factories.media import a_failure, a_played_asset, a_snapshot, an_asset, is_told_to_stop, news
from tests.factories.uploads import an_upload
from transcoding.messages import CaptionInfo, EventKind, FailureCode, RenditionState

pytestmark = pytest.mark.django_db(transaction=True)
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\n%s\n"
READY = a_snapshot(state=RenditionState.READY)


@pytest.fixture
def asset() -> Asset:
    """A finished recording, whose transcode was `played_job`."""
    return a_played_asset()


def replace(asset: Asset, *, content: bytes = b"9876543210") -> Upload:
    """Send another recording for an asset, up to where its transcode is queued."""
    assert asset.upload
    upload = an_upload(owner=asset.upload.owner, filename="better.mp4")
    sources.expect_recording(asset, upload)
    open_objects().write(upload.source_key, content, content_type="video/mp4")
    complete_upload(upload)
    for _ in ("UploadCompleted", "UploadDiscarded"):
        relay_due_events()
    asset.refresh_from_db()
    return upload


def run(asset: Asset, kind: EventKind, **told: Any) -> TranscodeJob:
    """Let a worker take up the newest job of an asset and say how it ends."""
    job = asset.jobs.order_by("-id").first()
    assert job
    token = job.token + 1
    TranscodeJob.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, token=token, dispatched_at=job.created_at, heartbeat_at=job.created_at
    )
    job.refresh_from_db()
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
        open_objects().write(upload.source_key, b"9876543210", content_type="video/mp4")
        complete_upload(upload)
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
        job = asset.current_job
        assert job
        heard = CaptionInfo(name="captions-en", language="en", label="", path="en.vtt")
        for language in ("en", "de"):
            open_objects().write(
                job.output_prefix(1) + "en.vtt", (CAPTIONS % "heard").encode(), content_type="text/vtt"
            )
            captioning.take_found_captions(job, token=1, path=heard.path, language=language, label="")
        captioning.put_captions(asset, language="zh-Hans", text=CAPTIONS % "写的")
        captioning.put_captions(asset, language="de", text=CAPTIONS % "corrected")
        replace(asset)
        assert asset.caption_tracks.count() == 3
        run(asset, EventKind.DONE)
        assert set(asset.caption_tracks.values_list("language", flat=True)) == {"zh-Hans", "de"}

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
        assert (asset.upload, asset.source_key, asset.state) == (None, "", AssetState.READY)
        assert key not in source_keys()
        with pytest.raises(ConflictError, match="not kept"):
            remake_rendition(asset, "720p")
        new = an_upload()
        sources.expect_recording(asset, new)
        open_objects().write(new.source_key, b"9876543210", content_type="video/mp4")
        complete_upload(new)
        relay_due_events()
        asset.refresh_from_db()
        assert (asset.source_key, asset.state) == (new.object_key, AssetState.READY)
        run(asset, EventKind.DONE)
        assert asset.state == AssetState.READY

    @pytest.mark.parametrize("state", [state for state in AssetState if state != AssetState.READY])
    def test_it_stays_while_it_is_needed(self, state: AssetState) -> None:
        asset = an_asset(state=state)
        assert not sources.delete_source(asset)
        assert asset.source_key in source_keys()

    def test_it_stays_while_a_rendition_is_made_anew(self, asset: Asset) -> None:
        services.queue_job(asset)
        assert not sources.delete_source(asset)
