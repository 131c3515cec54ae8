"""Run the pipeline on a file into a folder."""

import json
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.transcoding import hls
from transcoding.messages import EventKind, Snapshot, Stage, TranscodeEvent, Work
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

    @property
    def master(self) -> hls.Master:
        return hls.read_master(self.folder / "master.m3u8")

    @property
    def keyframe_s(self) -> float:
        """How far the plan lets keyframes be apart."""
        video = self.result.plan.video
        return float(video.grid.keyframe_frames / video.fps) if video else 0


def keyframe_s(outdir: Path) -> float:
    """What result.json says of the distance of keyframes."""
    video = json.loads((outdir / "result.json").read_text())["plan"]["video"]
    return float(video["grid"]["keyframe_frames"] / Fraction(video["fps"])) if video else 0


def run(file: Path, place: Path, *, language: str = "und", may_copy: bool = False) -> Output:
    """Transcode `file` below `place`; the source lies in the store, as an upload does."""
    workshop = Workshop(file, place)
    return workshop.run("assets/a/j/1/", language=language, may_copy=may_copy)


class Workshop:
    """A store with one source, and runs on it, each under a prefix of its own as the orchestrator gives it."""

    def __init__(self, file: Path, place: Path) -> None:
        self.place, self.objects = place, place / "objects"
        (self.objects / "sources").mkdir(parents=True)
        (self.objects / "sources" / "source").write_bytes(file.read_bytes())
        self.store = FolderMediaStore(self.objects)

    def run(self, prefix: str, **request: Any) -> Output:  # Any: fields of a Job
        """Do one run and leave what a worker leaves: result.json, and a multivariant playlist to check."""
        work = self.place / "work" / prefix.replace("/", "_")
        work.mkdir(parents=True)
        heard = Heard()
        job = Job("sources/source", self.store, self.store, prefix, **request)
        tools = Toolbox(folder=work, programs=programs(), limits=settings().limits, stop=StopSignal())
        result = transcode(job, listener=heard, tools=tools)
        folder = self.objects / prefix
        record = result.record_json(event_of(result))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").write_text(record, encoding="utf-8")
        text = multivariant(result.snapshot.renditions, captions=result.snapshot.captions)
        (folder / "master.m3u8").write_text(text, encoding="utf-8")
        return Output(result, heard, folder)

    def run_in_parts(self, **request: Any) -> Output:  # Any: fields of a Job
        """Split, do every part and join, as several workers would."""
        first = self.run("assets/a/j/1/", may_split=True, **request)
        assert first.result.split, "this recording was not split"
        plan_key = f"assets/a/j/1/{first.result.split.plan}"
        prefixes = tuple(f"assets/a/part{number}/1/" for number in range(len(first.result.split.parts)))
        for number, prefix in enumerate(prefixes):
            self.run(prefix, work=Work.PART, plan_key=plan_key, part=number)
        return self.run("assets/a/j/2/", work=Work.JOIN, plan_key=plan_key, part_prefixes=prefixes)


def event_of(result: Result) -> TranscodeEvent:
    kind = EventKind.SPLIT if result.split else EventKind.DONE
    return TranscodeEvent(
        job="j", token=1, seq=1, kind=kind, stage=Stage.PUBLISH, percent=100, snapshot=result.snapshot,
        split=result.split,
    )  # fmt: skip
