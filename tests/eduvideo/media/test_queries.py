"""What pages read, and at how many queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role
from eduvideo.core import clock
from eduvideo.media import captioning, services, slots
from eduvideo.media.models import Asset, AssetState, JobState, Priority, Rendition, TranscodeJob
from eduvideo.media.queries import playback_of, poster_url, processing_of, thumbnail_url
from eduvideo.media.sentences import FAILURES, STAGES
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset, a_queued_job, a_running_job, an_asset, announce_slots
from tests.factories.splits import a_split_job, begin, finish, parts_of
from transcoding.messages import FailureCode, Stage

pytestmark = pytest.mark.django_db
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"


@pytest.mark.parametrize("renditions", [1, 20])
def test_processing_costs_two_queries(renditions: int) -> None:
    job = a_running_job()
    for number in range(renditions):
        Rendition.objects.create(
            job=job, token=1, name=str(number), kind="video", state="ready", height_px=number, playlist="x"
        )
    with CaptureQueriesContext(connection) as queries:
        assert len(processing_of(job.asset).renditions) == renditions
    assert len(queries) == 2


@pytest.mark.parametrize("languages", [1, 20])
def test_playback_costs_one_query_for_the_captions(languages: int) -> None:
    asset = a_played_asset()
    for number in range(languages):
        captioning.put_captions(asset, language=f"en-x{number:02}", text=CAPTIONS)
    asset = Asset.objects.select_related("current_job").get()
    with CaptureQueriesContext(connection) as queries:
        playback = playback_of(asset, session=None)
    assert playback
    assert (len(playback.captions), len(queries)) == (languages, 1)


def test_addresses_are_public_or_of_a_session() -> None:
    asset = a_played_asset()
    session = services.open_playback(asset, viewer=a_person())
    for base, given in (("/media", None), (f"/media/s/{session.token}", session)):
        playback = playback_of(asset, session=given)
        assert playback
        assert playback.hls_url.startswith(f"{base}/assets/{asset.public_id}/")
        assert playback.poster_url == playback.hls_url.replace("master.m3u8", "poster.jpg")
        assert (playback.storyboard_url, playback.duration_ms) == (None, 60_000)
    assert poster_url(asset)
    assert thumbnail_url(asset) is None


def test_there_is_nothing_to_play_before_it_is_playable() -> None:
    asset = a_queued_job().asset
    assert playback_of(asset, session=None) is None
    assert poster_url(asset) is None


@pytest.mark.parametrize(
    ("asset_state", "job_state", "told"),
    [
        (AssetState.READY, JobState.SUCCEEDED, "Ready to watch."),
        (AssetState.PLAYABLE, JobState.RUNNING, "Can be watched already; the rest is being encoded."),
        (AssetState.PROCESSING, JobState.RUNNING, "Encoding"),
        (AssetState.FAILED, JobState.FAILED, "This recording is too short to be a lesson."),
        (AssetState.PROCESSING, JobState.CANCELLED, "Processing was cancelled."),
    ],
)
def test_a_creator_reads_where_it_stands(asset_state: AssetState, job_state: JobState, told: str) -> None:
    asset = an_asset(state=asset_state)
    TranscodeJob.objects.create(
        asset=asset,
        state=job_state,
        stage="encode",
        percent=99.96,
        failure_code=FailureCode.TOO_SHORT,
        dispatched_at=clock.now(),
    )
    assert processing_of(asset).message == told


def test_a_creator_reads_whether_any_machine_runs() -> None:
    job = a_queued_job()
    assert processing_of(job.asset).message.startswith("No machine is running at present.")
    slots.forget()
    announce_slots(1)
    assert processing_of(job.asset).message == "Waiting for a free machine."
    TranscodeJob.objects.update(dispatched_at=clock.now())
    assert processing_of(job.asset).message == "A machine is about to begin."


def test_a_creator_reads_how_many_recordings_are_ahead_as_it_will_be() -> None:
    announce_slots(1)
    hasty, mine = a_person(Role.CREATOR), a_person(Role.CREATOR)
    for _ in range(5):
        services.queue_job(an_asset(owner=hasty))
    job = services.queue_job(an_asset(owner=mine))
    assert job
    assert processing_of(job.asset).message == "Waiting for a free machine: 1 recording is ahead."
    services.queue_job(an_asset(owner=hasty), priority=Priority.WAITED_FOR)
    assert processing_of(job.asset).message == "Waiting for a free machine: 2 recordings are ahead."
    last = TranscodeJob.objects.filter(creator=hasty, priority=Priority.NORMAL).latest("id")
    assert processing_of(last.asset).message == "Waiting for a free machine: 6 recordings are ahead."


@pytest.mark.parametrize("waiting", [1, 20])
def test_how_many_are_ahead_costs_five_queries(waiting: int) -> None:
    announce_slots(1)
    jobs = [a_queued_job() for _ in range(waiting)]
    with CaptureQueriesContext(connection) as queries:
        processing_of(jobs[-1].asset)
    assert len(queries) == 5


def test_a_creator_reads_why_and_when_it_is_tried_again() -> None:
    job = a_queued_job()
    TranscodeJob.objects.update(
        due_at=clock.now() + timedelta(seconds=170), failure_code=FailureCode.STORAGE_UNAVAILABLE
    )
    told = "The storage could not be reached. It is tried again by itself in about 3 minutes."
    assert processing_of(job.asset).message == told
    TranscodeJob.objects.update(due_at=clock.now() + timedelta(seconds=9), failure_code=FailureCode.INTERNAL)
    told = "Something went wrong on our side. It is tried again by itself in less than a minute."
    assert processing_of(job.asset).message == told


def test_a_creator_reads_how_many_parts_are_encoded_on_how_many_machines() -> None:
    job = a_split_job()
    assert processing_of(job.asset).message.startswith("No machine is running at present.")
    slots.forget()
    announce_slots(2)
    told = "Encoding in parts: 0 of 3 are done, the others wait for a free machine."
    assert processing_of(job.asset).message == told
    first, second, _ = (begin(part) for part in parts_of(job))
    finish(second)
    told = "Encoding in parts: 1 of 3 are done, 2 machines are at work."
    assert processing_of(job.asset).message == told
    finish(first)
    asset = Asset.objects.get()
    assert asset.state == AssetState.PLAYABLE
    with CaptureQueriesContext(connection) as queries:
        told = "Can be watched already. Encoding in parts: 2 of 3 are done, 1 machine is at work."
        assert processing_of(asset).message == told
    assert len(queries) == 3


def test_a_creator_reads_why_no_part_goes_on() -> None:
    announce_slots(2)
    job = a_split_job()
    later = {"due_at": clock.now() + timedelta(minutes=2), "failure_code": FailureCode.STORAGE_UNAVAILABLE}
    job.parts.exclude(part=0).update(**later)
    assert processing_of(job.asset).message.startswith("Encoding in parts: 0 of 3 are done")
    job.parts.update(**later)
    told = "The storage could not be reached. It is tried again by itself in about 2 minutes."
    assert processing_of(job.asset).message == told


def test_a_creator_reads_that_what_waits_can_be_watched() -> None:
    announce_slots(1)
    asset = an_asset(state=AssetState.PLAYABLE)
    TranscodeJob.objects.create(asset=asset)
    assert processing_of(asset).message == "Can be watched already. Waiting for a free machine."


def test_an_asset_without_a_job_waits_for_its_upload() -> None:
    assert processing_of(an_asset()).message == "Waiting for the recording to be uploaded."


def test_every_failure_and_stage_has_its_words() -> None:
    assert set(FAILURES) >= set(FailureCode)
    assert set(STAGES) == set(Stage)


def test_a_still_costs_no_query() -> None:
    a_played_asset()
    asset = Asset.objects.select_related("current_job").get()
    with CaptureQueriesContext(connection) as queries:
        assert poster_url(asset)
    assert len(queries) == 0
