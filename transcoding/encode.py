"""Run the one ffmpeg of a job and tell of every segment as soon as it is complete."""

import hashlib
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from transcoding.boxes import BoxError, codecs, read_segment, shifted_segment, timescale
from transcoding.command import PLAYLIST_NAME, PROGRESS_NAME, copy_arguments, encode_arguments
from transcoding.errors import CopyRefusedError, EncodeError, SourceError, TranscodingError
from transcoding.messages import FailureCode
from transcoding.parts import TrackRecord
from transcoding.plan import TranscodePlan, VideoPlan
from transcoding.playlist import MediaSegment, finished_segments
from transcoding.sandbox import KILLED, Bounds, TimedOutError, Toolbox, killed, run, started, stderr_tail

POLL_S = 0.2
# A file that goes on for longer than it said; see also plan.LEAST_BITRATE_BPS.
OVERRUN, OVERRUN_MS = 1.1, 30_000
# SIGXCPU: as a signal, through a wrapper, and as ffmpeg ends when it heard it.
OUT_OF_CPU = {-24, 152, 255}
# How far a copied segment may begin from a whole frame (in frames), and all of them end from the file's end.
OFF_FRAME, OFF_MS = 0.03, 500


@dataclass(slots=True)
class Track:
    """What is encoded so far of one rendition, in `folder`.

    `begins_s` is where it lies in the whole recording: encoders count from 0, the segments of a part are moved there.
    """

    name: str
    folder: Path
    begins_s: Fraction = Fraction(0)
    init: Path | None = None
    codecs: str = ""
    segments: list[MediaSegment] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    bad_starts: int = 0
    frames: int = 0

    @property
    def duration_s(self) -> float:
        return sum(segment.duration_s for segment in self.segments)

    def read_new_segments(self) -> list[MediaSegment]:
        """Take in what ffmpeg's playlist names now and did not before: its names are of complete files only."""
        try:
            init, names = finished_segments((self.folder / PLAYLIST_NAME).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        if self.init is None and init and names:
            self.init = self.folder / init
            self.codecs = codecs(self.init.read_bytes())
        fresh = [self._measured(name) for name in names[len(self.segments) :]]
        self.segments += fresh
        return fresh

    def _measured(self, name: str) -> MediaSegment:
        data = (self.folder / name).read_bytes()
        init = self.init.read_bytes() if self.init else b""
        if self.begins_s:
            data = shifted_segment(data, round(self.begins_s * timescale(init)))
            (self.folder / name).write_bytes(data)
        fragment = read_segment(data, init)
        self.starts_s.append(fragment.start_s)
        self.bad_starts += not fragment.starts_with_keyframe
        self.frames += fragment.sample_count
        return MediaSegment(
            name=name,
            duration_s=fragment.duration_s,
            size_bytes=len(data),
            keyframe_offset=fragment.keyframe_offset,
            keyframe_bytes=fragment.keyframe_bytes,
        )

    def record(self) -> TrackRecord:
        """Sum up a finished track for whoever joins parts."""
        init = self.init.read_bytes() if self.init else b""
        return TrackRecord(
            name=self.name,
            codecs=self.codecs,
            init_sha256=hashlib.sha256(init).hexdigest(),
            segments=tuple(self.segments),
            starts_s=tuple(self.starts_s),
            frames=self.frames,
        )


class EncodeListener(Protocol):
    def segments_ready(self, track: Track, fresh: list[MediaSegment]) -> None:
        """New segments of a track, in order; called in the encoding thread."""

    def encoded(self, encoded_ms: int) -> None:
        """How far the encoder is, about five times a second."""


def encode(plan: TranscodePlan, source: Path, *, tools: Toolbox, listener: EncodeListener) -> tuple[Track, ...]:
    """Encode into the toolbox's folder; return all tracks, video first.

    The caller compares durations: exit code 0 proves little.
    """
    folder, limits = tools.folder, tools.limits
    names = [rung.name for rung in plan.video.encoded_rungs] if plan.video else []
    names += [track.name for track in plan.audio]
    begins_s = plan.video.start_s if plan.video else Fraction(0)
    tracks = tuple(Track(name, folder / name, begins_s) for name in names)
    for place in (*(track.folder for track in tracks), folder / "storyboard"):
        place.mkdir()
    bounds = Bounds(plan.cpu_limit_s, plan.wall_limit_s, limits.memory_bytes, limits.file_bytes)
    command = [tools.programs.ffmpeg, *encode_arguments(plan, source, folder, max_pixels=limits.max_pixels)]
    watch = _Watch(plan, folder, stall_s=limits.stall_s)
    try:
        with started(command, folder=folder, bounds=bounds) as process:
            while process.poll() is None:
                tools.stop.wait(POLL_S)
                _announce(tracks, listener)
                listener.encoded(watch.look(finished_ms=round(min(track.duration_s for track in tracks) * 1000)))
    except OSError as error:
        raise EncodeError("The video tools could not be started.", detail=str(error)) from error
    except BoxError as error:
        raise EncodeError("The encoded video is not as it must be.", detail=str(error)) from error
    if process.returncode != 0:
        raise _encode_error(process.returncode, stderr_tail(folder))
    _announce(tracks, listener)
    return tracks


def _announce(tracks: tuple[Track, ...], listener: EncodeListener) -> None:
    for track in tracks:
        if fresh := track.read_new_segments():
            listener.segments_ready(track, fresh)


def copy_top(plan: TranscodePlan, video: VideoPlan, source: Path, *, tools: Toolbox) -> tuple[Track, tuple[int, ...]]:
    """Cut the source's picture into segments; return the track and the first frame of each segment.

    Raises CopyRefusedError, with a reason for people, where what comes out is not as a rung must be.
    """
    track = Track(video.rungs[0].name, tools.folder / video.rungs[0].name)
    track.folder.mkdir()
    bounds = Bounds(plan.cpu_limit_s, plan.wall_limit_s, tools.limits.memory_bytes, tools.limits.file_bytes)
    command = copy_arguments(plan, video, source, tools.folder, max_pixels=tools.limits.max_pixels)
    try:
        finished = run([tools.programs.ffmpeg, *command], tools=tools, bounds=bounds)
        finished.check_alive()
        track.read_new_segments()
    except TimedOutError as error:
        raise CopyRefusedError("it took too long") from error
    except BoxError as error:
        raise CopyRefusedError(f"its segments are not as they must be ({error})") from error
    if finished.status != 0 or not track.segments:
        raise CopyRefusedError("it cannot be cut into segments")
    if track.bad_starts:
        raise CopyRefusedError("not all of its keyframes can be decoded by themselves")
    frames = [start_s * float(video.fps) for start_s in track.starts_s]
    if (
        any(abs(at - round(at)) > OFF_FRAME for at in frames)
        or abs(track.duration_s * 1000 - plan.duration_ms) > OFF_MS
    ):
        raise CopyRefusedError("its segments do not lie on whole frames")
    return track, tuple(round(at) for at in frames)


class _Watch:
    """Reads ffmpeg's progress file and refuses to wait for ever."""

    def __init__(self, plan: TranscodePlan, folder: Path, *, stall_s: float) -> None:
        self._file = folder / PROGRESS_NAME
        self._limit_ms = plan.duration_ms * OVERRUN + OVERRUN_MS
        self._stall_s = stall_s
        self._offset = 0
        self._encoded_ms = 0
        self._moved_at = time.monotonic()
        self._deadline = self._moved_at + plan.wall_limit_s

    def look(self, *, finished_ms: int) -> int:
        """Return the encoded milliseconds; raise where the file is endless or the work stands still.

        `finished_ms` is what every track has in whole segments. ffmpeg reports nothing before each of its outputs has
        begun, and the storyboard's first sheet comes after a hundred seconds of film.
        """
        now = time.monotonic()
        if (reached := max(self._latest(), finished_ms)) > self._encoded_ms:
            self._encoded_ms, self._moved_at = reached, now
        if self._encoded_ms > self._limit_ms:
            raise SourceError(
                "The times inside this recording are damaged; please export it again.", code=FailureCode.BROKEN_TIMING,
                detail=f"still going at {self._encoded_ms} ms",
            )  # fmt: skip
        if now > self._deadline or now - self._moved_at > self._stall_s:
            raise SourceError(
                "This recording takes too much work to process.", code=FailureCode.TOO_COSTLY,
                detail=f"stopped at {self._encoded_ms} ms",
            )  # fmt: skip
        return self._encoded_ms

    def _latest(self) -> int:
        try:
            with self._file.open("rb") as file:
                file.seek(self._offset)
                fresh = file.read()
        except FileNotFoundError:
            return 0
        whole, _, _ = fresh.rpartition(b"\n")
        self._offset += len(whole)
        times = [line[12:] for line in whole.split(b"\n") if line.startswith(b"out_time_us=")]
        return int(times[-1]) // 1000 if times and times[-1].strip().lstrip(b"-").isdigit() else 0


def _encode_error(status: int, stderr: str) -> TranscodingError:
    detail = f"ffmpeg left with {status}: {stderr}"
    if "No space left on device" in stderr:
        return EncodeError("There is no room left for the video.", code=FailureCode.OUT_OF_SPACE, detail=detail)
    if status in KILLED:
        return killed(detail)
    if status in OUT_OF_CPU:
        return SourceError("This recording takes too much work to process.", code=FailureCode.TOO_COSTLY, detail=detail)
    if "Cannot allocate memory" in stderr or status < 0:
        return EncodeError("The machine could not finish this video.", detail=detail)
    return SourceError(
        "This recording is damaged or of a kind we cannot read.", code=FailureCode.UNSUPPORTED, detail=detail
    )
