"""Reads of media: how far a transcode is, and what a player needs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from posixpath import normpath

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from eduvideo.core import clock
from eduvideo.media.fairness import Line, ahead_in
from eduvideo.media.models import (
    ACTIVE,
    IN_FLIGHT,
    OWN,
    POSTER_NAME,
    THUMBNAIL_NAME,
    Asset,
    AssetState,
    CaptionTrack,
    JobState,
    PlaybackSession,
    Rendition,
    TranscodeJob,
)
from eduvideo.media.sentences import (
    failure_sentence,
    no_machine_sentence,
    parts_sentence,
    retry_sentence,
    stage_word,
    waiting_sentence,
)
from eduvideo.media.slots import is_any_worker_alive
from eduvideo.uploads.models import UploadState
from transcoding.messages import Stage, Work

AFTER_ENCODE = (Stage.PACKAGE, Stage.VERIFY, Stage.PUBLISH)
PARTS_BEGIN, PARTS_END = 2.0, 95.0  # percent of a job that is split: before it is the plan, after it the join


@dataclass(frozen=True, slots=True)
class RenditionProgress:
    height_px: int
    state: str


class Renewal(StrEnum):
    UNDERWAY = "underway"
    FAILED = "failed"  # the one before plays on until its creator tries again, gives up or sends another


@dataclass(frozen=True, slots=True)
class Processing:
    """Where an asset stands; `message` is a sentence for its creator, in the reader's language.

    `renewal` tells of another recording that is to take the place of the one that plays until then.
    """

    state: str
    stage: str
    percent: float
    message: str
    renditions: tuple[RenditionProgress, ...]
    renewal: Renewal | None = None


@dataclass(frozen=True, slots=True)
class CaptionLink:
    language: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Still:
    """Addresses of one picture, large and small; a creator's own cover may be damaged, so either may be missing."""

    poster_url: str | None
    thumbnail_url: str | None


@dataclass(frozen=True, slots=True)
class Playback:
    """What a player needs; URLs are absolute paths, or absolute URLs where a CDN is configured."""

    hls_url: str
    poster_url: str | None
    thumbnail_url: str | None
    storyboard_url: str | None
    duration_ms: int
    captions: tuple[CaptionLink, ...]


def newest_job(asset: Asset) -> TranscodeJob | None:
    """Return the asset's newest transcode, itself and not a part of it. One query."""
    return asset.jobs.filter(OWN).order_by("-id").first()


def processing_of(asset: Asset) -> Processing:
    """Return where an asset stands. At most two queries, three in parts, five while it waits; one more at a renewal."""
    job = newest_job(asset)
    if job is None:
        return Processing(asset.state, "upload", 0.0, _("Waiting for the recording to be uploaded."), ())
    if has_arrived(asset):  # a moment before its job is made
        message = _in_the_meantime(_("A machine is about to begin."))
        return Processing(asset.state, Stage.FETCH.value, 0.0, message, (), Renewal.UNDERWAY)
    parts = _parts(job) if job.waits_for_parts else None
    # Until the join is done the run that split it says what there is.
    shown = job.split_token if job.split_token and job.state != JobState.SUCCEEDED else job.token
    heights = Rendition.objects.filter(job=job, token=shown, kind="video").order_by("-height_px")
    renditions = tuple(RenditionProgress(row.height_px or 0, row.state) for row in heights)
    renewal = _renewal(asset, job)
    if asset.state == AssetState.READY and renewal is None:
        return Processing(asset.state, _stage(job, parts), 100.0, _("Ready to watch."), renditions)
    message = _message(asset, job, parts)
    percent = round(_percent(job, parts), 1)
    told = _in_the_meantime(message) if renewal else message
    return Processing(asset.state, _stage(job, parts), percent, told, renditions, renewal)


def has_arrived(asset: Asset) -> bool:
    """Tell whether a recording is there that waits for the news of it to be taken. At most one query."""
    coming = asset.replacement or (None if asset.source_key else asset.upload)
    return coming is not None and coming.state == UploadState.COMPLETED


def without_renewal(processing: Processing) -> Processing:
    """Return what viewers hear of an asset: that another recording is on its way is its creator's matter."""
    if processing.renewal is None:
        return processing
    return Processing(processing.state, "", 100.0, _("Ready to watch."), ())


def _renewal(asset: Asset, job: TranscodeJob) -> Renewal | None:
    if asset.former_upload_id is None or job.state == JobState.SUCCEEDED:
        return None
    return Renewal.UNDERWAY if job.state in ACTIVE else Renewal.FAILED


def _in_the_meantime(message: str) -> str:
    return f"{_('The recording before plays until the new one is ready.')} {message}"


@dataclass(frozen=True, slots=True)
class _Parts:
    count: int
    done: int
    in_flight: int
    percent: float  # of all together
    retried: tuple[str, datetime] | None  # why and when the next goes on, where none can before


def _parts(job: TranscodeJob) -> _Parts:
    percents: list[float] = []
    due: list[tuple[datetime, str]] = []
    done = in_flight = free = 0
    rows = job.parts.values_list("state", "dispatched_at", "percent", "due_at", "failure_code")
    for state, dispatched_at, percent, due_at, code in rows:
        is_done = state == JobState.SUCCEEDED
        percents.append(100.0 if is_done else percent)
        done += is_done
        in_flight += state in ACTIVE and dispatched_at is not None
        if state == JobState.QUEUED and dispatched_at is None:
            if due_at and due_at > clock.now():
                due.append((due_at, code))
            else:
                free += 1
    next_due, why = min(due, default=(None, ""))
    retried = (why, next_due) if next_due and not in_flight and not free else None
    return _Parts(len(percents), done, in_flight, sum(percents) / max(len(percents), 1), retried)


def _stage(job: TranscodeJob, parts: _Parts | None) -> str:
    """Return the stage of the whole: the runs that made the parts, or join them, fetch and plan on their own."""
    if parts:
        return Stage.ENCODE.value
    if job.work == Work.JOIN and job.stage not in AFTER_ENCODE:
        return Stage.PACKAGE.value
    return job.stage


def _percent(job: TranscodeJob, parts: _Parts | None) -> float:
    if parts:
        return PARTS_BEGIN + (PARTS_END - PARTS_BEGIN) * parts.percent / 100
    if job.work == Work.JOIN:
        joined = job.percent if job.state == JobState.RUNNING else 0
        return PARTS_END + (100 - PARTS_END) * joined / 100
    return job.percent


def _message(asset: Asset, job: TranscodeJob, parts: _Parts | None) -> str:
    if job.state == JobState.FAILED:
        return failure_sentence(job.failure_code)
    if job.state == JobState.CANCELLED:
        return _("Processing was cancelled.")
    if job.state != JobState.QUEUED and not parts:
        is_playable = asset.state == AssetState.PLAYABLE
        return _("Can be watched already; the rest is being encoded.") if is_playable else stage_word(job.stage)
    sentence = _parts_message(parts) if parts else _waiting_message(job)
    return f"{_('Can be watched already.')} {sentence}" if asset.state == AssetState.PLAYABLE else sentence


def _parts_message(parts: _Parts) -> str:
    if parts.retried:
        code, due_at = parts.retried
        return retry_sentence(code, wait_s=(due_at - clock.now()).total_seconds())
    if not parts.in_flight and not is_any_worker_alive():
        return no_machine_sentence()
    return parts_sentence(parts=parts.count, done=parts.done, machines=parts.in_flight)


def _waiting_message(job: TranscodeJob) -> str:
    now = clock.now()
    if job.dispatched_at:
        return _("A machine is about to begin.")
    if job.due_at and job.due_at > now:
        return retry_sentence(job.failure_code, wait_s=(job.due_at - now).total_seconds())
    if not is_any_worker_alive():
        return no_machine_sentence()
    if job.work == Work.JOIN:
        return _("All parts are encoded and wait to be joined.")
    return waiting_sentence(_jobs_ahead(job))


def _jobs_ahead(job: TranscodeJob) -> int:
    """Return how many recordings of others and of the same creator start before a waiting one. Three queries."""
    waiting = TranscodeJob.objects.filter(state=JobState.QUEUED, dispatched_at=None, work=Work.WHOLE.value)
    more_urgent = waiting.filter(priority__gt=job.priority).count()
    lines = (
        waiting.filter(priority=job.priority)
        .values_list("creator_id")
        .annotate(count=Count("id"), older=Count("id", filter=Q(id__lt=job.pk)))
    )
    mine = job.creator_id
    return more_urgent + ahead_in((Line(*line) for line in lines), jobs_in_flight(), creator=mine)


def jobs_in_flight() -> Counter[int | None]:
    """Return how many jobs of each creator a worker has, or is about to. One query."""
    return Counter(TranscodeJob.objects.filter(IN_FLIGHT).values_list("creator_id", flat=True))


def playback_of(
    asset: Asset, *, session: PlaybackSession | None, tracks: Sequence[CaptionTrack] | None = None
) -> Playback | None:
    """Return what a player needs, or None while there is nothing to play.

    Without a session the URLs are the public ones. One query, for the captions, when `current_job` was selected; none
    when the caller has read them.
    """
    job, played = asset.current_job, asset.played_prefix
    if job is None or played is None or asset.duration_ms is None:
        return None
    base = _base(session)
    prefix = base + played
    still = stills_of(asset, session=session)
    return Playback(
        hls_url=f"{prefix}master.m3u8",
        poster_url=still.poster_url,
        thumbnail_url=still.thumbnail_url,
        storyboard_url=_below(prefix, job.storyboard),
        duration_ms=asset.duration_ms,
        captions=tuple(
            CaptionLink(track.language, track.label or track.language, base + track.object_key)
            for track in (caption_tracks(asset) if tracks is None else tracks)
        ),
    )


def poster_url(asset: Asset) -> str | None:
    """Return a public asset's large still; no query when `current_job` was selected."""
    return stills_of(asset, session=None).poster_url


def thumbnail_url(asset: Asset) -> str | None:
    """Return a public asset's small still; no query when `current_job` was selected."""
    return stills_of(asset, session=None).thumbnail_url


def stills_of(asset: Asset, *, session: PlaybackSession | None) -> Still:
    """Return the poster that its creator chose, or the transcode's; no query when `current_job` was selected."""
    base = _base(session)
    if asset.poster_prefix:
        chosen = base + asset.poster_prefix
        return Still(chosen + POSTER_NAME, chosen + THUMBNAIL_NAME)
    job, played = asset.current_job, asset.played_prefix
    if job is None or played is None:
        return Still(None, None)
    return Still(_below(base + played, job.poster), _below(base + played, job.thumbnail))


def candidates_of(asset: Asset, *, session: PlaybackSession | None) -> tuple[tuple[int, Still], ...]:
    """Return the pictures that the played transcode offers, by their moments in milliseconds; no query, like above."""
    job, played = asset.current_job, asset.played_prefix
    if job is None or played is None:
        return ()
    base = _base(session)
    return tuple(
        (item["at_ms"], Still(base + normpath(played + item["poster"]), base + normpath(played + item["thumbnail"])))
        for item in job.poster_candidates
    )


def caption_tracks(asset: Asset) -> list[CaptionTrack]:
    """Return an asset's captions, in the order of their languages."""
    return list(asset.caption_tracks.order_by("language"))


def cues_of(asset: Asset) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Return every caption with its seconds, by language; for search. No query where caption_tracks were fetched."""
    tracks = sorted(asset.caption_tracks.all(), key=lambda track: track.language)
    return [(track.language, [(s, e, t) for s, e, t in track.cues]) for track in tracks]


def _base(session: PlaybackSession | None) -> str:
    return f"/media/s/{session.token}/" if session else f"{settings.EDUVIDEO.media_url or '/media'}/"


def _below(prefix: str, path: str) -> str | None:
    return f"{prefix}{path}" if path else None
