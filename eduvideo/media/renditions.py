"""Rows of renditions: written from the news of workers, read as what playlists announce."""

from collections.abc import Iterable

from eduvideo.media.models import Rendition, TranscodeJob
from transcoding.messages import RenditionInfo, RenditionState

_SAME = (
    "width_px", "height_px", "fps", "codecs", "bandwidth_bps", "average_bandwidth_bps", "language", "playlist",
    "iframe_bandwidth_bps", "size_bytes", "is_copied",
)  # fmt: skip
FIELDS = ("state", "iframe_playlist", *_SAME)


def write_renditions(job: TranscodeJob, *, token: int, infos: Iterable[RenditionInfo]) -> None:
    """Write what a run of a job has made or plans; safe to repeat."""
    Rendition.objects.bulk_create(
        [
            Rendition(job=job, token=token, name=info.name, kind=info.kind.value, **rendition_fields(info))
            for info in infos
        ],
        update_conflicts=True,
        unique_fields=["job", "token", "name"],
        update_fields=FIELDS,
    )


def rendition_fields(info: RenditionInfo) -> dict[str, object]:
    """Return what may change about a rendition, by the names of its columns."""
    same: dict[str, object] = {name: getattr(info, name) for name in _SAME}
    return {**same, "state": info.state.value, "iframe_playlist": info.iframe_playlist or ""}


def has_begun(info: RenditionInfo) -> bool:
    """Tell whether there is something of a rendition to play."""
    return bool(info.playlist) and info.state != RenditionState.WAITING


def info_of(row: Rendition) -> RenditionInfo:
    """Return a row as what a playlist announces."""
    told: dict[str, object] = {name: getattr(row, name) for name in ("name", "kind", *FIELDS)}
    told |= {"width_px": row.width_px or 0, "height_px": row.height_px or 0, "fps": row.fps or 0.0}
    told |= {"language": row.language or "und", "iframe_playlist": row.iframe_playlist or None}
    return RenditionInfo.model_validate(told)
