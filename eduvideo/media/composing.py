"""The multivariant playlist of an attempt, composed from its rows, so that captions may change without a new encode."""

import re

from eduvideo.core.errors import NotFoundError
from eduvideo.media.models import CaptionTrack, Rendition, TranscodeJob
from transcoding.messages import CaptionInfo, RenditionInfo
from transcoding.playlist import caption_playlist, language_name, multivariant

_TOKEN = re.compile("[0-9]{1,9}")


def multivariant_playlist(key: str) -> str:
    """Return the playlist of assets/<asset>/<job>/<token>/master.m3u8; raises NotFoundError unless it can be played."""
    parts = key.split("/")
    if len(parts) != 5 or not _TOKEN.fullmatch(parts[3]):  # noqa: PLR2004 - the key's shape above
        raise NotFoundError
    _, asset, job_id, token, _ = parts
    job = TranscodeJob.objects.filter(public_id=job_id, asset__public_id=asset, playable_token=int(token)).first()
    if job is None:
        raise NotFoundError
    rows = Rendition.objects.filter(job=job, token=int(token)).exclude(playlist="").order_by("-height_px", "name")
    captions = CaptionTrack.objects.filter(asset_id=job.asset_id).order_by("language")
    return multivariant([_info(row) for row in rows], captions=[_caption(track) for track in captions])


def caption_segment_playlist(key: str) -> str:
    """Return the media playlist of a caption object: assets/<asset>/captions/<name>.vtt.m3u8 holds <name>.vtt whole."""
    file = key.removesuffix(".m3u8")
    track = CaptionTrack.objects.select_related("asset").filter(object_key=file).first()
    if track is None or track.asset.duration_ms is None:
        raise NotFoundError
    return caption_playlist(file.rpartition("/")[2], duration_ms=track.asset.duration_ms)


def _caption(track: CaptionTrack) -> CaptionInfo:
    """Return a track as the playlist at assets/<asset>/<job>/<token>/ refers to it."""
    path = f"../../captions/{track.object_key.rpartition('/')[2]}"
    label = track.label or language_name(track.language)
    return CaptionInfo(name=label, language=track.language, label=label, path=path, playlist=f"{path}.m3u8")


def _info(row: Rendition) -> RenditionInfo:
    return RenditionInfo.model_validate(
        {
            "name": row.name,
            "kind": row.kind,
            "state": row.state,
            "width_px": row.width_px or 0,
            "height_px": row.height_px or 0,
            "fps": row.fps or 0.0,
            "codecs": row.codecs,
            "bandwidth_bps": row.bandwidth_bps,
            "average_bandwidth_bps": row.average_bandwidth_bps,
            "language": row.language or "und",
            "playlist": row.playlist,
            "iframe_playlist": row.iframe_playlist or None,
            "iframe_bandwidth_bps": row.iframe_bandwidth_bps,
            "size_bytes": row.size_bytes,
        }
    )
