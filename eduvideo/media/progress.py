"""News of workers into rows: what a TranscodeEvent changes, at most once each.

Events may be lost, doubled, late or from an attempt that was given up. The conditional update on token and seq lets
exactly the newer news of the current attempt through; snapshots are cumulative, so nothing is missed by skipping.
"""

import logging
from datetime import timedelta

from django.db import transaction

from eduvideo.core import clock
from eduvideo.core.events import emit
from eduvideo.media.candidates import follow_candidates
from eduvideo.media.endings import follow_failure, lock_family
from eduvideo.media.events import AssetPlayable, AssetReady, CaptionsFound
from eduvideo.media.models import ACTIVE, IN_FLIGHT, Asset, AssetState, JobState, TranscodeJob
from eduvideo.media.renditions import has_begun, write_renditions
from eduvideo.media.rerun import follow_rerun, improve_copied
from eduvideo.media.services import tell_worker_to_stop
from eduvideo.media.sources import settle_recording
from eduvideo.media.splitting import begin_parts, follow_part, split_changes
from eduvideo.uploads.services import note_sha256
from transcoding.messages import EventKind, Failure, FailureCode, RenditionState, TranscodeEvent, Work

logger = logging.getLogger(__name__)

MAX_RETRIES = 3  # attempts that failed; the last is the end
MAX_KILLS = 6  # attempts whose programs were killed from outside: rarely the fault of the file, but it may be
MAX_STOPS = 50  # dispatches after which even an orderly stop of a worker, or a store that is away, ends the job
RETRY_AFTER = timedelta(seconds=10)  # doubles with every try
MAX_DOUBLINGS = 5  # for a store that is away: about five minutes
STILLS = ("poster", "thumbnail", "storyboard")
STATES = {
    EventKind.DONE: JobState.SUCCEEDED,
    EventKind.FAILED: JobState.FAILED,
    EventKind.CANCELLED: JobState.CANCELLED,
}


def record_event(event: TranscodeEvent) -> bool:
    """Take in news of a worker; False when it was stale and dropped. Safe to repeat."""
    job = TranscodeJob.objects.select_related("asset").filter(public_id=event.job).first()
    if job is None:
        tell_worker_to_stop(event.job, event.token)
        return False
    if event.kind is EventKind.SPLIT and job.work != Work.WHOLE:
        return False  # told twice
    if event.kind is EventKind.SPLIT and not (event.split and event.split.parts):
        logger.error("Job %s was split into no parts", job)
        return False
    with transaction.atomic():
        lock_family(job)
        if not _advance(job, event):
            stale = event.token != job.token or job.state not in ACTIVE
            if stale and not event.kind.is_final:
                transaction.on_commit(lambda: tell_worker_to_stop(event.job, event.token))
            return False
        _follow(job, event)
    return True


def _follow(job: TranscodeJob, event: TranscodeEvent) -> None:
    """Do what news that was let through mean for renditions, for other jobs and for the asset."""
    if event.snapshot.source_sha256 and job.asset.upload_id:
        note_sha256(job.asset.upload_id, sha256=event.snapshot.source_sha256)
    if event.kind is EventKind.SPLIT and event.split:
        begin_parts(job, event, event.split)
        return
    begun = [info for info in event.snapshot.renditions if info.state != RenditionState.WAITING]
    write_renditions(job, token=event.token, infos=begun)
    if job.work == Work.PART:
        follow_part(job, event)
        if event.kind is EventKind.DONE:
            _announce_captions(job, event)  # those inside the source come with its sound; the join knows none
    elif job.work == Work.RENDITION:
        follow_rerun(job, event)
    elif job.work == Work.POSTERS:
        follow_candidates(job, event)
    else:
        _move_asset(job, event)


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
    if event.snapshot.duration_ms is not None:
        changes["duration_ms"] = event.snapshot.duration_ms
    if job.work != Work.JOIN or event.kind is EventKind.DONE:  # until then the run that split is played
        changes |= {name: path for name in STILLS if (path := getattr(event.snapshot, name))}
        if event.snapshot.poster_candidates:
            changes["poster_candidates"] = [info.model_dump() for info in event.snapshot.poster_candidates]
    if event.kind is EventKind.SPLIT and event.split:
        changes |= {"finished_at": None, **split_changes(job, token=event.token, split=event.split)}
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
    most = MAX_KILLS if failure.code is FailureCode.KILLED else MAX_RETRIES
    if failure.retryable and tries < most:
        return {**again, "tries": tries, "due_at": clock.now() + RETRY_AFTER * 2**job.tries}
    return {**told, "tries": tries}


def _move_asset(job: TranscodeJob, event: TranscodeEvent) -> None:
    """Move the asset on: playable with its first playable job, ready at the end, failed if nothing can be played."""
    asset = Asset.objects.filter(pk=job.asset_id)
    if job.work == Work.WHOLE and event.kind in {EventKind.PLAYABLE, EventKind.PROGRESS} and _is_playable(event):
        TranscodeJob.objects.filter(pk=job.pk, playable_token=None).update(playable_token=event.token)
        first = asset.filter(state__in=[AssetState.WAITING, AssetState.PROCESSING, AssetState.FAILED])
        if first.update(state=AssetState.PLAYABLE, current_job=job, duration_ms=event.snapshot.duration_ms):
            emit(AssetPlayable(asset_id=job.asset_id))
    elif event.kind is EventKind.DONE:
        TranscodeJob.objects.filter(pk=job.pk).update(playable_token=event.token)
        asset.update(state=AssetState.READY, current_job=job, duration_ms=event.snapshot.duration_ms)
        settle_recording(job)
        emit(AssetReady(asset_id=job.asset_id))
        _announce_captions(job, event)
        improve_copied(job, event)
    elif event.kind is EventKind.FAILED and TranscodeJob.objects.filter(pk=job.pk, state=JobState.FAILED).exists():
        follow_failure(job)


def _is_playable(event: TranscodeEvent) -> bool:
    """Tell whether a snapshot can be watched; a lost `playable` is made good by the progress after it."""
    renditions = event.snapshot.renditions
    return bool(renditions) and all(map(has_begun, renditions)) and event.snapshot.duration_ms is not None


def _announce_captions(job: TranscodeJob, event: TranscodeEvent) -> None:
    for found in event.snapshot.captions:
        told = {"path": found.path, "language": found.language, "label": found.label[:60]}
        emit(CaptionsFound(job_id=job.pk, token=event.token, is_automatic=found.is_automatic, **told))
