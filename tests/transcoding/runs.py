"""Run the pipeline on a file into a folder."""

import json
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from tests.transcoding import hls
from transcoding.messages import EventKind, Snapshot, Stage
from transcoding.pipeline import transcode
from transcoding.playlist import multivariant
from transcoding.run import Job, Result
from transcoding.sandbox import StopSignal, Toolbox
from transcoding.settings import programs, settings
from transcoding.storage import FolderMediaStore


@dataclass
class Heard:
    """A listener that remembers."""

    kinds: list[EventKind] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    percents: list[float] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)

    def news(self, kind: EventKind, *, stage: Stage, percent: float, snapshot: Snapshot) -> None:
        self.kinds.append(kind)
        self.stages.append(stage)
        self.percents.append(percent)
        self.snapshots.append(snapshot)


@dataclass
class Output:
    result: Result
    heard: Heard
    folder: Path
    master: hls.Master

    @property
    def keyframe_s(self) -> float:
        """How far the plan lets keyframes be apart."""
        video = self.result.plan.video
        return float(video.grid.keyframe_frames / video.fps) if video else 0


def keyframe_s(outdir: Path) -> float:
    """What result.json says of the distance of keyframes."""
    video = json.loads((outdir / "result.json").read_text())["plan"]["video"]
    return float(video["grid"]["keyframe_frames"] / Fraction(video["fps"])) if video else 0


def run(file: Path, place: Path, *, language: str = "und") -> Output:
    """Transcode `file` below `place`; the source lies in the store, as an upload does."""
    objects, work = place / "objects", place / "work"
    work.mkdir(parents=True)
    (objects / "sources").mkdir(parents=True)
    (objects / "sources" / "source").write_bytes(file.read_bytes())
    store, heard = FolderMediaStore(objects), Heard()
    job = Job("sources/source", store, store, "assets/a/j/1/", language)
    tools = Toolbox(folder=work, programs=programs(), limits=settings().limits, stop=StopSignal())
    result = transcode(job, listener=heard, tools=tools)
    folder = objects / "assets/a/j/1"
    text = multivariant(result.snapshot.renditions, captions=result.snapshot.captions)
    (folder / "master.m3u8").write_text(text, encoding="utf-8")
    return Output(result, heard, folder, hls.read_master(folder / "master.m3u8"))
