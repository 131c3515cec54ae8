"""One rendition made anew for a finished job, on the boundaries of the others."""

import posixpath

from pydantic import BaseModel

from transcoding.encode import Track
from transcoding.errors import EncodeError, SourceError
from transcoding.messages import FailureCode, RenditionInfo, Stage, TranscodeEvent
from transcoding.plan import TranscodePlan, one_rendition
from transcoding.playlist import MediaSegment, segment_durations
from transcoding.publish import planned_renditions, ready_rendition
from transcoding.run import Result, Run
from transcoding.verify import ALIGNED_S, verify

# What is saved must be worth a second rendition in the store for a day.
SMALLER = 0.95


class _FinishedJob(BaseModel):
    """What is read of the result.json of a whole run or a join."""

    event: TranscodeEvent
    plan: TranscodePlan


class RemakeRun(Run):
    """Encode one rung or sound of a recorded plan again; with `only_if_smaller` it is kept only where that is so."""

    def run(self) -> Result:
        source = self.fetch_source()
        finished = self.fetch_record(_FinishedJob, self.job.plan_key)
        plan = one_rendition(finished.plan, self.job.rendition)
        before = next((r for r in finished.event.snapshot.renditions if r.name == self.job.rendition), None)
        if plan is None or before is None:
            raise SourceError(
                "This recording has no such rendition.", code=FailureCode.UNSUPPORTED, detail=self.job.rendition
            )
        self.follow(plan, renditions=())
        (track,) = self.encode(plan, source, listener=_Unpublished(self))
        with self.stage(Stage.VERIFY):
            verify(plan, (track,))
            self._check_boundaries(track, before)
        (planned,) = planned_renditions(plan)
        made = ready_rendition(planned, track, target_duration_s=plan.target_duration_s)
        if self.job.only_if_smaller and made.size_bytes > SMALLER * before.size_bytes:
            reason = f"{made.name} stays as it is: encoded anew it has {made.size_bytes} of {before.size_bytes} bytes"
            return self.result(plan.model_copy(update={"reasons": (reason,)}))
        with self.stage(Stage.PUBLISH):
            self.publisher.put_segments(track, list(track.segments), target_duration_s=plan.target_duration_s)
            self.publisher.finish(track, target_duration_s=plan.target_duration_s, is_video=plan.video is not None)
            self.know(renditions=(made,), bytes_total=self.publisher.bytes_total, encoded_ms=plan.duration_ms)
        reason = f"{made.name} made anew: {made.size_bytes} bytes, before {before.size_bytes}"
        return self.result(plan.model_copy(update={"reasons": (reason,)}))

    def _check_boundaries(self, track: Track, before: RenditionInfo) -> None:
        """Compare with the playlist of the rendition that is replaced: players change between renditions in between."""
        folder = posixpath.dirname(self.job.plan_key)
        durations = segment_durations(self.fetch_text(posixpath.normpath(f"{folder}/{before.playlist}")))
        mine = [segment.duration_s for segment in track.segments]
        # A copied last segment may lack the frames that a file's end leaves open.
        pairs = zip(mine[:-1], durations[:-1], strict=False)
        if len(mine) != len(durations) or any(abs(one - other) > ALIGNED_S for one, other in pairs):
            raise EncodeError("The qualities of this video do not fit together.", detail=f"{track.name} made anew")


class _Unpublished:
    """Tells of progress only: what is made shows itself when it is complete, or never."""

    def __init__(self, told: Run) -> None:
        self._told = told

    def segments_ready(self, track: Track, fresh: list[MediaSegment]) -> None:
        """Keep them here."""

    def encoded(self, encoded_ms: int) -> None:
        self._told.encoded(encoded_ms)
