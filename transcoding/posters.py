"""Pictures to choose a poster among, for a recording that was finished before they were made with it.

The source is not needed, which may have gone and may be large: the storyboard tells the moments, and each picture lies
in one segment of a rendition.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from transcoding import packaging
from transcoding.errors import SourceError
from transcoding.messages import EventKind, FailureCode, Stage
from transcoding.parts import Still
from transcoding.plan import TranscodePlan
from transcoding.playlist import LocatedSegment, located_segments
from transcoding.run import Result, Run
from transcoding.sandbox import Toolbox
from transcoding.storyboard import MAX_SCORED, Stills, Tile, scored_tiles, segment_at, spread_stills, still_in

_CUE = re.compile(
    r"^(?:(\d+):)?(\d\d):(\d\d)\.(\d{3}) --> \S+\n([A-Za-z0-9_./-]+)#xywh=(\d+),(\d+),(\d+),(\d+)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Cue:
    """A tile of a storyboard: the sheet that it is in, as the storyboard names it."""

    sheet: str
    tile: Tile


class PostersRun(Run):
    """Offer pictures of what a finished job made; nothing is encoded."""

    def run(self) -> Result:
        self.say(EventKind.STARTED)
        with self.stage(Stage.FETCH):
            stills = spread_stills(self._scored(storyboard_tiles(self.fetch_text(self.job.storyboard_key))))
            segments = located_segments(self.fetch_text(self.job.playlist_key))
        if not segments:
            raise SourceError(
                "There is no picture in this recording.", code=FailureCode.UNSUPPORTED, detail=self.job.playlist_key
            )
        duration_ms = round(1000 * (segments[-1].start_s + segments[-1].duration_s))
        self.know(duration_ms=duration_ms, has_video=True)
        with self.stage(Stage.ENCODE):
            packaging.put_candidates(self, stills, partial(self._picture, segments))
        offered = len(self.snapshot.poster_candidates)
        return self.result(_nothing_encoded(duration_ms, f"{offered} pictures to choose a poster among"))

    def _scored(self, cues: Sequence[Cue]) -> tuple[Still, ...]:
        """Judge moments of a storyboard, sheet by sheet."""
        cues = cues[:: max(1, len(cues) // MAX_SCORED)]
        folder = posixpath.dirname(self.job.storyboard_key)
        scored: list[Still] = []
        for number, sheet in enumerate(dict.fromkeys(cue.sheet for cue in cues)):
            file = self.tools.folder / f"sheet-{number}.jpg"
            self.job.output.fetch(posixpath.normpath(f"{folder}/{sheet}"), file, check=self.tools.stop.check)
            scored += scored_tiles(file, [cue.tile for cue in cues if cue.sheet == sheet])
            file.unlink()
        return tuple(scored)

    def _picture(self, segments: Sequence[LocatedSegment], still: Still, tools: Toolbox) -> Stills | None:
        self.encoded(still.at_ms)
        found = segments[segment_at([segment.start_s for segment in segments], still.at_ms)]
        init, segment = self._fetched_to(tools, "init", found.init), self._fetched_to(tools, "segment", found.name)
        return still_in(init, segment, from_s=still.at_ms / 1000 - found.start_s, tools=tools)

    def _fetched_to(self, tools: Toolbox, kind: str, name: str) -> Path:
        key = posixpath.normpath(f"{posixpath.dirname(self.job.playlist_key)}/{name}")
        file = tools.folder / f"still-{kind}"
        self.job.output.fetch(key, file, check=tools.stop.check)
        return file


def storyboard_tiles(text: str) -> tuple[Cue, ...]:
    """Read a storyboard of ours (storyboard.storyboard_cues), in its order."""
    return tuple(_cues(text))


def _cues(text: str) -> Iterator[Cue]:
    for hours, minutes, seconds, ms, sheet, *place in _CUE.findall(text):
        at_ms = ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(ms)
        x, y, width, height = map(int, place)
        yield Cue(sheet, Tile(at_ms, (x, y, x + width, y + height)))


def _nothing_encoded(duration_ms: int, reason: str) -> TranscodePlan:
    return TranscodePlan(
        duration_ms=duration_ms, delay_us=0, target_duration_s=0, video=None, audio=(), captions=(), storyboard=None,
        cover_index=None, cpu_limit_s=0, wall_limit_s=0, reasons=(reason,),
    )  # fmt: skip
