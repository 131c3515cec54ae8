"""Reactions to events."""

from django.db.models import Q

from eduvideo.core.events import on
from eduvideo.core.objects import open_objects
from eduvideo.media import captioning, dispatch, purging, sources
from eduvideo.media.events import AssetDeleted, AssetHidden, CaptionsFound, JobQueued
from eduvideo.media.models import Asset, TranscodeJob
from eduvideo.uploads.events import UploadCompleted
from eduvideo.uploads.models import Upload
from eduvideo.uploads.services import discard_source


@on(UploadCompleted)
def transcode_upload(event: UploadCompleted) -> None:
    """Queue the transcode of an asset whose source has arrived; a source whose asset is deleted has no use any more."""
    upload = Upload.objects.filter(pk=event.upload_id).first()
    if upload is None:
        return
    assets = list(Asset.objects.filter(Q(upload=upload) | Q(replacement=upload) | Q(former_upload=upload)))
    if not assets:
        discard_source(upload)
    for asset in assets:
        sources.take_recording(asset, upload)


@on(AssetHidden)
def take_back(event: AssetHidden) -> None:
    purging.purge_asset(event.asset_public_id)


@on(JobQueued)
def dispatch_queued_job(event: JobQueued) -> None:  # noqa: ARG001 - whichever is due goes first
    dispatch.dispatch_jobs()


@on(CaptionsFound)
def take_captions(event: CaptionsFound) -> None:
    """Take in captions apart from the news of the job: the store may be away, and reading it is slow."""
    for job in TranscodeJob.objects.select_related("asset").filter(pk=event.job_id):
        captioning.take_found_captions(
            job,
            token=event.token,
            path=event.path,
            language=event.language,
            label=event.label,
            is_automatic=event.is_automatic,
        )


@on(AssetDeleted)
def delete_objects(event: AssetDeleted) -> None:
    """Remove everything of an asset from the CDN and the store; its sources go with their uploads."""
    purging.purge_asset(event.asset_public_id)
    open_objects().delete_tree(f"assets/{event.asset_public_id}/")
