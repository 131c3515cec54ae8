"""The dispatcher and the sweep, with a real broker that is emptied and killed."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connections

from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import ObjectStore, open_objects
from eduvideo.media import dispatch, services
from eduvideo.media.dispatch import MAX_ATTEMPTS, dispatch_jobs, sweep_jobs
from eduvideo.media.models import Asset, AssetState, JobState, Priority, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.queries import processing_of
from eduvideo.media.slots import worker_slots
from eduvideo.uploads.models import Upload
from tests.factories.media import (
    a_queued_job,
    a_running_job,
    a_snapshot,
    announce_slots,
    is_told_to_stop,
    news,
    queued_requests,
)
from tests.servers.s3 import S3Server
from tests.servers.valkey import ValkeyServer
from tests.waiting import wait_until
from transcoding.messages import RESULT_NAME, EventKind, RenditionState

pytestmark = pytest.mark.django_db(transaction=True)


def fall_silent(job: TranscodeJob) -> None:
    TranscodeJob.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - timedelta(seconds=31))


def jobs_in_broker() -> list[str]:
    return [request["job"] for request in queued_requests()]


class TestDispatch:
    def test_the_broker_never_holds_more_than_there_are_free_slots(self) -> None:
        jobs = [a_queued_job() for _ in range(4)]
        announce_slots(2)
        announce_slots(1, worker="two")
        assert worker_slots() == 3
        assert [dispatch_jobs(), dispatch_jobs()] == [3, 0]
        assert jobs_in_broker() == [job.public_id for job in jobs[:3]]

    def test_nothing_is_sent_without_a_worker(self) -> None:
        a_queued_job()
        assert dispatch_jobs() == 0
        assert queued_requests() == []

    def test_the_most_urgent_goes_first_and_then_the_oldest(self) -> None:
        usual, later, urgent = a_queued_job(), a_queued_job(), a_queued_job(priority=Priority.WAITED_FOR)
        announce_slots(2)
        dispatch_jobs()
        assert jobs_in_broker() == [urgent.public_id, usual.public_id]
        later.refresh_from_db()
        assert later.dispatched_at is None

    def test_a_request_says_what_a_worker_needs(self) -> None:
        job = a_queued_job()
        Upload.objects.update(parts_sha256="ab" * 32)
        announce_slots(1)
        dispatch_jobs()
        assert queued_requests() == [
            {
                "job": job.public_id,
                "token": 1,
                "source_key": job.asset.source_key,
                "source_part_bytes": 4 * 1024 * 1024,
                "source_parts_sha256": "ab" * 32,
                "source_name": "lecture.mp4",
                "output_prefix": f"assets/{job.asset.public_id}/{job.public_id}/1/",
                "language": "en",
                "work": "whole",
                "may_split": False,
                "plan_key": "",
                "part": 0,
                "part_prefixes": [],
                "rendition": "",
                "only_if_smaller": False,
                "storyboard_key": "",
                "playlist_key": "",
            }
        ]

    def test_parts_of_an_upload_that_does_not_say_how_long_they_are_have_the_length_of_tus(self) -> None:
        a_queued_job()
        Upload.objects.update(part_size_bytes=None)  # as in rows from before it was kept
        announce_slots(1)
        dispatch_jobs()
        assert [request["source_part_bytes"] for request in queued_requests()] == [4 * 1024 * 1024]

    def test_a_job_that_waits_for_another_try_is_not_sent_yet(self) -> None:
        job = a_queued_job()
        announce_slots(1)
        TranscodeJob.objects.update(due_at=clock.now() + timedelta(minutes=1))
        assert dispatch_jobs() == 0
        TranscodeJob.objects.update(due_at=clock.now())
        assert dispatch_jobs() == 1
        assert jobs_in_broker() == [job.public_id]

    def test_jobs_wait_while_the_broker_is_away(self, valkey: ValkeyServer) -> None:
        job = a_queued_job()
        valkey.kill()
        assert dispatch_jobs() == 0
        job.refresh_from_db()
        assert (job.state, job.dispatched_at, job.token) == (JobState.QUEUED, None, 0)

    def test_a_job_that_the_broker_does_not_take_stays_queued(
        self, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = a_queued_job()
        monkeypatch.setattr(dispatch, "worker_slots", lambda: 1)
        valkey.kill()
        assert dispatch_jobs() == 0
        job.refresh_from_db()
        assert (job.state, job.dispatched_at) == (JobState.QUEUED, None)
        valkey.start()
        assert dispatch_jobs() == 1
        assert [request["token"] for request in queued_requests()] == [2]

    def test_two_dispatchers_at_once_fill_a_slot_once(self) -> None:
        for _ in range(3):
            a_queued_job()
        announce_slots(1)
        together = threading.Barrier(2)

        def attempt() -> list[int]:
            try:
                return [dispatch_jobs()]
            except OperationalError:  # SQLite in memory refuses to begin where a file or a server waits for the lock
                return []

        def run() -> int:
            try:
                together.wait(10)
                return wait_until(attempt, timeout_s=20, message="the lock was never free", every_s=0.01)[0]
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            sent = [pool.submit(run) for _ in range(2)]
            assert sorted(one.result(timeout=30) for one in sent) == [0, 1]
        assert len(queued_requests()) == 1


class TestSweep:
    def test_a_silent_job_goes_to_another_worker_with_a_higher_token(self) -> None:
        job = a_running_job()
        announce_slots(1)
        assert sweep_jobs() == 0
        fall_silent(job)
        assert sweep_jobs() == 1
        job.refresh_from_db()
        assert (job.state, job.token, job.tries) == (JobState.QUEUED, 2, 1)
        assert [request["token"] for request in queued_requests()] == [2]
        assert is_told_to_stop(job, 1)
        assert not is_told_to_stop(job, 2)

    def test_the_last_words_of_a_lost_attempt_are_not_taken_for_news(self) -> None:
        job = a_running_job()
        fall_silent(job)
        sweep_jobs()  # no worker is free: it waits with its old token
        assert not record_event(news(job, EventKind.CANCELLED, seq=9))
        job.refresh_from_db()
        assert (job.state, job.token) == (JobState.QUEUED, 1)
        announce_slots(1)
        assert dispatch_jobs() == 1

    def test_an_end_of_which_only_the_message_was_lost_is_read_from_the_store(self) -> None:
        job = a_running_job()
        done = news(job, EventKind.DONE, seq=7, snapshot=a_snapshot(state=RenditionState.READY), percent=100)
        record = json.dumps({"event": done.model_dump(mode="json")}).encode()
        open_objects().write(job.output_prefix(1) + RESULT_NAME, record, content_type="application/json")
        fall_silent(job)
        sweep_jobs()
        job.refresh_from_db()
        assert (job.state, job.token, job.playable_token) == (JobState.SUCCEEDED, 1, 1)
        assert Asset.objects.get().state == AssetState.READY

    @pytest.mark.servers
    def test_a_silent_job_waits_for_a_store_that_is_away_and_others_are_sent_on(
        self, objects_in_s3: ObjectStore, s3_server: S3Server
    ) -> None:
        job = a_running_job()
        waiting = a_queued_job()
        done = news(job, EventKind.DONE, seq=7, snapshot=a_snapshot(state=RenditionState.READY), percent=100)
        record = json.dumps({"event": done.model_dump(mode="json")}).encode()
        open_objects().write(job.output_prefix(1) + RESULT_NAME, record, content_type="application/json")
        fall_silent(job)
        announce_slots(2)
        s3_server.kill()
        assert sweep_jobs() == 0
        job.refresh_from_db()
        assert (job.state, job.token) == (JobState.RUNNING, 1)
        assert [request["job"] for request in queued_requests()] == [waiting.public_id]
        s3_server.start()
        assert sweep_jobs() == 1
        job.refresh_from_db()
        assert (job.state, job.token) == (JobState.SUCCEEDED, 1)

    @pytest.mark.parametrize("record", [b"", b"[]", b'{"event": {}}', b"\xff", b'{"event": null}'])
    def test_an_end_that_cannot_be_read_is_another_try(self, record: bytes) -> None:
        job = a_running_job()
        open_objects().write(job.output_prefix(1) + RESULT_NAME, record, content_type="application/json")
        fall_silent(job)
        sweep_jobs()
        job.refresh_from_db()
        assert job.state == JobState.QUEUED

    @pytest.mark.parametrize("state", [AssetState.PROCESSING, AssetState.PLAYABLE])
    def test_a_job_that_is_lost_again_and_again_is_given_up_with_a_sentence(self, state: AssetState) -> None:
        job = a_running_job()
        Asset.objects.update(state=state, current_job=job)
        announce_slots(1)
        for _ in range(MAX_ATTEMPTS):
            fall_silent(job)
            sweep_jobs()
        job.refresh_from_db()
        asset = Asset.objects.get()
        assert (job.state, job.failure_code, job.tries) == (JobState.FAILED, "worker_lost", MAX_ATTEMPTS)
        assert (asset.state, asset.current_job) == (AssetState.FAILED, None)
        assert processing_of(asset).message.startswith("The machines that process recordings stopped")
        assert OutboxEvent.objects.filter(name="media.AssetFailed").count() == 1
        fall_silent(job)
        assert sweep_jobs() == 0

    def test_an_emptied_broker_loses_no_job(self, valkey: ValkeyServer) -> None:
        jobs = [a_queued_job(), a_queued_job()]
        announce_slots(2)
        dispatch_jobs()
        valkey.kill()
        valkey.start()
        assert queued_requests() == []
        announce_slots(2)
        for job in jobs:
            fall_silent(job)
        assert sweep_jobs() == 2
        assert [(request["job"], request["token"]) for request in queued_requests()] == [
            (job.public_id, 2) for job in jobs
        ]

    def test_a_cancelled_job_stays_cancelled(self) -> None:
        job = a_running_job()
        services.cancel_jobs(job.asset)
        fall_silent(job)
        assert sweep_jobs() == 0
        assert is_told_to_stop(job, 1)
