"""Decide everything about a transcode before it starts, and say why."""

from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from transcoding.errors import SourceError
from transcoding.ladder import Rung, rungs_for
from transcoding.messages import FailureCode
from transcoding.source import AudioTrack, SourceInfo, Transfer, VideoTrack

SEGMENT_MS = 6000
KEYFRAME_MS = 2000
AUDIO_BITRATE_BPS = 96_000
MAX_AUDIO_RENDITIONS = 8
MAX_CAPTIONS = 16
LEAST_DURATION_MS = 100
LEAST_SIDE_PX = 16
# Tracks that end closer together than this are left as they are.
PADDING_FROM_MS = 500
# A file that says it lasts for hours in a few bytes has one picture at a far time; filling the gap would never end.
LEAST_BITRATE_BPS = 1000
SUSPICIOUS_MS = 60_000
SHEET_COLUMNS, SHEET_ROWS = 10, 10
TILE_SHORT_PX = 90


class Decision(BaseModel):
    model_config = ConfigDict(frozen=True)


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


class ColorPlan(Decision):
    """How the picture becomes 8-bit BT.709 in limited range; None of it is needed for an ordinary recording."""

    tone_map_from: Transfer = Transfer.SDR
    input_matrix: str = ""
    is_full_range: bool = False

    @property
    def is_ready(self) -> bool:
        return self == ColorPlan()


class VideoPlan(Decision):
    index: int
    fps: Fraction
    rungs: tuple[Rung, ...]
    keyframe_ms: int
    must_scale_top: bool
    must_deinterlace: bool
    color: ColorPlan
    pad_ms: int
    expected_ms: int | None


class AudioPlan(Decision):
    index: int
    name: str
    language: str
    bitrate_bps: int
    pad_ms: int
    expected_ms: int | None


class CaptionPlan(Decision):
    index: int
    name: str
    language: str
    label: str


class StoryboardPlan(Decision):
    """One tile each `interval_ms` from 0, row by row, at most 100 to a sheet."""

    interval_ms: int
    tile_width_px: int
    tile_height_px: int
    columns: int
    rows: int


class TranscodePlan(Decision):
    duration_ms: int
    segment_ms: int
    target_duration_s: int
    video: VideoPlan | None
    audio: tuple[AudioPlan, ...]
    captions: tuple[CaptionPlan, ...]
    storyboard: StoryboardPlan | None
    cover_index: int | None
    cpu_limit_s: int
    wall_limit_s: int
    reasons: tuple[str, ...]


def make_plan(
    source: SourceInfo, *, language: str = "und", limits: Limits | None = None, can_tone_map: bool = True
) -> TranscodePlan:
    """Decide how to transcode; raise SourceError where it cannot or must not be done.

    `language` names the sound of a file that does not say it itself.
    """
    limits = limits or Limits()
    duration_ms = _accepted_duration_ms(source, limits)
    reasons: list[str] = []
    audio = _audio_plans(source.audio, language=language, duration_ms=duration_ms, reasons=reasons)
    video = None
    if source.video:
        video = _video_plan(source.video, duration_ms=duration_ms, can_tone_map=can_tone_map, reasons=reasons)
    else:
        reasons.append("no moving picture: an audio lesson, published as sound only")
    media_s = duration_ms / 1000
    return TranscodePlan(
        duration_ms=duration_ms,
        segment_ms=SEGMENT_MS,
        target_duration_s=_target_duration_s(video.fps if video else None),
        video=video,
        audio=audio,
        captions=_caption_plans(source, reasons),
        storyboard=_storyboard_plan(video, duration_ms) if video else None,
        cover_index=source.cover_index if video is None else None,
        cpu_limit_s=round(limits.cpu_base_s + limits.cpu_per_media_s * media_s),
        wall_limit_s=round(limits.wall_base_s + limits.wall_per_media_s * media_s),
        reasons=tuple(reasons),
    )


def _accepted_duration_ms(source: SourceInfo, limits: Limits) -> int:
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


def _video_plan(video: VideoTrack, *, duration_ms: int, can_tone_map: bool, reasons: list[str]) -> VideoPlan:
    rungs = rungs_for(video.width_px, video.height_px, fps=video.fps)
    upright = (video.coded_width_px, video.coded_height_px)
    if video.rotation_degrees in {90, 270}:
        upright = upright[::-1]
    color = _color_plan(video, can_tone_map=can_tone_map, reasons=reasons)
    pad_ms = _padding_ms(video.end_ms, duration_ms)
    _explain_video(video, rungs, pad_ms, reasons)
    return VideoPlan(
        index=video.index,
        fps=video.fps,
        rungs=rungs,
        keyframe_ms=KEYFRAME_MS,
        must_scale_top=upright != (rungs[0].width_px, rungs[0].height_px),
        must_deinterlace=video.is_interlaced,
        color=color,
        pad_ms=pad_ms,
        expected_ms=video.end_ms + pad_ms if video.end_ms else None,
    )


def _explain_video(video: VideoTrack, rungs: tuple[Rung, ...], pad_ms: int, reasons: list[str]) -> None:
    names = ", ".join(rung.name for rung in rungs)
    reasons.append(f"picture of {video.width_px}x{video.height_px}: rungs {names}, nothing scaled up")
    reasons.append(f"keyframes every {KEYFRAME_MS // 1000} s for scrubbing, constant quality under a cap for each rung")
    if video.rotation_degrees:
        reasons.append(f"the camera was turned by {video.rotation_degrees} degrees: pixels are turned upright")
    if not video.has_square_pixels:
        reasons.append("pixels of the source are not square: the picture is scaled to square ones")
    if video.is_variable_rate:
        reasons.append(f"variable frame rate: made constant at {float(video.fps):.3f}")
    if video.is_interlaced:
        reasons.append("interlaced: deinterlaced")
    if pad_ms:
        reasons.append(f"the picture ends {pad_ms} ms before the file: its last frame stands")


def _color_plan(video: VideoTrack, *, can_tone_map: bool, reasons: list[str]) -> ColorPlan:
    if video.transfer is not Transfer.SDR:
        if can_tone_map:
            reasons.append(f"high dynamic range ({video.transfer}): tone-mapped to BT.709")
            return ColorPlan(tone_map_from=video.transfer)
        reasons.append("high dynamic range, but this ffmpeg has no zscale filter: colors will look pale")
    matrix = video.color_matrix
    if not matrix and video.coded_height_px < 720:  # noqa: PLR2004 - untagged small video is BT.601 by custom
        matrix = "smpte170m"
    if matrix in {"", "bt709", "gbr", "rgb", "reserved"}:
        matrix = ""
    if video.is_full_range:
        reasons.append("full-range colors: converted to limited range")
    return ColorPlan(input_matrix=SWS_MATRICES.get(matrix, ""), is_full_range=video.is_full_range)


# ffprobe's name of a matrix: the scale filter's.
SWS_MATRICES = {
    "smpte170m": "smpte170m", "bt470bg": "bt470", "fcc": "fcc", "smpte240m": "smpte240m",
    "bt2020nc": "bt2020", "bt2020c": "bt2020",
}  # fmt: skip


def _audio_plans(
    tracks: tuple[AudioTrack, ...], *, language: str, duration_ms: int, reasons: list[str]
) -> tuple[AudioPlan, ...]:
    """One rendition per language, the default track first; tracks that do not say theirs count as one language."""
    chosen: dict[str, AudioTrack] = {}
    for track in sorted(tracks, key=lambda track: not track.is_default):
        chosen.setdefault(track.language if track.language != "und" else language, track)
    plans = [
        AudioPlan(
            index=track.index,
            name="audio" if position == 0 else f"audio_{position}",
            language=tag,
            bitrate_bps=AUDIO_BITRATE_BPS,
            pad_ms=_padding_ms(track.end_ms, duration_ms),
            expected_ms=track.end_ms + _padding_ms(track.end_ms, duration_ms) if track.end_ms else None,
        )
        for position, (tag, track) in enumerate(chosen.items())
    ][:MAX_AUDIO_RENDITIONS]
    if plans:
        reasons.append(f"sound coded once and shared by all rungs: {', '.join(plan.language for plan in plans)}")
    if len(plans) < len(tracks):
        reasons.append(f"{len(tracks) - len(plans)} of {len(tracks)} sound tracks left out: one per language")
    return tuple(plans)


def _caption_plans(source: SourceInfo, reasons: list[str]) -> tuple[CaptionPlan, ...]:
    chosen = source.subtitles[:MAX_CAPTIONS]
    if chosen:
        reasons.append(f"{len(chosen)} caption tracks inside the file: converted to WebVTT")
    return tuple(
        CaptionPlan(
            index=track.index, name=f"{position:02d}_{track.language}", language=track.language, label=track.title[:100]
        )
        for position, track in enumerate(chosen)
    )


def _padding_ms(end_ms: int | None, duration_ms: int) -> int:
    gap = duration_ms - end_ms if end_ms else 0
    return gap if gap > PADDING_FROM_MS else 0


def _target_duration_s(fps: Fraction | None) -> int:
    """Longest EXTINF, rounded (RFC 8216bis, section 4.4.3.1); known before encoding.

    A segment ends with the first frame at or after a multiple of SEGMENT_MS, so a slow source may overrun by a frame.
    """
    length = Fraction(SEGMENT_MS, 1000)
    if fps is not None and (length * fps).denominator != 1:
        length += 1 / fps
    return int(length + Fraction(1, 2))


def _storyboard_plan(video: VideoPlan, duration_ms: int) -> StoryboardPlan:
    seconds = duration_ms / 1000
    interval_s = next((step for step, until in ((1, 60), (2, 300), (5, 1800)) if seconds <= until), 10)
    smallest = video.rungs[-1]
    scale = min(1.0, TILE_SHORT_PX / min(smallest.width_px, smallest.height_px))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in (smallest.width_px, smallest.height_px))
    tiles = -(-(video.expected_ms or duration_ms) // (interval_s * 1000))
    return StoryboardPlan(
        interval_ms=interval_s * 1000,
        tile_width_px=width,
        tile_height_px=height,
        columns=min(SHEET_COLUMNS, tiles),
        rows=min(SHEET_ROWS, -(-tiles // SHEET_COLUMNS)),
    )
