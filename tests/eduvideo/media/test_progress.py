"""What news of workers changes: in any order, doubled, late, and from attempts that were given up."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import ObjectStore, open_objects
from eduvideo.core.relay import relay_due_events
from eduvideo.media import captioning, services
from eduvideo.media.dispatch import dispatch_jobs
from eduvideo.media.models import Asset, Rendition, TranscodeJob
from eduvideo.media.progress import MAX_KILLS, MAX_RETRIES, MAX_STOPS, record_event
from eduvideo.media.queries import playback_of, processing_of
from eduvideo.media.tasks import record_transcode_event
from eduvideo.uploads.models import Upload
from tests.factories.media import (
    a_failure,
    a_queued_job,
    a_running_job,
    a_snapshot,
    an_asset,
    announce_slots,
    is_told_to_stop,
    news,
    queued_requests,
)
from tests.factories.splits import a_split_job, begin, made_by, parts_of
from tests.servers.s3 import S3Server
from transcoding.messages import CaptionInfo, EventKind, FailureCode, RenditionState, TranscodeEvent

pytestmark = pytest.mark.django_db(transaction=True)
READY = a_snapshot(state=RenditionState.READY)


@pytest.fixture
def job() -> TranscodeJob:
    return a_running_job()


def emitted(name: str) -> int:
    return OutboxEvent.objects.filter(name=f"media.{name}").count()


def state_of(job: TranscodeJob) -> tuple[str, str]:
    """Return the states of the job and its asset."""
    job.refresh_from_db()
    return job.state, Asset.objects.get(pk=job.asset_id).state


class TestOrder:
    def test_progress_is_shown(self, job: TranscodeJob) -> None:
        assert record_event(news(job, seq=3, percent=41.26, snapshot=a_snapshot()))
        processing = processing_of(Asset.objects.get())
        assert (processing.stage, processing.percent) == ("encode", 41.3)
        assert [(row.height_px, row.state) for row in processing.renditions] == [(720, "encoding")]

    @pytest.mark.parametrize("seq", [1, 3])
    def test_older_and_doubled_news_change_nothing(self, job: TranscodeJob, seq: int) -> None:
        record_event(news(job, seq=3, percent=60))
        assert not record_event(news(job, seq=seq, percent=20))
        job.refresh_from_db()
        assert (job.percent, job.last_seq) == (60, 3)
        assert not is_told_to_stop(job, 1)

    def test_an_attempt_that_was_given_up_is_told_to_stop(self, job: TranscodeJob) -> None:
        TranscodeJob.objects.update(token=2)
        assert not record_event(news(job, EventKind.PLAYABLE, seq=9, token=1, snapshot=a_snapshot()))
        assert is_told_to_stop(job, 1)
        assert not is_told_to_stop(job, 2)
        assert not Rendition.objects.exists()

    def test_news_of_a_job_that_is_gone_stops_its_worker(self, job: TranscodeJob) -> None:
        gone = news(job, seq=1)
        Asset.objects.all().delete()
        assert not record_event(gone)
        assert is_told_to_stop(job, 1)

    @pytest.mark.slow
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(order=st.lists(st.integers(0, 4), min_size=1, max_size=10))
    def test_in_any_order_and_number_each_thing_happens_once(self, order: list[int]) -> None:
        OutboxEvent.objects.all().delete()
        job = a_running_job()
        told = [
            news(job, EventKind.STARTED, seq=1),
            news(job, seq=2, snapshot=a_snapshot(state=RenditionState.WAITING)),
            news(job, EventKind.PLAYABLE, seq=3, snapshot=a_snapshot()),
            news(job, seq=4, snapshot=a_snapshot()),
            news(job, EventKind.DONE, seq=5, snapshot=READY, percent=100),
        ]
        for number in order:
            record_event(told[number])
        record_event(told[4])
        assert state_of(job) == ("succeeded", "ready")
        assert emitted("AssetReady") == 1
        assert emitted("AssetPlayable") <= 1
        assert [row.state for row in Rendition.objects.filter(job=job)] == ["ready", "ready"]


class TestAsset:
    def test_it_is_playable_once(self, job: TranscodeJob) -> None:
        for seq in (1, 2, 3):
            record_event(
                news(job, EventKind.PLAYABLE if seq == 1 else EventKind.PROGRESS, seq=seq, snapshot=a_snapshot())
            )
        assert state_of(job) == ("running", "playable")
        assert emitted("AssetPlayable") == 1

    def test_progress_makes_good_a_playable_that_was_lost(self, job: TranscodeJob) -> None:
        record_event(news(job, seq=1, snapshot=a_snapshot(state=RenditionState.WAITING)))
        assert state_of(job)[1] == "processing"
        record_event(news(job, seq=2, snapshot=a_snapshot()))
        assert state_of(job)[1] == "playable"

    def test_it_is_ready_once_and_plays_the_attempt_that_was_finished(self, job: TranscodeJob) -> None:
        done = news(job, EventKind.DONE, seq=5, snapshot=READY)
        assert [record_event(done), record_event(done)] == [True, False]
        asset = Asset.objects.get()
        assert (asset.state, asset.current_job, asset.duration_ms) == ("ready", job, 60_000)
        assert emitted("AssetReady") == 1

    def test_it_fails_once_and_for_good(self, job: TranscodeJob) -> None:
        failed = news(job, EventKind.FAILED, seq=2, failure=a_failure(FailureCode.NOT_MEDIA))
        assert [record_event(failed), record_event(failed)] == [True, False]
        assert not record_event(news(job, EventKind.PLAYABLE, seq=3, snapshot=a_snapshot()))
        assert state_of(job) == ("failed", "failed")
        assert emitted("AssetFailed") == 1
        assert processing_of(Asset.objects.get()).message.startswith("This file is not a video")

    def test_a_failure_after_playable_takes_back_what_was_played(self, job: TranscodeJob) -> None:
        record_event(news(job, EventKind.PLAYABLE, seq=1, snapshot=a_snapshot()))
        record_event(news(job, EventKind.FAILED, seq=2, failure=a_failure(FailureCode.TRUNCATED)))
        asset = Asset.objects.get()
        assert (asset.state, asset.current_job) == ("failed", None)
        assert playback_of(asset, session=None) is None

    def test_a_new_encode_that_fails_leaves_the_old_one(self, job: TranscodeJob) -> None:
        record_event(news(job, EventKind.DONE, seq=5, snapshot=READY))
        again = a_running_job(asset=job.asset)
        record_event(news(again, EventKind.PLAYABLE, seq=1, snapshot=a_snapshot()))
        record_event(news(again, EventKind.FAILED, seq=2, failure=a_failure(FailureCode.TOO_COSTLY)))
        asset = Asset.objects.get()
        assert (asset.state, asset.current_job) == ("ready", job)
        assert emitted("AssetFailed") == 0

    def test_the_hash_of_the_source_is_kept_with_its_upload(self, job: TranscodeJob) -> None:
        read = READY.model_copy(update={"source_sha256": "cd" * 32})
        record_event(news(job, EventKind.DONE, seq=4, snapshot=read))
        assert Upload.objects.get(assets=job.asset).sha256 == "cd" * 32

    def test_a_new_encode_is_played_once_it_is_done(self, job: TranscodeJob) -> None:
        record_event(news(job, EventKind.DONE, seq=5, snapshot=READY))
        again = a_running_job(asset=job.asset)
        record_event(news(again, EventKind.PLAYABLE, seq=1, snapshot=a_snapshot()))
        assert Asset.objects.get().current_job == job
        record_event(news(again, EventKind.DONE, seq=2, snapshot=READY))
        assert Asset.objects.get().current_job == again

    def test_what_is_played_stays_in_place_until_another_attempt_is_done(self, job: TranscodeJob) -> None:
        record_event(news(job, EventKind.PLAYABLE, seq=1, snapshot=a_snapshot()))
        TranscodeJob.objects.update(token=2, last_seq=0)
        record_event(news(job, EventKind.PLAYABLE, seq=1, token=2, snapshot=a_snapshot()))
        job.refresh_from_db()
        assert job.playable_token == 1
        record_event(news(job, EventKind.DONE, seq=2, token=2, snapshot=READY))
        job.refresh_from_db()
        assert job.playable_token == 2
        assert Rendition.objects.filter(job=job).count() == 4


class TestRetry:
    def test_a_failure_that_may_pass_is_tried_again_after_growing_pauses_and_then_ends(self, job: TranscodeJob) -> None:
        announce_slots(1)
        failure = a_failure(FailureCode.INTERNAL, retryable=True)
        pauses = []
        for attempt in range(1, MAX_RETRIES):
            assert record_event(news(job, EventKind.FAILED, seq=1, failure=failure))
            assert state_of(job) == ("queued", "processing")
            assert dispatch_jobs() == 0
            assert job.due_at
            pauses.append(job.due_at - clock.now())
            TranscodeJob.objects.update(due_at=clock.now())
            assert dispatch_jobs() == 1
            job.refresh_from_db()
            assert job.token == attempt + 1
        record_event(news(job, EventKind.FAILED, seq=1, failure=failure))
        assert state_of(job) == ("failed", "failed")
        assert timedelta(seconds=5) < pauses[0] < pauses[1]
        assert emitted("AssetFailed") == 1

    def test_a_program_that_the_machine_kills_is_tried_more_often_but_not_for_ever(self, job: TranscodeJob) -> None:
        announce_slots(1)
        killed = a_failure(FailureCode.KILLED, retryable=True)
        for _ in range(MAX_KILLS - 1):
            assert record_event(news(job, EventKind.FAILED, seq=1, failure=killed))
            assert state_of(job) == ("queued", "processing")
            TranscodeJob.objects.update(due_at=clock.now())
            assert dispatch_jobs() == 1
            job.refresh_from_db()
        record_event(news(job, EventKind.FAILED, seq=1, failure=killed))
        assert state_of(job) == ("failed", "failed")

    def test_a_worker_that_is_stopped_costs_no_try(self, job: TranscodeJob) -> None:
        announce_slots(1)
        stopped = a_failure(FailureCode.WORKER_STOPPED, retryable=True)
        for _ in range(MAX_RETRIES + 2):
            record_event(news(job, EventKind.FAILED, seq=1, failure=stopped))
            assert state_of(job) == ("queued", "processing")
            assert dispatch_jobs() == 1
            job.refresh_from_db()
        assert job.tries == 0

    def test_a_store_that_is_away_for_an_hour_costs_no_try_and_is_asked_every_few_minutes(
        self, job: TranscodeJob
    ) -> None:
        announce_slots(1)
        away = a_failure(FailureCode.STORAGE_UNAVAILABLE, retryable=True)
        waited = timedelta()
        while waited < timedelta(hours=1):
            record_event(news(job, EventKind.FAILED, seq=1, failure=away))
            assert state_of(job) == ("queued", "processing")
            assert dispatch_jobs() == 0
            assert job.due_at
            pause = job.due_at - clock.now()
            assert timedelta(seconds=15) < pause < timedelta(minutes=6)
            waited += pause
            TranscodeJob.objects.update(due_at=clock.now())
            assert dispatch_jobs() == 1
            job.refresh_from_db()
        assert job.tries == 0
        record_event(news(job, EventKind.DONE, seq=1, snapshot=READY))
        assert state_of(job) == ("succeeded", "ready")

    @pytest.mark.parametrize("code", [FailureCode.WORKER_STOPPED, FailureCode.STORAGE_UNAVAILABLE])
    def test_even_what_costs_no_try_comes_to_an_end(self, job: TranscodeJob, code: FailureCode) -> None:
        TranscodeJob.objects.update(token=MAX_STOPS, tries=MAX_RETRIES)
        job.refresh_from_db()
        stopped = a_failure(code, retryable=True)
        record_event(news(job, EventKind.FAILED, seq=1, failure=stopped))
        assert state_of(job) == ("failed", "failed")

    def test_a_failed_asset_can_be_tried_again_by_its_creator(self, job: TranscodeJob) -> None:
        record_event(news(job, EventKind.FAILED, seq=2, failure=a_failure(FailureCode.INTERNAL)))
        again = services.retry_asset(Asset.objects.get())
        assert (again.state, again.tries, again.due_at) == ("queued", 0, None)
        assert state_of(job) == ("failed", "processing")

    def test_the_end_of_a_job_gives_its_place_to_the_next(self, job: TranscodeJob) -> None:
        waiting = a_queued_job()
        announce_slots(1)
        assert dispatch_jobs() == 0
        record_transcode_event(news(job, EventKind.DONE, seq=5, snapshot=READY).model_dump(mode="json"))
        assert [request["job"] for request in queued_requests()] == [waiting.public_id]

    def test_an_asset_has_one_transcode_at_a_time(self) -> None:
        asset = an_asset()
        assert services.queue_job(asset)
        assert services.queue_job(asset) is None


class TestCaptionsInside:
    @pytest.fixture
    def done(self, job: TranscodeJob) -> TranscodeEvent:
        found = CaptionInfo(name="en", language="en", label="English " * 20, path="captions/en.vtt")
        return news(job, EventKind.DONE, seq=5, snapshot=a_snapshot(state=RenditionState.READY, captions=(found,)))

    def put(self, job: TranscodeJob, body: bytes) -> None:
        open_objects().write(job.output_prefix(1) + "captions/en.vtt", body, content_type="text/vtt")

    def test_they_become_a_track(self, job: TranscodeJob, done: TranscodeEvent) -> None:
        self.put(job, b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")
        record_event(done)
        relay_due_events()
        track = job.asset.caption_tracks.get()
        assert (track.language, track.cues) == ("en", [[1000, 2000, "Hello"]])
        assert len(track.label) <= 60
        assert open_objects().info(track.object_key)

    def test_those_of_a_part_become_a_track_of_the_lesson(self) -> None:
        part = begin(parts_of(a_split_job())[0])
        found = CaptionInfo(name="zh", language="zh", label="中文", path="captions/en.vtt", is_automatic=True)
        body = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
        open_objects().write(f"{part.output_prefix(part.token)}captions/en.vtt", body, content_type="text/vtt")
        made = made_by(part, state=RenditionState.READY).model_copy(update={"captions": (found,)})
        assert record_event(news(part, EventKind.DONE, seq=9, snapshot=made))
        relay_due_events()
        assert [track.label for track in part.asset.caption_tracks.all()] == ["中文"]

    def test_they_do_not_replace_those_of_the_creator(self, job: TranscodeJob, done: TranscodeEvent) -> None:
        captioning.put_captions(job.asset, language="en", text="WEBVTT\n\n00:01.000 --> 00:02.000\nMine\n")
        self.put(job, b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")
        record_event(done)
        relay_due_events()
        assert job.asset.caption_tracks.get().cues == [[1000, 2000, "Mine"]]

    @pytest.mark.parametrize("body", [b"WEBVTT\n", b"\xff\xfe", b"nothing", None])
    def test_damaged_ones_do_not_hold_up_the_lesson(
        self, job: TranscodeJob, done: TranscodeEvent, body: bytes | None
    ) -> None:
        if body is not None:
            self.put(job, body)
        assert record_event(done)
        relay_due_events()
        assert not OutboxEvent.objects.filter(done_at=None).exists()
        assert state_of(job) == ("succeeded", "ready")
        assert not job.asset.caption_tracks.exists()

    @pytest.mark.servers
    def test_they_wait_for_a_store_that_is_away_and_the_lesson_does_not(
        self, objects_in_s3: ObjectStore, s3_server: S3Server, job: TranscodeJob, done: TranscodeEvent
    ) -> None:
        self.put(job, b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")
        s3_server.kill()
        assert record_event(done)
        assert state_of(job) == ("succeeded", "ready")
        relay_due_events()
        assert not job.asset.caption_tracks.exists()
        s3_server.start()
        OutboxEvent.objects.update(due_at=clock.now())
        relay_due_events()
        relay_due_events()
        assert job.asset.caption_tracks.get().cues == [[1000, 2000, "Hello"]]
        assert OutboxEvent.objects.filter(name="media.CaptionsChanged").count() == 1
