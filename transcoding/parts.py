"""How a long recording is cut into parts that several machines encode at once, and how they fit together. Pure."""

from fractions import Fraction

from transcoding.ladder import Decision
from transcoding.packets import PacketFacts
from transcoding.plan import StoryboardPlan, TranscodePlan, sheet_rows
from transcoding.playlist import MediaSegment

# Shorter recordings stay whole: cutting costs each part a start, and the end of the job a join.
SPLIT_FROM_MS = 240_000
PARTS = 16
LEAST_PART_MS, MOST_PART_MS = 20_000, 300_000
# Containers that find the keyframe before a moment by an index.
INDEXED_FORMATS = ("mov", "matroska")


class Part(Decision):
    """A range of frames of the picture, or (`is_sound`) all that is not picture: sound and captions, whole.

    `seek_ms` is a little after the frame that the range begins with: reading starts at the keyframe before it.
    """

    is_sound: bool = False
    from_frame: int = 0
    to_frame: int | None = None
    seek_ms: int = 0


class TrackRecord(Decision):
    """One rendition of a part as it was made: segment names are relative to its folder, starts are in seconds."""

    name: str
    codecs: str
    init_sha256: str
    segments: tuple[MediaSegment, ...]
    starts_s: tuple[float, ...]
    frames: int


class Still(Decision):
    """The best moment of a part for the poster, in milliseconds of the whole; the higher score wins."""

    at_ms: int
    score: float


class PartRecord(Decision):
    """What a part made, for whoever joins; `sheets` are names in its storyboard folder.

    `still` is its best moment, `candidates` are those that a creator may choose among.
    """

    tracks: tuple[TrackRecord, ...]
    sheets: tuple[str, ...] = ()
    still: Still | None = None
    candidates: tuple[Still, ...] = ()


class SplitPlan(Decision):
    """plan.json: what all parts have in common. `copied` is the rung that the run which split has finished already."""

    plan: TranscodePlan
    parts: tuple[Part, ...]
    copied: TrackRecord | None = None

    def rendition_names(self) -> tuple[tuple[str, ...], ...]:
        """What each part makes."""
        rungs = tuple(rung.name for rung in self.plan.video.encoded_rungs) if self.plan.video else ()
        sounds = tuple(track.name for track in self.plan.audio)
        return tuple(sounds if part.is_sound else rungs for part in self.parts)


def parts_of(plan: TranscodePlan, packets: PacketFacts, *, format_name: str) -> tuple[Part, ...]:
    """Cut a long recording on boundaries of its segments, where little lies between them and the keyframe before.

    Returns nothing where it stays whole. The sound comes second, so that two machines make it playable at once.
    """
    video = plan.video
    if video is None or plan.duration_ms < SPLIT_FROM_MS or not format_name.startswith(INDEXED_FORMATS):
        return ()
    frame_count = round((video.expected_ms or plan.duration_ms) * video.fps / 1000)
    length_ms = min(MOST_PART_MS, max(LEAST_PART_MS, plan.duration_ms // PARTS))
    starts = _starts(plan, packets, frame_count=frame_count, length=max(1, round(length_ms * video.fps / 1000)))
    ends = (*starts[1:], None)
    pictures = [
        Part(from_frame=start, to_frame=end, seek_ms=int((start + Fraction(2, 5)) / video.fps * 1000))
        for start, end in zip(starts, ends, strict=True)
    ]
    if len(pictures) < 2:  # noqa: PLR2004 - that is whole
        return ()
    beside = [Part(is_sound=True)] if plan.audio or plan.captions else []
    return (pictures[0], *beside, *pictures[1:])


def _starts(plan: TranscodePlan, packets: PacketFacts, *, frame_count: int, length: int) -> tuple[int, ...]:
    if plan.video is None:
        return ()
    fps, boundaries = plan.video.fps, plan.video.grid.boundaries(frame_count)
    starts = [0]
    while (aim := starts[-1] + length) + length // 2 < frame_count:
        near = [at for at in boundaries if at > starts[-1] and abs(at - aim) <= length // 6]
        near = near or [at for at in boundaries if at >= aim][:1]
        if not near:
            break
        starts.append(min(near, key=lambda at: _wasted_ms(at, fps, packets)))
    return tuple(starts)


def _wasted_ms(frame: int, fps: Fraction, packets: PacketFacts) -> float:
    """How much is decoded for nothing where a part begins with this frame."""
    at_ms = float(frame * 1000 / fps)
    return at_ms - packets.keyframe_before_ms(round(at_ms))


def part_plan(split: SplitPlan, number: int) -> TranscodePlan:
    """The plan of one part: the same decisions, for its range alone."""
    plan, part = split.plan, split.parts[number]
    if part.is_sound:
        return plan.model_copy(update={"video": None, "storyboard": None, "cover_index": None})
    if plan.video is None:
        raise ValueError("a part of a picture in a plan without one")
    end_ms = plan.video.expected_ms or plan.duration_ms
    to_frame = part.to_frame or round(end_ms * plan.video.fps / 1000)
    duration_ms = round((to_frame - part.from_frame) * 1000 / plan.video.fps)
    ranged = {
        "from_frame": part.from_frame,
        "to_frame": part.to_frame,
        "seek_ms": part.seek_ms,
        "grid": plan.video.grid.within(part.from_frame, max(to_frame, part.from_frame + 1)),
        "expected_ms": duration_ms,
    }
    share = duration_ms / max(1, plan.duration_ms)
    return plan.model_copy(
        update={
            "duration_ms": duration_ms,
            "video": plan.video.model_copy(update=ranged),
            "audio": (),
            "captions": (),
            "storyboard": _part_storyboard(plan.storyboard, duration_ms),
            "cpu_limit_s": round(60 + plan.cpu_limit_s * share),
            "wall_limit_s": round(120 + plan.wall_limit_s * share),
        }
    )


def _part_storyboard(storyboard: StoryboardPlan | None, duration_ms: int) -> StoryboardPlan | None:
    """The same tiles, in sheets of the part's own."""
    if storyboard is None:
        return None
    columns, rows = sheet_rows(-(-duration_ms // storyboard.interval_ms))
    return storyboard.model_copy(update={"columns": columns, "rows": rows})
