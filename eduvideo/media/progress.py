"""News of workers into rows: what a TranscodeEvent changes, at most once each.

Events may be lost, doubled, late or from an attempt that was given up. The conditional update on token and seq lets
exactly the newer news of the current attempt through; snapshots are cumulative, so nothing is missed by skipping.
"""

from datetime import timedelta

from django.db import transaction

from eduvideo.core import clock
from eduvideo.core.events import emit
from eduvideo.media.events import AssetFailed, AssetPlayable, AssetReady, CaptionsFound
from eduvideo.media.models import IN_FLIGHT, Asset, AssetState, JobState, Rendition, TranscodeJob
from eduvideo.media.services import tell_worker_to_stop
from transcoding.messages import EventKind, Failure, FailureCode, RenditionInfo, RenditionState, TranscodeEvent

MAX_RETRIES = 3  # attempts that failed; the last is the end
MAX_STOPS = 50  # dispatches after which even an orderly stop of a worker, or a store that is away, ends the job
RETRY_AFTER = timedelta(seconds=10)  # doubles with every try
MAX_DOUBLINGS = 5  # for a store that is away: about five minutes
STATES = {
    EventKind.DONE: JobState.SUCCEEDED,
    EventKind.FAILED: JobState.FAILED,
    EventKind.CANCELLED: JobState.CANCELLED,
}
OPEN = (JobState.QUEUED, JobState.RUNNING)


def record_event(event: TranscodeEvent) -> bool:
    """Take in news of a worker; False when it was stale and dropped. Safe to repeat."""
    job = TranscodeJob.objects.select_related("asset").filter(public_id=event.job).first()
    if job is None:
        tell_worker_to_stop(event.job, event.token)
        return False
    with transaction.atomic():
        if not _advance(job, event):
            stale = event.token != job.token or job.state not in OPEN
            if stale and not event.kind.is_final:
                transaction.on_commit(lambda: tell_worker_to_stop(event.job, event.token))
            return False
        _write_renditions(job, event)
        if event.kind is EventKind.DONE:
            _announce_captions(job, event)
        _move_asset(job, event)
    return True


def _advance(job: TranscodeJob, event: TranscodeEvent) -> int:
    now = clock.now()
    changes: dict[str, object] = {
        "last_seq": event.seq,
        "heartbeat_at": now,
        "stage": event.stage.value,
        "percent": event.percent,
        "state": STATES.get(event.kind, JobState.RUNNING),
    }
    if job.started_at is None:
        changes["started_at"] = now
    if event.kind.is_final:
        changes["finished_at"] = now
    if event.failure:
        changes |= _failure_changes(job, event.failure)
    for name in ("poster", "thumbnail", "storyboard"):
        if path := getattr(event.snapshot, name):
            changes[name] = path
    # In flight: the last words of an attempt that was given up, but not dispatched anew yet, are stale as well.
    fresh = TranscodeJob.objects.filter(IN_FLIGHT, pk=job.pk, token=event.token, last_seq__lt=event.seq)
    return fresh.update(**changes)


def _failure_changes(job: TranscodeJob, failure: Failure) -> dict[str, object]:
    """Return what a failure writes: the end, or another place in the queue where trying again may help."""
    told: dict[str, object] = {
        "failure_code": failure.code.value,
        "failure_message": failure.message,
        "failure_detail": failure.detail[:4000],
    }
    again = {**told, "state": JobState.QUEUED, "dispatched_at": None, "finished_at": None}
    if job.token < MAX_STOPS:  # what is no fault of the job costs no try
        if failure.code is FailureCode.WORKER_STOPPED:
            return again
        if failure.code is FailureCode.STORAGE_UNAVAILABLE:
            return {**again, "due_at": clock.now() + RETRY_AFTER * 2 ** min(job.token, MAX_DOUBLINGS)}
    tries = job.tries + 1
    if failure.retryable and tries < MAX_RETRIES:
        return {**again, "tries": tries, "due_at": clock.now() + RETRY_AFTER * 2**job.tries}
    return {**told, "tries": tries}


def _write_renditions(job: TranscodeJob, event: TranscodeEvent) -> None:
    rows = [_row(job, event.token, info) for info in event.snapshot.renditions if info.state != RenditionState.WAITING]
    Rendition.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["job", "token", "name"],
        update_fields=[
            "state", "width_px", "height_px", "fps", "codecs", "bandwidth_bps", "average_bandwidth_bps", "language",
            "playlist", "iframe_playlist", "iframe_bandwidth_bps", "size_bytes",
        ],
    )  # fmt: skip


def _row(job: TranscodeJob, token: int, info: RenditionInfo) -> Rendition:
    return Rendition(
        job=job,
        token=token,
        name=info.name,
        kind=info.kind.value,
        state=info.state.value,
        width_px=info.width_px,
        height_px=info.height_px,
        fps=info.fps,
        codecs=info.codecs,
        bandwidth_bps=info.bandwidth_bps,
        average_bandwidth_bps=info.average_bandwidth_bps,
        language=info.language,
        playlist=info.playlist,
        iframe_playlist=info.iframe_playlist or "",
        iframe_bandwidth_bps=info.iframe_bandwidth_bps,
        size_bytes=info.size_bytes,
    )


def _move_asset(job: TranscodeJob, event: TranscodeEvent) -> None:
    """Move the asset on: playable with its first playable job, ready at the end, failed if nothing can be played."""
    asset = Asset.objects.filter(pk=job.asset_id)
    if event.kind in {EventKind.PLAYABLE, EventKind.PROGRESS} and _is_playable(event):
        TranscodeJob.objects.filter(pk=job.pk, playable_token=None).update(playable_token=event.token)
        first = asset.filter(state__in=[AssetState.WAITING, AssetState.PROCESSING, AssetState.FAILED])
        if first.update(state=AssetState.PLAYABLE, current_job=job, duration_ms=event.snapshot.duration_ms):
            emit(AssetPlayable(asset_id=job.asset_id))
    elif event.kind is EventKind.DONE:
        TranscodeJob.objects.filter(pk=job.pk).update(playable_token=event.token)
        asset.update(state=AssetState.READY, current_job=job, duration_ms=event.snapshot.duration_ms)
        emit(AssetReady(asset_id=job.asset_id))
    elif event.kind is EventKind.FAILED and TranscodeJob.objects.filter(pk=job.pk, state=JobState.FAILED).exists():
        fail_asset(job, code=event.failure.code.value if event.failure else "")


def fail_asset(job: TranscodeJob, *, code: str) -> None:
    """End an asset with its failed job, once: what was playable from this very job too; an earlier job's media stay."""
    asset = Asset.objects.filter(pk=job.asset_id)
    lost = asset.filter(state__in=[AssetState.PROCESSING, AssetState.WAITING]) | asset.filter(
        state=AssetState.PLAYABLE, current_job=job
    )
    if lost.update(state=AssetState.FAILED, current_job=None):
        emit(AssetFailed(asset_id=job.asset_id, code=code))


def _is_playable(event: TranscodeEvent) -> bool:
    """Tell whether a snapshot can be watched; a lost `playable` is made good by the progress after it."""
    renditions = event.snapshot.renditions
    begun = [info for info in renditions if info.playlist and info.state != RenditionState.WAITING]
    return bool(renditions) and len(begun) == len(renditions) and event.snapshot.duration_ms is not None


def _announce_captions(job: TranscodeJob, event: TranscodeEvent) -> None:
    for found in event.snapshot.captions:
        told = {"path": found.path, "language": found.language, "label": found.label[:60]}
        emit(CaptionsFound(job_id=job.pk, token=event.token, **told))
