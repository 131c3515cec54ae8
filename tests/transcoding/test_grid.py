from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from transcoding.grid import SEGMENT_S, Grid, regular_grid

RATES = st.sampled_from([Fraction(n) for n in (10, 12, 15, 24, 25, 30, 48, 50, 60)]) | st.fractions(
    min_value=1, max_value=60, max_denominator=1001
)


@st.composite
def grids(draw: st.DrawFn) -> tuple[Grid, Fraction]:
    """Regular grids as plans have them: only where frames are many enough a rung has each second or third."""
    fps = draw(RATES)
    step = draw(st.sampled_from([step for step in (1, 2, 3) if step == 1 or fps >= 10 * step]))
    return regular_grid(fps, keyframe_s=draw(st.sampled_from([2, 6])), multiple_of=step), fps


@st.composite
def cut_grids(draw: st.DrawFn) -> tuple[Grid, int]:
    """Grids of a copied rung: segments of a tenth of a second to ten seconds."""
    lengths = draw(st.lists(st.integers(3, 300), min_size=1, max_size=40))
    cuts = tuple(sum(lengths[:number]) for number in range(len(lengths)))
    return Grid(keyframe_frames=60, segment_frames=180, cuts=cuts), sum(lengths)


@given(RATES, st.sampled_from([2, 6]), st.sampled_from([1, 2, 3]))
def test_no_segment_is_longer_than_six_seconds_and_no_keyframe_further_away_than_said(
    fps: Fraction, keyframe_s: int, step: int
) -> None:
    step = step if fps >= 10 * step else 1
    grid = regular_grid(fps, keyframe_s=keyframe_s, multiple_of=step)
    assert grid.keyframe_frames / fps <= keyframe_s
    assert grid.segment_frames / fps <= SEGMENT_S
    assert grid.segment_frames % grid.keyframe_frames == 0
    assert grid.keyframe_frames % step == 0


@given(RATES, st.sampled_from([2, 6]))
def test_keyframes_are_not_closer_than_they_must_be(fps: Fraction, keyframe_s: int) -> None:
    grid = regular_grid(fps, keyframe_s=keyframe_s)
    assert (grid.keyframe_frames + 1) / fps > keyframe_s


@given(grids(), st.integers(1, 20_000))
def test_the_longest_segment_is_the_longest(made: tuple[Grid, Fraction], frame_count: int) -> None:
    grid, _ = made
    edges = [*grid.boundaries(frame_count), frame_count]
    assert edges[0] == 0
    assert grid.longest_frames(frame_count) == max(after - before for before, after in pairwise(edges))


@given(cut_grids())
def test_the_longest_segment_of_a_copied_rung_is_the_longest(made: tuple[Grid, int]) -> None:
    grid, frame_count = made
    edges = [*grid.boundaries(frame_count), frame_count]
    assert grid.longest_frames(frame_count) == max(after - before for before, after in pairwise(edges))


@given(st.one_of(grids().map(lambda made: made[0]), cut_grids().map(lambda made: made[0])), st.data())
def test_a_part_has_the_boundaries_of_the_whole(grid: Grid, data: st.DataObject) -> None:
    frame_count = 300 + (grid.cuts[-1] if grid.cuts else 40 * grid.segment_frames)
    whole = [at for at in grid.boundaries(frame_count) if at < frame_count]
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first + 1, len(whole)))
    begin, end = whole[first], whole[last] if last < len(whole) else frame_count
    part = grid.within(begin, end)
    assert [begin + at for at in part.boundaries(end - begin)] == whole[first:last]
    assert (part.keyframe_frames, part.segment_frames) == (grid.keyframe_frames, grid.segment_frames)
