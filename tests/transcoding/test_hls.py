"""The checker is worth something only if it can fail: a good output, broken in one way at a time."""

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import media_factory
from tests.servers.process import missing, program
from tests.transcoding import hls, runs

pytestmark = pytest.mark.slow

TALL, SMALL = "480p", "360p"
Breaker = Callable[[Path], None]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lesson of two rungs and two languages, with captions."""
    place = tmp_path_factory.mktemp("good")
    cues = "1\n00:00:00,500 --> 00:00:02,000\nHello\n"
    spoken = media_factory.bilingual(seconds=8)
    file = media_factory.make(
        "spoken-and-written.mkv",
        [*media_factory.picture(width=854, height=480, fps="10", seconds=8), "-i", str(spoken),
         "-i", str(media_factory.captioned(cues, seconds=8)), "-map", "0:v", "-map", "1:a", "-map", "2:s",
         *media_factory.X264, "-c:a", "copy", "-c:s", "srt"],
    )  # fmt: skip
    return runs.run(file, place).folder


@pytest.fixture
def output(good: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good, tmp_path / "output")


def edit(name: str, pattern: str, replacement: str) -> Breaker:
    """Replace in a playlist; the pattern must be there."""

    def breaks(folder: Path) -> None:
        file = folder / name
        text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
        assert count == 1, f"{pattern} is not in {name}"
        file.write_text(text, encoding="utf-8")

    return breaks


def master(pattern: str, replacement: str) -> Breaker:
    return edit("master.m3u8", pattern, replacement)


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Breaker:
    def breaks(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return breaks


def copied(source: str, target: str) -> Breaker:
    return lambda folder: shutil.copyfile(folder / source, folder / target) and None


def removed(name: str) -> Breaker:
    return lambda folder: (folder / name).unlink()


def both(*breakers: Breaker) -> Breaker:
    def breaks(folder: Path) -> None:
        for breaker in breakers:
            breaker(folder)

    return breaks


def flipped(at: float) -> Callable[[bytes], bytes]:
    """Damage some bytes at a share of the file."""

    def change(data: bytes) -> bytes:
        middle = int(len(data) * at)
        return data[:middle] + bytes(255 - byte for byte in data[middle : middle + 3000]) + data[middle + 3000 :]

    return change


def later(data: bytes) -> bytes:
    """Move a segment by a frame: add to its decoding time (tfdt version 1, ISO/IEC 14496-12, 8.8.12)."""
    at = data.index(b"tfdt") + 8
    return data[:at] + struct.pack(">Q", struct.unpack_from(">Q", data, at)[0] + 512) + data[at + 8 :]


def instead(folder: Path) -> None:
    """Another rung's files under this one's name."""
    shutil.rmtree(folder / SMALL)
    shutil.copytree(folder / TALL, folder / SMALL)


SEGMENT = f"{SMALL}/seg_00001.m4s"
BREAKS: dict[str, tuple[Breaker, str]] = {
    "no playlist": (master("#EXTM3U", "<!doctype html>"), "is no whole playlist"),
    "no text": (rewrite("master.m3u8", lambda data: data + b"\xff\n"), "is not UTF-8"),
    "cut off": (rewrite("master.m3u8", lambda data: data[:-1]), "is no whole playlist"),
    "attribute syntax": (master("CODECS=", "CODECS:"), "no attribute list"),
    "attribute twice": (master("FRAME-RATE=10.000", "FRAME-RATE=10.000,FRAME-RATE=10.000"), "FRAME-RATE twice"),
    "segments not independent": (master("#EXT-X-INDEPENDENT-SEGMENTS\n", ""), "no EXT-X-INDEPENDENT-SEGMENTS"),
    "wrong CODECS": (master(r"avc1\.[0-9a-f]+", "avc1.42c00b"), "CODECS avc1.42c00b"),
    "CODECS without the sound": (master(",mp4a.40.2", ""), "CODECS avc1"),
    "wrong RESOLUTION": (master("RESOLUTION=640x360", "RESOLUTION=642x360"), "but the picture is 640x360"),
    "wrong FRAME-RATE": (master("FRAME-RATE=10.000", "FRAME-RATE=25.000"), "FRAME-RATE 25.0, measured 10.000"),
    "no FRAME-RATE": (master(",FRAME-RATE=10.000", ""), "FRAME-RATE 0.0"),
    "BANDWIDTH too low": (master("-INF:BANDWIDTH=[0-9]+", "-INF:BANDWIDTH=300000"), "is below the measured peak"),
    "BANDWIDTH too high": (master("-INF:BANDWIDTH=[0-9]+", "-INF:BANDWIDTH=99999999"), "far above the measured peak"),
    "AVERAGE-BANDWIDTH without the sound": (
        master("AVERAGE-BANDWIDTH=[0-9]+", "AVERAGE-BANDWIDTH=200000"), "AVERAGE-BANDWIDTH 200000, measured",
    ),
    "LANGUAGE missing": (master(',LANGUAGE="zh"', ""), "no LANGUAGE"),
    "wrong LANGUAGE": (master('LANGUAGE="zh"', 'LANGUAGE="fr"'), "LANGUAGE is not zh"),
    "NAME twice": (master('NAME="中文"', 'NAME="English"'), "NAME is missing or twice"),
    "no default sound": (master("DEFAULT=YES", "DEFAULT=NO"), "0 sounds are the default"),
    "two default sounds": (master("DEFAULT=NO,AUTOSELECT=YES,CHANNELS", "DEFAULT=YES,AUTOSELECT=YES,CHANNELS"),
                           "2 sounds are the default"),
    "no such group": (master(',AUDIO="audio"', ',AUDIO="other"'), "variants and AUDIO do not match"),
    "sound without CHANNELS": (master(',CHANNELS="2"', ""), "no CHANNELS"),
    "captions of no variant": (master(',SUBTITLES="captions"', ""), "variants and SUBTITLES do not match"),
    "captions that are none": (
        lambda folder: next(folder.glob("captions/*.vtt")).write_text("<html></html>") and None, "is no WebVTT",
    ),
    "file: URI": (master(f"^{SMALL}/index.m3u8", "file:///etc/passwd"), "is not a relative URI"),
    "other host": (edit(f"{SMALL}/index.m3u8", "^seg_00001", "https://example.org/seg_00001"), "not a relative URI"),
    "out of the lesson": (edit(f"{SMALL}/index.m3u8", "^seg_00001.m4s", "../../../x.m4s"), "leads out of the lesson"),
    "missing playlist": (removed(f"{SMALL}/index.m3u8"), "is missing"),
    "missing segment": (removed(SEGMENT), "is missing"),
    "missing init section": (removed(f"{SMALL}/init.mp4"), "is missing"),
    "empty segment": (rewrite(SEGMENT, lambda _: b""), "is empty"),
    "segment cut off": (rewrite(SEGMENT, lambda data: data[: len(data) // 2]), "it is cut off"),
    "HTML in a segment": (rewrite(SEGMENT, lambda _: b"<!doctype html><title>502</title>" * 50), "no media segment"),
    "damaged segment": (rewrite(SEGMENT, flipped(0.4)), "does not decode"),
    "segment of another rung": (copied(f"{TALL}/seg_00001.m4s", SEGMENT), "360"),
    "segment in another's place": (copied(f"{SMALL}/seg_00000.m4s", SEGMENT), "seg_0000"),
    "another rung's files": (
        instead,
        "but the picture is",
    ),
    "a segment later than it should be": (rewrite(SEGMENT, later), "lasts"),
    "the same segment twice": (edit(f"{SMALL}/index.m3u8", "^seg_00001", "seg_00000"), "named twice"),
    "no EXT-X-MAP": (edit(f"{SMALL}/index.m3u8", "^#EXT-X-MAP.*\n", ""), "has no EXT-X-MAP"),
    "wrong EXTINF": (edit(f"{SMALL}/index.m3u8", "#EXTINF:6.000000", "#EXTINF:5.900000"), "EXTINF 5.9"),
    "TARGETDURATION too small": (
        edit(f"{SMALL}/index.m3u8", "DURATION:6", "DURATION:4"), "above the target duration of 4",
    ),
    "missing ENDLIST": (edit(f"{SMALL}/index.m3u8", "#EXT-X-ENDLIST\n", ""), "no EXT-X-ENDLIST"),
    "EVENT for ever": (edit(f"{SMALL}/index.m3u8", "TYPE:VOD", "TYPE:EVENT"), "not of type VOD"),
    "old version": (edit(f"{SMALL}/index.m3u8", "VERSION:7", "VERSION:3"), "needs version 6"),
    "growing playlist not ended": (edit(f"{SMALL}/growing.m3u8", "#EXT-X-ENDLIST\n", ""), "is not ended"),
    "a segment left out": (
        both(edit(f"{SMALL}/index.m3u8", "^#EXTINF.*\nseg_00001.m4s\n", ""),
             edit(f"{SMALL}/growing.m3u8", "^#EXTINF.*\nseg_00001.m4s\n", "")), "do not begin their segments together",
    ),
    "I-frame range wrong": (edit(f"{SMALL}/iframes.m3u8", r"BYTERANGE:[0-9]+@", "BYTERANGE:300@"), "I-frames of 640x360"),
    "I-frame range too long": (edit(f"{SMALL}/iframes.m3u8", r"BYTERANGE:([0-9]+)@", r"BYTERANGE:2\1@"), "640x360"),
    "I-frame offset wrong": (edit(f"{SMALL}/iframes.m3u8", r"@[0-9]+", "@12"), "is not a moof"),
    "I-frames not said": (edit(f"{SMALL}/iframes.m3u8", "#EXT-X-I-FRAMES-ONLY\n", ""), "no EXT-X-I-FRAMES-ONLY"),
    "I-frames of one rung only": (master("^#EXT-X-I-FRAME-STREAM-INF.*\n", ""), "I-frame playlists of"),
    "I-frames with CODECS of the sound": (
        master('(I-FRAME-STREAM-INF.*CODECS="[^"]+)"', r'\1,mp4a.40.2"'), "I-frames of 854x480: CODECS",
    ),
}  # fmt: skip


def test_the_good_output_has_no_fault(output: Path, tmp_path: Path) -> None:
    assert hls.problems(output / "master.m3u8", tmp_path) == []


def test_the_parser_of_the_player_reads_the_same(output: Path) -> None:
    root = Path(__file__).parents[2]
    library = root / "frontend" / "node_modules" / "hls.js" / "dist" / "hls.mjs"
    node = program("node", origin="make setup", folders=(root / ".setup" / "node" / "bin",))
    if not library.is_file():
        missing("hls.js is not installed (make setup)")
    files = [output / place / "index.m3u8" for place in (TALL, SMALL, "audio", "audio_1")]
    command = [node, str(Path(__file__).with_name("hls_js.mjs")), library, output / "master.m3u8", *files]
    read = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    mine = hls.read_master(output / "master.m3u8")
    assert read["problem"] is None
    assert [[height, bitrate, f"{picture},{sound}"] for height, bitrate, picture, sound in read["variants"]] == [
        [int(facts["RESOLUTION"].partition("x")[2]), int(facts["BANDWIDTH"]), facts["CODECS"]]
        for facts, _ in mine.variants
    ]
    assert read["sounds"] == [["en", "English", True], ["zh", "中文", False]]
    assert read["texts"] == [["en", "English", False]]
    assert [(one["problem"], one["live"], one["segments"]) for one in read["playlists"]] == [(None, False, 2)] * 4


@pytest.mark.parametrize("kind", BREAKS)
def test_what_is_broken_is_found_and_named(kind: str, output: Path, tmp_path: Path) -> None:
    breaks, said = BREAKS[kind]
    breaks(output)
    found = hls.problems(output / "master.m3u8", tmp_path)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({"keyframe_frames": 10}, "keyframes [2.0"),
        ({"keyframe_frames": 60}, "keyframes 6.0 s apart of"),
        ({"cuts": [0, 20]}, "result.json knows of none"),
    ],
    ids=["closer than they are", "far apart in a film", "of a copy that is none"],
)
def test_keyframes_are_as_far_apart_as_result_json_says(
    grid: dict[str, object], said: str, output: Path, tmp_path: Path
) -> None:
    file = output / "result.json"
    record = json.loads(file.read_text())
    record["plan"]["video"]["grid"] |= grid
    file.write_text(json.dumps(record))
    found = hls.problems(output / "master.m3u8", tmp_path)
    assert any(said in problem for problem in found), found
