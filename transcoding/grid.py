"""Where keyframes and segments lie: at the same frames in every rendition, every part and every re-run. Pure.

Frames are counted and times are not, so that no rounding can move a boundary.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from transcoding.ladder import Decision

SEGMENT_S = 6
STILL_KEYFRAME_S, KEYFRAME_S = 6, 2


class Grid(Decision):
    """A keyframe each `keyframe_frames`, a segment each `segment_frames`, which is a multiple of it.

    Where a rung is copied the segments begin at its keyframes: `cuts` are their first frames, the first is 0, and the
    encoded rungs have their keyframes there.
    """

    keyframe_frames: int
    segment_frames: int
    cuts: tuple[int, ...] = ()

    def boundaries(self, frame_count: int) -> Sequence[int]:
        """The first frames of the segments of a recording of this length."""
        return self.cuts or range(0, max(1, frame_count), self.segment_frames)

    def longest_frames(self, frame_count: int) -> int:
        """The length of the longest segment."""
        if not self.cuts:
            return min(self.segment_frames, frame_count)
        return max(after - before for before, after in pairwise((*self.cuts, max(frame_count, self.cuts[-1] + 1))))

    def within(self, from_frame: int, to_frame: int) -> "Grid":
        """The same boundaries, counted from one of them on."""
        cuts = tuple(cut - from_frame for cut in self.cuts if from_frame <= cut < to_frame)
        return self.model_copy(update={"cuts": cuts})


def regular_grid(fps: Fraction, *, keyframe_s: int, multiple_of: int = 1) -> Grid:
    """Keyframes at most `keyframe_s` apart and segments of at most six seconds, both as long as whole frames allow.

    `multiple_of` keeps boundaries on the frames of renditions that only have each second or third one.
    """
    frames = max(1, int(keyframe_s * fps))
    frames = max(multiple_of, frames - frames % multiple_of)
    return Grid(keyframe_frames=frames, segment_frames=frames * max(1, int(SEGMENT_S * fps) // frames))
