"""Compare what was made with what was promised: ffmpeg's exit code 0 does not see a truncated source."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from transcoding.encode import Track
from transcoding.errors import EncodeError, SourceError
from transcoding.messages import FailureCode
from transcoding.plan import TranscodePlan, VideoPlan
from transcoding.playlist import MediaSegment

# Headers round, edit lists trim, encoders prime: a little is always missing.
TOLERANCE_MS, TOLERANCE = 500, 0.02
ALIGNED_S = 0.001


def verify(plan: TranscodePlan, tracks: Sequence[Track]) -> None:
    """Raise SourceError where the source was incomplete, EncodeError where our own output is wrong."""
    for track in tracks:
        _check_files(track)
        _check_keyframes(track)
    _check_all(plan, tracks, joint_s=ALIGNED_S * 100)


def verify_joined(plan: TranscodePlan, tracks: Sequence[Track]) -> None:
    """The same for a join of parts, whose files are in the store: not a frame may be missing or double at a joint."""
    _check_all(plan, tracks, joint_s=ALIGNED_S)


def _check_all(plan: TranscodePlan, tracks: Sequence[Track], *, joint_s: float) -> None:
    by_name = {track.name: track for track in tracks}
    for track in tracks:
        _check_lengths(track, target_duration_s=plan.target_duration_s)
        _check_timeline(track, joint_s=joint_s)
    if plan.video:
        pictures = [by_name[rung.name] for rung in plan.video.rungs if rung.name in by_name]
        _check_alignment(pictures)
        for track in pictures:
            _check_duration(track, plan.video.expected_ms or plan.duration_ms)
            _check_frames(track, plan.video)
    for sound in plan.audio:
        _check_duration(by_name[sound.name], sound.expected_ms or plan.duration_ms)


def _check_files(track: Track) -> None:
    if not track.segments or track.init is None:
        raise SourceError(
            "Nothing in this recording could be played.", code=FailureCode.UNSUPPORTED, detail=f"{track.name} is empty"
        )
    for segment in track.segments:
        file: Path = track.folder / segment.name
        if not file.is_file() or file.stat().st_size != segment.size_bytes or segment.size_bytes == 0:
            raise EncodeError("A part of the encoded video is missing.", detail=str(Path(track.name, segment.name)))


def _check_lengths(track: Track, *, target_duration_s: int) -> None:
    for segment in track.segments:
        if int(segment.duration_s + 0.5) > target_duration_s:
            raise _wrong(track, segment, f"lasts {segment.duration_s:.3f} s, target {target_duration_s}")


def _check_timeline(track: Track, *, joint_s: float) -> None:
    """Each segment starts where the one before ended."""
    ends = [start + segment.duration_s for start, segment in zip(track.starts_s, track.segments, strict=True)]
    for position, (end, (_, start)) in enumerate(zip(ends, pairwise(track.starts_s), strict=False)):
        if abs(end - start) > joint_s:
            raise _wrong(track, track.segments[position + 1], f"starts at {start:.3f} s, expected {end:.3f} s")


def _check_frames(track: Track, video: VideoPlan) -> None:
    """A part in the middle has exactly its frames: the next begins with the one after them."""
    step = next(rung.frame_step for rung in video.rungs if rung.name == track.name)
    if video.to_frame is not None and track.frames * step != video.to_frame - video.from_frame:
        raise SourceError(
            "This recording is incomplete or damaged: a part of it cannot be read; please upload it again.",
            code=FailureCode.TRUNCATED,
            detail=f"{track.name}: {track.frames} frames from {video.from_frame} to {video.to_frame}",
        )


def _check_alignment(pictures: Sequence[Track]) -> None:
    first = pictures[0]
    for track in pictures[1:]:
        if len(track.segments) != len(first.segments):
            counts = f"{len(track.segments)} segments, {first.name} has {len(first.segments)}"
            raise EncodeError("The qualities of this video do not fit together.", detail=f"{track.name}: {counts}")
        for position, (mine, other) in enumerate(zip(track.starts_s, first.starts_s, strict=True)):
            if abs(mine - other) > ALIGNED_S:
                raise _wrong(
                    track, track.segments[position], f"starts at {mine:.3f} s, in {first.name} at {other:.3f} s"
                )


def _check_keyframes(track: Track) -> None:
    if track.bad_starts:
        detail = f"{track.bad_starts} segments of {track.name} do not start with an IDR picture"
        raise EncodeError("A part of the encoded video cannot be played by itself.", detail=detail)


def _check_duration(track: Track, expected_ms: int) -> None:
    encoded_ms = round(track.duration_s * 1000)
    if encoded_ms < expected_ms - max(TOLERANCE_MS, expected_ms * TOLERANCE):
        raise SourceError(
            "This recording is incomplete or damaged: a part of it cannot be read; please upload it again.",
            code=FailureCode.TRUNCATED, detail=f"{track.name}: {encoded_ms} of {expected_ms} ms could be decoded",
        )  # fmt: skip


def _wrong(track: Track, segment: MediaSegment, fact: str) -> EncodeError:
    return EncodeError("The encoded video is not as it must be.", detail=f"{track.name}/{segment.name}: {fact}")
