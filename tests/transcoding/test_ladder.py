from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transcoding.ladder import LEAST_STEP, MAX_RUNG_PIXELS, rungs_for

sides = st.integers(16, 5900)


@given(sides, sides)
def test_never_scales_up(width: int, height: int) -> None:
    assert all(rung.width_px <= width and rung.height_px <= height for rung in rungs_for(width, height))


@given(sides, sides)
def test_sides_are_even_and_rungs_fall(width: int, height: int) -> None:
    rungs = rungs_for(width, height)
    assert rungs
    assert all(side % 2 == 0 and side > 0 for rung in rungs for side in (rung.width_px, rung.height_px))
    areas = [rung.width_px * rung.height_px for rung in rungs]
    assert areas == sorted(areas, reverse=True)
    assert max(areas) <= MAX_RUNG_PIXELS * 1.01


@given(st.integers(200, 4000), st.integers(200, 4000))
def test_the_shape_of_the_picture_is_kept(width: int, height: int) -> None:
    for rung in rungs_for(width, height):
        assert rung.width_px / rung.height_px == pytest.approx(
            width / height, rel=2.5 / min(rung.width_px, rung.height_px)
        )


@given(sides, sides)
def test_portrait_gets_the_same_steps_as_landscape(width: int, height: int) -> None:
    turned = [(rung.height_px, rung.width_px) for rung in rungs_for(height, width)]
    assert [(rung.width_px, rung.height_px) for rung in rungs_for(width, height)] == turned


@example(width=864, height=5170)
@given(sides, sides)
def test_names_are_unique_and_steps_are_worth_a_switch(width: int, height: int) -> None:
    rungs = rungs_for(width, height)
    assert len({rung.name for rung in rungs}) == len(rungs)
    assert all(a.cap_bps >= b.cap_bps and a.crf <= b.crf for a, b in pairwise(rungs))


@pytest.mark.parametrize(
    ("size", "names"),
    [
        ((1920, 1080), ["1080p", "720p", "480p", "360p"]),
        ((3840, 2160), ["1080p", "720p", "480p", "360p"]),
        ((1280, 720), ["720p", "480p", "360p"]),
        ((854, 480), ["480p", "360p"]),
        ((640, 360), ["360p"]),
        ((320, 240), ["240p"]),
        ((608, 1080), ["608p", "480p", "360p"]),
        ((321, 181), ["180p"]),
        ((1600, 900), ["900p", "720p", "480p", "360p"]),
        ((1280, 800), ["800p", "480p", "360p"]),
    ],
)
def test_known_sizes_get_the_expected_rungs(size: tuple[int, int], names: list[str]) -> None:
    assert [rung.name for rung in rungs_for(*size)] == names


def test_the_usual_caps_are_the_measured_ones() -> None:
    assert [(rung.crf, rung.cap_bps) for rung in rungs_for(1920, 1080)] == [
        (23, 3_200_000),
        (23, 1_600_000),
        (24, 800_000),
        (25, 450_000),
    ]


def test_sixty_frames_a_second_may_take_half_as_much_again() -> None:
    slow, fast = rungs_for(1280, 720, fps=Fraction(30))[0], rungs_for(1280, 720, fps=Fraction(60))[0]
    assert fast.cap_bps == pytest.approx(1.5 * slow.cap_bps, rel=0.01)
    assert LEAST_STEP > 1
