"""One rendition of a played attempt made anew: it takes the place of the old one, or nothing happens."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from eduvideo.core.errors import ConflictError
from eduvideo.core.events import emit
from eduvideo.media.events import JobQueued
from eduvideo.media.models import ACTIVE, OWN, Asset, AssetState, Priority, Rendition, TranscodeJob
from eduvideo.media.renditions import has_begun, rendition_fields
from transcoding.messages import EventKind, RenditionInfo, RenditionKind, TranscodeEvent, Work


@transaction.atomic
def remake_rendition(
    asset: Asset, name: str, *, priority: Priority = Priority.NORMAL, only_if_smaller: bool = False
) -> TranscodeJob | None:
    """Queue one rendition of what is played to be made anew; None when that is under way already.

    Raises ConflictError where there is no such rendition of a finished recording, or a whole encode is under way.
    """
    asset = Asset.objects.select_related("current_job").get(pk=asset.pk)
    played = asset.current_job
    if played is None or asset.played_plan_key is None or asset.state != AssetState.READY:
        raise ConflictError(_("Only a rendition of a finished recording can be made again."))
    if asset.former_upload_id is not None:  # what is played is not of the recording that is here
        raise ConflictError(_("Another recording is to take the place of this one; finish that first, or give it up."))
    if not asset.source_key:
        raise ConflictError(_("The recording is not kept here any more; replace it to have it encoded anew."))
    if asset.jobs.filter(OWN, state__in=ACTIVE).exists():
        raise ConflictError(_("This recording is being processed already."))
    if not Rendition.objects.filter(job=played, token=played.playable_token or 0, name=name).exists():
        raise ConflictError(_("This recording has no such rendition."))
    try:
        with transaction.atomic():
            job = TranscodeJob.objects.create(
                asset=asset,
                work=Work.RENDITION.value,
                rendition=name,
                only_if_smaller=only_if_smaller,
                plan_key=asset.played_plan_key,
                priority=priority,
                creator_id=played.creator_id,
            )
    except IntegrityError:  # the constraint one_active_rerun
        return None
    emit(JobQueued(job_id=job.pk))
    return job


def improve_copied(job: TranscodeJob, event: TranscodeEvent) -> None:
    """Queue every picture that was copied from the source to be encoded when nothing else is to do.

    Called in the transaction in which the job becomes the one that is played.
    """
    for info in event.snapshot.renditions:
        if info.is_copied and info.kind is RenditionKind.VIDEO and has_begun(info):
            remake_rendition(job.asset, info.name, priority=Priority.REENCODE, only_if_smaller=True)


def follow_rerun(job: TranscodeJob, event: TranscodeEvent) -> None:
    """Put the new rendition in the place of the old one, if that is played still. In a transaction."""
    made = next((info for info in event.snapshot.renditions if info.name == job.rendition), None)
    if event.kind is not EventKind.DONE or made is None or not has_begun(made):
        return
    asset = Asset.objects.select_for_update(of=("self",)).select_related("current_job").get(pk=job.asset_id)
    played = asset.current_job
    if played is None or asset.played_plan_key != job.plan_key:
        return
    row = Rendition.objects.filter(job=played, token=played.playable_token or 0, name=job.rendition)
    row.update(**_as_seen_from_played(job, event.token, made))


def _as_seen_from_played(job: TranscodeJob, token: int, made: RenditionInfo) -> dict[str, object]:
    """Return a rendition's columns with paths from the played attempt's folder to the new one's."""
    there = f"../../{job.public_id}/{token}/"
    told = rendition_fields(made) | {"playlist": f"{there}{made.playlist}"}
    if made.iframe_playlist:
        told["iframe_playlist"] = f"{there}{made.iframe_playlist}"
    return told
