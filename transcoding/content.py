"""What kind of picture a recording is, by how much of it changes from frame to frame. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from PIL import Image, ImageChops

from transcoding.loudness import Loudness
from transcoding.packets import PacketFacts
from transcoding.source import Fact

SAMPLE_WIDTH_PX, SAMPLE_HEIGHT_PX = 160, 90
SAMPLE_BYTES = SAMPLE_WIDTH_PX * SAMPLE_HEIGHT_PX
# Luma steps (of 255) that noise and coding make by themselves.
NOISE = 5
# Measured: slides with a pointer and a small camera box 0.003, a person before a camera 0.05, film 0.02 to 0.07.
STILL_SHARE, FAST_SHARE = 0.01, 0.065
# Of a screen all that does not change is exactly equal; a camera's noise changes everything a little.
SCREEN_IDENTICAL = 0.8
CUT_SHARE = 0.5


class Content(StrEnum):
    STILL = "still"
    SCREEN = "screen"
    CAMERA = "camera"
    FILM = "film"


class MotionFacts(Fact):
    """Of pairs of neighboring frames from all over the recording, as shares of the picture.

    `changed` is what three of four pairs stay below, `typical_changed` and `identical` are medians, `most_changed` is
    the largest.
    """

    pairs: int = 0
    changed: float = 0.0
    typical_changed: float = 0.0
    most_changed: float = 0.0
    identical: float = 1.0
    cuts: int = 0


class Survey(Fact):
    """All that a short look inside found; `loudness` by the index of the sound track, where it could be measured."""

    packets: PacketFacts = PacketFacts()
    motion: MotionFacts = MotionFacts()
    loudness: dict[int, Loudness] = {}

    @property
    def is_static(self) -> bool:
        """Whether nothing moves but slides that change: neither in any sample nor by the weight of any second."""
        return self.packets.is_static and bool(self.motion.pairs) and not self.motion.most_changed


def motion_facts(windows: Iterable[bytes]) -> MotionFacts:
    """Compare neighboring frames: each window is a run of 160x90 gray pictures, one byte a pixel."""
    changed, identical = [], []
    for window in windows:
        frames = [_image(window, at) for at in range(0, len(window) - SAMPLE_BYTES + 1, SAMPLE_BYTES)]
        for one, other in pairwise(frames):
            histogram = ImageChops.difference(one, other).histogram()
            changed.append(sum(histogram[NOISE + 1 :]) / SAMPLE_BYTES)
            identical.append(histogram[0] / SAMPLE_BYTES)
    if not changed:
        return MotionFacts()
    return MotionFacts(
        pairs=len(changed),
        changed=_at(sorted(changed), 0.75),
        typical_changed=_at(sorted(changed), 0.5),
        most_changed=round(max(changed), 4),
        identical=_at(sorted(identical), 0.5),
        cuts=sum(share > CUT_SHARE for share in changed),
    )


def content_of(motion: MotionFacts) -> Content:
    """Name the kind; without any pair to compare it is film, which gets the most careful treatment."""
    if not motion.pairs:
        return Content.FILM
    if motion.changed <= STILL_SHARE:
        return Content.STILL
    if motion.identical >= SCREEN_IDENTICAL and motion.typical_changed < FAST_SHARE:
        return Content.SCREEN
    return Content.FILM if motion.typical_changed >= FAST_SHARE or motion.cuts else Content.CAMERA


def _image(window: bytes, at: int) -> Image.Image:
    return Image.frombytes("L", (SAMPLE_WIDTH_PX, SAMPLE_HEIGHT_PX), window[at : at + SAMPLE_BYTES])


def _at(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 4)
