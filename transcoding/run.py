"""What all kinds of run have in common: the job, its stages, and the news of it."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel

from transcoding.encode import EncodeListener, Track, encode
from transcoding.messages import EventKind, RenditionInfo, RenditionState, Snapshot, Split, Stage, TranscodeEvent, Work
from transcoding.parts import PartRecord
from transcoding.plan import TranscodePlan
from transcoding.playlist import MediaSegment
from transcoding.publish import Publisher, growing_rendition
from transcoding.sandbox import Toolbox
from transcoding.storage import MediaStore

# Where each stage begins, in percent of the whole job.
STARTS = {
    Stage.FETCH: 0.0, Stage.PROBE: 1.0, Stage.PLAN: 1.5, Stage.ENCODE: 2.0,
    Stage.VERIFY: 95.0, Stage.PACKAGE: 96.0, Stage.PUBLISH: 98.0,
}  # fmt: skip


Record = TypeVar("Record", bound=BaseModel)


class Listener(Protocol):
    def news(self, kind: EventKind, *, stage: Stage, percent: float, snapshot: Snapshot) -> None:
        """Everything that is known so far; called often, must return at once."""


class SourceStore(Protocol):
    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        """See storage.MediaStore."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to transcode, where to, and which part of the work: see messages.TranscodeRequest."""

    source_key: str
    source: SourceStore
    output: MediaStore
    output_prefix: str
    language: str = "und"
    work: Work = Work.WHOLE
    may_split: bool = False
    may_copy: bool = False
    plan_key: str = ""
    part: int = 0
    part_prefixes: tuple[str, ...] = ()
    rendition: str = ""
    only_if_smaller: bool = False
    storyboard_key: str = ""
    playlist_key: str = ""


@dataclass(slots=True)
class Timings:
    """Milliseconds since the start of the job, and how long each stage took."""

    stages_ms: dict[str, int] = field(default_factory=dict)
    first_playable_ms: int | None = None
    total_ms: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `split` where the job goes on in parts, `part` what a part leaves for the join."""

    snapshot: Snapshot
    plan: TranscodePlan
    timings: Timings
    split: Split | None = None
    part: PartRecord | None = None

    def record_json(self, event: TranscodeEvent) -> str:
        """result.json: the final event, what was decided and why, and how long it took."""
        plan = self.plan.model_dump(mode="json", exclude={"reasons"})
        part = self.part.model_dump(mode="json") if self.part else None
        return _record_json(event, plan=plan, reasons=self.plan.reasons, timings=asdict(self.timings), part=part)


def failure_record_json(event: TranscodeEvent) -> str:
    """result.json of a run that made nothing."""
    return _record_json(event, plan=None, reasons=(), timings={}, part=None)


def _record_json(
    event: TranscodeEvent,
    *,
    plan: dict[str, object] | None,
    reasons: tuple[str, ...],
    timings: dict[str, object],
    part: dict[str, object] | None,
) -> str:
    record = {"event": event.model_dump(mode="json"), "plan": plan, "reasons": reasons, "timings": timings}
    return json.dumps(record | ({"part": part} if part else {}), ensure_ascii=False, indent=1)


class Run(ABC):
    """The state of one run; each kind has its own way through the stages."""

    def __init__(self, job: Job, listener: Listener, tools: Toolbox) -> None:
        self.job, self.tools = job, tools
        self.publisher = Publisher(job.output, job.output_prefix, tools.folder, stop=tools.stop)
        self.snapshot = Snapshot()
        self.timings = Timings()
        self.target_duration_s = 0
        self._listener = listener
        self._began = time.monotonic()
        self._stage, self._percent = Stage.FETCH, 0.0
        self._fetched = 0

    def fetch_source(self) -> Path:
        source = self.tools.folder / "source"
        self.say(EventKind.STARTED)
        with self.stage(Stage.FETCH):
            self.job.source.fetch(self.job.source_key, source, check=self.tools.stop.check)
        return source

    def fetch_text(self, key: str) -> str:
        """Read a small object of an earlier run."""
        self._fetched += 1
        file = self.tools.folder / f"fetched-{self._fetched}"
        self.job.output.fetch(key, file, check=self.tools.stop.check)
        return file.read_text(encoding="utf-8")

    def fetch_record(self, kind: type[Record], key: str) -> Record:
        return kind.model_validate_json(self.fetch_text(key))

    def follow(self, plan: TranscodePlan, *, renditions: tuple[RenditionInfo, ...]) -> None:
        """Take up a plan and tell of what it will make."""
        self.target_duration_s = plan.target_duration_s
        self.know(
            duration_ms=plan.duration_ms,
            has_video=plan.video is not None,
            has_audio=bool(plan.audio),
            renditions=renditions,
        )

    def encode(self, plan: TranscodePlan, source: Path, *, listener: EncodeListener | None = None) -> tuple[Track, ...]:
        """Encode what a plan says; what is finished is published, unless somebody else listens."""
        with self.stage(Stage.ENCODE):
            folder = self.tools.folder / "encoded"
            folder.mkdir()
            return encode(plan, source, tools=replace(self.tools, folder=folder), listener=listener or self)

    def segments_ready(self, track: Track, fresh: list[MediaSegment]) -> None:
        """Publish what the encoder finished; see encode.EncodeListener."""
        self.publisher.put_segments(track, fresh, target_duration_s=self.target_duration_s)
        before = self._is_playable
        self.know(
            renditions=tuple(
                growing_rendition(r, track) if r.name == track.name else r for r in self.snapshot.renditions
            ),
            bytes_total=self.publisher.bytes_total,
        )
        if self._is_playable and not before:
            self.timings.first_playable_ms = self._elapsed_ms()
            self.say(EventKind.PLAYABLE)

    def encoded(self, encoded_ms: int) -> None:
        """Tell how far the encoder is; see encode.EncodeListener."""
        whole_ms = self.snapshot.duration_ms or 1
        span = STARTS[Stage.VERIFY] - STARTS[Stage.ENCODE]
        self._percent = STARTS[Stage.ENCODE] + span * min(1.0, encoded_ms / whole_ms)
        self.know(encoded_ms=min(encoded_ms, whole_ms))
        self.say(EventKind.PROGRESS)

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        self.tools.stop.check()
        self._stage, self._percent = stage, STARTS[stage]
        self.say(EventKind.PROGRESS)
        began = self._elapsed_ms()
        yield
        self.timings.stages_ms[stage.value] = self._elapsed_ms() - began

    def know(self, **facts: object) -> None:
        self.snapshot = self.snapshot.model_copy(update=facts)

    def say(self, kind: EventKind) -> None:
        self._listener.news(kind, stage=self._stage, percent=round(self._percent, 1), snapshot=self.snapshot)

    def result(self, plan: TranscodePlan, *, split: Split | None = None, part: PartRecord | None = None) -> Result:
        self.timings.total_ms = self._elapsed_ms()
        return Result(self.snapshot, plan, self.timings, split, part)

    @abstractmethod
    def run(self) -> Result:
        """Go through the stages; see pipeline.transcode."""

    @property
    def _is_playable(self) -> bool:
        states = [rendition.state for rendition in self.snapshot.renditions]
        return bool(states) and RenditionState.WAITING not in states

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)
