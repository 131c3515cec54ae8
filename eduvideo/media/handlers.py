"""Reactions to events."""

from django.db import transaction

from eduvideo.core.events import on
from eduvideo.core.objects import open_objects
from eduvideo.media import captioning, dispatch, services
from eduvideo.media.events import AssetDeleted, CaptionsFound, JobQueued
from eduvideo.media.models import Asset, TranscodeJob
from eduvideo.uploads.events import UploadCompleted
from eduvideo.uploads.models import Upload
from eduvideo.uploads.services import delete_source


@on(UploadCompleted)
def transcode_upload(event: UploadCompleted) -> None:
    """Queue the transcode of an asset whose source has arrived; a source whose asset is deleted has no use any more."""
    assets = list(Asset.objects.filter(upload_id=event.upload_id))
    if not assets:
        _delete_source(event.object_key)
    for asset in assets:
        with transaction.atomic():
            # The first arrival only: a repeated event finds the source known and its job made.
            if Asset.objects.filter(pk=asset.pk, source_key="").update(source_key=event.object_key):
                services.queue_job(asset)


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
    """Remove everything of an asset from the store, and give its creator the room of the source back."""
    open_objects().delete_tree(f"assets/{event.asset_public_id}/")
    if event.source_key:
        _delete_source(event.source_key)


def _delete_source(object_key: str) -> None:
    for upload in Upload.objects.filter(object_key=object_key, assets=None):
        delete_source(upload)
