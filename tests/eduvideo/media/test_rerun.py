"""One rendition made anew: when, what it replaces, and that nothing else is harmed by it."""

import pytest

from eduvideo.core.errors import ConflictError
from eduvideo.core.objects import open_objects
from eduvideo.media import access, services
from eduvideo.media.audit import compare_storage
from eduvideo.media.dispatch import dispatch_jobs
from eduvideo.media.models import Asset, AssetState, JobState, Priority, Rendition, TranscodeJob
from eduvideo.media.progress import record_event
from eduvideo.media.queries import newest_job, processing_of
from eduvideo.media.rerun import remake_rendition
from tests.factories.media import (
    a_failure,
    a_played_asset,
    a_running_job,
    a_snapshot,
    announce_slots,
    is_told_to_stop,
    news,
    queued_requests,
)
from tests.factories.uploads import an_upload, ask
from transcoding.messages import EventKind, FailureCode, RenditionState, Snapshot, TranscodeEvent

pytestmark = pytest.mark.django_db(transaction=True)
READY = a_snapshot(state=RenditionState.READY)


@pytest.fixture
def asset() -> Asset:
    return a_played_asset()


def running(job: TranscodeJob | None) -> TranscodeJob:
    """Dispatch the only job that waits."""
    assert job
    announce_slots(1)
    assert dispatch_jobs() == 1
    job.refresh_from_db()
    return job


def smaller(job: TranscodeJob) -> TranscodeEvent:
    """Return that the run made a smaller picture, which lies in the store."""
    made = READY.renditions[0].model_copy(
        update={"average_bandwidth_bps": 500_000, "size_bytes": 4, "iframe_playlist": "720p/iframes.m3u8"}
    )
    for name in ("index.m3u8", "iframes.m3u8", "seg_00001.m4s"):
        open_objects().write(f"{job.output_prefix(1)}720p/{name}", b"#EXTM3U\n", content_type="text/plain")
    return news(job, EventKind.DONE, seq=3, snapshot=Snapshot(renditions=(made,)))


def picture(asset: Asset) -> Rendition:
    """Return the row of the picture that is played."""
    job = Asset.objects.select_related("current_job").get(pk=asset.pk).current_job
    assert job
    return Rendition.objects.get(job=job, token=job.playable_token or 0, name="720p")


def test_a_worker_is_told_which_rendition_and_how_the_others_were_made(asset: Asset) -> None:
    job = running(remake_rendition(asset, "720p"))
    (request,) = queued_requests()
    assert (request["work"], request["rendition"], request["only_if_smaller"]) == ("rendition", "720p", False)
    assert request["plan_key"] == f"{asset.played_prefix}result.json"
    assert request["output_prefix"] == f"assets/{asset.public_id}/{job.public_id}/1/"


def test_it_takes_the_place_of_the_old_one_in_playlists(asset: Asset) -> None:
    job = running(remake_rendition(asset, "720p"))
    assert record_event(smaller(job))
    row = picture(asset)
    assert row.playlist == f"../../{job.public_id}/1/720p/index.m3u8"
    assert row.iframe_playlist == f"../../{job.public_id}/1/720p/iframes.m3u8"
    assert (row.average_bandwidth_bps, row.size_bytes, row.width_px) == (500_000, 4, 1280)
    access.forget()
    master = ask("GET", f"/media/{asset.played_prefix}master.m3u8")
    address = next(line for line in master.text.splitlines() if line.startswith("../../"))
    assert ask("GET", str(master.url.join(address))).status_code == 200
    assert compare_storage().missing == ()
    assert compare_storage().unowned == ()
    asset.refresh_from_db()
    assert asset.state == AssetState.READY
    assert newest_job(asset) == asset.current_job
    assert processing_of(asset).message == "Ready to watch."


@pytest.mark.parametrize("code", [FailureCode.INTERNAL, FailureCode.BROKEN_TIMING])
def test_its_failure_harms_nothing(asset: Asset, code: FailureCode) -> None:
    job = running(remake_rendition(asset, "720p"))
    assert record_event(news(job, EventKind.FAILED, seq=2, failure=a_failure(code)))
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    asset.refresh_from_db()
    assert (asset.state, picture(asset).playlist) == (AssetState.READY, "720p/index.m3u8")


def test_nothing_is_replaced_where_it_is_not_smaller(asset: Asset) -> None:
    job = running(remake_rendition(asset, "720p", only_if_smaller=True))
    assert record_event(news(job, EventKind.DONE, seq=3, snapshot=Snapshot()))
    job.refresh_from_db()
    assert (job.state, picture(asset).playlist) == (JobState.SUCCEEDED, "720p/index.m3u8")


def test_nothing_is_replaced_in_what_is_played_by_then(asset: Asset) -> None:
    job = running(remake_rendition(asset, "720p"))
    again = a_running_job(asset=asset)
    record_event(news(again, EventKind.DONE, seq=1, snapshot=READY))
    assert record_event(smaller(job))
    assert picture(asset).playlist == "720p/index.m3u8"
    assert not Rendition.objects.filter(playlist__startswith="../").exists()


def test_each_rendition_is_made_anew_once_at_a_time(asset: Asset) -> None:
    assert remake_rendition(asset, "720p")
    assert remake_rendition(asset, "720p") is None
    assert remake_rendition(asset, "audio")


def test_a_new_encode_of_all_gives_up_what_was_being_made_anew(asset: Asset) -> None:
    job = running(remake_rendition(asset, "720p"))
    assert services.queue_job(asset)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert is_told_to_stop(job, 1)
    with pytest.raises(ConflictError):
        remake_rendition(asset, "720p")


def test_there_must_be_something_to_make_anew(asset: Asset) -> None:
    with pytest.raises(ConflictError, match="no such rendition"):
        remake_rendition(asset, "4320p")
    Asset.objects.update(state=AssetState.PLAYABLE)
    with pytest.raises(ConflictError, match="finished"):
        remake_rendition(asset, "720p")


def test_nothing_is_made_anew_while_another_recording_is_to_take_the_place(asset: Asset) -> None:
    """What is here is not what is played, so it would be put together of two recordings."""
    Asset.objects.update(former_upload=asset.upload, upload=an_upload())
    with pytest.raises(ConflictError, match="Another recording"):
        remake_rendition(asset, "720p")
    assert not queued_requests()


def test_a_copied_picture_is_encoded_when_nothing_else_is_to_do() -> None:
    job = a_running_job()
    picture_info, sound = READY.renditions
    copied = READY.model_copy(update={"renditions": (picture_info.model_copy(update={"is_copied": True}), sound)})
    done = news(job, EventKind.DONE, seq=3, snapshot=copied)
    assert [record_event(done), record_event(done)] == [True, False]
    later = TranscodeJob.objects.get(work="rendition")
    assert (later.rendition, later.only_if_smaller, later.priority) == ("720p", True, Priority.REENCODE)
    assert picture(job.asset).is_copied
    record_event(smaller(running(later)))
    assert not picture(job.asset).is_copied
    assert TranscodeJob.objects.filter(work="rendition").count() == 1
