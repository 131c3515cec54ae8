from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcoding.acceptance import Limits
from transcoding.content import MotionFacts, Survey
from transcoding.packets import PacketFacts
from transcoding.parts import LEAST_PART_MS, MOST_PART_MS, SPLIT_FROM_MS, Part, SplitPlan, part_plan, parts_of
from transcoding.plan import TranscodePlan, make_plan, with_cuts
from transcoding.source import AudioTrack, SourceInfo, SubtitleTrack, Transfer, VideoTrack

MINUTE_MS = 60_000
FORMAT = "mov,mp4,m4a"
SOUND = AudioTrack(index=1, codec="aac", channels=2, language="en", is_default=True, end_ms=None)
RATES = [Fraction(5), Fraction(15), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)]
STILL = MotionFacts(pairs=24)


def recording(duration_ms: int, fps: Fraction = Fraction(30), **changes: object) -> SourceInfo:
    picture = VideoTrack(
        index=0, codec="h264", width_px=1920, height_px=1080, coded_width_px=1920, coded_height_px=1080,
        has_square_pixels=True, rotation_degrees=0, fps=fps, is_variable_rate=False, is_interlaced=False,
        transfer=Transfer.SDR, pixel_format="yuv420p", is_full_range=False, color_matrix="bt709", end_ms=duration_ms,
    )  # fmt: skip
    source = SourceInfo(
        format_name=FORMAT, size_bytes=100 * duration_ms, duration_ms=duration_ms, video=picture, audio=(SOUND,),
        subtitles=(), cover_index=None,
    )  # fmt: skip
    return source.model_copy(update=changes)


def keyframes(duration_ms: int, every_ms: int) -> PacketFacts:
    return PacketFacts(keyframe_ms=tuple(range(0, duration_ms, every_ms)))


def planned(duration_ms: int, fps: Fraction = Fraction(30), *, is_still: bool = False) -> TranscodePlan:
    survey = Survey(motion=STILL) if is_still else Survey()
    return make_plan(recording(duration_ms, fps), survey, limits=Limits())


@st.composite
def splits(draw: st.DrawFn) -> tuple[TranscodePlan, PacketFacts, tuple[Part, ...]]:
    """Plans of four minutes to twelve hours with their parts; some with boundaries of a copied rung."""
    duration_ms = draw(st.integers(SPLIT_FROM_MS, 12 * 60 * MINUTE_MS))
    fps = draw(st.sampled_from(RATES))
    plan = planned(duration_ms, fps, is_still=draw(st.booleans()))
    every_ms = draw(st.sampled_from([1000, 2000, 8333, 10_000, 60_000]))
    if every_ms <= 10_000 and draw(st.booleans()):
        step = round(every_ms * fps / 1000)
        plan = with_cuts(plan, tuple(range(0, int(duration_ms * fps / 1000), step)))
    packets = keyframes(duration_ms, every_ms)
    return plan, packets, parts_of(plan, packets, format_name=FORMAT)


def pictures(parts: tuple[Part, ...]) -> list[Part]:
    return [part for part in parts if not part.is_sound]


def frame_count(plan: TranscodePlan) -> int:
    assert plan.video is not None
    return round((plan.video.expected_ms or plan.duration_ms) * plan.video.fps / 1000)


def frames_of(part: Part, plan: TranscodePlan) -> int:
    return (part.to_frame or frame_count(plan)) - part.from_frame


@pytest.mark.slow
@given(splits())
@settings(max_examples=50)
def test_the_parts_hold_every_frame_once(made: tuple[TranscodePlan, PacketFacts, tuple[Part, ...]]) -> None:
    plan, _, parts = made
    ranges = pictures(parts)
    assert ranges[0].from_frame == 0
    assert ranges[-1].to_frame is None
    assert all(before.to_frame == after.from_frame for before, after in pairwise(ranges))
    assert sum(frames_of(part, plan) for part in ranges) == frame_count(plan)


@pytest.mark.slow
@given(splits())
@settings(max_examples=50)
def test_every_part_begins_with_a_segment(made: tuple[TranscodePlan, PacketFacts, tuple[Part, ...]]) -> None:
    plan, _, parts = made
    assert plan.video is not None
    boundaries = set(plan.video.grid.boundaries(frame_count(plan)))
    assert {part.from_frame for part in pictures(parts)} <= boundaries
    split = SplitPlan(plan=plan, parts=parts)
    for number, part in enumerate(parts):
        video = part_plan(split, number).video
        if video is None:
            assert part.is_sound
            continue
        mine = {part.from_frame + at for at in video.grid.boundaries(frames_of(part, plan))}
        assert mine == {at for at in boundaries if part.from_frame <= at < part.from_frame + frames_of(part, plan)}


@pytest.mark.slow
@given(splits())
@settings(max_examples=50)
def test_no_part_is_too_short_to_be_worth_a_start(made: tuple[TranscodePlan, PacketFacts, tuple[Part, ...]]) -> None:
    plan, _, parts = made
    assert plan.video is not None
    for part in pictures(parts):
        ms = float(frames_of(part, plan) / plan.video.fps * 1000)
        assert LEAST_PART_MS / 3 < ms <= 1.5 * max(MOST_PART_MS, LEAST_PART_MS) * 7 / 6 + 10_000


@pytest.mark.slow
@given(splits())
@settings(max_examples=50)
def test_reading_begins_within_the_first_frame_of_a_part(
    made: tuple[TranscodePlan, PacketFacts, tuple[Part, ...]],
) -> None:
    """A time between two frames cannot be taken for the frame before, however it is rounded."""
    plan, _, parts = made
    assert plan.video is not None
    for part in pictures(parts)[1:]:
        begins_ms = part.from_frame * 1000 / plan.video.fps
        assert begins_ms < part.seek_ms < begins_ms + 1000 / plan.video.fps


@pytest.mark.slow
@given(splits(), st.floats(0.02, 0.3), st.floats(0, 0.03))
@settings(max_examples=50)
def test_the_busier_of_two_workers_has_little_more_than_half_of_the_work(
    made: tuple[TranscodePlan, PacketFacts, tuple[Part, ...]], share_of_sound: float, share_of_start: float
) -> None:
    """Parts are handed out in their order, each to whoever is free first; a frame costs what a frame costs."""
    plan, _, parts = made
    assert busiest_share(plan, parts, sound=share_of_sound, start=share_of_start) <= 0.56


@pytest.mark.parametrize("every_ms", [2000, 8333, 10_000])
@pytest.mark.parametrize("is_copied", [False, True])
def test_the_shortest_that_are_cut_are_cut_as_evenly(every_ms: int, is_copied: bool) -> None:
    """Few parts are the hard case: every length from four to seven minutes."""
    for seconds in range(240, 420, 4):
        plan = planned(seconds * 1000)
        if is_copied:
            plan = with_cuts(plan, tuple(range(0, seconds * 30, every_ms * 30 // 1000)))
        parts = parts_of(plan, keyframes(seconds * 1000, every_ms), format_name=FORMAT)
        for sound in (0.02, 0.05, 0.1, 0.2):
            for start in (0, 0.01, 0.03):
                assert busiest_share(plan, parts, sound=sound, start=start) <= 0.56, (seconds, sound, start)


def busiest_share(plan: TranscodePlan, parts: tuple[Part, ...], *, sound: float, start: float) -> float:
    """Sound and the run that split cost shares of the picture; the first worker did that run."""
    total = frame_count(plan)
    workers = [start * total, 0.0]
    for part in parts:
        workers[workers.index(min(workers))] += sound * total if part.is_sound else frames_of(part, plan)
    return max(workers) / sum(workers)


@pytest.mark.slow
@given(splits())
@settings(max_examples=30)
def test_the_sound_comes_second_so_that_two_machines_make_it_playable(
    made: tuple[TranscodePlan, PacketFacts, tuple[Part, ...]],
) -> None:
    _, _, parts = made
    assert [part.is_sound for part in parts] == [False, True, *[False] * (len(parts) - 2)]


@pytest.mark.parametrize(
    ("duration_ms", "changes", "format_name"),
    [
        (SPLIT_FROM_MS - 1, {}, FORMAT),
        (3_600_000, {"video": None}, FORMAT),
        (3_600_000, {}, "mpegts"),  # no index leads to a moment
        (3_600_000, {}, "avi"),
    ],
)
def test_what_cannot_be_cut_with_profit_stays_whole(
    duration_ms: int, changes: dict[str, object], format_name: str
) -> None:
    plan = make_plan(recording(duration_ms, **changes))
    assert parts_of(plan, keyframes(duration_ms, 2000), format_name=format_name) == ()


def test_without_sound_or_captions_there_is_nothing_beside_the_picture() -> None:
    plan = make_plan(recording(3_600_000, audio=()))
    assert not any(part.is_sound for part in parts_of(plan, PacketFacts(), format_name=FORMAT))


def test_captions_alone_are_a_part() -> None:
    track = SubtitleTrack(index=2, codec="subrip", language="zh", title="")
    plan = make_plan(recording(3_600_000, audio=(), subtitles=(track,)))
    parts = parts_of(plan, PacketFacts(), format_name=FORMAT)
    split = SplitPlan(plan=plan, parts=parts)
    assert split.rendition_names()[1] == ()
    assert part_plan(split, 1).captions == plan.captions
    assert all(part_plan(split, number).captions == () for number in range(len(parts)) if number != 1)


def test_parts_begin_where_the_source_has_a_keyframe_nearby() -> None:
    """Keyframes are 10 s apart and boundaries 6: every fifth boundary has a keyframe, and a part may wait for it."""
    plan = planned(3_600_000)
    packets = keyframes(3_600_000, 10_000)
    for part in pictures(parts_of(plan, packets, format_name=FORMAT)):
        ms = part.from_frame * 1000 // 30
        assert ms - packets.keyframe_before_ms(ms) == 0


def test_each_part_makes_the_rungs_or_the_sound() -> None:
    plan = planned(3_600_000)
    split = SplitPlan(plan=plan, parts=parts_of(plan, PacketFacts(), format_name=FORMAT))
    first, second, *others = split.rendition_names()
    assert first == ("1080p", "720p", "480p", "360p")
    assert second == ("audio",)
    assert set(others) == {first}


@pytest.mark.slow
@given(splits())
@settings(max_examples=30)
def test_the_parts_are_bounded_as_the_whole_is(made: tuple[TranscodePlan, PacketFacts, tuple[Part, ...]]) -> None:
    plan, _, parts = made
    split = SplitPlan(plan=plan, parts=parts)
    for number, part in enumerate(parts):
        mine = part_plan(split, number)
        assert mine.storyboard is None or mine.storyboard.columns * mine.storyboard.rows <= 100
        assert mine.cpu_limit_s <= plan.cpu_limit_s + 60
        if not part.is_sound:
            assert mine.cpu_limit_s >= mine.duration_ms / 1000
            assert mine.target_duration_s == plan.target_duration_s
