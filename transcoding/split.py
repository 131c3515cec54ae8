"""A long recording on several machines: one part, and the join of all."""

import posixpath
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from transcoding import packaging
from transcoding.encode import Track
from transcoding.errors import EncodeError
from transcoding.messages import RESULT_NAME, RenditionInfo, RenditionKind, Stage
from transcoding.parts import PartRecord, SplitPlan, Still, TrackRecord, part_plan
from transcoding.plan import TranscodePlan
from transcoding.publish import INIT_NAME, planned_renditions, ready_rendition
from transcoding.run import Result, Run
from transcoding.sandbox import Toolbox
from transcoding.storyboard import (
    Stills,
    best_still,
    scored_stills,
    segment_at,
    spread_stills,
    still_in,
    storyboard_cues,
    storyboard_vtt,
)
from transcoding.verify import verify, verify_joined


class _PartResult(BaseModel):
    """What the join reads of a part's result.json."""

    part: PartRecord


class PartRun(Run):
    """One part: a range of the picture in all rungs, or the sound with the captions."""

    def run(self) -> Result:
        source = self.fetch_source()
        split = self.fetch_record(SplitPlan, self.job.plan_key)
        plan = part_plan(split, self.job.part)
        encoded = plan.video.encoded_rungs if plan.video else ()
        made = {rung.name for rung in encoded} | {track.name for track in plan.audio}
        renditions = tuple(info for info in planned_renditions(plan) if info.name in made)
        self.follow(plan, renditions=renditions)
        tracks: tuple[Track, ...] = ()
        if renditions:
            tracks = self.encode(plan, source)
            with self.stage(Stage.VERIFY):
                verify(plan, tracks)
        with self.stage(Stage.PACKAGE):
            record = self._package(plan, tracks, source)
            plan = packaging.put_speech(self, plan, source)
        with self.stage(Stage.PUBLISH):
            self._finish(plan, tracks)
        return self.result(plan, part=record)

    def _package(self, plan: TranscodePlan, tracks: tuple[Track, ...], source: Path) -> PartRecord:
        packaging.put_captions(self, plan, source)
        records = tuple(track.record() for track in tracks)
        if plan.video is None or plan.storyboard is None:
            return PartRecord(tracks=records)
        sheets = packaging.made_sheets(self)
        begins_ms = round(plan.video.start_s * 1000)
        scored = scored_stills(plan.storyboard, duration_ms=plan.duration_ms, sheets=sheets, begins_ms=begins_ms)
        return PartRecord(
            tracks=records,
            sheets=tuple(packaging.put_sheets(self, sheets)),
            still=best_still(scored),
            candidates=spread_stills(scored),
        )

    def _finish(self, plan: TranscodePlan, tracks: tuple[Track, ...]) -> None:
        target_s = plan.target_duration_s
        for track in tracks:
            self.publisher.end_growing(track, target_duration_s=target_s)
        ready = tuple(
            ready_rendition(info, track, target_duration_s=target_s).model_copy(
                update={"playlist": info.playlist, "iframe_playlist": None}
            )
            for info, track in zip(self.snapshot.renditions, tracks, strict=True)
        )
        self.know(renditions=ready, bytes_total=self.publisher.bytes_total, encoded_ms=plan.duration_ms)


class JoinRun(Run):
    """Write the last playlists over the segments that the parts left where they are; nothing is encoded."""

    def run(self) -> Result:
        with self.stage(Stage.FETCH):
            split = self.fetch_record(SplitPlan, self.job.plan_key)
            records = [self.fetch_record(_PartResult, f"{at}{RESULT_NAME}").part for at in self.job.part_prefixes]
        plan = split.plan
        with self.stage(Stage.VERIFY):
            tracks = self._joined(split, records)
            verify_joined(plan, tracks)
        with self.stage(Stage.PACKAGE):
            self._package(split, records, tracks)
        with self.stage(Stage.PUBLISH):
            self._finish(plan, split, tracks)
        return self.result(plan)

    def _joined(self, split: SplitPlan, records: list[PartRecord]) -> tuple[Track, ...]:
        """One track of each rendition, in the order of the plan; segments are named as its playlist will see them."""
        pieces: dict[str, list[tuple[str, TrackRecord]]] = {}
        if split.copied:
            pieces[split.copied.name] = [(posixpath.dirname(self.job.plan_key) + "/", split.copied)]
        for prefix, record in zip(self.job.part_prefixes, records, strict=True):
            for track in record.tracks:
                pieces.setdefault(track.name, []).append((prefix, track))
        planned = planned_renditions(split.plan)
        if missing := [info.name for info in planned if info.name not in pieces]:
            raise EncodeError("A part of the encoded video is missing.", detail=f"no part made {missing}")
        return tuple(self._track(info.name, pieces[info.name]) for info in planned)

    def _track(self, name: str, pieces: list[tuple[str, TrackRecord]]) -> Track:
        first_prefix, first = pieces[0]
        track = Track(name, Path(), codecs=first.codecs)
        for prefix, record in pieces:
            folder = posixpath.relpath(f"{prefix}{name}", f"{self.job.output_prefix}{name}")
            init = "" if record.init_sha256 == first.init_sha256 else f"{folder}/{INIT_NAME}"
            track.segments += [
                segment.model_copy(update={"name": f"{folder}/{segment.name}", "init": init})
                for segment in record.segments
            ]
            track.starts_s += record.starts_s
            track.frames += record.frames
        track.folder = Path(posixpath.relpath(f"{first_prefix}{name}", f"{self.job.output_prefix}{name}"))
        return track

    def _package(self, split: SplitPlan, records: list[PartRecord], tracks: tuple[Track, ...]) -> None:
        plan = split.plan
        if plan.storyboard is None or plan.video is None:
            return
        cues: list[str] = []
        for number, (prefix, record) in enumerate(zip(self.job.part_prefixes, records, strict=True)):
            ranged = part_plan(split, number)
            if ranged.storyboard is None or ranged.video is None:
                continue
            folder = posixpath.relpath(f"{prefix}storyboard", f"{self.job.output_prefix}storyboard")
            cues += storyboard_cues(
                ranged.storyboard,
                duration_ms=ranged.duration_ms,
                sheets=[f"{folder}/{sheet}" for sheet in record.sheets],
                begins_ms=round(ranged.video.start_s * 1000),
            )
        packaging.put_storyboard(self, storyboard_vtt(cues))
        best = best_still(record.still for record in records if record.still)
        packaging.put_stills(self, self._stills(tracks[0], at_ms=best.at_ms if best else 0, tools=self.tools))
        track = packaging.track_for_stills(planned_renditions(plan), tracks)
        offered = spread_stills([still for record in records for still in record.candidates])
        packaging.put_candidates(self, offered, partial(self._candidate, track))

    def _candidate(self, track: Track, still: Still, tools: Toolbox) -> Stills | None:
        return self._stills(track, at_ms=still.at_ms, tools=tools)

    def _stills(self, track: Track, *, at_ms: int, tools: Toolbox) -> Stills | None:
        """Decode a moment out of the segment that a part left in the store."""
        position = segment_at(track.starts_s, at_ms)
        here = f"{self.job.output_prefix}{track.name}"
        init, segment = tools.folder / "still-init", tools.folder / "still-segment"
        named = track.segments[position].init or f"{track.folder}/{INIT_NAME}"
        check = tools.stop.check
        self.job.output.fetch(posixpath.normpath(f"{here}/{named}"), init, check=check)
        self.job.output.fetch(posixpath.normpath(f"{here}/{track.segments[position].name}"), segment, check=check)
        offset_s = at_ms / 1000 - track.starts_s[position]
        return still_in(init, segment, from_s=offset_s, tools=tools)

    def _finish(self, plan: TranscodePlan, split: SplitPlan, tracks: tuple[Track, ...]) -> None:
        ready: list[RenditionInfo] = []
        for info, track in zip(planned_renditions(plan), tracks, strict=True):
            init = f"{track.folder}/{INIT_NAME}"
            is_video = info.kind is RenditionKind.VIDEO
            self.publisher.put_final(track, init=init, target_duration_s=plan.target_duration_s, is_video=is_video)
            is_copied = split.copied is not None and split.copied.name == track.name
            ready.append(ready_rendition(info, track, target_duration_s=plan.target_duration_s, is_copied=is_copied))
        duration_ms = round(max(track.duration_s for track in tracks) * 1000)
        self.follow(plan, renditions=tuple(ready))
        self.know(duration_ms=duration_ms, encoded_ms=duration_ms, bytes_total=sum(info.size_bytes for info in ready))
