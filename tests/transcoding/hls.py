"""An HLS reader of its own, for checking: it shares no code with what writes the playlists."""

import json
import re
import subprocess
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from transcoding.settings import programs

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')


def attributes(line: str) -> dict[str, str]:
    return {key: value.strip('"') for key, value in ATTRIBUTE.findall(line.partition(":")[2])}


# Pictures are decoded before they are shown: reordering delays the first by two frames, in all renditions alike.
MOST_DELAY_S = 0.25


@dataclass
class Media:
    """A media playlist with its files."""

    folder: Path
    lines: list[str]
    init: Path
    segments: list[tuple[float, Path]]

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


@dataclass
class Master:
    folder: Path
    lines: list[str]
    variants: list[tuple[dict[str, str], Media]] = field(default_factory=list)
    sounds: list[tuple[dict[str, str], Media]] = field(default_factory=list)


def read_media(file: Path) -> Media:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    init = file.parent / attributes(next(line for line in lines if line.startswith("#EXT-X-MAP")))["URI"]
    assert init.is_file()
    segments = []
    for before, line in pairwise(lines):
        if not line.startswith("#"):
            seconds = float(next(part for part in [before] if part.startswith("#EXTINF")).partition(":")[2].rstrip(","))
            segment = file.parent / line
            assert segment.stat().st_size > 0, segment
            segments.append((seconds, segment))
    return Media(file.parent, lines, init, segments)


def read_master(file: Path) -> Master:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    master = Master(file.parent, lines)
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("#EXT-X-MEDIA:TYPE=AUDIO"):
            facts = attributes(line)
            master.sounds.append((facts, read_media(file.parent / facts["URI"])))
        elif before.startswith("#EXT-X-STREAM-INF"):
            master.variants.append((attributes(before), read_media(file.parent / line)))
    return master


def probe(file: Path) -> dict[str, object]:
    """The only stream of a file, as ffprobe sees it."""
    command = [programs().ffprobe, "-v", "error", "-show_streams", "-of", "json", str(file)]
    found = subprocess.run(command, check=True, capture_output=True, timeout=60)
    (stream,) = json.loads(found.stdout)["streams"]
    return stream


def packets(file: Path) -> list[dict[str, str]]:
    command = [programs().ffprobe, "-v", "error", "-show_packets", "-of", "json", str(file)]
    found = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return json.loads(found.stdout)["packets"]


def decoded_frames(file: Path) -> int:
    """How many pictures really decode, with errors as failures."""
    command = [programs().ffmpeg, "-v", "error", "-xerror", "-i", str(file), "-f", "framecrc", "-"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert done.stderr == b""
    return sum(not line.startswith(b"#") for line in done.stdout.splitlines())


def expected_codecs(stream: dict[str, object]) -> str:
    if stream["codec_name"] == "aac":
        return "mp4a.40.2"
    profile = {"High": "6400", "Constrained Baseline": "42c0", "Main": "4d40"}[str(stream["profile"])]
    return f"avc1.{profile}{int(str(stream['level'])):02x}"


def check(master: Master, scratch: Path, *, keyframe_s: float = 2) -> None:
    """The rules that every output must keep (RFC 8216bis and Apple's authoring rules).

    `keyframe_s` is how far keyframes may be apart: result.json says it.
    """
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in master.lines
    starts = []
    for facts, media in master.variants:
        _check_media(media)
        joined = media.joined(scratch / "joined.mp4")
        stream = probe(joined)
        own, *shared = facts["CODECS"].split(",")
        assert own == expected_codecs(stream)
        assert bool(shared) == bool(master.sounds and "RESOLUTION" in facts)
        if stream["codec_type"] == "video":
            starts.append(_check_picture(facts, media, stream, joined, keyframe_s))
        _check_rates(facts, media, [sound for _, sound in master.sounds] if shared else [])
    assert all(start == starts[0] for start in starts)
    for _, media in master.sounds:
        _check_media(media)
    for line in master.lines:
        if line.startswith("#EXT-X-I-FRAME-STREAM-INF"):
            _check_iframes(master.folder / attributes(line)["URI"], scratch)


def _check_media(media: Media) -> None:
    assert media.lines[-1] == "#EXT-X-ENDLIST"
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in media.lines
    assert all(int(seconds + 0.5) <= media.target_s for seconds, _ in media.segments)
    if (media.folder / "growing.m3u8").exists():  # not where parts were joined
        growing = (media.folder / "growing.m3u8").read_text().splitlines()
        assert "#EXT-X-PLAYLIST-TYPE:EVENT" in growing
        assert growing[-1] == "#EXT-X-ENDLIST"
        assert [line for line in growing if not line.startswith("#")] == [file.name for _, file in media.segments]


def _check_picture(
    facts: dict[str, str], media: Media, stream: dict[str, object], joined: Path, keyframe_s: float
) -> list[float]:
    width, height = facts["RESOLUTION"].split("x")
    assert (stream["width"], stream["height"]) == (int(width), int(height))
    assert stream["pix_fmt"] == "yuv420p"
    assert stream.get("sample_aspect_ratio", "1:1") == "1:1"
    assert stream.get("side_data_list", []) == []
    top, _, bottom = str(stream["r_frame_rate"]).partition("/")
    assert float(facts["FRAME-RATE"]) == round(int(top) / int(bottom), 3)
    found = packets(joined)
    times = [float(packet["pts_time"]) for packet in found]
    assert len(set(times)) == len(times)
    keys = [float(packet["pts_time"]) for packet in found if packet["flags"].startswith("K")]
    assert all(after - before <= keyframe_s + 0.001 for before, after in pairwise(keys))
    edges = [round(sum(seconds for seconds, _ in media.segments[:n]), 3) for n in range(len(media.segments))]
    assert keys[0] == times[0] < MOST_DELAY_S
    assert all(any(abs(keys[0] + edge - key) < 0.002 for key in keys) for edge in edges), (edges, keys)
    assert decoded_frames(joined) == len(found)
    return edges


def _check_rates(facts: dict[str, str], media: Media, sounds: list[Media]) -> None:
    def average(one: Media) -> float:
        return sum(file.stat().st_size for _, file in one.segments) * 8 / one.duration_s

    def peak(one: Media) -> float:
        rates = [file.stat().st_size * 8 / seconds for seconds, file in one.segments if seconds >= 0.5 * one.target_s]
        return max(rates, default=average(one))

    expected = average(media) + max(map(average, sounds), default=0)
    assert abs(int(facts["AVERAGE-BANDWIDTH"]) - expected) <= 2 + expected * 0.001
    assert int(facts["BANDWIDTH"]) >= int(peak(media) + max(map(peak, sounds), default=0))


def _check_iframes(file: Path, scratch: Path) -> None:
    """Each byte range with the init section must decode to one picture by itself."""
    lines = file.read_text().splitlines()
    assert "#EXT-X-I-FRAMES-ONLY" in lines
    init = (file.parent / attributes(next(line for line in lines if line.startswith("#EXT-X-MAP")))["URI"]).read_bytes()
    ranges = [line.partition(":")[2] for line in lines if line.startswith("#EXT-X-BYTERANGE")]
    names = [line for line in lines if not line.startswith("#")]
    size, _, offset = ranges[-1].partition("@")
    data = (file.parent / names[-1]).read_bytes()[int(offset) : int(offset) + int(size)]
    piece = scratch / "iframe.mp4"
    piece.write_bytes(init + data)
    first = packets(piece)[0]
    assert first["flags"].startswith("K")
    command = [programs().ffmpeg, "-v", "error", "-i", str(piece), "-frames:v", "1", "-f", "framecrc", "-"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert any(not line.startswith(b"#") for line in done.stdout.splitlines())
