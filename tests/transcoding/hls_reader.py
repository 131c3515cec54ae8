"""An HLS reader of its own, for checking: it shares no code with what writes the playlists."""

import json
import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from transcoding.settings import programs

# RFC 8216bis, section 4.2: a name, and a number, a word or a quoted string without quotes inside.
ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')
TIMEOUT_S = 120


class BrokenError(AssertionError):
    """An output so wrong that it cannot even be read."""


def attributes(line: str) -> dict[str, str]:
    """Read the attribute list of a tag, strictly."""
    text, found, at = line.partition(":")[2], {}, 0
    while at < len(text):
        match = ATTRIBUTE.match(text, at)
        if match is None:
            raise BrokenError(f"no attribute list at {text[at : at + 40]!r} of {line[:60]!r}")
        if match[1] in found:
            raise BrokenError(f"{match[1]} twice in {line[:60]!r}")
        found[match[1]] = match[2].strip('"')
        at = match.end()
    return found


def lesson_of(folder: Path) -> Path:
    """The folder that an output may refer to: all of one asset in a store, otherwise the output's own."""
    parts = folder.resolve().parts
    at = max((at for at, part in enumerate(parts[:-1]) if part == "assets"), default=None)
    return Path(*parts[: at + 2]) if at is not None else folder.resolve()


def resolved(folder: Path, uri: str, lesson: Path) -> Path:
    """The file behind a relative URI; nothing outside of the lesson may be named."""
    if urlsplit(uri).scheme or uri.startswith("/") or "\\" in uri:
        raise BrokenError(f"{uri!r} is not a relative URI")
    file = (folder / uri).resolve()
    if not file.is_relative_to(lesson):
        raise BrokenError(f"{uri!r} leads out of the lesson")
    if not file.is_file():
        raise BrokenError(f"{uri!r} is missing")
    if file.stat().st_size == 0:
        raise BrokenError(f"{uri!r} is empty")
    return file


def playlist_lines(file: Path) -> list[str]:
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenError(f"{file.name} is not UTF-8") from error
    if not text.startswith("#EXTM3U\n") or not text.endswith("\n"):
        raise BrokenError(f"{file.parent.name}/{file.name} is no whole playlist: {text[:20]!r}")
    return text.splitlines()


@dataclass
class Media:
    """A media playlist with its files. `inits` has the init section of each segment, `init` is the first."""

    folder: Path
    lines: list[str]
    init: Path
    segments: list[tuple[float, Path]]
    inits: list[Path] = field(default_factory=list)

    @property
    def duration_s(self) -> float:
        return sum(seconds for seconds, _ in self.segments)

    @property
    def target_s(self) -> int:
        return int(next(line.partition(":")[2] for line in self.lines if line.startswith("#EXT-X-TARGETDURATION")))

    def joined(self, to: Path, *, count: int | None = None) -> Path:
        """Init section and segments as one file."""
        parts = [self.init, *(file for _, file in self.segments[:count])]
        to.write_bytes(b"".join(part.read_bytes() for part in parts))
        return to

    def runs(self) -> Iterator[tuple[Path, list[tuple[float, Path]]]]:
        """Neighboring segments with the same init section, by its bytes."""
        pairs = zip(self.inits, self.segments, strict=True)
        for _, run in groupby(pairs, key=lambda pair: pair[0].read_bytes()):
            members = list(run)
            yield members[0][0], [segment for _, segment in members]


@dataclass
class Text:
    """A rendition of captions: WebVTT files."""

    lines: list[str]
    segments: list[tuple[float, Path]]


@dataclass
class Master:
    folder: Path
    lines: list[str]
    variants: list[tuple[dict[str, str], Media]] = field(default_factory=list)
    sounds: list[tuple[dict[str, str], Media]] = field(default_factory=list)
    texts: list[tuple[dict[str, str], Text]] = field(default_factory=list)


def read_media(file: Path) -> Media:
    lines, lesson = playlist_lines(file), lesson_of(file.parent)
    inits: list[Path] = []
    segments = []
    current, seconds = None, None
    for line in lines:
        if line.startswith("#EXT-X-MAP:"):
            current = resolved(file.parent, attributes(line).get("URI", ""), lesson)
        elif line.startswith("#EXTINF:"):
            seconds = float(line[8:].partition(",")[0])
        elif line and not line.startswith("#"):
            if current is None or seconds is None:
                raise BrokenError(f"{line!r} has no EXT-X-MAP or no EXTINF before it")
            segments.append((seconds, resolved(file.parent, line, lesson)))
            inits.append(current)
            seconds = None
    if not segments:
        raise BrokenError(f"{file.parent.name}/{file.name} has no segment")
    return Media(file.parent, lines, inits[0], segments, inits)


def read_text(file: Path) -> Text:
    lines, lesson, segments, seconds = playlist_lines(file), lesson_of(file.parent), [], 0.0
    for line in lines:
        if line.startswith("#EXTINF:"):
            seconds = float(line[8:].partition(",")[0])
        elif line and not line.startswith("#"):
            segments.append((seconds, resolved(file.parent, line, lesson)))
    return Text(lines, segments)


def read_master(file: Path) -> Master:
    """Read a multivariant playlist with all that it names; raise BrokenError where that is not possible."""
    lines, lesson = playlist_lines(file), lesson_of(file.parent)
    master = Master(file.parent, lines)
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("#EXT-X-MEDIA:"):
            facts = attributes(line)
            place = resolved(file.parent, facts.get("URI", ""), lesson)
            if facts.get("TYPE") == "AUDIO":
                master.sounds.append((facts, read_media(place)))
            else:
                master.texts.append((facts, read_text(place)))
        elif before.startswith("#EXT-X-STREAM-INF:"):
            master.variants.append((attributes(before), read_media(resolved(file.parent, line, lesson))))
    return master


def boxes(data: bytes) -> list[str]:
    """The names of the boxes of a file (ISO/IEC 14496-12, section 4.2); raise where they do not fill it."""
    found, at = [], 0
    while at < len(data):
        if at + 8 > len(data):
            raise BrokenError("it ends within the head of a box")
        size, kind = struct.unpack_from(">I4s", data, at)
        name = kind.decode("latin-1")
        if size < 8 or not name.isprintable():
            raise BrokenError(f"it is not made of boxes: {data[at : at + 16]!r}")
        if at + size > len(data):
            raise BrokenError(f"it is cut off: {name} has {size} bytes, {len(data) - at} are there")
        found.append(name)
        at += size
    return found


def codec_in(init: bytes) -> str:
    """The codec as RFC 6381 writes it, from avcC (ISO/IEC 14496-15, 5.3.3.1) or esds (14496-1, 7.2.6)."""
    if (at := init.find(b"avcC")) >= 0:
        return f"avc1.{init[at + 5 : at + 8].hex()}"
    if (at := init.find(b"esds")) >= 0:
        # Tag 4 has the object type, tag 5 the audio object type in its first five bits; lengths have up to four bytes.
        config = init[at + 8 :]
        kind = re.search(rb"\x04(?:[\x80-\xff]{0,3}.)(.)", config, re.DOTALL)
        special = re.search(rb"\x05(?:[\x80-\xff]{0,3}.)(.)", config[kind.end() + 11 :] if kind else b"", re.DOTALL)
        if kind and special:
            return f"mp4a.{kind[1].hex()}.{special[1][0] >> 3}"
    raise BrokenError("its init section has neither avcC nor esds")


def is_idr(sample: bytes) -> bool:
    """Whether a sample's first picture is an IDR one: NAL unit type 5, behind parameter sets and messages."""
    at = 0
    while at + 5 <= len(sample):
        size, kind = struct.unpack_from(">I", sample, at)[0], sample[at + 4] & 31
        if 1 <= kind <= 5:
            return kind == 5
        at += 4 + size
    return False


def probe(file: Path) -> dict[str, object]:
    """The only stream of a file, as ffprobe sees it."""
    command = [programs().ffprobe, "-v", "error", "-show_streams", "-of", "json", str(file)]
    found = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
    (stream,) = json.loads(found.stdout)["streams"]
    return stream


def packets(file: Path) -> list[dict[str, str]]:
    command = [programs().ffprobe, "-v", "error", "-show_packets", "-of", "json", str(file)]
    found = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
    return json.loads(found.stdout)["packets"]


@dataclass(frozen=True)
class Contents:
    """What ffprobe and the decoder find; `problem` is the decoder's."""

    stream: dict[str, object]
    packets: list[dict[str, str]]
    frames: int
    problem: str


@lru_cache(maxsize=32)
def contents(data: bytes) -> Contents:
    """Look into an init section with segments; the same bytes are looked into once."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-hls-") as folder:
        file = Path(folder) / "joined.mp4"
        file.write_bytes(data)
        try:
            frames, problem = decoded_frames(file), ""
        except BrokenError as error:
            frames, problem = 0, str(error)
        return Contents(probe(file), packets(file), frames, problem)


def decoded_frames(file: Path) -> int:
    """How many pictures really decode, with errors as failures; several threads would not see each of them."""
    command = [programs().ffmpeg, "-v", "error", "-xerror", "-threads", "1", "-i", str(file), "-f", "framecrc", "-"]
    done = subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_S)
    if done.returncode or done.stderr:
        raise BrokenError(f"it does not decode: {done.stderr[-200:].decode(errors='replace')}")
    return sum(not line.startswith(b"#") for line in done.stdout.splitlines())
