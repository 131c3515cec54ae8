"""What pages read, and at how many queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.media import services
from eduvideo.media.models import Asset, AssetState, JobState, Rendition, TranscodeJob
from eduvideo.media.queries import playback_of, poster_url, processing_of, thumbnail_url
from eduvideo.media.sentences import FAILURES, STAGES
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset, a_queued_job, a_running_job, an_asset
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
        services.put_captions(asset, language=f"en-x{number:02}", text=CAPTIONS)
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
        (AssetState.PROCESSING, JobState.QUEUED, "Waiting for a free machine."),
        (AssetState.PROCESSING, JobState.RUNNING, "Encoding"),
        (AssetState.FAILED, JobState.FAILED, "This recording is too short to be a lesson."),
        (AssetState.PROCESSING, JobState.CANCELLED, "Processing was cancelled."),
    ],
)
def test_a_creator_reads_where_it_stands(asset_state: AssetState, job_state: JobState, told: str) -> None:
    asset = an_asset(state=asset_state)
    TranscodeJob.objects.create(
        asset=asset, state=job_state, stage="encode", percent=99.96, failure_code=FailureCode.TOO_SHORT
    )
    assert processing_of(asset).message == told


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
