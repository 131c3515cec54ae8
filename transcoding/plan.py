"""Decide everything about a transcode before it starts, and say why."""

from fractions import Fraction

from transcoding.acceptance import Limits, accepted_duration_ms
from transcoding.content import Content, Survey, content_of
from transcoding.copying import why_not_copied
from transcoding.grid import KEYFRAME_S, SEGMENT_S, STILL_KEYFRAME_S, Grid, regular_grid
from transcoding.ladder import Decision, Rung, rungs_for
from transcoding.loudness import GainPlan, gain_for
from transcoding.source import AudioTrack, SourceInfo, Transfer, VideoTrack

AUDIO_BITRATE_BPS = 96_000
MAX_AUDIO_RENDITIONS = 8
MAX_CAPTIONS = 16
# Tracks that end closer together than this are left as they are.
PADDING_FROM_MS = 500
# Reordering delays the first picture by two frames: seconds of nothing in a slideshow of one a second.
LEAST_REORDERED_FPS, REORDERED_FRAMES = 10, 2
# The frame of silence that AAC begins with.
SOUND_DELAY_US = 22_000
SHEET_COLUMNS, SHEET_ROWS = 10, 10
TILE_SHORT_PX = 90


class ColorPlan(Decision):
    """How the picture becomes 8-bit BT.709 in limited range; None of it is needed for an ordinary recording."""

    tone_map_from: Transfer = Transfer.SDR
    input_matrix: str = ""
    is_full_range: bool = False

    @property
    def is_ready(self) -> bool:
        return self == ColorPlan()


class VideoPlan(Decision):
    """What happens to the picture. `from_frame` and `to_frame` bound a part, in frames of the whole (None: the end).

    Where `copies_top`, the largest rung is the source's own picture and only the others are encoded.
    """

    index: int
    content: Content
    fps: Fraction
    rungs: tuple[Rung, ...]
    grid: Grid
    must_scale_top: bool
    must_deinterlace: bool
    color: ColorPlan
    pad_ms: int
    expected_ms: int | None
    copies_top: bool = False
    from_frame: int = 0
    to_frame: int | None = None
    seek_ms: int = 0

    @property
    def encoded_rungs(self) -> tuple[Rung, ...]:
        return self.rungs[1:] if self.copies_top else self.rungs

    @property
    def is_reordered(self) -> bool:
        return self.fps >= LEAST_REORDERED_FPS

    @property
    def is_part(self) -> bool:
        return self.from_frame > 0 or self.to_frame is not None

    @property
    def start_s(self) -> Fraction:
        return self.from_frame / self.fps


class AudioPlan(Decision):
    index: int
    name: str
    language: str
    bitrate_bps: int
    gain: GainPlan
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
    """Everything that will be done. `delay_us` is how late every track starts, so that no time is negative."""

    duration_ms: int
    delay_us: int
    target_duration_s: int
    video: VideoPlan | None
    audio: tuple[AudioPlan, ...]
    captions: tuple[CaptionPlan, ...]
    storyboard: StoryboardPlan | None
    cover_index: int | None
    cpu_limit_s: int
    wall_limit_s: int
    reasons: tuple[str, ...] = ()


def make_plan(
    source: SourceInfo,
    survey: Survey | None = None,
    *,
    language: str = "und",
    limits: Limits | None = None,
    can_tone_map: bool = True,
    may_copy: bool = False,
) -> TranscodePlan:
    """Decide how to transcode; raise SourceError where it cannot or must not be done.

    `language` names the sound of a file that does not say it itself. Without a survey the picture is treated as film.
    With `may_copy` the largest rung is the source's own picture where that fits (copying.py).
    """
    limits, survey = limits or Limits(), survey or Survey()
    duration_ms = accepted_duration_ms(source, limits)
    reasons: list[str] = []
    audio = _audio_plans(source.audio, survey, language=language, duration_ms=duration_ms, reasons=reasons)
    video = None
    if source.video:
        video = _video_plan(source.video, survey, duration_ms=duration_ms, can_tone_map=can_tone_map, reasons=reasons)
        if may_copy:
            video = _with_copied_top(video, source.video, survey, reasons)
    else:
        reasons.append("no moving picture: an audio lesson, published as sound only")
    media_s = duration_ms / 1000
    return TranscodePlan(
        duration_ms=duration_ms,
        delay_us=_delay_us(video),
        target_duration_s=target_duration_s(video, duration_ms),
        video=video,
        audio=audio,
        captions=_caption_plans(source, reasons),
        storyboard=_storyboard_plan(video, duration_ms) if video else None,
        cover_index=source.cover_index if video is None else None,
        cpu_limit_s=round(limits.cpu_base_s + limits.cpu_per_media_s * media_s),
        wall_limit_s=round(limits.wall_base_s + limits.wall_per_media_s * media_s),
        reasons=tuple(reasons),
    )


def _video_plan(
    video: VideoTrack, survey: Survey, *, duration_ms: int, can_tone_map: bool, reasons: list[str]
) -> VideoPlan:
    content = content_of(survey.motion)
    has_text = content in {Content.STILL, Content.SCREEN}
    rungs = rungs_for(video.width_px, video.height_px, fps=video.fps, has_text=has_text, is_static=survey.is_static)
    upright = (video.coded_width_px, video.coded_height_px)
    if video.rotation_degrees in {90, 270}:
        upright = upright[::-1]
    color = _color_plan(video, can_tone_map=can_tone_map, reasons=reasons)
    pad_ms = _padding_ms(video.end_ms, duration_ms)
    keyframe_s = STILL_KEYFRAME_S if content is Content.STILL else KEYFRAME_S
    plan = VideoPlan(
        index=video.index,
        content=content,
        fps=video.fps,
        rungs=rungs,
        grid=regular_grid(video.fps, keyframe_s=keyframe_s, multiple_of=max(rung.frame_step for rung in rungs)),
        must_scale_top=upright != (rungs[0].width_px, rungs[0].height_px),
        must_deinterlace=video.is_interlaced,
        color=color,
        pad_ms=pad_ms,
        expected_ms=video.end_ms + pad_ms if video.end_ms else None,
    )
    _explain_video(plan, video, survey, reasons)
    return plan


def _with_copied_top(video: VideoPlan, track: VideoTrack, survey: Survey, reasons: list[str]) -> VideoPlan:
    hindrance = why_not_copied(track, survey.packets, video.rungs)
    if not hindrance and (video.must_scale_top or not video.color.is_ready or video.pad_ms):
        hindrance = "its picture has to be changed"
    if hindrance:
        reasons.append(f"the largest rung is encoded, not copied: {hindrance}")
        return video
    top = video.rungs[0]
    gap_s = survey.packets.longest_gap_ms / 1000
    reasons.append(f"{top.name} is the source's own picture, with keyframes up to {gap_s:.2f} s apart as it has them")
    even = tuple(rung.model_copy(update={"frame_step": 1}) for rung in video.rungs)
    return video.model_copy(update={"copies_top": True, "must_scale_top": True, "rungs": even})


def without_copy(plan: TranscodePlan, *, because: str) -> TranscodePlan:
    """The same plan with its largest rung encoded: copying turned out not to be possible."""
    if plan.video is None:
        return plan
    video = plan.video.model_copy(update={"copies_top": False, "must_scale_top": False})
    reasons = (*plan.reasons, f"the largest rung is encoded after all: {because}")
    return plan.model_copy(update={"video": video, "reasons": reasons})


def with_cuts(plan: TranscodePlan, cuts: tuple[int, ...]) -> TranscodePlan:
    """The same plan on the boundaries that the copied rung has."""
    if plan.video is None:
        return plan
    grid = plan.video.grid.model_copy(update={"cuts": cuts})
    video = plan.video.model_copy(update={"grid": grid})
    target_s = target_duration_s(video, plan.duration_ms)
    return plan.model_copy(update={"video": video, "target_duration_s": target_s})


def _explain_video(plan: VideoPlan, video: VideoTrack, survey: Survey, reasons: list[str]) -> None:
    names = ", ".join(rung.name for rung in plan.rungs)
    reasons.append(f"picture of {video.width_px}x{video.height_px}: rungs {names}, nothing scaled up")
    changed, gap_s = survey.motion.changed, float(plan.grid.keyframe_frames / plan.fps)
    measured = (
        f"{changed:.1%} of it changes from frame to frame" if survey.motion.pairs else "it could not be looked at"
    )
    crfs = sorted({rung.crf for rung in plan.rungs})
    reasons.append(
        f"content {plan.content}: {measured}; keyframes {gap_s:.2f} s apart,"
        f" constant quality (CRF {' to '.join(map(str, crfs))}) under a cap"
    )
    if slow := [rung for rung in plan.rungs if rung.frame_step > 1]:
        fps = float(plan.fps / slow[0].frame_step)
        reasons.append(
            f"nothing moves between the slides: {', '.join(r.name for r in slow)} at {fps:.3g} frames a second"
        )
    if video.rotation_degrees:
        reasons.append(f"the camera was turned by {video.rotation_degrees} degrees: pixels are turned upright")
    if not video.has_square_pixels:
        reasons.append("pixels of the source are not square: the picture is scaled to square ones")
    if video.is_variable_rate:
        reasons.append(f"variable frame rate: made constant at {float(video.fps):.3f}")
    if video.is_interlaced:
        reasons.append("interlaced: deinterlaced")
    if plan.pad_ms:
        reasons.append(f"the picture ends {plan.pad_ms} ms before the file: its last frame stands")


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
    tracks: tuple[AudioTrack, ...], survey: Survey, *, language: str, duration_ms: int, reasons: list[str]
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
            gain=gain_for(survey.loudness.get(track.index)),
            pad_ms=_padding_ms(track.end_ms, duration_ms),
            expected_ms=track.end_ms + _padding_ms(track.end_ms, duration_ms) if track.end_ms else None,
        )
        for position, (tag, track) in enumerate(chosen.items())
    ][:MAX_AUDIO_RENDITIONS]
    if plans:
        reasons.append(f"sound coded once and shared by all rungs: {', '.join(plan.language for plan in plans)}")
    reasons += [_explain_gain(plan, survey) for plan in plans]
    if len(plans) < len(tracks):
        reasons.append(f"{len(tracks) - len(plans)} of {len(tracks)} sound tracks left out: one per language")
    return tuple(plans)


def _explain_gain(plan: AudioPlan, survey: Survey) -> str:
    measured = survey.loudness.get(plan.index)
    if measured is None:
        return f"loudness of {plan.name} left as it is: silence, or not measured"
    limited = ", peaks limited" if plan.gain.must_limit else ""
    return f"{plan.name} at {measured.integrated_lufs:.1f} LUFS: {plan.gain.gain_db:+.1f} dB{limited}"


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


def _delay_us(video: VideoPlan | None) -> int:
    """The delay of reordered pictures, at least that of coded sound."""
    if video is None:
        return 0
    if not video.is_reordered:
        return SOUND_DELAY_US
    frames = REORDERED_FRAMES * max(rung.frame_step for rung in video.rungs)
    return max(SOUND_DELAY_US, int(frames / video.fps * 1_000_000))


def one_rendition(plan: TranscodePlan, name: str) -> TranscodePlan | None:
    """The plan of one of a plan's renditions alone, encoded on the same boundaries; None where there is no such one."""
    bare = {"storyboard": None, "captions": (), "cover_index": None}
    if sounds := tuple(track for track in plan.audio if track.name == name):
        return plan.model_copy(update={**bare, "video": None, "audio": sounds})
    for position, rung in enumerate(plan.video.rungs if plan.video else ()):
        if plan.video and rung.name == name:
            is_source_size = position == 0 and (plan.video.copies_top or not plan.video.must_scale_top)
            only = {"rungs": (rung,), "copies_top": False, "must_scale_top": not is_source_size}
            return plan.model_copy(update={**bare, "video": plan.video.model_copy(update=only), "audio": ()})
    return None


def target_duration_s(video: VideoPlan | None, duration_ms: int) -> int:
    """Longest EXTINF, rounded (RFC 8216bis, section 4.4.3.1); known before encoding. Sound has segments of six seconds.

    A segment of sound ends with the first frame of 21 ms at or after its six seconds.
    """
    longest_s = 0.0
    if video is not None:
        longest_s = float(video.grid.longest_frames(round(duration_ms * video.fps / 1000)) / video.fps)
    return max(SEGMENT_S, int(longest_s + 0.5))


def _storyboard_plan(video: VideoPlan, duration_ms: int) -> StoryboardPlan:
    seconds = duration_ms / 1000
    interval_s = next((step for step, until in ((1, 60), (2, 300), (5, 1800)) if seconds <= until), 10)
    smallest = video.rungs[-1]
    scale = min(1.0, TILE_SHORT_PX / min(smallest.width_px, smallest.height_px))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in (smallest.width_px, smallest.height_px))
    columns, rows = sheet_rows(-(-(video.expected_ms or duration_ms) // (interval_s * 1000)))
    return StoryboardPlan(
        interval_ms=interval_s * 1000,
        tile_width_px=width,
        tile_height_px=height,
        columns=columns,
        rows=rows,
    )


def sheet_rows(tiles: int) -> tuple[int, int]:
    """Columns and rows of sheets for so many tiles: a hundred at most, in the last sheet the rest."""
    return min(SHEET_COLUMNS, tiles), min(SHEET_ROWS, -(-tiles // SHEET_COLUMNS))
