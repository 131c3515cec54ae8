"""One run of a transcode from the source's key to the last playlist. Knows neither Celery nor the command line."""

from dataclasses import replace
from pathlib import Path

from transcoding import packaging
from transcoding.content import Survey
from transcoding.encode import Track, copy_top
from transcoding.errors import CopyRefusedError
from transcoding.messages import PLAN_NAME, RenditionKind, Split, Stage, Work
from transcoding.parts import Part, SplitPlan, parts_of
from transcoding.plan import TranscodePlan, make_plan, with_cuts, without_copy
from transcoding.posters import PostersRun
from transcoding.probe import probe_source
from transcoding.publish import planned_renditions, ready_rendition
from transcoding.remake import RemakeRun
from transcoding.run import Job, Listener, Result, Run
from transcoding.sandbox import Bounds, Toolbox, run
from transcoding.source import SourceInfo, Transfer
from transcoding.split import JoinRun, PartRun
from transcoding.storyboard import (
    best_still,
    make_stills,
    scored_stills,
    spread_stills,
    stills_of,
    storyboard_cues,
    storyboard_vtt,
)
from transcoding.survey import look_inside
from transcoding.verify import verify


def transcode(job: Job, *, listener: Listener, tools: Toolbox) -> Result:
    """Do the work of one run; raise a TranscodingError where it cannot end well.

    Says `playable` when every rendition has a segment in the store. Everything is in the store when this returns; it
    is for the caller to announce the end.
    """
    return KINDS[job.work](job, listener, tools).run()


class WholeRun(Run):
    """A recording from its source to the end; or, where it is long and may be split, to its plan."""

    _copied: Track | None = None

    def run(self) -> Result:
        source = self.fetch_source()
        plan, parts = self._decide(source)
        self.follow(plan, renditions=planned_renditions(plan))
        if self._copied:
            self._publish_copied(plan, self._copied)
        if parts:
            return self._split(plan, parts)
        tracks = self.encode(plan, source)
        if self._copied:
            tracks = (self._copied, *tracks)
        with self.stage(Stage.VERIFY):
            verify(plan, tracks)
        with self.stage(Stage.PACKAGE):
            self._package(plan, tracks, source)
            plan = packaging.put_speech(self, plan, source)
        with self.stage(Stage.PUBLISH):
            self._finish(plan, tracks)
        return self.result(plan)

    def _decide(self, source: Path) -> tuple[TranscodePlan, tuple[Part, ...]]:
        with self.stage(Stage.PROBE):
            info = probe_source(source, tools=self.tools)
            survey = look_inside(source, info, tools=self.tools)
        with self.stage(Stage.PLAN):
            plan = self._plan(info, survey)
            plan, self._copied = self._copy(plan, source)
            if not self.job.may_split:
                return plan, ()
            return plan, parts_of(plan, survey.packets, format_name=info.format_name)

    def _plan(self, info: SourceInfo, survey: Survey) -> TranscodePlan:
        is_hdr = info.video is not None and info.video.transfer is not Transfer.SDR
        return make_plan(
            info,
            survey,
            language=self.job.language,
            limits=self.tools.limits,
            can_tone_map=not is_hdr or self._has_zscale(),
            may_copy=self.job.may_copy,
        )

    def _copy(self, plan: TranscodePlan, source: Path) -> tuple[TranscodePlan, Track | None]:
        """Make the copied rung before all else: the others take their boundaries from it."""
        if plan.video is None or not plan.video.copies_top:
            return plan, None
        folder = self.tools.folder / "copied"
        folder.mkdir()
        try:
            track, cuts = copy_top(plan, plan.video, source, tools=replace(self.tools, folder=folder))
        except CopyRefusedError as error:
            return without_copy(plan, because=error.message), None
        return with_cuts(plan, cuts), track

    def _has_zscale(self) -> bool:
        command = [self.tools.programs.ffmpeg, "-v", "error", "-filters"]
        found = run(command, tools=self.tools, bounds=Bounds(cpu_s=10, wall_s=30))
        return " zscale " in found.stdout

    def _publish_copied(self, plan: TranscodePlan, track: Track) -> None:
        """Complete from the start: it has its last playlist before the others have their first segment."""
        self.publisher.put_segments(track, list(track.segments), target_duration_s=plan.target_duration_s)
        self.publisher.finish(track, target_duration_s=plan.target_duration_s, is_video=True)
        top, *others = self.snapshot.renditions
        copied = ready_rendition(top, track, target_duration_s=plan.target_duration_s, is_copied=True)
        self.know(renditions=(copied, *others), bytes_total=self.publisher.bytes_total)

    def _split(self, plan: TranscodePlan, parts: tuple[Part, ...]) -> Result:
        """Leave what the parts need to know."""
        count = sum(not part.is_sound for part in parts)
        reasons = (*plan.reasons, f"several workers are free: the picture is encoded in {count} parts at once")
        plan = plan.model_copy(update={"reasons": reasons})
        split = SplitPlan(plan=plan, parts=parts, copied=self._copied.record() if self._copied else None)
        with self.stage(Stage.PUBLISH):
            self.publisher.put_text(split.model_dump_json(), PLAN_NAME)
        return self.result(plan, split=Split(plan=PLAN_NAME, parts=split.rendition_names()))

    def _package(self, plan: TranscodePlan, tracks: tuple[Track, ...], source: Path) -> None:
        if plan.storyboard:
            sheets = packaging.made_sheets(self)
            duration_ms = round(tracks[0].duration_s * 1000)
            scored = scored_stills(plan.storyboard, duration_ms=duration_ms, sheets=sheets)
            still = best_still(scored)
            packaging.put_stills(self, make_stills(tracks[0], at_ms=still.at_ms if still else 0, tools=self.tools))
            track = packaging.track_for_stills(self.snapshot.renditions, tracks)
            packaging.put_candidates(
                self, spread_stills(scored), lambda still, tools: make_stills(track, at_ms=still.at_ms, tools=tools)
            )
            names = packaging.put_sheets(self, sheets)
            cues = storyboard_cues(plan.storyboard, duration_ms=duration_ms, sheets=names)
            packaging.put_storyboard(self, storyboard_vtt(cues))
        elif plan.cover_index is not None:
            packaging.put_stills(self, stills_of(source, index=plan.cover_index, from_s=0, tools=self.tools))
        packaging.put_captions(self, plan, source)

    def _finish(self, plan: TranscodePlan, tracks: tuple[Track, ...]) -> None:
        ready, target_s = [], plan.target_duration_s
        for rendition, track in zip(self.snapshot.renditions, tracks, strict=True):
            if track is self._copied:
                ready.append(rendition)
                continue
            is_video = rendition.kind is RenditionKind.VIDEO
            self.publisher.finish(track, target_duration_s=target_s, is_video=is_video)
            ready.append(ready_rendition(rendition, track, target_duration_s=target_s))
        duration_ms = round(max(track.duration_s for track in tracks) * 1000)
        self.know(
            renditions=tuple(ready), bytes_total=self.publisher.bytes_total, duration_ms=duration_ms,
            encoded_ms=duration_ms,
        )  # fmt: skip


KINDS: dict[Work, type[Run]] = {
    Work.WHOLE: WholeRun,
    Work.PART: PartRun,
    Work.JOIN: JoinRun,
    Work.RENDITION: RemakeRun,
    Work.POSTERS: PostersRun,
}
