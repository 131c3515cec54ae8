"""What follows when a transcode does not succeed: for its parts, for the job that it is a part of, for its asset."""

from functools import partial

from django.db import transaction

from eduvideo.core import clock
from eduvideo.core.events import emit
from eduvideo.media.events import AssetFailed
from eduvideo.media.models import ACTIVE, BESIDE, Asset, AssetState, JobState, TranscodeJob
from eduvideo.media.services import cancel_active, tell_worker_to_stop


def follow_failure(job: TranscodeJob) -> None:
    """Carry on what the failure of a job means, with its reason as it is in the database. In a transaction.

    A part takes its parent with it, and a job all of its parts; what is made beside a finished one harms nothing.
    """
    job.refresh_from_db(fields=["state", "failure_code", "failure_message", "failure_detail"])
    if job.work in BESIDE:
        return
    if job.parent_id is None:
        cancel_active(TranscodeJob.objects.filter(parent=job))
        fail_asset(job, code=job.failure_code)
        return
    told = {
        "failure_code": job.failure_code,
        "failure_message": job.failure_message,
        "failure_detail": job.failure_detail,
        "finished_at": clock.now(),
    }
    parent = TranscodeJob.objects.get(pk=job.parent_id)
    if TranscodeJob.objects.filter(pk=parent.pk, state__in=ACTIVE).update(state=JobState.FAILED, **told):
        follow_failure(parent)


def follow_cancellation(job: TranscodeJob) -> None:
    """End a job whose part was stopped, and the other parts with it. In a transaction."""
    if job.parent_id is not None:
        cancel_active(TranscodeJob.objects.filter(pk=job.parent_id))
        cancel_active(TranscodeJob.objects.filter(parent_id=job.parent_id))


def fail_asset(job: TranscodeJob, *, code: str) -> None:
    """End an asset with its failed job, once: what was playable from this very job too; an earlier job's media stay."""
    asset = Asset.objects.filter(pk=job.asset_id)
    lost = asset.filter(state__in=[AssetState.PROCESSING, AssetState.WAITING]) | asset.filter(
        state=AssetState.PLAYABLE, current_job=job
    )
    if lost.update(state=AssetState.FAILED, current_job=None):
        emit(AssetFailed(asset_id=job.asset_id, code=code))


def lock_family(job: TranscodeJob) -> None:
    """Let one at a time change the parts of a job, so that the last two of them don't each think the other is to come.

    SQLite has one writer anyway. Always the parent before its parts, so that nobody waits for one another.
    """
    Asset.objects.select_for_update().filter(pk=job.asset_id).first()
    if job.parent_id is not None:
        TranscodeJob.objects.select_for_update().filter(pk=job.parent_id).first()


def stop_run(job: TranscodeJob) -> None:
    """Tell the worker of a job's present run to stop, once this transaction is through."""
    transaction.on_commit(partial(tell_worker_to_stop, job.public_id, job.token))
