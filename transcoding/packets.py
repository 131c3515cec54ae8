"""What a picture track's packets tell without decoding: its rhythm, its keyframes, its weight. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from transcoding.source import Fact

ON_TIME_MS = 1.5
# A frame after a scene change is still being refined; only what goes on for longer is movement.
SETTLING_S = 1
SPREAD_OF_SLIDE, SPREAD_OF_ALL = 1.03, 1.3
LEAST_BINS = 10


class PacketFacts(Fact):
    """Times count from the start of the file.

    `is_steady`: one frame at each k/fps from 0 on, none missing. `is_static`: beyond scene changes every second costs
    the same few bytes, so nothing moves, not even a pointer.
    """

    frame_count: int = 0
    is_steady: bool = False
    is_static: bool = False
    is_trimmed: bool = False
    keyframe_ms: tuple[int, ...] = ()
    longest_gap_ms: int = 0
    average_bps: int = 0

    def keyframe_before_ms(self, ms: int) -> int:
        """The last keyframe at or before a time; 0 before the first."""
        before = bisect_right(self.keyframe_ms, ms)
        return self.keyframe_ms[before - 1] if before else 0


def packet_facts(listing: str, *, fps: Fraction, start_ms: int = 0) -> PacketFacts:
    """Sum up the lines `pts_time,size,flags` of ffprobe; lines without a time count for weight only."""
    rows = sorted(row for line in listing.splitlines() if (row := _row(line, start_ms)))
    if len(rows) < 2:  # noqa: PLR2004 - there is no rhythm in one frame
        return PacketFacts(frame_count=len(rows))
    times = [ms for ms, _, _ in rows]
    keys = tuple(round(ms) for ms, _, flags in rows if "K" in flags)
    span_ms = times[-1] - times[0] + float(1000 / fps)
    return PacketFacts(
        frame_count=len(rows),
        is_steady=_is_steady(times, fps),
        is_static=_is_static(rows, fps),
        is_trimmed=any("D" in flags for _, _, flags in rows),
        keyframe_ms=keys,
        longest_gap_ms=round(max((b - a for a, b in pairwise((*keys, times[0] + span_ms))), default=0)),
        average_bps=round(sum(size for _, size, _ in rows) * 8000 / span_ms),
    )


def _row(line: str, start_ms: int) -> tuple[float, int, str] | None:
    parts = line.split(",")
    try:
        return float(parts[0]) * 1000 - start_ms, int(parts[1]), parts[2]
    except (ValueError, IndexError):
        return None


def _is_steady(times: Sequence[float], fps: Fraction) -> bool:
    step = float(1000 / fps)
    return all(abs(ms - number * step) <= ON_TIME_MS for number, ms in enumerate(times))


def _is_static(rows: Sequence[tuple[float, int, str]], fps: Fraction) -> bool:
    """Compare the bytes of whole seconds with those of their own slide, and roughly with those of all others.

    A pointer of 16x24 on 1080 lines costs a seventh more than nothing; encoders that aim at a rate vary by far more
    and so count as moving, which costs little.
    """
    sizes = sorted(size for _, size, flags in rows if "K" not in flags)
    if len(sizes) < LEAST_BINS * fps:
        return False
    slides = _quiet_seconds(rows, large=8 * sizes[len(sizes) // 10] + 500, frames=int(fps))
    known = [slide for slide in slides if slide]
    every = [size for slide in known for size in slide]
    if len(every) < LEAST_BINS or max(every) > SPREAD_OF_ALL * min(every):
        return False
    return all(max(slide) <= SPREAD_OF_SLIDE * min(slide) for slide in known)


def _quiet_seconds(rows: Sequence[tuple[float, int, str]], *, large: int, frames: int) -> list[list[int]]:
    """The bytes of each run of `frames` small packets, apart by what is between two changes of the picture."""
    slides: list[list[int]] = [[]]
    pending: list[int] = []
    quiet_from_ms = SETTLING_S * 1000.0
    for ms, size, flags in rows:
        if "K" in flags or size > large:
            slides.append([])
            pending, quiet_from_ms = [], ms + SETTLING_S * 1000
        elif ms >= quiet_from_ms:
            pending.append(size)
        if len(pending) >= frames:
            slides[-1].append(sum(pending))
            pending = []
    return slides
