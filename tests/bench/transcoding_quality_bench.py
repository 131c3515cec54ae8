"""What viewers get: bytes and VMAF of each rung beside the reference, and what keyframes far apart save."""

import functools
from fractions import Fraction
from pathlib import Path

from tests import media_factory
from tests.bench import vmaf
from tests.bench.ladders import DENSE, OURS, REFERENCE, Made, has_baselines, lecture, made
from tests.bench.rows import Row, compared

MAX_LOST, MAX_BYTES = 1.0, 1.0
MAX_OF_DENSE, MAX_LOST_TO_DENSE = 0.75, 0.5
SIZE = {"width_px": 1920, "height_px": 1080, "fps": Fraction(30)}


def run() -> list[Row]:
    """Compare ladders of the lecture and of slides; without the wheel's ffmpeg only their bytes."""
    lesson, slides = lecture(), media_factory.slides()
    theirs = _beside_reference(lesson) if has_baselines() else []
    return [*theirs, *_beside_dense("lecture", lesson), *_beside_dense("slides", slides)]


def _beside_reference(source: Path) -> list[Row]:
    ours, theirs = made(OURS, source), made(REFERENCE, source)
    mine, others = _scores(source, ours), _scores(source, theirs)
    rows = [_lost(f"lecture {h}p", mine[h], others[h], of="the reference's VMAF", limit=MAX_LOST) for h in mine]
    for height in ours.rungs():
        bytes_of = (ours.rung_bytes(height), theirs.rung_bytes(height))
        rows.append(compared(f"lecture {height}p: bytes", bytes_of[0], "bytes", baseline=bytes_of[1],
                             baseline_name="ladders.py reference", limit=MAX_BYTES))  # fmt: skip
    return rows


def _beside_dense(name: str, source: Path) -> list[Row]:
    """Beside the same ladder with keyframes 2 s apart; sound is the same in both."""
    ours, dense = made(OURS, source), made(DENSE, source)
    mine, others = _scores(source, ours), _scores(source, dense)
    of = "keyframes 2 s apart"
    pictures, sound = ours.picture_bytes(), ours.sound_bytes()
    dense_pictures = dense.picture_bytes()
    return [
        compared(f"{name}: bytes of all rungs", pictures, "bytes", baseline=dense_pictures, baseline_name=of,
                 limit=MAX_OF_DENSE),
        compared(f"{name}: bytes of all rungs and the sound", pictures + sound, "bytes",
                 baseline=dense_pictures + dense.sound_bytes(), baseline_name=of),
        *(_lost(f"{name} {h}p", mine[h], others[h], of=of, limit=MAX_LOST_TO_DENSE) for h in mine),
        *(Row(f"{name} {height}p: frames a second", fps, "fps", baseline=30, baseline_name="the source")
          for height, fps in _rates(ours).items()),
    ]  # fmt: skip


@functools.cache
def _scores(source: Path, ladder: Made) -> dict[int, float]:
    if vmaf.program() is None:
        return {}
    heights = list(ladder.rungs())
    files = [ladder.joined(height) for height in heights]
    return dict(zip(heights, vmaf.scores(source, files, **SIZE), strict=True))


def _rates(ladder: Made) -> dict[int, float]:
    video = ladder.record["plan"]["video"]
    return {rung["height_px"]: float(Fraction(video["fps"]) / rung["frame_step"]) for rung in video["rungs"]}


def _lost(name: str, ours: float, theirs: float, *, of: str, limit: float) -> Row:
    return Row(f"{name}: VMAF lost of {theirs:.1f}", theirs - ours, "points", theirs, of, limit=limit)
