from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcoding.strategies import sources
from transcoding.acceptance import Limits
from transcoding.content import MotionFacts, Survey
from transcoding.errors import SourceError
from transcoding.loudness import Loudness
from transcoding.messages import FailureCode
from transcoding.packets import PacketFacts
from transcoding.plan import (
    MAX_AUDIO_RENDITIONS,
    PADDING_FROM_MS,
    TranscodePlan,
    make_plan,
)
from transcoding.source import AudioTrack, SourceInfo, SubtitleTrack, Transfer, VideoTrack

ROOMY = Limits(max_pixels=10**9)
PICTURE = VideoTrack(
    index=0, codec="h264", width_px=1920, height_px=1080, coded_width_px=1920, coded_height_px=1080,
    has_square_pixels=True, rotation_degrees=0, fps=Fraction(30), is_variable_rate=False, is_interlaced=False,
    transfer=Transfer.SDR, pixel_format="yuv420p", is_full_range=False, color_matrix="bt709", end_ms=60_000,

)  # fmt: skip
SOUND = AudioTrack(index=1, codec="aac", channels=2, language="und", is_default=True, end_ms=60_000)
LECTURE = SourceInfo(
    format_name="mov", size_bytes=7_000_000, duration_ms=60_000, video=PICTURE, audio=(SOUND,), subtitles=(),
    cover_index=None,
)  # fmt: skip


def lecture(**changes: object) -> SourceInfo:
    return LECTURE.model_copy(update=changes)


def refusal(source: SourceInfo, limits: Limits | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        make_plan(source, limits=limits)
    return caught.value


@given(sources())
def test_every_believable_source_gets_a_plan_with_reasons(source: SourceInfo) -> None:
    plan = make_plan(source, limits=ROOMY)
    assert plan.reasons
    assert (plan.video is None) == (source.video is None)
    assert 1 <= len(plan.audio) <= MAX_AUDIO_RENDITIONS if source.audio else not plan.audio
    assert TranscodePlan.model_validate_json(plan.model_dump_json()) == plan


@given(sources())
def test_there_is_one_sound_per_language_and_names_are_unique(source: SourceInfo) -> None:
    plan = make_plan(source, language="en", limits=ROOMY)
    assert len({track.language for track in plan.audio}) == len(plan.audio)
    names = (
        [*(track.name for track in plan.audio), *(rung.name for rung in plan.video.rungs if plan.video)]
        if plan.video
        else []
    )
    assert len(set(names)) == len(names)
    assert len({track.name for track in plan.captions}) == len(plan.captions)


@given(sources())
def test_padding_makes_all_tracks_end_together(source: SourceInfo) -> None:
    plan = make_plan(source, limits=ROOMY)
    ends = [track.expected_ms for track in plan.audio] + ([plan.video.expected_ms] if plan.video else [])
    assert all(plan.duration_ms - end <= PADDING_FROM_MS for end in ends if end)


@given(st.fractions(min_value=1, max_value=60, max_denominator=1001))
def test_no_segment_can_be_longer_than_the_target_duration(fps: Fraction) -> None:
    plan = make_plan(lecture(video=PICTURE.model_copy(update={"fps": fps})))
    assert plan.video is not None
    edges = [frame / fps for frame in plan.video.grid.boundaries(int(60 * fps))]
    longest = max((b - a for a, b in pairwise(edges)), default=Fraction(6))
    assert int(longest + Fraction(1, 2)) <= plan.target_duration_s == 6


@given(sources())
def test_a_sheet_never_holds_more_than_a_hundred_tiles(source: SourceInfo) -> None:
    board = make_plan(source, limits=ROOMY).storyboard
    assert board is None or 1 <= board.columns * board.rows <= 100


def test_an_ordinary_lecture_needs_no_extra_work() -> None:
    plan = make_plan(LECTURE, language="en")
    assert plan.video is not None
    assert plan.video.color.is_ready
    assert not plan.video.must_scale_top
    assert [track.language for track in plan.audio] == ["en"]
    assert plan.target_duration_s == 6


def test_sound_without_picture_is_an_audio_lesson() -> None:
    plan = make_plan(lecture(video=None))
    assert plan.video is None
    assert plan.storyboard is None
    assert any("audio lesson" in reason for reason in plan.reasons)


def test_the_default_track_comes_first() -> None:
    quiet = SOUND.model_copy(update={"index": 1, "language": "en", "is_default": False})
    loud = SOUND.model_copy(update={"index": 2, "language": "zh"})
    assert [track.index for track in make_plan(lecture(audio=(quiet, loud))).audio] == [2, 1]


def test_a_picture_that_ends_early_stands_still() -> None:
    plan = make_plan(lecture(video=PICTURE.model_copy(update={"end_ms": 20_000})))
    assert plan.video is not None
    assert plan.video.pad_ms == 40_000


def test_high_dynamic_range_is_mapped_where_ffmpeg_can() -> None:
    source = lecture(video=PICTURE.model_copy(update={"transfer": Transfer.HLG}))
    mapped, plain = make_plan(source), make_plan(source, can_tone_map=False)
    assert mapped.video is not None
    assert plain.video is not None
    assert mapped.video.color.tone_map_from is Transfer.HLG
    assert plain.video.color.tone_map_from is Transfer.SDR
    assert any("pale" in reason for reason in plain.reasons)


def test_captions_inside_the_file_are_kept_with_their_language() -> None:
    track = SubtitleTrack(index=2, codec="subrip", language="zh", title="字幕")
    (caption,) = make_plan(lecture(subtitles=(track,))).captions
    assert (caption.index, caption.language, caption.label) == (2, "zh", "字幕")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (lecture(video=None, audio=()), FailureCode.NO_VIDEO_OR_AUDIO),
        (lecture(is_protected=True), FailureCode.PROTECTED),
        (lecture(duration_ms=13 * 3_600_000, size_bytes=10**10), FailureCode.TOO_LONG),
        (lecture(duration_ms=36_000_000, size_bytes=18_000), FailureCode.BROKEN_TIMING),
        (lecture(video=None, audio=(SOUND.model_copy(update={"end_ms": 40}),), duration_ms=40), FailureCode.TOO_SHORT),
        (lecture(video=PICTURE.model_copy(update={"coded_width_px": 16_000, "coded_height_px": 16_000})), FailureCode.TOO_LARGE_PICTURE),
        (lecture(video=PICTURE.model_copy(update={"width_px": 8, "height_px": 8})), FailureCode.UNSUPPORTED),
    ],
)  # fmt: skip
def test_what_cannot_be_a_lesson_is_refused_with_a_sentence(source: SourceInfo, code: FailureCode) -> None:
    error = refusal(source)
    assert error.code is code
    assert error.message.endswith(".")
    assert not error.retryable


@given(sources(), st.booleans(), st.booleans())
def test_the_same_facts_give_the_same_plan_and_every_decision_has_its_reason(
    source: SourceInfo, is_still: bool, may_copy: bool
) -> None:
    motion = MotionFacts(pairs=24, changed=0.0 if is_still else 0.2, most_changed=0.0 if is_still else 0.2)
    loudness = {track.index: Loudness(integrated_lufs=-23, peak_db=-2) for track in source.audio}
    survey = Survey(packets=PacketFacts(is_static=is_still), motion=motion, loudness=loudness)
    plan = make_plan(source, survey, limits=ROOMY, may_copy=may_copy)
    assert make_plan(source, survey, limits=ROOMY, may_copy=may_copy) == plan
    said = "\n".join(plan.reasons)
    if plan.video:
        assert f"content {plan.video.content}" in said
        assert f"keyframes {float(plan.video.grid.keyframe_frames / plan.video.fps):.2f} s apart" in said
        assert all(rung.name in said for rung in plan.video.rungs)
        assert ("frames a second" in said) == any(rung.frame_step > 1 for rung in plan.video.rungs)
        assert ("largest rung is encoded" in said) == (may_copy and not plan.video.copies_top)
    for sound in plan.audio:
        assert f"{sound.name} at -23.0 LUFS: +7.0 dB, peaks limited" in said


def test_only_where_nothing_moves_small_rungs_lose_frames() -> None:
    still = MotionFacts(pairs=24)
    static = make_plan(LECTURE, Survey(packets=PacketFacts(is_static=True), motion=still)).video
    quiet = make_plan(LECTURE, Survey(motion=still)).video
    assert static is not None
    assert quiet is not None
    assert [rung.frame_step for rung in static.rungs] == [1, 1, 3, 3]
    assert {rung.frame_step for rung in quiet.rungs} == {1}
    assert static.grid.keyframe_frames == quiet.grid.keyframe_frames == 180
