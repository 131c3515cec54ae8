"""Transcodes in parts: split, with workers that have some of their parts, and what those have put into the store."""

from eduvideo.core import clock
from eduvideo.core.objects import open_objects
from eduvideo.media.models import Asset, JobState, TranscodeJob
from eduvideo.media.progress import record_event
from tests.factories.media import a_running_job, a_snapshot, news
from transcoding.messages import EventKind, RenditionState, Snapshot, Split

PLAN = Split(plan="plan.json", parts=(("720p", "audio"), ("720p",), ("720p",)))


def a_split_job(*, split: Split = PLAN, asset: Asset | None = None) -> TranscodeJob:
    """Return a job that was split: three parts of a picture, the first with all of the sound."""
    job = a_running_job(asset=asset)
    planned = a_snapshot(state=RenditionState.WAITING, poster=None)
    assert record_event(news(job, EventKind.SPLIT, seq=2, snapshot=planned, split=split))
    job.refresh_from_db()
    return job


def parts_of(job: TranscodeJob) -> list[TranscodeJob]:
    return list(job.parts.select_related("asset").order_by("part"))


def begin(part: TranscodeJob) -> TranscodeJob:
    """Give a part to a worker: a new run of it."""
    now = clock.now()
    TranscodeJob.objects.filter(pk=part.pk).update(
        state=JobState.QUEUED, dispatched_at=now, heartbeat_at=now, token=part.token + 1, last_seq=0
    )
    part.refresh_from_db()
    return part


def made_by(part: TranscodeJob, *, state: RenditionState = RenditionState.ENCODING) -> Snapshot:
    """Return what the run of a part tells of what it makes."""
    whole = a_snapshot(state=state, poster=None)
    mine = tuple(
        info.model_copy(update={"playlist": f"{info.name}/growing.m3u8"})
        for info in whole.renditions
        if info.name in part.makes
    )
    return whole.model_copy(update={"renditions": mine})


def put_growing(part: TranscodeJob, *, segments: int, token: int | None = None, first: int = 1) -> None:
    """Write what a run of a part lists so far: its own growing playlists."""
    prefix = part.output_prefix(token or part.token)
    head = (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:EVENT\n"
        '#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI="init.mp4"\n'
    )
    listed = "".join(f"#EXTINF:6.000000,\nseg_{first + n:05}.m4s\n" for n in range(segments))
    for name in part.makes:
        open_objects().write(f"{prefix}{name}/growing.m3u8", (head + listed).encode(), content_type="text/plain")
        for n in range(segments):
            open_objects().write(f"{prefix}{name}/seg_{first + n:05}.m4s", b"m4s", content_type="video/mp4")


def finish(part: TranscodeJob, *, seq: int = 9) -> bool:
    done = news(part, EventKind.DONE, seq=seq, snapshot=made_by(part, state=RenditionState.READY), percent=100)
    return record_event(done)
