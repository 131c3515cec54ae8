"""Which renditions a picture deserves: encoding policy, and nothing else."""

import math
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

STANDARD_HEIGHTS = (1080, 720, 480, 360)
# Two rungs closer than this waste a viewer's switch and the encoder's time.
LEAST_STEP = 1.2
# Pixels of a 16:9 picture at 30 frames a second: cap in bit/s. Slides need far less than the cap: quality is
# constant (CRF) and the cap only bounds film-like content, so no average rate is aimed at.
CAPS = ((230_400, 450_000), (409_920, 800_000), (921_600, 1_600_000), (2_073_600, 3_200_000))
REFERENCE_FPS = 30
CRF = 23
LEAST_STATIC_FPS, STATIC_BELOW_PX = 10, 600
# Above 16:9 1080p by half: what level 5.1 phones still decode; keeps ultra-wide pictures in bounds.
MAX_RUNG_PIXELS = 3_110_400


class Decision(BaseModel):
    model_config = ConfigDict(frozen=True)


class Rung(Decision):
    """One step of the ladder. `name` is by the short side, so a portrait 720x1280 is "720p" as well.

    Only each `frame_step`-th frame of the others is in it.
    """

    name: str
    width_px: int
    height_px: int
    crf: int
    cap_bps: int
    frame_step: int = 1


def rungs_for(
    width_px: int, height_px: int, *, fps: Fraction = Fraction(30), has_text: bool = False, is_static: bool = False
) -> tuple[Rung, ...]:
    """Choose the rungs worth encoding for a picture of this display size, largest first; never empty.

    Sizes are by the short side, so portrait sources get the same steps. Nothing is scaled up. The largest rung has
    the source's own size up to 1080 (an odd source thus has one rung at its own size), rounded down to even: 4:2:0
    needs it. Where there is text to read (`has_text`) small rungs are as careful as large ones. Where nothing moves
    (`is_static`) small rungs below the largest one have fewer frames.
    """
    short = min(width_px, height_px)
    # Very long pictures reach the limit of pixels before that of the short side; lower steps are compared with that.
    within = min(1.0, math.sqrt(MAX_RUNG_PIXELS / (width_px * height_px)))
    top = max(2, min(STANDARD_HEIGHTS[0], math.floor(short * within)))
    steps = [top, *(height for height in STANDARD_HEIGHTS if height * LEAST_STEP <= top)]
    rungs = tuple(_rung(width_px, height_px, short=step, fps=fps, has_text=has_text) for step in steps)
    return (rungs[0], *(_slowed(rung, fps) for rung in rungs[1:])) if is_static else rungs


def _rung(width_px: int, height_px: int, *, short: int, fps: Fraction, has_text: bool) -> Rung:
    scale = short / min(width_px, height_px)
    scale = min(scale, math.sqrt(MAX_RUNG_PIXELS / (width_px * height_px)))
    width, height = _even(width_px * scale, at_most=width_px), _even(height_px * scale, at_most=height_px)
    side = min(width, height)
    return Rung(
        name=f"{side}p",
        width_px=width,
        height_px=height,
        crf=CRF if has_text else _crf(side),
        cap_bps=_cap_bps(width * height, fps),
    )


def _slowed(rung: Rung, fps: Fraction) -> Rung:
    """Take each second or third frame of a small rung, but never less than ten a second."""
    step = next((step for step in (3, 2) if fps >= step * LEAST_STATIC_FPS), 1)
    is_small = min(rung.width_px, rung.height_px) < STATIC_BELOW_PX
    return rung.model_copy(update={"frame_step": step}) if is_small else rung


def _even(length: float, *, at_most: int) -> int:
    nearest = 2 * round(length / 2)
    return max(2, min(nearest, at_most - at_most % 2))


def _crf(short_px: int) -> int:
    """Lower rungs of what cameras see are watched small: they may lose a little more."""
    if short_px >= 600:  # noqa: PLR2004 - between the standard steps
        return CRF
    return CRF + 1 if short_px >= 420 else CRF + 2  # noqa: PLR2004


def _cap_bps(pixels: int, fps: Fraction) -> int:
    """Interpolate CAPS on logarithmic axes; half as much again at 60 frames a second, never less for slow ones."""
    points = [(math.log(area), math.log(rate)) for area, rate in CAPS]
    at = math.log(max(pixels, 1))
    upper = next((i for i in range(1, len(points)) if at <= points[i][0]), len(points) - 1)
    (x0, y0), (x1, y1) = points[upper - 1], points[upper]
    rate = math.exp(y0 + (y1 - y0) * (at - x0) / (x1 - x0))
    speed: float = max(1.0, float(fps) / REFERENCE_FPS) ** 0.585
    return max(64_000, round(rate * speed / 1000) * 1000)
