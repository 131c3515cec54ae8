"""Assets from upload to deletion."""

import pytest

from eduvideo.core.errors import ConflictError
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media import captioning, handlers, services, sources
from eduvideo.media.dispatch import dispatch_jobs
from eduvideo.media.models import Asset, AssetState, CaptionTrack, PlaybackSession, Priority, Rendition, TranscodeJob
from eduvideo.uploads.events import UploadCompleted
from eduvideo.uploads.models import Upload
from eduvideo.uploads.queries import used_bytes
from eduvideo.uploads.services import complete_upload
from tests.factories.danmaku import a_person
from tests.factories.media import (
    a_played_asset,
    a_queued_job,
    a_running_job,
    an_asset,
    announce_slots,
    is_told_to_stop,
    queued_requests,
)
from tests.factories.splits import a_split_job, parts_of
from tests.factories.uploads import an_upload
from tests.servers.valkey import ValkeyServer

pytestmark = pytest.mark.django_db(transaction=True)
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


def arrive(asset: Asset) -> None:
    """Let the source of an asset arrive, as a transfer would."""
    upload = asset.upload
    assert upload
    open_objects().write(upload.source_key, b"0123456789", content_type="video/mp4")
    complete_upload(upload)


class TestArrival:
    @pytest.fixture
    def asset(self) -> Asset:
        return services.create_asset(upload=an_upload(), language="zh-Hans")

    def test_a_source_that_has_arrived_goes_to_a_worker(self, asset: Asset) -> None:
        announce_slots(1)
        arrive(asset)
        for _ in ("UploadCompleted", "JobQueued"):
            relay_due_events()
        asset.refresh_from_db()
        assert asset.upload
        assert (asset.state, asset.source_key) == (AssetState.PROCESSING, asset.upload.source_key)
        assert [(request["source_name"], request["language"]) for request in queued_requests()] == [
            ("lecture.mp4", "zh-Hans")
        ]

    def test_an_arrival_that_is_told_twice_makes_one_job(self, asset: Asset) -> None:
        arrive(asset)
        assert asset.upload
        event = UploadCompleted(upload_id=asset.upload.pk, object_key=asset.upload.source_key)
        for _ in range(2):
            handlers.transcode_upload(event)
        assert TranscodeJob.objects.count() == 1

    def test_a_source_whose_lesson_was_deleted_meanwhile_is_removed(self, asset: Asset) -> None:
        upload = asset.upload
        assert upload
        arrive(asset)
        asset.delete()
        for _ in ("UploadCompleted", "UploadDiscarded"):
            relay_due_events()
        assert open_objects().info(upload.source_key) is None
        assert used_bytes(upload.owner) == 0


class TestPriority:
    def test_an_asset_that_somebody_waits_for_goes_before_others_with_its_parts(self) -> None:
        usual = a_queued_job()
        job = a_split_job()
        services.hurry_asset(job.asset)
        announce_slots(2)
        dispatch_jobs()
        assert [request["job"] for request in queued_requests()] == [part.public_id for part in parts_of(job)[:2]]
        usual.refresh_from_db()
        assert (usual.dispatched_at, usual.priority) == (None, Priority.NORMAL)

    def test_what_is_hurried_before_its_upload_is_there_goes_first_later(self) -> None:
        asset = an_asset()
        services.hurry_asset(asset)
        job = services.queue_job(asset)
        assert job
        assert job.priority == Priority.WAITED_FOR

    def test_each_priority_is_above_the_next(self) -> None:
        order = [Priority.WAITED_FOR, Priority.NORMAL, Priority.BULK, Priority.REENCODE]
        assert sorted(Priority, reverse=True) == order


class TestDeletion:
    def test_it_removes_rows_and_objects_and_frees_the_room_of_its_creator(self) -> None:
        asset = a_played_asset()
        other = a_played_asset()
        captioning.put_captions(asset, language="en", text=CAPTIONS)
        services.open_playback(asset, viewer=a_person())
        owner = asset.upload.owner if asset.upload else a_person()
        assert used_bytes(owner) == 10
        services.delete_asset(asset)
        relay_due_events()
        assert list(Asset.objects.all()) == [other]
        assert set(Rendition.objects.values_list("job__asset_id", flat=True)) == {other.pk}
        assert not CaptionTrack.objects.exists()
        assert not PlaybackSession.objects.exists()
        assert not any(asset.public_id in info.key for info in open_objects().list("assets/"))
        assert {info.key for info in open_objects().list("sources/")} == {other.source_key}
        assert used_bytes(owner) == 0

    def test_a_recording_that_has_come_since_the_asset_was_read_goes_with_it(self) -> None:
        asset = a_played_asset()
        sources.expect_recording(Asset.objects.get(pk=asset.pk), an_upload())
        services.delete_asset(asset)
        assert not Upload.objects.exists()

    def test_a_running_transcode_is_told_to_stop(self) -> None:
        job = a_running_job(token=3)
        services.delete_asset(job.asset)
        assert is_told_to_stop(job, 3)

    def test_it_works_while_the_broker_is_away(self, valkey: ValkeyServer) -> None:
        job = a_running_job()
        valkey.kill()
        services.delete_asset(job.asset)
        assert not Asset.objects.exists()

    def test_a_deletion_that_is_told_twice_does_no_harm(self) -> None:
        asset = a_played_asset()
        services.delete_asset(asset)
        relay_due_events()
        OutboxEvent.objects.update(done_at=None)
        relay_due_events()
        assert not OutboxEvent.objects.exclude(error="").exists()


class TestRetry:
    @pytest.mark.parametrize("state", [state for state in AssetState if state != AssetState.FAILED])
    def test_only_a_failed_asset_is_tried_again(self, state: AssetState) -> None:
        with pytest.raises(ConflictError):
            services.retry_asset(an_asset(state=state))
        assert not TranscodeJob.objects.exists()

    def test_an_asset_without_a_source_cannot_be_tried_again(self) -> None:
        Asset.objects.update_or_create(pk=an_asset(state=AssetState.FAILED).pk, defaults={"source_key": ""})
        with pytest.raises(ConflictError):
            services.retry_asset(Asset.objects.get())
