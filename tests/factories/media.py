"""Assets and jobs in any state, what workers say of them, and what the broker holds for them."""

import base64
import json
from typing import Any

from eduvideo.accounts.models import User
from eduvideo.core import clock
from eduvideo.core.broker import broker
from eduvideo.core.objects import open_objects
from eduvideo.media import services
from eduvideo.media.models import Asset, AssetState, JobState, TranscodeJob
from eduvideo.media.progress import record_event
from tests.factories.uploads import an_upload
from transcoding.messages import (
    TRANSCODE_QUEUE,
    WORKER_KEY_PREFIX,
    EventKind,
    Failure,
    FailureCode,
    RenditionInfo,
    RenditionKind,
    RenditionState,
    Snapshot,
    Split,
    Stage,
    TranscodeEvent,
    cancel_key,
)

DURATION_MS = 60_000


def an_asset(*, state: AssetState = AssetState.WAITING, language: str = "en", owner: User | None = None) -> Asset:
    """Return an asset whose source is in the store."""
    upload = an_upload(owner=owner)
    open_objects().write(upload.source_key, b"0123456789", content_type="video/mp4")
    upload.object_key, upload.state = upload.source_key, "completed"
    upload.save()
    asset = services.create_asset(upload=upload, language=language)
    asset.source_key, asset.state = upload.source_key, state
    asset.save()
    return asset


def a_queued_job(*, priority: int | None = None) -> TranscodeJob:
    job = services.queue_job(an_asset(), priority=priority)
    assert job
    return job


def a_running_job(*, token: int = 1, asset: Asset | None = None) -> TranscodeJob:
    """Return a job that a worker has begun."""
    asset = asset or an_asset(state=AssetState.PROCESSING)
    now = clock.now()
    return TranscodeJob.objects.create(
        asset=asset, state=JobState.RUNNING, token=token, dispatched_at=now, heartbeat_at=now, started_at=now
    )


def a_played_asset(*, is_public: bool = True) -> Asset:
    """Return a finished asset with renditions, stills and the objects of its attempt."""
    job = a_running_job()
    objects = {
        "720p/index.m3u8": b"#EXTM3U\n",
        "audio/index.m3u8": b"#EXTM3U\n",
        "720p/seg_00001.m4s": b"0123456789",
        "poster.jpg": b"jpg",
    }
    for name, body in (objects | {"720p/init.mp4": b"init", "result.json": b"{}"}).items():
        open_objects().write(job.output_prefix(1) + name, body, content_type="application/octet-stream")
    assert record_event(news(job, EventKind.DONE, seq=1, snapshot=a_snapshot(state=RenditionState.READY)))
    services.set_asset_public(job.asset, is_public=is_public)
    return Asset.objects.select_related("current_job").get(pk=job.asset_id)


def a_snapshot(*, state: RenditionState = RenditionState.ENCODING, **more: Any) -> Snapshot:
    """Return a snapshot of one picture and one sound."""
    common = {"state": state, "bandwidth_bps": 900_000, "average_bandwidth_bps": 800_000}
    picture = RenditionInfo(
        name="720p", kind=RenditionKind.VIDEO, width_px=1280, height_px=720, fps=30.0, codecs="avc1.64001f",
        playlist="720p/index.m3u8", **common,
    )  # fmt: skip
    sound = RenditionInfo(
        name="audio", kind=RenditionKind.AUDIO, codecs="mp4a.40.2", playlist="audio/index.m3u8", **common
    )
    known = {"duration_ms": DURATION_MS, "has_video": True, "has_audio": True, "poster": "poster.jpg", **more}
    return Snapshot(renditions=(picture, sound), **known)


def news(
    job: TranscodeJob,
    kind: EventKind = EventKind.PROGRESS,
    *,
    seq: int,
    token: int | None = None,
    snapshot: Snapshot | None = None,
    failure: Failure | None = None,
    percent: float = 50,
    split: Split | None = None,
) -> TranscodeEvent:
    """Return what a worker says of the job's current attempt, unless told otherwise."""
    return TranscodeEvent(
        job=job.public_id,
        token=job.token if token is None else token,
        seq=seq,
        kind=kind,
        stage=Stage.ENCODE,
        percent=percent,
        snapshot=snapshot or Snapshot(),
        failure=failure,
        split=split,
    )


def a_failure(code: FailureCode, *, retryable: bool = False) -> Failure:
    return Failure(code=code, message="It did not work.", detail="exit 1", retryable=retryable)


def announce_slots(slots: int, *, worker: str = "one") -> None:
    """Let the broker know of a living transcoding worker."""
    broker().set(f"{WORKER_KEY_PREFIX}{worker}", slots, ex=60)


def queued_requests() -> list[dict[str, Any]]:
    """Return the requests that lie in the broker for a worker, oldest first."""
    raw: Any = broker().lrange(TRANSCODE_QUEUE, 0, -1)
    messages = [json.loads(base64.b64decode(json.loads(message)["body"])) for message in reversed(raw)]
    return [message[0][0] for message in messages]


def is_told_to_stop(job: TranscodeJob, token: int) -> bool:
    return bool(broker().exists(cancel_key(job.public_id, token)))
