"""The recording of an asset: which upload brings it, what takes its place, and when its bytes go.

A replacement is an upload like any other. Once it has arrived it is the asset's recording; the one before is kept,
and its renditions play, until the new ones are ready. Should that fail the creator may go back to it.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.core.errors import ConflictError
from eduvideo.media import captioning
from eduvideo.media.models import ACTIVE, Asset, AssetState, TranscodeJob
from eduvideo.media.queries import has_arrived
from eduvideo.media.services import cancel_jobs, queue_job
from eduvideo.uploads.models import Upload, UploadState
from eduvideo.uploads.services import discard_source, remove_upload


def open_upload(asset: Asset) -> Upload | None:
    """Return the upload that is still under way for an asset, if any. No query when both uploads were selected."""
    for upload in (asset.replacement, asset.upload):
        if upload and upload.state == UploadState.STARTED and not upload.is_gone:
            return upload
    return None


@transaction.atomic
def expect_recording(asset: Asset, upload: Upload) -> None:
    """Let an upload bring the recording of an asset: its first one, or another in the place of the one it has.

    Raises ConflictError while another upload is under way.
    """
    asset = _locked(asset)
    if open_upload(asset) or has_arrived(asset):
        raise ConflictError(_("Another upload for this lesson is under way. Finish or cancel it first."))
    if asset.source_key or asset.state == AssetState.READY:
        Asset.objects.filter(pk=asset.pk).update(replacement=upload)
    else:
        Asset.objects.filter(pk=asset.pk).update(upload=upload, source_name=upload.filename)


@transaction.atomic
def take_recording(asset: Asset, upload: Upload) -> None:
    """Make an upload that has arrived the asset's recording and queue its transcode. Told twice it changes nothing."""
    asset = _locked(asset)
    if asset.replacement_id == upload.pk:
        _replace(asset, upload)
    elif asset.upload_id != upload.pk or asset.source_key:
        return
    Asset.objects.filter(pk=asset.pk).update(source_key=upload.object_key)
    queue_job(asset)


def settle_recording(job: TranscodeJob) -> None:
    """Let go of the recording before, whose successor is ready, with the captions that came from it.

    In the transaction in which the new renditions begin to play.
    """
    former = Upload.objects.filter(kept_for=job.asset_id).first()
    if former:
        captioning.captions_before(job).delete()
        remove_upload(former)


@transaction.atomic
def give_up_replacement(asset: Asset) -> None:
    """Stay with what plays: a recording that is on its way, or is being made ready in the place of another, goes.

    Raises ConflictError where there is none.
    """
    asset = _locked(asset)
    if upload := open_upload(asset):
        remove_upload(upload)
        return
    if asset.former_upload is None:
        raise ConflictError(_("No other recording is about to take the place of this one."))
    cancel_jobs(asset)
    new, former = asset.upload, asset.former_upload
    Asset.objects.filter(pk=asset.pk).update(
        upload=former,
        former_upload=None,
        source_key=former.object_key if former.state == UploadState.COMPLETED else "",
        source_name=former.filename,
    )
    if new:
        remove_upload(new)


@transaction.atomic
def delete_source(asset: Asset) -> bool:
    """Remove the creator's file of a finished asset; what plays stays. False while a transcode may still need it."""
    asset = _locked(asset)
    is_needed = asset.former_upload_id is not None or open_upload(asset) or has_arrived(asset)
    if asset.state != AssetState.READY or is_needed or asset.jobs.filter(state__in=ACTIVE).exists():
        return False
    if asset.upload:
        discard_source(asset.upload)  # its row stays: by it a recording that comes later is known to be another one
    Asset.objects.filter(pk=asset.pk).update(source_key="")
    return True


def _replace(asset: Asset, upload: Upload) -> None:
    """Put a new recording in the place of the one before; that is kept while its renditions play whole."""
    cancel_jobs(asset)
    is_kept = asset.state == AssetState.READY and asset.former_upload is None
    changes: dict[str, object] = {"upload": upload, "replacement": None, "source_name": upload.filename}
    if is_kept:
        changes["former_upload"] = asset.upload
    elif asset.state != AssetState.READY:  # what has been encoded of it so far is cut off now
        changes |= {"state": AssetState.PROCESSING, "current_job": None}
    Asset.objects.filter(pk=asset.pk).update(**changes)
    if asset.upload and not is_kept:
        remove_upload(asset.upload)


def _locked(asset: Asset) -> Asset:
    """Return the asset as it is now; on PostgreSQL nobody else changes it until the end of the transaction."""
    found = Asset.objects.select_for_update(of=("self",)).select_related("upload", "replacement", "former_upload")
    return found.get(pk=asset.pk)
