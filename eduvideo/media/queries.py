"""Reads of media: how far a transcode is, and what a player needs."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from eduvideo.media.models import Asset, AssetState, CaptionTrack, JobState, PlaybackSession, Rendition, TranscodeJob
from eduvideo.media.sentences import failure_sentence, stage_word


@dataclass(frozen=True, slots=True)
class RenditionProgress:
    height_px: int
    state: str


@dataclass(frozen=True, slots=True)
class Processing:
    """Where an asset stands; `message` is a sentence for its creator, in the reader's language."""

    state: str
    stage: str
    percent: float
    message: str
    renditions: tuple[RenditionProgress, ...]


@dataclass(frozen=True, slots=True)
class CaptionLink:
    language: str
    label: str
    url: str


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
    """Return the asset's newest job. One query."""
    return asset.jobs.order_by("-id").first()


def processing_of(asset: Asset) -> Processing:
    """Return where an asset stands. At most two queries."""
    job = newest_job(asset)
    if job is None:
        return Processing(asset.state, "upload", 0.0, _("Waiting for the recording to be uploaded."), ())
    heights = Rendition.objects.filter(job=job, token=job.token, kind="video").order_by("-height_px")
    renditions = tuple(RenditionProgress(row.height_px or 0, row.state) for row in heights)
    percent = 100.0 if asset.state == AssetState.READY else round(job.percent, 1)
    return Processing(asset.state, job.stage, percent, _message(asset, job), renditions)


def _message(asset: Asset, job: TranscodeJob) -> str:
    if asset.state == AssetState.READY:
        return _("Ready to watch.")
    if job.state == JobState.FAILED:
        return failure_sentence(job.failure_code)
    if job.state == JobState.CANCELLED:
        return _("Processing was cancelled.")
    if job.state == JobState.QUEUED:
        return _("Waiting for a free machine.")
    if asset.state == AssetState.PLAYABLE:
        return _("Can be watched already; the rest is being encoded.")
    return stage_word(job.stage)


def playback_of(asset: Asset, *, session: PlaybackSession | None) -> Playback | None:
    """Return what a player needs, or None while there is nothing to play.

    Without a session the URLs are the public ones. One query, for the captions, when `current_job` was selected.
    """
    job, played = asset.current_job, asset.played_prefix
    if job is None or played is None or asset.duration_ms is None:
        return None
    base = _base(session)
    prefix = base + played
    return Playback(
        hls_url=f"{prefix}master.m3u8",
        poster_url=_below(prefix, job.poster),
        thumbnail_url=_below(prefix, job.thumbnail),
        storyboard_url=_below(prefix, job.storyboard),
        duration_ms=asset.duration_ms,
        captions=tuple(
            CaptionLink(track.language, track.label or track.language, base + track.object_key)
            for track in caption_tracks(asset)
        ),
    )


def poster_url(asset: Asset) -> str | None:
    """Return a public asset's large still; no query when `current_job` was selected."""
    return _still(asset, "poster")


def thumbnail_url(asset: Asset) -> str | None:
    """Return a public asset's small still; no query when `current_job` was selected."""
    return _still(asset, "thumbnail")


def caption_tracks(asset: Asset) -> list[CaptionTrack]:
    """Return an asset's captions, in the order of their languages."""
    return list(asset.caption_tracks.order_by("language"))


def cues_of(asset: Asset) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Return every caption with its seconds, by language; for search."""
    return [(track.language, [(s, e, t) for s, e, t in track.cues]) for track in caption_tracks(asset)]


def _still(asset: Asset, name: str) -> str | None:
    """Return a still's URL: in a CDN's place where there is one, so that a page of lessons needs no redirects."""
    played = asset.played_prefix
    base = f"{settings.EDUVIDEO.media_url or '/media'}/"
    return None if played is None else _below(base + played, getattr(asset.current_job, name))


def _base(session: PlaybackSession | None) -> str:
    """Return where playlists are: a CDN in front of a bucket does not know them, it only has the objects."""
    if session:
        return f"/media/s/{session.token}/"
    chosen = settings.EDUVIDEO
    return "/media/" if chosen.has_direct_objects else f"{chosen.media_url or '/media'}/"


def _below(prefix: str, path: str) -> str | None:
    return f"{prefix}{path}" if path else None
