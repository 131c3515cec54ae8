"""Listings as ffprobe writes them: pts_time,size,flags."""

import random
from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcoding.packets import PacketFacts, packet_facts

FPS = 30
GOP = 250
Sizes = Callable[[int], int]


def listing(sizes: Iterable[int], *, fps: Fraction = Fraction(FPS), gop: int = GOP, start_s: float = 0) -> str:
    rows = enumerate(sizes)
    return "".join(
        f"{start_s + float(number / fps):.6f},{size},{'K__' if number % gop == 0 else '___'}\n" for number, size in rows
    )


def slides(*, seconds: int, extra: Sizes = lambda _: 0, change_s: int = 20) -> list[int]:
    """An empty frame costs 60 bytes; a new slide comes with a large frame and is refined for a second."""
    sizes = []
    for number in range(seconds * FPS):
        since = number % (change_s * FPS)
        if number % GOP == 0:
            sizes.append(40_000)
        elif since == 0:
            sizes.append(50_000)
        else:
            sizes.append(60 + number % 2 + (300 // since if since < FPS else 0) + extra(number))
    return sizes


def facts(sizes: Iterable[int], **kwargs: int) -> PacketFacts:
    return packet_facts(listing(sizes, **kwargs), fps=Fraction(FPS))


def test_slides_of_which_nothing_moves_are_static() -> None:
    assert facts(slides(seconds=120)).is_static


@pytest.mark.parametrize("from_s", [4, 10, 13, 30, 53, 72, 101])
def test_slides_with_a_pointer_that_moves_for_three_seconds_are_not_static(from_s: int) -> None:
    moving = range(from_s * FPS, (from_s + 3) * FPS)
    assert not facts(slides(seconds=120, extra=lambda number: 20 if number in moving else 0)).is_static


@given(st.integers(0, 2**32), st.floats(0.2, 3))
@settings(max_examples=20)
def test_a_rate_that_is_held_by_noise_is_not_static(seed: int, deviation: float) -> None:
    """Encoders that aim at a rate spread it over frames: what a second costs varies, whether anything moves or not."""
    chance = random.Random(seed)
    sizes = [max(50, round(chance.lognormvariate(6, deviation))) for _ in range(60 * FPS)]
    assert not facts(sizes).is_static


def test_a_camera_box_in_the_corner_is_not_static() -> None:
    chance = random.Random(1)
    assert not facts(slides(seconds=60, extra=lambda _: round(chance.gauss(900, 250)))).is_static


def test_a_few_seconds_are_too_short_to_be_called_static() -> None:
    assert not facts(slides(seconds=9)).is_static


def test_two_halves_of_different_weight_are_not_static() -> None:
    """Something goes on in the second half that costs the same each second."""
    assert not facts(slides(seconds=80, extra=lambda number: 40 if number > 40 * FPS else 0)).is_static


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001), Fraction(24), Fraction(60), Fraction(3, 2)])
def test_a_frame_at_each_moment_is_steady(fps: Fraction) -> None:
    assert packet_facts(listing([500] * 400, fps=fps), fps=fps).is_steady


@given(st.integers(1, 398))
def test_a_missing_frame_is_a_gap(missing: int) -> None:
    lines = listing([500] * 400).splitlines(keepends=True)
    assert not packet_facts("".join(lines[:missing] + lines[missing + 1 :]), fps=Fraction(FPS)).is_steady


@given(st.permutations(range(60)))
def test_the_order_of_packets_in_the_file_is_no_matter(order: list[int]) -> None:
    """Reordered pictures come in the order of decoding."""
    lines = listing([500 + number for number in range(60)], gop=20).splitlines(keepends=True)
    shuffled = packet_facts("".join(lines[number] for number in order), fps=Fraction(FPS))
    assert shuffled == packet_facts("".join(lines), fps=Fraction(FPS))
    assert shuffled.is_steady


def test_times_count_from_the_start_of_the_file() -> None:
    late = packet_facts(listing([500] * 400, start_s=1.4), fps=Fraction(FPS), start_ms=1400)
    assert late == packet_facts(listing([500] * 400), fps=Fraction(FPS))


def test_a_picture_that_begins_late_is_out_of_step() -> None:
    assert not packet_facts(listing([500] * 400, start_s=0.5), fps=Fraction(FPS)).is_steady


def test_the_gap_after_the_last_keyframe_counts() -> None:
    found = facts([500] * 900, gop=250)
    assert found.keyframe_ms == (0, 8333, 16667, 25000)
    assert found.longest_gap_ms == pytest.approx(8333, abs=1)
    assert facts([500] * 900, gop=500).longest_gap_ms == 16_667
    assert facts([500] * 900, gop=10_000).longest_gap_ms == 30_000


@given(st.lists(st.integers(1, 100_000), min_size=2, max_size=300))
def test_the_average_rate_is_that_of_all_bytes(sizes: list[int]) -> None:
    assert facts(sizes).average_bps == pytest.approx(sum(sizes) * 8 * FPS / len(sizes), rel=0.001, abs=1)


def test_frames_that_a_player_must_drop_are_seen() -> None:
    assert packet_facts("0.0,900,KD_\n0.033333,20,___\n0.066667,20,___\n", fps=Fraction(FPS)).is_trimmed


@given(st.lists(st.integers(0, 100_000), min_size=1, unique=True), st.integers(0, 200_000))
def test_the_keyframe_before_a_moment_is_the_last_one(keys: list[int], ms: int) -> None:
    found = PacketFacts(keyframe_ms=tuple(sorted(keys))).keyframe_before_ms(ms)
    assert found <= ms
    assert not [key for key in keys if found < key <= ms]


@given(st.text(alphabet="0123456789.,KD_N/A-\n", max_size=400))
def test_no_listing_is_too_damaged_to_be_read(text: str) -> None:
    found = packet_facts(text, fps=Fraction(FPS))
    assert found.frame_count >= 0


def test_lines_without_a_time_are_left_out() -> None:
    assert packet_facts("N/A,500,K__\n" + listing([500] * 3), fps=Fraction(FPS)).frame_count == 3
