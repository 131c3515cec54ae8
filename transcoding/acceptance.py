"""What we take and what we refuse, from what ffprobe says alone. Pure."""

from transcoding.errors import SourceError
from transcoding.ladder import Decision
from transcoding.messages import FailureCode
from transcoding.source import SourceInfo, VideoTrack

LEAST_DURATION_MS = 100
LEAST_SIDE_PX = 16
# A file that says it lasts for hours in a few bytes has one picture at a far time; filling the gap would never end.
LEAST_BITRATE_BPS = 1000
SUSPICIOUS_MS = 60_000


class Limits(Decision):
    """What one job may ask of the machine."""

    max_pixels: int = 35_389_440
    max_duration_ms: int = 12 * 3600 * 1000
    cpu_base_s: int = 30
    cpu_per_media_s: float = 20.0
    wall_base_s: int = 60
    wall_per_media_s: float = 60.0
    stall_s: float = 60.0
    memory_bytes: int = 4 * 1024**3
    file_bytes: int = 500_000_000


def accepted_duration_ms(source: SourceInfo, limits: Limits) -> int:
    """Return how long the recording lasts; raise SourceError where it cannot or must not be transcoded."""
    if source.is_protected:
        raise SourceError("This recording is copy-protected and cannot be played here.", code=FailureCode.PROTECTED)
    if source.video is None and not source.audio:
        raise SourceError(
            "This file holds neither a moving picture nor sound.", code=FailureCode.NO_VIDEO_OR_AUDIO,
            detail=f"format {source.format_name}",
        )  # fmt: skip
    if source.video:
        _check_picture(source.video, limits)
    known = [source.duration_ms, *(t.end_ms for t in (source.video, *source.audio) if t)]
    duration_ms = max((ms for ms in known if ms), default=0)
    if duration_ms < LEAST_DURATION_MS:
        raise SourceError(
            "This recording is too short to be a lesson.", code=FailureCode.TOO_SHORT, detail=f"{duration_ms} ms"
        )
    if source.size_bytes * 8000 < LEAST_BITRATE_BPS * duration_ms and duration_ms > SUSPICIOUS_MS:
        raise SourceError(
            "The times inside this recording are damaged; please export it again.", code=FailureCode.BROKEN_TIMING,
            detail=f"{source.size_bytes} bytes for {duration_ms} ms",
        )  # fmt: skip
    if duration_ms > limits.max_duration_ms:
        raise SourceError(
            f"This recording is longer than {limits.max_duration_ms // 3_600_000} hours; please split it.",
            code=FailureCode.TOO_LONG, detail=f"{duration_ms} ms",
        )  # fmt: skip
    return duration_ms


def _check_picture(video: VideoTrack, limits: Limits) -> None:
    size = f"{video.coded_width_px}x{video.coded_height_px}"
    if max(video.coded_width_px * video.coded_height_px, video.width_px * video.height_px) > limits.max_pixels:
        raise SourceError(
            "The picture is larger than any we can process (8K at most).", code=FailureCode.TOO_LARGE_PICTURE,
            detail=size,
        )  # fmt: skip
    if video.short_side_px < LEAST_SIDE_PX:
        raise SourceError("The picture is too small to be seen.", code=FailureCode.UNSUPPORTED, detail=size)
