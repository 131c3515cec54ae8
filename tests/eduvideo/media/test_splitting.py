"""A transcode in parts, from the news that it was split to the join, with parts that are lost, doubled and late."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.media import services
from eduvideo.media.composing import multivariant_playlist
from eduvideo.media.dispatch import MAX_ATTEMPTS, dispatch_jobs, sweep_jobs
from eduvideo.media.models import Asset, AssetState, JobState, Rendition, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.queries import newest_job, processing_of
from tests.factories.media import (
    a_failure,
    a_queued_job,
    a_running_job,
    a_snapshot,
    announce_slots,
    is_told_to_stop,
    news,
    queued_requests,
)
from tests.factories.splits import PLAN, a_split_job, begin, finish, made_by, parts_of
from tests.servers.valkey import ValkeyServer
from tests.waiting import wait_until
from transcoding.messages import EventKind, FailureCode, RenditionState, Split

pytestmark = pytest.mark.django_db(transaction=True)


def fall_silent(*jobs: TranscodeJob) -> None:
    TranscodeJob.objects.filter(pk__in=[job.pk for job in jobs]).update(
        heartbeat_at=clock.now() - timedelta(seconds=31)
    )


def states(job: TranscodeJob) -> list[str]:
    return [part.state for part in parts_of(job)]


class TestSplit:
    def test_it_has_a_job_for_each_part_and_waits_without_a_slot(self) -> None:
        job = a_split_job()
        assert job.waits_for_parts
        assert [(part.part, part.makes, part.state) for part in parts_of(job)] == [
            (0, ["720p", "audio"], "queued"),
            (1, ["720p"], "queued"),
            (2, ["720p"], "queued"),
        ]
        fall_silent(job)
        announce_slots(3)
        assert sweep_jobs() == 0
        assert len(queued_requests()) == 3

    def test_parts_are_told_where_the_plan_is_and_write_beside_it(self) -> None:
        job = a_split_job()
        announce_slots(2)
        assert dispatch_jobs() == 2
        first, second, _ = parts_of(job)
        told = queued_requests()
        assert [(one["job"], one["work"], one["part"]) for one in told] == [
            (first.public_id, "part", 0),
            (second.public_id, "part", 1),
        ]
        plan = f"assets/{job.asset.public_id}/{job.public_id}/1/plan.json"
        assert {(one["plan_key"], one["may_split"], one["source_key"]) for one in told} == {
            (plan, False, job.asset.source_key)
        }
        assert told[1]["output_prefix"] == f"assets/{job.asset.public_id}/{second.public_id}/1/"

    @pytest.mark.parametrize(("slots", "may"), [(1, False), (2, True)])
    def test_a_job_may_be_split_where_several_slots_are(self, slots: int, may: bool) -> None:
        a_queued_job()
        announce_slots(slots)
        dispatch_jobs()
        assert [request["may_split"] for request in queued_requests()] == [may]

    def test_the_news_told_twice_make_no_second_parts(self) -> None:
        job = a_split_job()
        again = news(job, EventKind.SPLIT, seq=2, token=1, snapshot=a_snapshot(), split=PLAN)
        assert not record_event(again)
        assert not record_event(again.model_copy(update={"seq": 9}))
        assert len(parts_of(job)) == 3

    def test_a_split_into_nothing_is_no_news(self) -> None:
        job = a_running_job()
        for split in (None, Split(plan="plan.json", parts=())):
            assert not record_event(news(job, EventKind.SPLIT, seq=2, snapshot=a_snapshot(), split=split))
        fall_silent(job)
        assert sweep_jobs() == 1

    def test_an_asset_has_still_one_transcode(self) -> None:
        job = a_split_job()
        assert newest_job(job.asset) == job
        assert services.queue_job(job.asset) is None


class TestPlayable:
    def test_it_is_so_once_the_first_part_of_every_rendition_has_begun(self) -> None:
        job = a_split_job()
        first, second, _ = (begin(part) for part in parts_of(job))
        record_event(news(second, seq=1, snapshot=made_by(second)))
        assert Asset.objects.get().state == AssetState.PROCESSING
        record_event(news(first, seq=1, snapshot=made_by(first)))
        asset = Asset.objects.get()
        job.refresh_from_db()
        assert (asset.state, asset.current_job, asset.duration_ms) == ("playable", job, 60_000)
        assert (job.playable_token, job.split_token) == (1, 1)
        rows = Rendition.objects.filter(job=job, token=1).order_by("name")
        assert [(row.playlist, row.state, row.codecs) for row in rows] == [
            ("720p/growing.m3u8", "encoding", "avc1.64001f"),
            ("audio/growing.m3u8", "encoding", "mp4a.40.2"),
        ]
        assert OutboxEvent.objects.filter(name="media.AssetPlayable").count() == 1

    def test_a_copied_picture_is_there_already_and_the_others_are_waited_for(self) -> None:
        job = a_running_job()
        whole = a_snapshot(state=RenditionState.WAITING)
        ready = a_snapshot(state=RenditionState.READY).renditions[0]
        copied = ready.model_copy(update={"name": "1080p", "playlist": "1080p/index.m3u8", "is_copied": True})
        planned = whole.model_copy(update={"renditions": (copied, *whole.renditions)})
        record_event(news(job, EventKind.SPLIT, seq=2, snapshot=planned, split=PLAN))
        job.refresh_from_db()
        row = Rendition.objects.get(job=job, name="1080p")
        assert (row.state, row.playlist, row.is_copied) == ("ready", "1080p/index.m3u8", True)
        assert Asset.objects.get().state == AssetState.PROCESSING
        first = begin(parts_of(job)[0])
        record_event(news(first, seq=1, snapshot=made_by(first)))
        assert Asset.objects.get().state == AssetState.PLAYABLE
        assert "1080p/index.m3u8" in multivariant_playlist(f"{job.output_prefix(1)}master.m3u8")

    def test_the_creator_sees_one_transcode(self) -> None:
        job = a_split_job()
        first, second, third = (begin(part) for part in parts_of(job))
        record_event(news(second, seq=1, snapshot=made_by(second), percent=40))
        record_event(news(third, seq=1, snapshot=made_by(third), percent=20))
        processing = processing_of(job.asset)
        assert (processing.stage, processing.percent) == ("encode", 20.6)
        assert [(row.height_px, row.state) for row in processing.renditions] == [(720, "waiting")]
        record_event(news(first, seq=1, snapshot=made_by(first), percent=50))
        assert [row.state for row in processing_of(job.asset).renditions] == ["encoding"]
        for part in (first, second, third):
            finish(part)
        assert processing_of(job.asset).percent == 95
        assert [row.state for row in processing_of(job.asset).renditions] == ["ready"]


class TestJoin:
    def test_it_comes_when_all_parts_have_succeeded_before_other_work(self) -> None:
        older = a_queued_job()
        job = a_split_job()
        for part in parts_of(job):
            assert not queued_requests()
            finish(begin(part))
        announce_slots(1)
        assert dispatch_jobs() == 1
        (request,) = queued_requests()
        assert (request["job"], request["work"], request["token"]) == (job.public_id, "join", 2)
        assert request["part_prefixes"] == [part.output_prefix(1) for part in parts_of(job)]
        assert request["plan_key"] == f"{job.output_prefix(1)}plan.json"
        older.refresh_from_db()
        assert older.dispatched_at is None

    def test_its_end_is_the_end_of_the_job(self) -> None:
        job = self.joining()
        snapshot = a_snapshot(state=RenditionState.READY)
        assert record_event(news(job, EventKind.DONE, seq=3, snapshot=snapshot, percent=100))
        asset = Asset.objects.get()
        job.refresh_from_db()
        assert (job.state, job.playable_token, asset.state, asset.current_job) == ("succeeded", 2, "ready", job)
        assert job.poster == "poster.jpg"

    def test_a_join_that_is_lost_is_tried_again_as_a_join(self) -> None:
        job = self.joining()
        fall_silent(job)
        announce_slots(1)
        assert sweep_jobs() == 1
        assert [(one["work"], one["token"]) for one in queued_requests()][-1] == ("join", 3)
        processing = processing_of(job.asset)
        assert (processing.stage, processing.percent) == ("package", 95)

    def test_stills_of_a_join_are_not_shown_before_it_is_done(self) -> None:
        job = self.joining()
        record_event(news(job, seq=1, snapshot=a_snapshot(state=RenditionState.READY)))
        job.refresh_from_db()
        assert (job.poster, job.playable_token) == ("", 1)

    def test_the_last_parts_that_end_at_the_same_moment_are_joined_once(self) -> None:
        job = a_split_job()
        parts = [begin(part) for part in parts_of(job)]
        together = threading.Barrier(3)

        def end(part: TranscodeJob) -> bool:
            def attempt() -> list[bool]:
                try:
                    return [finish(part)]
                except OperationalError:  # SQLite in memory refuses where a file or a server waits for the lock
                    return []

            try:
                together.wait(10)
                return wait_until(attempt, timeout_s=20, message="the lock was never free", every_s=0.01)[0]
            finally:
                connections.close_all()

        with ThreadPoolExecutor(3) as pool:
            assert all(pool.map(end, parts))
        job.refresh_from_db()
        assert job.state == JobState.QUEUED
        announce_slots(1)
        assert [dispatch_jobs(), dispatch_jobs()] == [1, 0]
        assert [request["work"] for request in queued_requests()] == ["join"]

    def joining(self) -> TranscodeJob:
        """Return a job whose parts are being joined."""
        job = a_split_job()
        for part in parts_of(job):
            record_event(news(begin(part), seq=1, snapshot=made_by(part)))
            finish(part)
        announce_slots(1)
        assert dispatch_jobs() == 1
        job.refresh_from_db()
        return job


class TestFailure:
    def test_a_part_that_may_succeed_is_tried_again(self) -> None:
        job = a_split_job()
        part = begin(parts_of(job)[1])
        record_event(news(part, EventKind.FAILED, seq=2, failure=a_failure(FailureCode.INTERNAL, retryable=True)))
        assert states(job) == ["queued"] * 3
        job.refresh_from_db()
        assert job.state == JobState.RUNNING

    def test_a_part_that_fails_for_good_ends_the_job_and_the_other_parts(self) -> None:
        job = a_split_job()
        first, second, _ = (begin(part) for part in parts_of(job))
        record_event(news(second, EventKind.FAILED, seq=2, failure=a_failure(FailureCode.BROKEN_TIMING)))
        job.refresh_from_db()
        assert states(job) == ["cancelled", "failed", "cancelled"]
        assert (job.state, job.failure_code, job.failure_detail) == ("failed", "broken_timing", "exit 1")
        assert Asset.objects.get().state == AssetState.FAILED
        assert is_told_to_stop(first, 1)
        assert not record_event(news(first, EventKind.DONE, seq=9, snapshot=made_by(first)))
        assert OutboxEvent.objects.filter(name="media.AssetFailed").count() == 1
        assert processing_of(job.asset).message.startswith("The times in this file are damaged.")

    def test_a_part_that_is_lost_again_and_again_ends_the_job(self) -> None:
        job = a_split_job()
        announce_slots(3)
        dispatch_jobs()
        part = parts_of(job)[2]
        for _ in range(MAX_ATTEMPTS):
            fall_silent(part)
            sweep_jobs()
        job.refresh_from_db()
        assert (job.state, job.failure_code) == ("failed", "worker_lost")
        assert Asset.objects.get().state == AssetState.FAILED

    @pytest.mark.parametrize("delete", [False, True])
    def test_cancelling_or_deleting_the_job_stops_its_parts(self, delete: bool) -> None:
        job = a_split_job()
        first = begin(parts_of(job)[0])
        if delete:
            services.delete_asset(job.asset)
            assert not TranscodeJob.objects.exists()
        else:
            assert services.cancel_jobs(job.asset) == 4
            assert states(job) == ["cancelled"] * 3
        assert is_told_to_stop(first, 1)
        assert not finish(first)
        assert dispatch_jobs() == 0

    def test_a_creator_tries_a_split_job_again_from_the_start(self) -> None:
        job = a_split_job()
        record_event(news(begin(parts_of(job)[0]), EventKind.FAILED, seq=2, failure=a_failure(FailureCode.INTERNAL)))
        again = services.retry_asset(Asset.objects.get())
        assert (again.work, again.plan_key, again.state) == ("whole", "", "queued")


# What may happen to one of three parts: it is told of, ends, ends a second time, is lost, comes late from a run before.
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["begin", "progress", "done", "lost", "late"])), max_size=30
)


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_whatever_comes_of_the_parts_they_are_joined_exactly_once(
    steps: list[tuple[int, str]], valkey: ValkeyServer
) -> None:
    OutboxEvent.objects.all().delete()
    job = a_split_job()
    queued: Counter[str] = Counter()
    seq = 10

    def look() -> None:
        now = TranscodeJob.objects.get(pk=job.pk)
        if now.state == JobState.QUEUED and not queued["join"]:
            queued["join"] += 1
        assert (now.state == JobState.QUEUED) == (states(job) == ["succeeded"] * 3)

    for number, step in [*steps, *((n, "begin") for n in range(3)), *((n, "done") for n in range(3))]:
        part = parts_of(job)[number]
        seq += 1
        if step == "begin" and part.state == JobState.QUEUED and part.dispatched_at is None:
            begin(part)
        elif step == "lost":
            fall_silent(part)
            TranscodeJob.objects.filter(pk=part.pk).update(tries=0)
            sweep_jobs()
        elif step == "late":
            before = max(part.token - 1, 0)
            assert not record_event(news(part, EventKind.DONE, seq=seq, token=before, snapshot=made_by(part)))
        elif step in {"progress", "done"}:
            kind = EventKind.DONE if step == "done" else EventKind.PROGRESS
            told = news(part, kind, seq=seq, snapshot=made_by(part))
            record_event(told)
            assert not record_event(told)
        look()
    assert queued["join"] == 1
    assert (
        OutboxEvent.objects.filter(name="media.JobQueued", payload__job_id=job.pk).count() == 2
    )  # its parts, its join
    assert Asset.objects.get(pk=job.asset_id).state == AssetState.PLAYABLE
