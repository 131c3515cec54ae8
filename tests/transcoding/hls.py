"""The rules that every output must keep (RFC 8216bis and Apple's authoring rules), each with what is wrong.

It judges files alone; of the product it believes only result.json, and only what the rules leave to it: how far
keyframes are apart, which rungs have fewer frames, which languages there are.
"""

import json
import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from tests.transcoding.hls_reader import (
    BrokenError,
    Master,
    Media,
    Text,
    attributes,
    boxes,
    codec_in,
    contents,
    decoded_frames,
    is_idr,
    lesson_of,
    packets,
    probe,
    read_master,
    read_media,
    resolved,
)

__all__ = [
    "BrokenError", "Master", "Media", "attributes", "check", "decoded_frames", "packets", "probe", "problems",
    "read_master", "read_media",
]  # fmt: skip

# Pictures are decoded before they are shown: reordering delays the first by two frames, in all renditions alike.
MOST_DELAY_S = 0.25
CLOSE_S = 0.002
COPIED_KEYFRAME_S = 10
# Tracks end together; less than this is left as the recording has it.
SAME_END_S = 0.6
MAX_LEVEL, MAX_FPS = 51, 60
PROFILES = ("High", "Main", "Constrained Baseline", "Baseline", "LC")


def check(master: Master, scratch: Path, *, keyframe_s: float | None = None) -> None:
    """Assert that nothing is wrong. `keyframe_s` is how far keyframes may be apart; else result.json says it."""
    found = _problems(master, scratch, keyframe_s)
    assert not found, "\n".join(found)


def problems(file: Path, scratch: Path) -> list[str]:
    """All that is wrong with a multivariant playlist and what it names, a sentence each."""
    try:
        return _problems(read_master(file), scratch, None)
    except BrokenError as error:
        return [str(error)]


def _problems(master: Master, scratch: Path, keyframe_s: float | None) -> list[str]:
    record = master.folder / "result.json"
    told = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    checker = _Checker(master, scratch, told.get("plan") or {}, told.get("event", {}).get("snapshot", {}))
    checker.keyframe_s = keyframe_s or checker.told_keyframe_s()
    checker.check_all()
    return checker.found


@dataclass
class Measured:
    """What a rendition's files really hold. `starts_s` are the first presentation times of its segments."""

    stream: dict[str, object]
    starts_s: list[float]
    times_s: list[float]
    keys_s: list[float]
    end_s: float

    @property
    def fps(self) -> float:
        count = len(self.times_s)
        return (count - 1) / (self.times_s[-1] - self.times_s[0]) if count > 1 else 0.0


@dataclass
class _Checker:
    master: Master
    scratch: Path
    plan: dict[str, object]
    snapshot: dict[str, object]
    keyframe_s: float = 2
    found: list[str] = field(default_factory=list)

    def rule(self, is_kept: bool, problem: str) -> None:
        if not is_kept:
            self.found.append(problem)

    def told_keyframe_s(self) -> float:
        """How far apart result.json says that keyframes are: two seconds, six of still content, ten of a copied rung."""
        video = self.plan.get("video")
        if not isinstance(video, dict):
            return 2
        if video["grid"]["cuts"]:
            self.rule(video["copies_top"], "boundaries of a copied rung, but result.json knows of none")
            return COPIED_KEYFRAME_S
        said = float(video["grid"]["keyframe_frames"] / Fraction(video["fps"]))
        self.rule(said <= (6 if video["content"] == "still" else 2), f"keyframes {said} s apart of {video['content']}")
        return said

    def check_all(self) -> None:
        self._check_head()
        sounds = [self._check_rendition(facts["URI"], media) for facts, media in self.master.sounds]
        pictures = []
        for facts, media in self.master.variants:
            name = facts.get("RESOLUTION") or "sound"
            measured = self._check_rendition(name, media)
            self._check_codecs(name, facts, media)
            self._check_rates(name, facts, media)
            if measured and "RESOLUTION" in facts:
                self._check_picture(name, facts, measured)
                pictures.append((name, media, measured))
        for facts, _ in self.master.sounds:
            self.rule(facts.get("CHANNELS", "").isdecimal(), f"{facts['URI']}: no CHANNELS")
        self._check_alignment(pictures, [sound for sound in sounds if sound])
        self._check_groups()
        for facts, text in self.master.texts:
            self._check_text(facts, text)
        self._check_iframe_variants()

    def _check_head(self) -> None:
        lines = self.master.lines
        self.rule("#EXT-X-INDEPENDENT-SEGMENTS" in lines, "no EXT-X-INDEPENDENT-SEGMENTS")
        self.rule(sum(line.startswith("#EXT-X-VERSION:") for line in lines) == 1, "not exactly one EXT-X-VERSION")
        self.rule(bool(self.master.variants), "no variant")
        self.rule(not any("EXTINF" in line or "ENDLIST" in line for line in lines), "tags of a media playlist")
        sizes = [facts["RESOLUTION"] for facts, _ in self.master.variants if "RESOLUTION" in facts]
        self.rule(len(set(sizes)) == len(sizes), f"the same RESOLUTION twice: {sizes}")
        shapes = [int(w) / int(h) for w, _, h in (size.partition("x") for size in sizes)]
        self.rule(not shapes or max(shapes) < 1.02 * min(shapes), f"shapes of the picture differ: {sizes}")

    # -- One rendition --

    def _check_rendition(self, name: str, media: Media) -> Measured | None:
        self._check_playlist(name, media)
        try:
            for _, file in media.segments:
                _check_boxes(file)
            return self._measure(name, media)
        except (BrokenError, ValueError, KeyError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None)
            self.found.append(f"{name}: {error} {said.decode(errors='replace')[-200:] if said else ''}".strip())
            return None

    def _check_playlist(self, name: str, media: Media) -> None:
        lines = media.lines
        self.rule(lines[-1] == "#EXT-X-ENDLIST", f"{name}: no EXT-X-ENDLIST at the end")
        self.rule("#EXT-X-PLAYLIST-TYPE:VOD" in lines, f"{name}: not of type VOD")
        target = [line.partition(":")[2] for line in lines if line.startswith("#EXT-X-TARGETDURATION:")]
        if len(target) != 1 or not target[0].isdecimal():
            self.found.append(f"{name}: EXT-X-TARGETDURATION is {target}")
            return
        long = [seconds for seconds, _ in media.segments if int(seconds + 0.5) > int(target[0])]
        self.rule(not long, f"{name}: EXTINF of {long} above the target duration of {target[0]}")
        version = next((line.partition(":")[2] for line in lines if line.startswith("#EXT-X-VERSION:")), "1")
        self.rule(int(version) >= 6, f"{name}: EXT-X-MAP needs version 6, not {version}")
        files = [file for _, file in media.segments]
        self.rule(len(set(files)) == len(files), f"{name}: a segment is named twice")
        growing = media.folder / "growing.m3u8"
        if growing.exists():  # not where parts were joined
            told = growing.read_text(encoding="utf-8").splitlines()
            is_ended = "#EXT-X-PLAYLIST-TYPE:EVENT" in told and told[-1] == "#EXT-X-ENDLIST"
            self.rule(is_ended, f"{name}: the growing playlist is not ended")
            names = [line for line in told if not line.startswith("#")]
            self.rule(names == [file.name for file in files], f"{name}: the growing playlist names other segments")

    def _measure(self, name: str, media: Media) -> Measured:
        """Compare segments with what is in them, packet by packet; decode everything."""
        starts: list[float] = []
        times: list[float] = []
        keys: list[float] = []
        end_s, stream = 0.0, {}
        for init, segments in media.runs():
            data = [init.read_bytes(), *(file.read_bytes() for _, file in segments)]
            joined = b"".join(data)
            inside_it = contents(joined)
            stream, found = inside_it.stream, inside_it.packets
            is_video = stream["codec_type"] == "video"
            edges = [sum(map(len, data[:n])) for n in range(1, len(data) + 1)]
            for number, (begin, stop) in enumerate(pairwise(edges)):
                inside = [packet for packet in found if begin <= int(packet["pos"]) < stop]
                self.rule(bool(inside), f"{name}: nothing in {segments[number][1].name}")
                if not inside:
                    continue
                first = inside[0]
                starts.append(min(float(packet["pts_time"]) for packet in inside))
                sample = joined[int(first["pos"]) : int(first["pos"]) + int(first["size"])]
                is_start = not is_video or (first["flags"].startswith("K") and is_idr(sample))
                self.rule(is_start, f"{name}: {segments[number][1].name} does not begin with an IDR picture")
            times += [float(packet["pts_time"]) for packet in found]
            keys += [float(packet["pts_time"]) for packet in found if packet["flags"].startswith("K")]
            end_s = max(float(packet["pts_time"]) + float(packet.get("duration_time", 0)) for packet in found)
            orders = [float(packet["dts_time"]) for packet in found]
            self.rule(all(b > a for a, b in pairwise(orders)), f"{name}: decoding times do not rise")
            self.rule(not inside_it.problem, f"{name}: {inside_it.problem}")
            self.rule(inside_it.frames == len(found), f"{name}: {inside_it.frames} of {len(found)} frames decode")
        self.rule(len(set(times)) == len(times), f"{name}: two frames at one time")
        measured = Measured(stream, starts, sorted(times), sorted(keys), end_s)
        self._check_durations(name, media, measured)
        return measured

    def _check_durations(self, name: str, media: Media, measured: Measured) -> None:
        """EXTINF is how long a segment lasts; the last frame of sound may be a shorter one, which ffprobe does not say."""
        slack_s = [0.003] * (len(media.segments) - 1) + [0.003 if measured.stream["codec_type"] == "video" else 0.022]
        lengths = [b - a for a, b in pairwise([*measured.starts_s, measured.end_s])]
        if len(lengths) != len(media.segments):
            return
        for length_s, slack, (seconds, file) in zip(lengths, slack_s, media.segments, strict=True):
            self.rule(abs(length_s - seconds) < slack, f"{name}: {file.name} lasts {length_s:.3f} s, EXTINF {seconds}")

    def _check_codecs(self, name: str, facts: dict[str, str], media: Media) -> None:
        group = [sound for sound, _ in self.master.sounds if sound.get("GROUP-ID") == facts.get("AUDIO")]
        shared = [codec_in(m.init.read_bytes()) for s, m in self.master.sounds if s in group and "RESOLUTION" in facts]
        expected = list(dict.fromkeys([codec_in(media.init.read_bytes()), *shared]))
        self.rule(facts.get("CODECS") == ",".join(expected), f"{name}: CODECS {facts.get('CODECS')}, not {expected}")

    def _check_picture(self, name: str, facts: dict[str, str], measured: Measured) -> None:
        stream, keys = measured.stream, measured.keys_s
        size = f"{stream.get('width')}x{stream.get('height')}"
        self.rule(facts["RESOLUTION"] == size, f"{name}: RESOLUTION {facts['RESOLUTION']}, but the picture is {size}")
        self.rule(int(str(stream["width"])) % 2 == 0 == int(str(stream["height"])) % 2, f"{name}: an odd size")
        self.rule(stream.get("pix_fmt") == "yuv420p", f"{name}: pixels are {stream.get('pix_fmt')}")
        self.rule(stream.get("sample_aspect_ratio", "1:1") == "1:1", f"{name}: pixels are not square")
        self.rule(stream.get("field_order", "progressive") == "progressive", f"{name}: it is interlaced")
        self.rule(not stream.get("side_data_list"), f"{name}: a display matrix: {stream.get('side_data_list')}")
        self.rule(stream.get("profile") in PROFILES, f"{name}: profile {stream.get('profile')}")
        self.rule(int(str(stream["level"])) <= MAX_LEVEL, f"{name}: level {stream['level']}")
        said = float(facts.get("FRAME-RATE", 0))
        is_right = len(measured.times_s) < 2 or abs(said - measured.fps) < 0.002
        self.rule(is_right, f"{name}: FRAME-RATE {said}, measured {measured.fps:.3f}")
        self.rule(said <= MAX_FPS, f"{name}: {said} frames a second")
        uneven = [b - a for a, b in pairwise(measured.times_s) if abs((b - a) * measured.fps - 1) > 0.1]
        self.rule(not uneven, f"{name}: frames are missing or doubled, steps of {uneven[:3]}")
        far = [b - a for a, b in pairwise([*keys, measured.end_s]) if b - a > self.keyframe_s + CLOSE_S]
        self.rule(not far, f"{name}: keyframes {far[:3]} s apart, {self.keyframe_s} are allowed")
        self.rule(keys[0] == measured.times_s[0] < MOST_DELAY_S, f"{name}: the first picture is at {keys[0]}")

    def _check_rates(self, name: str, facts: dict[str, str], media: Media) -> None:
        """BANDWIDTH and AVERAGE-BANDWIDTH from bytes, with the most demanding sound of the group."""
        shared = [sound for _, sound in self.master.sounds] if "RESOLUTION" in facts else []
        average = _average_bps(media) + max(map(_average_bps, shared), default=0)
        peak = _peak_bps(media) + max(map(_peak_bps, shared), default=0)
        said, said_average = (int(facts.get(key, 0)) for key in ("BANDWIDTH", "AVERAGE-BANDWIDTH"))
        self.rule(said >= int(peak), f"{name}: BANDWIDTH {said} is below the measured peak of {peak:.0f}")
        self.rule(said <= 1.1 * peak + 1000, f"{name}: BANDWIDTH {said} is far above the measured peak of {peak:.0f}")
        is_right = abs(said_average - average) <= 2 + average * 0.001
        self.rule(is_right, f"{name}: AVERAGE-BANDWIDTH {said_average}, measured {average:.0f}")
        self.rule(said_average <= said, f"{name}: AVERAGE-BANDWIDTH above BANDWIDTH")

    # -- Renditions beside each other --

    def _check_alignment(self, pictures: Sequence[tuple[str, Media, Measured]], sounds: Sequence[Measured]) -> None:
        if not pictures:
            return
        first_name, _, first = pictures[0]
        fastest = max(measured.fps for _, _, measured in pictures)
        for name, media, measured in pictures:
            pairs = zip(measured.starts_s, first.starts_s, strict=False)
            is_aligned = len(measured.starts_s) == len(first.starts_s) and all(abs(a - b) < CLOSE_S for a, b in pairs)
            self.rule(is_aligned, f"{name} and {first_name} do not begin their segments together")
            share = measured.fps / fastest if fastest else 1
            is_share = any(abs(share * step - 1) < 0.001 for step in self._steps_of(media))
            self.rule(is_share, f"{name}: {measured.fps:.2f} frames a second beside {fastest:.2f}")
            self.rule(abs(measured.end_s - first.end_s) < SAME_END_S, f"{name} and {first_name} do not end together")
        for sound in sounds:
            self.rule(abs(sound.end_s - first.end_s) < SAME_END_S, f"sound ends at {sound.end_s}, not {first.end_s}")
            self.rule(abs(sound.times_s[0] - first.times_s[0]) < MOST_DELAY_S, "sound begins apart from the picture")

    def _steps_of(self, media: Media) -> tuple[int, ...]:
        """A rung may have each second or third frame where result.json says so."""
        video = self.plan.get("video")
        rungs = video["rungs"] if isinstance(video, dict) else []
        said = [int(rung["frame_step"]) for rung in rungs if rung["name"] == media.folder.name]
        return tuple(said) or (1,)

    def _check_groups(self) -> None:
        for kind, key, media in (("AUDIO", "AUDIO", self.master.sounds), ("SUBTITLES", "SUBTITLES", self.master.texts)):
            groups = {facts.get("GROUP-ID") for facts, _ in media}
            for facts, _ in self.master.variants:
                self.rule({facts[key]} == groups if key in facts else not groups, f"variants and {kind} do not match")
            names = [facts.get("NAME") for facts, _ in media]
            self.rule(None not in names and len(set(names)) == len(names), f"NAME is missing or twice: {names}")
            for facts, _ in media:
                known = self._language_of(facts["URI"])
                is_needed = bool(known) or (len(media) > 1 and not self.snapshot)
                self.rule("LANGUAGE" in facts or not is_needed, f"{facts['URI']}: no LANGUAGE")
                self.rule(not known or facts.get("LANGUAGE") == known, f"{facts['URI']}: LANGUAGE is not {known}")
                is_chosen = facts.get("DEFAULT") != "YES" or facts.get("AUTOSELECT") == "YES"
                self.rule(is_chosen, f"{facts['URI']}: DEFAULT without AUTOSELECT")
        defaults = sum(facts.get("DEFAULT") == "YES" for facts, _ in self.master.sounds)
        self.rule(not self.master.sounds or defaults == 1, f"{defaults} sounds are the default")

    def _language_of(self, uri: str) -> str:
        """What result.json says of a rendition; nothing where its language is unknown."""
        entries = [*self.snapshot.get("renditions", []), *self.snapshot.get("captions", [])]  # type: ignore[misc,attr-defined]  # JSON
        said = next((entry["language"] for entry in entries if entry.get("playlist") == uri), "und")
        return "" if said in {"und", ""} else said

    def _check_text(self, facts: dict[str, str], text: Text) -> None:
        uri = facts["URI"]
        self.rule(facts.get("TYPE") == "SUBTITLES", f"{uri}: TYPE {facts.get('TYPE')}")
        self.rule(text.lines[-1] == "#EXT-X-ENDLIST", f"{uri}: no EXT-X-ENDLIST at the end")
        self.rule(bool(text.segments), f"{uri}: no segment")
        whole_s = sum(seconds for seconds, _ in text.segments)
        longest_s = max((media.duration_s for _, media in self.master.variants), default=0)
        self.rule(abs(whole_s - longest_s) < SAME_END_S, f"{uri}: captions of {whole_s} s for {longest_s} s")
        for _, file in text.segments:
            content = file.read_bytes()
            is_vtt = re.match(rb"(\xef\xbb\xbf)?WEBVTT[ \t\r\n]", content) is not None
            self.rule(is_vtt and b"-->" in content, f"{uri}: {file.name} is no WebVTT: {content[:20]!r}")

    # -- I-frame playlists --

    def _check_iframe_variants(self) -> None:
        variants = {facts["RESOLUTION"]: facts for facts, _ in self.master.variants if "RESOLUTION" in facts}
        seen = []
        for line in self.master.lines:
            if not line.startswith("#EXT-X-I-FRAME-STREAM-INF:"):
                continue
            facts = attributes(line)
            size = facts.get("RESOLUTION", "")
            seen.append(size)
            codecs = variants.get(size, {}).get("CODECS", "").partition(",")[0]
            self.rule(facts.get("CODECS") == codecs, f"I-frames of {size}: CODECS {facts.get('CODECS')}, not {codecs}")
            try:
                file = resolved(self.master.folder, facts.get("URI", ""), lesson_of(self.master.folder))
                self._check_iframes(size, file, int(facts.get("BANDWIDTH", 0)))
            except (BrokenError, ValueError, IndexError, subprocess.CalledProcessError) as error:
                self.found.append(f"I-frames of {size}: {error}")
        self.rule(sorted(seen) == sorted(variants), f"I-frame playlists of {seen} for {list(variants)}")

    def _check_iframes(self, size: str, file: Path, bandwidth: int) -> None:
        media = read_media(file)
        self.rule("#EXT-X-I-FRAMES-ONLY" in media.lines, f"I-frames of {size}: no EXT-X-I-FRAMES-ONLY")
        self.rule(media.lines[-1] == "#EXT-X-ENDLIST", f"I-frames of {size}: no EXT-X-ENDLIST at the end")
        ranges = [line.partition(":")[2] for line in media.lines if line.startswith("#EXT-X-BYTERANGE:")]
        self.rule(len(ranges) == len(media.segments), f"I-frames of {size}: byte ranges are missing")
        spans = [tuple(map(int, span.split("@"))) for span in ranges]
        rates = [length * 8 / seconds for (length, _), (seconds, _) in zip(spans, media.segments, strict=True)
                 if seconds >= media.target_s / 2]  # fmt: skip
        self.rule(
            bandwidth >= int(max(rates, default=0)), f"I-frames of {size}: BANDWIDTH {bandwidth} is below {rates}"
        )
        for number in {0, len(spans) // 2, len(spans) - 1}:
            length, offset = spans[number]
            whole = media.segments[number][1].read_bytes()
            is_start = offset + length <= len(whole) and whole[offset + 4 : offset + 8] == b"moof"
            self.rule(is_start, f"I-frames of {size}: {length}@{offset} is not a moof of {len(whole)} bytes")
            if is_start:
                self._decode_iframe(size, media.inits[number], whole[offset : offset + length])

    def _decode_iframe(self, size: str, init: Path, data: bytes) -> None:
        """Each byte range with the init section must decode to one picture by itself, and be no longer than that."""
        piece = self.scratch / "iframe.mp4"
        piece.write_bytes(init.read_bytes() + data)
        first = packets(piece)[0]
        head = len(init.read_bytes())
        self.rule(int(first["pos"]) + int(first["size"]) == head + len(data), f"I-frames of {size}: not one picture")
        sample = data[int(first["pos"]) - head :]
        self.rule(first["flags"].startswith("K") and is_idr(sample), f"I-frames of {size}: not an IDR picture")


def _check_boxes(file: Path) -> None:
    try:
        names = boxes(file.read_bytes())
    except (BrokenError, struct.error) as error:
        raise BrokenError(f"{file.name} is no media segment: {error}") from error
    if "moof" not in names or "mdat" not in names:
        raise BrokenError(f"{file.name} is no media segment: {names}")


def _average_bps(media: Media) -> float:
    return sum(file.stat().st_size for _, file in media.segments) * 8 / media.duration_s


def _peak_bps(media: Media) -> float:
    """The largest rate of neighboring segments that last 0.5 to 1.5 target durations together (section 4.4.6.2)."""
    sized = [(seconds, file.stat().st_size) for seconds, file in media.segments]
    runs = [sized[a:b] for a in range(len(sized)) for b in range(a + 1, min(len(sized), a + 200) + 1)]
    rates = []
    for run in runs:
        seconds = sum(s for s, _ in run)
        if 0.5 * media.target_s <= seconds <= 1.5 * media.target_s:
            rates.append(sum(size for _, size in run) * 8 / seconds)
    return max(rates, default=_average_bps(media))
