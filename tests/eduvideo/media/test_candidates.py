"""Pictures for posters of a lesson that was finished before there were any: who asks, what is told, what becomes of it."""

from unittest.mock import patch

import pytest
from django.test import Client

from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.media import services
from eduvideo.media.audit import Audit, compare_storage
from eduvideo.media.candidates import make_candidates, sources_of
from eduvideo.media.collect import KEPT, collect_stale_media
from eduvideo.media.dispatch import dispatch_jobs
from eduvideo.media.models import Asset, AssetState, JobState, Priority, Rendition, TranscodeJob
from eduvideo.media.operations import retry_job
from eduvideo.media.progress import record_event
from eduvideo.media.queries import newest_job, processing_of
from tests.factories.catalog import asking
from tests.factories.danmaku import a_person
from tests.factories.media import (
    a_failure,
    a_played_asset,
    a_snapshot,
    announce_slots,
    is_told_to_stop,
    news,
    queued_requests,
)
from transcoding.messages import EventKind, FailureCode, PosterInfo, RenditionState, Snapshot

pytestmark = pytest.mark.django_db(transaction=True)

CANDIDATES = tuple(
    PosterInfo(at_ms=at_ms, poster=f"posters/{at_ms}.jpg", thumbnail=f"posters/{at_ms}-small.jpg")
    for at_ms in (2_000, 9_000)
)


@pytest.fixture
def video() -> Video:
    """A lesson of before, whose source has gone."""
    asset = a_played_asset()
    assert asset.current_job
    TranscodeJob.objects.filter(pk=asset.current_job.pk).update(storyboard="storyboard/storyboard.vtt")
    vtt = f"{asset.played_prefix}storyboard/storyboard.vtt"
    open_objects().write(vtt, b"WEBVTT\n", content_type="text/vtt")
    open_objects().delete_many([asset.source_key])
    Asset.objects.filter(pk=asset.pk).update(source_key="", upload=None)
    return Video.objects.create(
        owner=a_person(Role.CREATOR), asset=fresh(asset), title="Force", subject="physics", grade="10", language="en",
        visibility=Visibility.PUBLIC, state=VideoState.PUBLISHED, published_at=asset.created_at,
    )  # fmt: skip


@pytest.fixture
def owner(video: Video) -> Client:
    return asking(video.owner)


def fresh(asset: Asset) -> Asset:
    return Asset.objects.select_related("current_job").get(pk=asset.pk)


def path(video: Video, rest: str = "/candidates") -> str:
    return f"/api/v1/videos/{video.public_id}/poster{rest}"


def dispatched() -> TranscodeJob:
    announce_slots(1)
    assert dispatch_jobs() == 1
    return TranscodeJob.objects.get(work="posters", state=JobState.QUEUED)


def made(job: TranscodeJob) -> bool:
    """Let a worker make the pictures and tell of them."""
    for info in CANDIDATES:
        for name in (info.poster, info.thumbnail):
            key = job.output_prefix(job.token) + name
            open_objects().write(key, f"jpg of {name}".encode(), content_type="image/jpeg")
    key = f"{job.output_prefix(job.token)}result.json"
    open_objects().write(key, b"{}", content_type="application/json")
    return record_event(news(job, EventKind.DONE, seq=9, snapshot=Snapshot(poster_candidates=CANDIDATES)))


class TestAsking:
    def test_a_read_starts_nothing_and_says_that_they_can_be_asked_for(self, video: Video, owner: Client) -> None:
        assert owner.get(path(video, "")).json()["offer"]["state"] == "missing"
        page = owner.get(f"/studio/{video.public_id}").content.decode()
        assert "Make pictures to choose from" in page
        assert not TranscodeJob.objects.filter(work="posters").exists()

    def test_a_worker_is_told_what_to_make_them_of(self, video: Video, owner: Client) -> None:
        answer = owner.post(path(video))
        assert (answer.status_code, answer.json()["offer"]["state"]) == (202, "underway")
        job = dispatched()
        (request,) = queued_requests()
        prefix = video.asset.played_prefix
        assert (request["work"], request["plan_key"]) == ("posters", f"{prefix}result.json")
        assert request["storyboard_key"] == f"{prefix}storyboard/storyboard.vtt"
        assert request["playlist_key"] == f"{prefix}720p/index.m3u8"
        assert job.priority == Priority.WAITED_FOR

    def test_asking_again_changes_nothing(self, video: Video, owner: Client) -> None:
        assert [owner.post(path(video)).status_code for _ in range(3)] == [202, 202, 202]
        assert made(dispatched())
        assert owner.post(path(video)).json()["offer"]["state"] == "ready"
        assert TranscodeJob.objects.filter(work="posters").count() == 1

    def test_the_page_asks_by_a_form(self, video: Video, owner: Client) -> None:
        answer = owner.post(f"/studio/{video.public_id}/poster/candidates")
        assert (answer.status_code, answer["Location"]) == (302, f"/studio/{video.public_id}#section-poster")
        assert "<progress" in owner.get(f"/studio/{video.public_id}").content.decode().split('class="poster-offer"')[1]

    def test_nobody_else_may(self, video: Video) -> None:
        assert asking(None).post(path(video)).status_code == 401
        assert asking(a_person(Role.CREATOR)).post(path(video)).status_code == 403
        assert not TranscodeJob.objects.filter(work="posters").exists()

    @pytest.mark.parametrize("change", [{"state": AssetState.PLAYABLE}, {"current_job": None}])
    def test_of_what_is_not_finished_there_are_none(
        self, video: Video, owner: Client, change: dict[str, object]
    ) -> None:
        Asset.objects.filter(pk=video.asset.pk).update(**change)
        assert owner.get(path(video, "")).json()["offer"]["state"] == "none"
        assert owner.post(path(video)).status_code == 409
        assert "poster-offer" not in owner.get(f"/studio/{video.public_id}").content.decode()

    def test_of_sound_alone_there_are_none(self, video: Video, owner: Client) -> None:
        TranscodeJob.objects.update(storyboard="")
        assert owner.post(path(video)).status_code == 409


class TestSources:
    def test_the_smallest_rendition_that_fills_a_poster_is_read(self, video: Video) -> None:
        job = video.asset.current_job
        assert job
        for name, width, playlist in (("1080p", 1920, "1080p/index.m3u8"), ("360p", 640, "360p/index.m3u8")):
            Rendition.objects.create(job=job, token=1, name=name, kind="video", width_px=width, playlist=playlist)
        assert sources_of(video.asset).playlist == f"{video.asset.played_prefix}720p/index.m3u8"
        Rendition.objects.filter(width_px__gt=1000).delete()
        assert sources_of(video.asset).playlist == f"{video.asset.played_prefix}360p/index.m3u8"

    def test_of_one_that_was_made_anew_the_new_one(self, video: Video) -> None:
        Rendition.objects.filter(name="720p").update(playlist="../../other/1/720p/index.m3u8")
        there = f"assets/{video.asset.public_id}/other/1/720p/index.m3u8"
        assert sources_of(video.asset).playlist == there


class TestTelling:
    def test_how_far_they_are(self, video: Video, owner: Client) -> None:
        make_candidates(video.asset)
        waiting = owner.get(path(video, "")).json()["offer"]
        assert (waiting["state"], waiting["message"]) == (
            "underway", "No machine is running at present. It goes on by itself as soon as one does.",
        )  # fmt: skip
        assert record_event(news(dispatched(), seq=1, percent=42))
        running = owner.get(path(video, "")).json()["offer"]
        assert running == {"state": "underway", "percent": 42.0, "message": "The pictures are being made."}

    def test_the_pictures_are_offered_and_can_be_chosen(self, video: Video, owner: Client) -> None:
        make_candidates(video.asset)
        assert made(dispatched())
        poster = owner.get(path(video, "")).json()
        assert poster["offer"]["state"] == "ready"
        assert [item["at_ms"] for item in poster["candidates"]] == [2_000, 9_000]
        url = poster["candidates"][1]["poster_url"]
        assert ".." not in url
        assert open_objects().read(url.removeprefix("/media/")) == b"jpg of posters/9000.jpg"
        chosen = owner.put(path(video, ""), {"at_ms": 9_000}, content_type="application/json").json()
        assert open_objects().read(chosen["poster_url"].removeprefix("/media/")) == b"jpg of posters/9000.jpg"
        assert compare_storage() == Audit(unowned=(), missing=())

    def test_what_failed_says_why_and_may_be_asked_for_again(self, video: Video, owner: Client) -> None:
        make_candidates(video.asset)
        job = dispatched()
        assert record_event(news(job, EventKind.FAILED, seq=1, failure=a_failure(FailureCode.UNSUPPORTED)))
        offer = owner.get(path(video, "")).json()["offer"]
        assert (offer["state"], offer["message"]) == (
            "failed", "This kind of recording is not supported. Please export it as MP4.",
        )  # fmt: skip
        asset = fresh(video.asset)
        assert (asset.state, processing_of(asset).message) == (AssetState.READY, "Ready to watch.")
        assert "Try again" in owner.get(f"/studio/{video.public_id}").content.decode()
        assert owner.post(path(video)).json()["offer"]["state"] == "underway"
        assert TranscodeJob.objects.filter(work="posters").count() == 2

    def test_a_recording_that_shows_nothing_is_not_asked_for_ever(self, video: Video, owner: Client) -> None:
        make_candidates(video.asset)
        assert record_event(news(dispatched(), EventKind.DONE, seq=1, snapshot=Snapshot()))
        assert owner.post(path(video)).json()["offer"]["state"] == "empty"
        assert TranscodeJob.objects.filter(work="posters").count() == 1

    def test_pictures_of_what_is_not_played_any_more_are_not_offered(self, video: Video, owner: Client) -> None:
        make_candidates(video.asset)
        job = dispatched()
        now = clock.now()
        other = TranscodeJob.objects.create(asset=video.asset, state="running", token=1, dispatched_at=now)
        assert record_event(news(other, EventKind.DONE, seq=1, snapshot=a_snapshot(state=RenditionState.READY)))
        made(job)
        assert owner.get(path(video, "")).json()["candidates"] == []


class TestBesideTheTranscode:
    def test_it_is_no_transcode_of_the_lesson(self, video: Video) -> None:
        before = newest_job(video.asset)
        make_candidates(video.asset)
        assert newest_job(video.asset) == before

    def test_a_new_transcode_gives_it_up(self, video: Video) -> None:
        make_candidates(video.asset)
        job = dispatched()
        assert services.queue_job(video.asset)
        job.refresh_from_db()
        assert job.state == JobState.CANCELLED
        assert is_told_to_stop(job, job.token)

    def test_the_pictures_stay_while_they_are_offered_and_go_when_others_are(self, video: Video) -> None:
        make_candidates(video.asset)
        job = dispatched()
        assert made(job)
        later = clock.now() + KEPT * 2
        with patch.object(clock, "now", lambda: later):
            assert collect_stale_media() == 0
            TranscodeJob.objects.filter(pk=fresh(video.asset).current_job_id).update(poster_candidates=[])
            assert collect_stale_media() == 5
        assert compare_storage().missing == ()

    def test_operators_try_it_again_as_what_it_was(self, video: Video) -> None:
        make_candidates(video.asset)
        job = dispatched()
        assert record_event(news(job, EventKind.FAILED, seq=1, failure=a_failure(FailureCode.UNSUPPORTED)))
        again = retry_job(job, by=a_person(Role.STAFF))
        assert again.work == "posters"
