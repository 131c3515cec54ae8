"""The growing playlist of one rendition of a split job, out of the playlists of its parts. Pure.

A part may have been tried several times. All tries cut it at the same places, so a try may go on where the one before
was given up; what was listed once stays as it was (RFC 8216bis, section 6.2.1).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from posixpath import dirname, normpath, relpath

from transcoding.playlist import PlaylistType, head_lines, map_line


@dataclass(frozen=True, slots=True)
class ListedSegment:
    """A segment with its lines of the playlist but the address; `map` and `uri` are keys of the store."""

    tags: tuple[str, ...]
    map: str
    uri: str


@dataclass(frozen=True, slots=True)
class PartPlaylist:
    """What one try of a part lists so far."""

    target_duration_s: int
    segments: tuple[ListedSegment, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The tries of a part, the earliest first, and whether the last of them has ended well."""

    tries: tuple[PartPlaylist, ...]
    is_complete: bool


def read_part(text: str, *, key: str) -> PartPlaylist:
    """Read a try's own growing playlist; `key` is where it is in the store."""
    folder = dirname(key)
    target_s, init = 0, ""
    tags: list[str] = []
    segments: list[ListedSegment] = []
    for line in text.splitlines():
        if line.startswith("#EXT-X-TARGETDURATION:"):
            target_s = int(line.partition(":")[2])
        elif line.startswith("#EXT-X-MAP:"):
            init = normpath(f"{folder}/{_quoted(line)}")
        elif line.startswith("#EXTINF:") or (tags and line.startswith("#EXT") and line != "#EXT-X-ENDLIST"):
            tags.append(line)
        elif line and not line.startswith("#"):
            segments.append(ListedSegment(tuple(tags), init, normpath(f"{folder}/{line}")))
            tags = []
    return PartPlaylist(target_s, tuple(segments))


def _quoted(line: str) -> str:
    return line.split('"')[1]


def merged_segments(tries: Iterable[PartPlaylist]) -> list[ListedSegment]:
    """Return a part's segments, each of the earliest try that has it."""
    columns = zip_longest(*(one.segments for one in tries))
    return [next(segment for segment in column if segment is not None) for column in columns]


def growing_playlist(parts: Sequence[Part], *, key: str) -> str | None:
    """Compose the playlist at `key` from the parts of one rendition in order of time; None while nothing has begun.

    Only parts that follow each other without a gap are listed.
    """
    begun: list[Part] = []
    for part in parts:
        begun.append(part)
        if not part.is_complete:
            break
    segments = [segment for part in begun for segment in merged_segments(part.tries)]
    if not segments:
        return None
    target_s = max(one.target_duration_s for part in begun for one in part.tries)
    lines = [
        *head_lines(target_s, PlaylistType.EVENT),
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *_segment_lines(segments, folder=dirname(key)),
    ]
    if len(begun) == len(parts) and begun[-1].is_complete:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _segment_lines(segments: Iterable[ListedSegment], *, folder: str) -> Iterable[str]:
    init = ""
    for segment in segments:
        if segment.map != init:
            init = segment.map
            yield map_line(relpath(init, folder))
        yield from segment.tags
        yield relpath(segment.uri, folder)
