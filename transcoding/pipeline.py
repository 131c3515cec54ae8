"""One transcode from the source's key to the last playlist. Knows neither Celery nor the command line."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol

from transcoding.captions import clean_webvtt
from transcoding.command import caption_arguments
from transcoding.encode import Track, encode
from transcoding.messages import CaptionInfo, EventKind, RenditionKind, RenditionState, Snapshot, Stage, TranscodeEvent
from transcoding.plan import TranscodePlan, make_plan
from transcoding.playlist import MediaSegment, caption_playlist
from transcoding.probe import probe_source
from transcoding.publish import Publisher, growing_rendition, planned_renditions, ready_rendition
from transcoding.sandbox import Bounds, TimedOutError, Toolbox, run
from transcoding.source import Transfer
from transcoding.storage import MediaStore
from transcoding.storyboard import Stills, best_moment_ms, make_stills, stills_of, storyboard_vtt
from transcoding.verify import verify

# Where each stage begins, in percent of the whole job.
STARTS = {
    Stage.FETCH: 0.0, Stage.PROBE: 1.0, Stage.PLAN: 1.5, Stage.ENCODE: 2.0,
    Stage.VERIFY: 95.0, Stage.PACKAGE: 96.0, Stage.PUBLISH: 98.0,
}  # fmt: skip
CAPTION_BOUNDS = Bounds(cpu_s=60, wall_s=300, file_bytes=20_000_000)


class Listener(Protocol):
    def news(self, kind: EventKind, *, stage: Stage, percent: float, snapshot: Snapshot) -> None:
        """Everything that is known so far; called often, must return at once."""


class SourceStore(Protocol):
    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        """See storage.MediaStore."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to transcode, and where to."""

    source_key: str
    source: SourceStore
    output: MediaStore
    output_prefix: str
    language: str = "und"


@dataclass(slots=True)
class Timings:
    """Milliseconds since the start of the job, and how long each stage took."""

    stages_ms: dict[str, int] = field(default_factory=dict)
    first_playable_ms: int | None = None
    total_ms: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    snapshot: Snapshot
    plan: TranscodePlan
    timings: Timings

    def record_json(self, event: TranscodeEvent) -> str:
        """result.json: the final event, what was decided and why, and how long it took."""
        plan = self.plan.model_dump(mode="json", exclude={"reasons"})
        return _record_json(event, plan=plan, reasons=self.plan.reasons, timings=asdict(self.timings))


def transcode(job: Job, *, listener: Listener, tools: Toolbox) -> Result:
    """Run a whole job; raise a TranscodingError where it cannot end well.

    Says `playable` when every rendition has a segment in the store. Everything is in the store when this returns; it
    is for the caller to announce the end.
    """
    return _Run(job, listener, tools).run()


def failure_record_json(event: TranscodeEvent) -> str:
    """result.json of a run that made nothing."""
    return _record_json(event, plan=None, reasons=(), timings={})


def _record_json(
    event: TranscodeEvent, *, plan: dict[str, object] | None, reasons: tuple[str, ...], timings: dict[str, object]
) -> str:
    record = {"event": event.model_dump(mode="json"), "plan": plan, "reasons": reasons, "timings": timings}
    return json.dumps(record, ensure_ascii=False, indent=1)


class _Run:
    """The state of one job; its methods are the stages."""

    def __init__(self, job: Job, listener: Listener, tools: Toolbox) -> None:
        self._job, self._listener, self._tools = job, listener, tools
        self._publisher = Publisher(job.output, job.output_prefix, tools.folder, stop=tools.stop)
        self._began = time.monotonic()
        self._stage, self._percent = Stage.FETCH, 0.0
        self._snapshot = Snapshot()
        self._timings = Timings()
        self._plan: TranscodePlan | None = None

    def run(self) -> Result:
        source = self._tools.folder / "source"
        self._say(EventKind.STARTED)
        with self._in(Stage.FETCH):
            self._job.source.fetch(self._job.source_key, source, check=self._tools.stop.check)
        plan = self._plan_for(source)
        self._plan = plan
        self._know(
            duration_ms=plan.duration_ms,
            has_video=plan.video is not None,
            has_audio=bool(plan.audio),
            renditions=planned_renditions(plan),
        )
        with self._in(Stage.ENCODE):
            tracks = self._encode(plan, source)
        with self._in(Stage.VERIFY):
            verify(plan, tracks)
        with self._in(Stage.PACKAGE):
            self._package(plan, tracks, source)
        with self._in(Stage.PUBLISH):
            self._finish(plan, tracks)
        self._timings.total_ms = self._elapsed_ms()
        return Result(self._snapshot, plan, self._timings)

    def _plan_for(self, source: Path) -> TranscodePlan:
        with self._in(Stage.PROBE):
            info = probe_source(source, tools=self._tools)
        with self._in(Stage.PLAN):
            is_hdr = info.video is not None and info.video.transfer is not Transfer.SDR
            can_tone_map = not is_hdr or self._has_zscale()
            return make_plan(info, language=self._job.language, limits=self._tools.limits, can_tone_map=can_tone_map)

    def _has_zscale(self) -> bool:
        command = [self._tools.programs.ffmpeg, "-v", "error", "-filters"]
        found = run(command, tools=self._tools, bounds=Bounds(cpu_s=10, wall_s=30))
        return " zscale " in found.stdout

    def _encode(self, plan: TranscodePlan, source: Path) -> tuple[Track, ...]:
        folder = self._tools.folder / "encoded"
        folder.mkdir()
        return encode(plan, source, tools=replace(self._tools, folder=folder), listener=self)

    def segments_ready(self, track: Track, fresh: list[MediaSegment]) -> None:
        if self._plan is None:
            return
        self._publisher.put_segments(track, fresh, target_duration_s=self._plan.target_duration_s)
        before = self._is_playable
        self._know(
            renditions=tuple(
                growing_rendition(r, track) if r.name == track.name else r for r in self._snapshot.renditions
            ),
            bytes_total=self._publisher.bytes_total,
        )
        if self._is_playable and not before:
            self._timings.first_playable_ms = self._elapsed_ms()
            self._say(EventKind.PLAYABLE)

    def encoded(self, encoded_ms: int) -> None:
        whole_ms = self._snapshot.duration_ms or 1
        span = STARTS[Stage.VERIFY] - STARTS[Stage.ENCODE]
        self._percent = STARTS[Stage.ENCODE] + span * min(1.0, encoded_ms / whole_ms)
        self._know(encoded_ms=min(encoded_ms, whole_ms))
        self._say(EventKind.PROGRESS)

    @property
    def _is_playable(self) -> bool:
        states = [rendition.state for rendition in self._snapshot.renditions]
        return bool(states) and RenditionState.WAITING not in states

    def _package(self, plan: TranscodePlan, tracks: tuple[Track, ...], source: Path) -> None:
        """Stills, storyboard and captions: what is around the renditions."""
        stills: Stills | None = None
        if plan.storyboard:
            sheets = sorted((self._tools.folder / "encoded" / "storyboard").glob("sheet_*.jpg"))
            duration_ms = round(tracks[0].duration_s * 1000)
            moment_ms = best_moment_ms(plan.storyboard, duration_ms=duration_ms, sheets=sheets)
            stills = make_stills(tracks[0], at_ms=moment_ms, tools=self._tools)
            for sheet in sheets:
                self._publisher.put(sheet, f"storyboard/{sheet.name}")
            names = [sheet.name for sheet in sheets]
            text = storyboard_vtt(plan.storyboard, duration_ms=duration_ms, sheets=names)
            self._publisher.put_text(text, "storyboard/storyboard.vtt")
            self._know(storyboard="storyboard/storyboard.vtt")
        elif plan.cover_index is not None:
            stills = stills_of(source, index=plan.cover_index, from_s=0, tools=self._tools)
        if stills:
            self._publisher.put(stills.poster, "poster.jpg")
            self._publisher.put(stills.thumbnail, "thumbnail.jpg")
            self._know(poster="poster.jpg", thumbnail="thumbnail.jpg")
        if plan.captions:
            self._know(captions=self._captions(plan, source))

    def _captions(self, plan: TranscodePlan, source: Path) -> tuple[CaptionInfo, ...]:
        """Convert text tracks; a track that cannot be read is left out, it does not spoil the lesson."""
        folder = self._tools.folder / "captions"
        folder.mkdir()
        command = [
            self._tools.programs.ffmpeg,
            *caption_arguments(plan, source, folder, max_pixels=self._tools.limits.max_pixels),
        ]
        try:
            run(command, tools=self._tools, bounds=CAPTION_BOUNDS)
        except TimedOutError:
            return ()
        found = []
        for track in plan.captions:
            file = folder / f"{track.name}.vtt"
            text = clean_webvtt(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else ""
            if "-->" not in text:
                continue
            name = f"captions/{track.name}"
            self._publisher.put_text(text, f"{name}.vtt")
            self._publisher.put_text(caption_playlist(file.name, duration_ms=plan.duration_ms), f"{name}.m3u8")
            found.append(
                CaptionInfo(
                    name=track.name,
                    language=track.language,
                    label=track.label,
                    path=f"{name}.vtt",
                    playlist=f"{name}.m3u8",
                )
            )
        return tuple(found)

    def _finish(self, plan: TranscodePlan, tracks: tuple[Track, ...]) -> None:
        ready, target_s = [], plan.target_duration_s
        for rendition, track in zip(self._snapshot.renditions, tracks, strict=True):
            is_video = rendition.kind is RenditionKind.VIDEO
            self._publisher.finish(track, target_duration_s=target_s, is_video=is_video)
            ready.append(ready_rendition(rendition, track, target_duration_s=target_s))
        duration_ms = round(max(track.duration_s for track in tracks) * 1000)
        self._know(
            renditions=tuple(ready), bytes_total=self._publisher.bytes_total, duration_ms=duration_ms,
            encoded_ms=duration_ms,
        )  # fmt: skip

    @contextmanager
    def _in(self, stage: Stage) -> Iterator[None]:
        self._tools.stop.check()
        self._stage, self._percent = stage, STARTS[stage]
        self._say(EventKind.PROGRESS)
        began = self._elapsed_ms()
        yield
        self._timings.stages_ms[stage.value] = self._elapsed_ms() - began

    def _know(self, **facts: object) -> None:
        self._snapshot = self._snapshot.model_copy(update=facts)

    def _say(self, kind: EventKind) -> None:
        self._listener.news(kind, stage=self._stage, percent=round(self._percent, 1), snapshot=self._snapshot)

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)
