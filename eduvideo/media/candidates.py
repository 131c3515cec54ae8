"""Pictures to choose a poster among, made for a recording that was finished before its transcode offered any.

A job of their own takes them from what is played, so they come also where the source has gone. It is asked for by
somebody, never by a reader of a page; asking again while it is under way, or once they are there, changes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from posixpath import normpath

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from eduvideo.core import clock
from eduvideo.core.errors import ConflictError
from eduvideo.core.events import emit
from eduvideo.media.events import JobQueued
from eduvideo.media.models import Asset, AssetState, JobState, Priority, Rendition, TranscodeJob
from eduvideo.media.pictures import POSTER_PX
from eduvideo.media.sentences import failure_sentence, no_machine_sentence, retry_sentence, waiting_sentence
from eduvideo.media.slots import is_any_worker_alive
from transcoding.messages import EventKind, RenditionKind, TranscodeEvent, Work


class OfferState(StrEnum):
    NONE = "none"  # there is nothing yet to take pictures of
    MISSING = "missing"  # they can be asked for
    UNDERWAY = "underway"
    FAILED = "failed"  # they can be asked for again
    EMPTY = "empty"  # no moment shows anything
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Offer:
    """How it is with the pictures; `message` is a sentence for whoever edits the lesson."""

    state: OfferState
    percent: float = 0.0
    message: str = ""

    @property
    def may_be_asked_for(self) -> bool:
        return self.state in {OfferState.MISSING, OfferState.FAILED}


@dataclass(frozen=True, slots=True)
class Sources:
    """Keys of what the pictures are made from: the storyboard, and the playlist of a rendition."""

    storyboard: str
    playlist: str


def offer_of(asset: Asset) -> Offer:
    """Return how it is with the pictures. One query where there are none yet, when `current_job` was selected."""
    played = asset.current_job
    if played is not None and played.poster_candidates:
        return Offer(OfferState.READY, 100.0)
    if played is None or not played.storyboard or asset.state != AssetState.READY:
        return Offer(OfferState.NONE)
    job = asset.jobs.filter(work=Work.POSTERS.value, plan_key=asset.played_plan_key or "").order_by("-id").first()
    if job is None or job.state == JobState.CANCELLED:
        return Offer(OfferState.MISSING)
    if job.state == JobState.FAILED:
        return Offer(OfferState.FAILED, 0.0, failure_sentence(job.failure_code))
    if job.state == JobState.SUCCEEDED:
        return Offer(OfferState.EMPTY, 100.0, _("No moment of this recording shows anything but black or white."))
    return Offer(OfferState.UNDERWAY, round(job.percent, 1), _message(job))


def _message(job: TranscodeJob) -> str:
    if job.state == JobState.RUNNING:
        return _("The pictures are being made.")
    now = clock.now()
    if job.due_at and job.due_at > now:
        return retry_sentence(job.failure_code, wait_s=(job.due_at - now).total_seconds())
    if job.dispatched_at is None and not is_any_worker_alive():
        return no_machine_sentence()
    return waiting_sentence(0)


@transaction.atomic
def make_candidates(asset: Asset) -> TranscodeJob | None:
    """Queue the making of the pictures; None when it is under way, or done. Raises ConflictError where it cannot be."""
    asset = Asset.objects.select_related("current_job").get(pk=asset.pk)
    played, offer = asset.current_job, offer_of(asset)
    if played is None or offer.state is OfferState.NONE:
        raise ConflictError(_("Pictures can be made when the recording has been processed, if it has a picture."))
    if not offer.may_be_asked_for:
        return None
    try:
        with transaction.atomic():
            job = TranscodeJob.objects.create(
                asset=asset,
                work=Work.POSTERS.value,
                plan_key=asset.played_plan_key or "",
                priority=Priority.WAITED_FOR,
                creator_id=played.creator_id,
            )
    except IntegrityError:  # the constraint one_active_posters
        return None
    emit(JobQueued(job_id=job.pk))
    return job


def sources_of(asset: Asset) -> Sources:
    """Return what the pictures of the played attempt are made from; empty keys where nothing is played any more.

    The smallest rendition that fills a poster, or the largest where none does: decoding costs by the pixel.
    """
    played, prefix = asset.current_job, asset.played_prefix
    if played is None or prefix is None:
        return Sources("", "")
    rows = Rendition.objects.filter(job=played, token=played.playable_token or 0, kind=RenditionKind.VIDEO.value)
    sides = sorted((max(row.width_px or 0, row.height_px or 0), row.playlist) for row in rows)
    filling = [playlist for side, playlist in sides if side >= max(POSTER_PX)]
    chosen = filling[0] if filling else sides[-1][1] if sides else ""
    return Sources(normpath(prefix + played.storyboard), normpath(prefix + chosen) if chosen else "")


def follow_candidates(job: TranscodeJob, event: TranscodeEvent) -> None:
    """Offer the pictures that a job made, if the attempt is played still that it made them of. In a transaction."""
    if event.kind is not EventKind.DONE:
        return
    asset = Asset.objects.select_for_update(of=("self",)).select_related("current_job").get(pk=job.asset_id)
    played = asset.current_job
    if played is None or asset.played_plan_key != job.plan_key:
        return
    there = f"../../{job.public_id}/{event.token}/"
    offered = [
        {"at_ms": info.at_ms, "poster": there + info.poster, "thumbnail": there + info.thumbnail}
        for info in event.snapshot.poster_candidates
    ]
    TranscodeJob.objects.filter(pk=played.pk).update(poster_candidates=offered)
