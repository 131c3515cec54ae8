"""Writes of media: assets, playback sessions. Jobs are in dispatch.py and progress.py, captions in captioning.py."""

import logging
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import Organization
from eduvideo.core import clock
from eduvideo.core.broker import BrokerError, broker
from eduvideo.core.errors import ConflictError
from eduvideo.core.events import emit
from eduvideo.media.events import AssetDeleted, AssetHidden, JobQueued
from eduvideo.media.models import (
    ACTIVE,
    BESIDE,
    OWN,
    SESSION_IDLE,
    Asset,
    AssetState,
    JobState,
    PlaybackSession,
    Priority,
    TranscodeJob,
)
from eduvideo.uploads.models import Upload
from eduvideo.uploads.services import move_upload, remove_upload
from transcoding.messages import cancel_key

logger = logging.getLogger(__name__)

CANCEL_KEPT_S = 24 * 3600


def create_asset(*, upload: Upload, language: str, priority: Priority = Priority.NORMAL) -> Asset:
    """Make the asset that an upload will become; its transcode is to have a priority."""
    return Asset.objects.create(upload=upload, source_name=upload.filename, language=language, priority=priority)


@transaction.atomic
def set_asset_public(asset: Asset, *, is_public: bool) -> None:
    """Let anyone fetch an asset's media, or only those with a playback session."""
    changed = Asset.objects.filter(pk=asset.pk, is_public=not is_public).update(is_public=is_public)
    asset.is_public = is_public
    if changed and not is_public:
        emit(AssetHidden(asset_public_id=asset.public_id))


def set_asset_language(asset: Asset, *, language: str) -> None:
    """Correct the language of the speech; renditions that exist keep what they announce."""
    Asset.objects.filter(pk=asset.pk).update(language=language)
    asset.language = language


@transaction.atomic
def queue_job(asset: Asset, *, priority: int | None = None) -> TranscodeJob | None:
    """Queue a transcode of the asset's source, with the asset's own priority unless told; None when one is under way.

    Renditions and posters that are being made anew are given up: all of them are made anew now.
    """
    told = Asset.objects.values("priority", "upload__owner_id").get(pk=asset.pk)
    if priority is None:
        priority = told["priority"]
    try:
        with transaction.atomic():
            job = TranscodeJob.objects.create(asset=asset, priority=priority, creator_id=told["upload__owner_id"])
    except IntegrityError:  # the constraint one_active_job_per_asset
        return None
    cancel_active(TranscodeJob.objects.filter(asset=asset, work__in=BESIDE))
    Asset.objects.filter(pk=asset.pk, state__in=[AssetState.WAITING, AssetState.FAILED]).update(
        state=AssetState.PROCESSING
    )
    emit(JobQueued(job_id=job.pk))
    return job


def hurry_asset(asset: Asset) -> None:
    """Let an asset go before others, as somebody waits for it now: its transcode that waits and any to come."""
    set_asset_priority(asset, priority=Priority.WAITED_FOR)


@transaction.atomic
def set_asset_priority(asset: Asset, *, priority: Priority) -> None:
    """Give an asset's transcodes another place: the one under way with its parts, and any to come.

    What lies with a worker already stays there. What is made anew of a finished one keeps its own priority.
    """
    Asset.objects.filter(pk=asset.pk).update(priority=priority)
    asset.priority = priority
    asset.jobs.filter(state__in=ACTIVE).exclude(work__in=BESIDE).update(priority=priority)


def retry_asset(asset: Asset) -> TranscodeJob:
    """Try a failed recording again; raises ConflictError when there is nothing to try."""
    newest = asset.jobs.filter(OWN).order_by("-id").first()
    has_failed = newest is not None and newest.state in {JobState.FAILED, JobState.CANCELLED}
    is_waited_for = asset.state == AssetState.FAILED or (asset.former_upload_id is not None and has_failed)
    if not asset.source_key or not is_waited_for:
        raise ConflictError(_("Only a failed recording can be tried again."))
    job = queue_job(asset)
    if job is None:
        raise ConflictError(_("This recording is being processed already."))
    return job


def cancel_jobs(asset: Asset) -> int:
    """Cancel an asset's waiting and running transcodes; workers stop within two seconds. Returns how many."""
    return cancel_active(TranscodeJob.objects.filter(asset=asset))


@transaction.atomic
def cancel_active(jobs: QuerySet[TranscodeJob]) -> int:
    """Cancel those of the jobs that wait or run, with all of their parts; return how many jobs."""
    count = 0
    # A job before its parts, as everywhere.
    for job in jobs.filter(state__in=ACTIVE).order_by("id"):
        changed = TranscodeJob.objects.filter(pk=job.pk, state__in=ACTIVE).update(
            state=JobState.CANCELLED, finished_at=clock.now()
        )
        if changed:
            count += 1
            transaction.on_commit(partial(tell_worker_to_stop, job.public_id, job.token))
            count += cancel_active(TranscodeJob.objects.filter(parent=job))
    return count


def tell_worker_to_stop(job_public_id: str, token: int) -> None:
    """Set the key that the worker of this attempt reads; without a broker its news is dropped as stale all the same."""
    try:
        broker().set(cancel_key(job_public_id, token), "1", ex=CANCEL_KEPT_S)
    except BrokerError:
        return


@transaction.atomic
def delete_asset(asset: Asset) -> None:
    """Remove an asset's rows and uploads now and its objects after the commit."""
    asset = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)  # a recording may have come since
    cancel_jobs(asset)
    emit(AssetDeleted(asset_public_id=asset.public_id))
    uploads = _recordings(asset)
    asset.delete()
    for upload in uploads:
        remove_upload(upload)


def move_recordings(asset: Asset, *, to: Organization | None) -> None:
    """Let all recordings of an asset take room elsewhere; raises QuotaExceededError. In a transaction."""
    for upload in _recordings(Asset.objects.get(pk=asset.pk)):
        move_upload(upload, to=to)


def _recordings(asset: Asset) -> list[Upload]:
    return [upload for upload in (asset.upload, asset.replacement, asset.former_upload) if upload]


def open_playback(
    asset: Asset, *, viewer: Viewer, organization_id: int | None = None, as_staff: bool = False
) -> PlaybackSession:
    """Give a viewer the right to fetch an asset that is not public: two hours from its last use, twelve at most.

    It ends with what it rests on: the viewer's membership of an organization (its pk), or their running the platform.
    A young session of the same viewer is used again. `asset` must be as it was when the viewer was let in: if it was
    closed since, the new session is worth nothing.
    """
    now = clock.now()
    person = viewer if viewer.is_authenticated else None
    right = {"organization_id": organization_id, "as_staff": as_staff, "epoch": asset.playback_epoch}
    if person:
        known = PlaybackSession.objects.filter(asset=asset, viewer=person, **right)
        young = known.filter(expires_at__gt=now + SESSION_IDLE / 2).first()
        if young:
            return young
    return PlaybackSession.objects.create(asset=asset, viewer=person, expires_at=now + SESSION_IDLE, **right)


@transaction.atomic
def close_playback(asset: Asset) -> int:
    """Revoke every playback session of an asset at once, also those about to be opened; return how many there were."""
    Asset.objects.filter(pk=asset.pk).update(playback_epoch=F("playback_epoch") + 1)
    asset.refresh_from_db(fields=["playback_epoch"])
    return PlaybackSession.objects.filter(asset=asset).delete()[0]
