import re
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from transcoding.plan import StoryboardPlan
from transcoding.storyboard import best_still, storyboard_cues, storyboard_vtt

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
    still = best_still(board, duration_ms=10_000, sheets=[file], begins_ms=60_000)
    assert still is not None
    assert still.at_ms == 64_000


def milliseconds(clock: str) -> int:
    hours, minutes, seconds = clock.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)
