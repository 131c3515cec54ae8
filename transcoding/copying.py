"""Whether the source's own picture may be the largest rung as it is. Pure.

Copying saves two fifths of the CPU but usually costs bytes: it is for a first publication, encoding anew can follow.
"""

from collections.abc import Sequence

from transcoding.ladder import Rung
from transcoding.packets import PacketFacts
from transcoding.source import Transfer, VideoTrack

PROFILES = ("Constrained Baseline", "Baseline", "Main", "High")
MAX_LEVEL = 42
MAX_SHORT_PX = 1080
MAX_KEYFRAME_GAP_MS = 10_000
# As many frames of delay as our own encodes have, so that all renditions begin alike.
MAX_REORDER_FRAMES = 2


def why_not_copied(video: VideoTrack, packets: PacketFacts, rungs: Sequence[Rung]) -> str:
    """Say what stands against copying the picture as the first of these rungs; nothing where it may be done."""
    refusals = {
        "there is no smaller rung to save the work of": len(rungs) < 2,  # noqa: PLR2004
        f"its codec is {video.codec} {video.profile}, not H.264 in 8 bits": not _is_plain_h264(video),
        "it is interlaced": video.is_interlaced,
        "its pixels are not square or it is turned": not video.has_square_pixels or bool(video.rotation_degrees),
        "its colors are not those of SDR video": video.transfer is not Transfer.SDR or video.is_full_range,
        "its picture is larger than 1080 lines": video.short_side_px > MAX_SHORT_PX,
        f"its level {video.level / 10:.1f} is above 4.2": video.level > MAX_LEVEL,
        "its frames are out of step": not packets.is_steady or packets.is_trimmed or video.is_variable_rate,
        f"its pictures are reordered by {video.reorder_frames} frames": video.reorder_frames > MAX_REORDER_FRAMES,
        f"its keyframes are up to {packets.longest_gap_ms / 1000:.1f} s apart": not (
            0 < packets.longest_gap_ms <= MAX_KEYFRAME_GAP_MS
        ),
        f"it has {packets.average_bps // 1000} kbit/s": packets.average_bps > rungs[0].cap_bps,
    }
    return next((reason for reason, stands in refusals.items() if stands), "")


def _is_plain_h264(video: VideoTrack) -> bool:
    return video.codec == "h264" and video.profile in PROFILES and video.pixel_format == "yuv420p"
