import re
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from transcoding.parts import Still
from transcoding.plan import StoryboardPlan
from transcoding.storyboard import POSTERS, best_still, scored_stills, spread_stills, storyboard_cues, storyboard_vtt

BOARD = StoryboardPlan(interval_ms=1000, tile_width_px=160, tile_height_px=90, columns=10, rows=10)


@given(st.integers(1, 900_000))
def test_cues_cover_the_whole_recording_without_gaps(duration_ms: int) -> None:
    sheets = [f"sheet_{n:03d}.jpg" for n in range(1, duration_ms // 100_000 + 2)]
    text = storyboard_vtt(storyboard_cues(BOARD, duration_ms=duration_ms, sheets=sheets))
    times = [[milliseconds(at) for at in line.split(" --> ")] for line in text.splitlines() if "-->" in line]
    assert times[0][0] == 0
    assert times[-1][1] == duration_ms
    assert all(before[1] == after[0] for before, after in pairwise(times))


@given(st.integers(1, 900_000))
def test_tiles_lie_inside_their_sheet(duration_ms: int) -> None:
    sheets = [f"sheet_{n:03d}.jpg" for n in range(1, duration_ms // 100_000 + 2)]
    text = storyboard_vtt(storyboard_cues(BOARD, duration_ms=duration_ms, sheets=sheets))
    boxes = re.findall(r"#xywh=(\d+),(\d+),(\d+),(\d+)", text)
    assert all(int(x) + int(w) <= 1600 and int(y) + int(h) <= 900 for x, y, w, h in boxes)


def test_the_poster_is_neither_black_nor_empty(tmp_path: Path) -> None:
    board = StoryboardPlan(interval_ms=1000, tile_width_px=160, tile_height_px=90, columns=10, rows=1)
    sheet = Image.new("RGB", (1600, 90), "black")
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((2 * 160, 0, 3 * 160 - 1, 89), fill="gray")
    draw.rectangle((4 * 160, 0, 5 * 160 - 1, 89), fill="gray")
    for offset in range(0, 160, 8):
        draw.line((4 * 160 + offset, 0, 4 * 160 + offset, 89), fill="white", width=2)
    file = tmp_path / "sheet_001.jpg"
    sheet.save(file)
    scored = scored_stills(board, duration_ms=10_000, sheets=[file], begins_ms=60_000)
    still = best_still(scored)
    assert still is not None
    assert still.at_ms == 64_000
    assert [still.at_ms for still in spread_stills(scored)] == [62_000, 64_000]


@given(st.lists(st.builds(Still, at_ms=st.integers(0, 10**7), score=st.floats(-1000, 100)), max_size=60))
def test_posters_are_offered_from_all_over_and_never_a_dark_one(stills: list[Still]) -> None:
    offered = spread_stills(stills)
    good = [still for still in stills if still.score >= 0]
    assert len(offered) == min(POSTERS, len(good)) or len({still.at_ms for still in stills}) < len(stills)
    assert offered == tuple(sorted(offered, key=lambda still: still.at_ms))
    assert all(still.score >= 0 for still in offered)
    assert not good or best_still(stills) in offered


def test_each_span_of_a_lesson_offers_its_best() -> None:
    stills = [Still(at_ms=1000 * second, score=second % 10) for second in range(80)]
    assert [still.at_ms for still in spread_stills(stills)] == [1000 * (10 * span + 9) for span in range(POSTERS)]


def milliseconds(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)
