"""Seek-preview sheets with their WebVTT, and the stills. The sheets themselves are a by-product of the encode."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFilter, ImageStat

from transcoding.captions import cue_time
from transcoding.command import POSTER_NAME, THUMBNAIL_NAME, still_arguments
from transcoding.encode import Track
from transcoding.parts import Still
from transcoding.plan import StoryboardPlan
from transcoding.sandbox import Bounds, TimedOutError, Toolbox, run

STILL_BOUNDS = Bounds(cpu_s=20, wall_s=60, file_bytes=50_000_000)
# Mean luma (0 to 255) outside of which a still says nothing.
TOO_DARK, TOO_BRIGHT = 28, 235
MAX_SCORED = 200
POSTERS = 8  # pictures that a creator chooses a poster among


@dataclass(frozen=True, slots=True)
class Tile:
    """A moment of a storyboard and its box in its sheet: left, top, right, bottom."""

    at_ms: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Stills:
    poster: Path
    thumbnail: Path


def storyboard_vtt(cues: Iterable[str]) -> str:
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def storyboard_cues(
    plan: StoryboardPlan, *, duration_ms: int, sheets: Sequence[str], begins_ms: int = 0
) -> Iterator[str]:
    """One cue per tile: `sheet#xywh=x,y,w,h` (Media Fragments URI 1.0), the way players expect it.

    `duration_ms` is that of the range that the sheets show, which begins at `begins_ms`.
    """
    for position, start_ms in enumerate(range(0, duration_ms, plan.interval_ms)):
        sheet, place = divmod(position, plan.columns * plan.rows)
        if sheet >= len(sheets):
            return
        row, column = divmod(place, plan.columns)
        x, y = column * plan.tile_width_px, row * plan.tile_height_px
        end_ms = min(start_ms + plan.interval_ms, duration_ms)
        yield (
            f"{cue_time(begins_ms + start_ms, begins_ms + end_ms)}\n"
            f"{sheets[sheet]}#xywh={x},{y},{plan.tile_width_px},{plan.tile_height_px}"
        )


def scored_stills(
    plan: StoryboardPlan, *, duration_ms: int, sheets: Sequence[Path], begins_ms: int = 0
) -> tuple[Still, ...]:
    """Judge moments of a range by their tiles, in the order of time: the sharper, the higher the score."""
    tiles = _tiles(plan, duration_ms, sheets)
    return tuple(Still(at_ms=begins_ms + at_ms, score=_score(tile)) for at_ms, tile in tiles)


def scored_tiles(sheet: Path, tiles: Iterable[Tile]) -> Iterator[Still]:
    """Judge tiles of one sheet, like scored_stills."""
    with Image.open(sheet) as opened:
        image = opened.convert("L")
    return (Still(at_ms=tile.at_ms, score=_score(image.crop(tile.box))) for tile in tiles)


def best_still(stills: Iterable[Still]) -> Still | None:
    """Choose the sharpest picture that is neither black nor white; the earlier of two that are alike."""
    return max(stills, key=lambda still: (still.score, -still.at_ms), default=None)


def spread_stills(stills: Sequence[Still], *, count: int = POSTERS) -> tuple[Still, ...]:
    """Choose the best of each of `count` equal spans, none that is nearly black or white, by time.

    For a span without any there is another of those that are left.
    """
    usable = [still for still in stills if still.score >= 0]
    if not usable:
        return ()
    first_ms = min(still.at_ms for still in usable)
    span_ms = max(still.at_ms for still in usable) - first_ms + 1
    ranked = sorted(usable, key=lambda still: (-still.score, still.at_ms))
    chosen: dict[int, Still] = {}
    for still in ranked:
        chosen.setdefault((still.at_ms - first_ms) * count // span_ms, still)
    others = [still for still in ranked if still not in chosen.values()]
    return tuple(sorted([*chosen.values(), *others[: count - len(chosen)]], key=lambda still: still.at_ms))


def make_stills(track: Track, *, at_ms: int, tools: Toolbox) -> Stills | None:
    """Decode one picture of the largest rung; only its segment is read."""
    if track.init is None:
        return None
    position = segment_at(track.starts_s, at_ms)
    segment = track.folder / track.segments[position].name
    offset_s = at_ms / 1000 - track.starts_s[position]
    return still_in(track.init, segment, from_s=offset_s, tools=tools)


def segment_at(starts_s: Sequence[float], at_ms: int) -> int:
    return max((i for i, start in enumerate(starts_s) if start * 1000 <= at_ms + 1), default=0)


def still_in(init: Path, segment: Path, *, from_s: float, tools: Toolbox) -> Stills | None:
    """Make poster and thumbnail from a moment of one segment."""
    piece = tools.folder / "still.mp4"
    piece.write_bytes(init.read_bytes() + segment.read_bytes())
    return stills_of(piece, index=0, from_s=max(0.0, from_s), tools=tools)


def stills_of(picture: Path, *, index: int, from_s: float, tools: Toolbox) -> Stills | None:
    """Make poster and thumbnail of one stream of a file; None where it cannot be decoded (a cover may be damaged)."""
    stills = Stills(tools.folder / POSTER_NAME, tools.folder / THUMBNAIL_NAME)
    arguments = still_arguments(
        picture, folder=tools.folder, index=index, from_s=from_s, max_pixels=tools.limits.max_pixels
    )
    try:
        finished = run([tools.programs.ffmpeg, *arguments], tools=tools, bounds=STILL_BOUNDS)
    except TimedOutError:
        return None
    finished.check_alive()
    made = finished.status == 0 and stills.poster.is_file() and stills.thumbnail.is_file()
    return stills if made else None


def shows_something(picture: Path) -> bool:
    """Tell whether a still is neither black nor white: at a cut it may be the frame before its tile."""
    with Image.open(picture) as image:
        return _score(image.convert("L")) >= 0


def _tiles(plan: StoryboardPlan, duration_ms: int, sheets: Sequence[Path]) -> Iterator[tuple[int, Image.Image]]:
    per_sheet = plan.columns * plan.rows
    times = range(0, duration_ms, plan.interval_ms)
    step = max(1, len(times) // MAX_SCORED)
    chosen = range(0, duration_ms, plan.interval_ms * step)
    for number, sheet in enumerate(sheets):
        with Image.open(sheet) as opened:
            image = opened.convert("L")
        for place in range(per_sheet):
            at_ms = (number * per_sheet + place) * plan.interval_ms
            if at_ms in chosen:
                row, column = divmod(place, plan.columns)
                x, y = column * plan.tile_width_px, row * plan.tile_height_px
                yield at_ms, image.crop((x, y, x + plan.tile_width_px, y + plan.tile_height_px))


def _score(tile: Image.Image) -> float:
    """Edge energy; pictures that are nearly black or white come after all others."""
    luma = ImageStat.Stat(tile).mean[0]
    edges = ImageStat.Stat(tile.filter(ImageFilter.FIND_EDGES)).mean[0]
    return edges if TOO_DARK <= luma <= TOO_BRIGHT else edges - 1000
