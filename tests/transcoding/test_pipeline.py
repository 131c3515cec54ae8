"""Real files through real ffmpeg: what comes out must play anywhere."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from tests import media_factory
from tests.transcoding import hls, runs
from tests.waiting import wait_until
from transcoding.errors import SourceError
from transcoding.messages import EventKind, FailureCode, RenditionState, Stage

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("make", "sizes"),
    [
        (lambda: media_factory.lecture(fps="30000/1001", seconds=13), {"640x360"}),
        (lambda: media_factory.lecture(fps="1", seconds=9), {"640x360"}),
        (lambda: media_factory.lecture(fps="3/2", seconds=14), {"640x360"}),
        (media_factory.portrait, {"540x960", "360x640"}),
        (media_factory.rotated, {"240x320"}),
        (media_factory.odd, {"320x180"}),
        (media_factory.interlaced, {"640x360"}),
        (media_factory.wide_pixels, {"524x288"}),
        (media_factory.browser_recording, {"320x240"}),
    ],
    ids=["ntsc", "slideshow", "slow", "portrait", "rotated", "odd", "interlaced", "dv", "browser"],
)
def test_the_output_keeps_the_rules_of_hls(make: Callable[[], Path], sizes: set[str], tmp_path: Path) -> None:
    output = runs.run(make(), tmp_path)
    hls.check(output.master, tmp_path, keyframe_s=output.keyframe_s)
    assert {facts["RESOLUTION"] for facts, _ in output.master.variants} == sizes


@pytest.fixture(scope="module")
def hd(tmp_path_factory: pytest.TempPathFactory) -> runs.Output:
    """What was made of half a minute in 1280x720."""
    return runs.run(media_factory.lecture(width=1280, height=720, seconds=32, fps="12"), tmp_path_factory.mktemp("hd"))


of_hd = pytest.mark.xdist_group("a lecture in HD")


@of_hd
def test_every_size_up_to_the_recordings_own_keeps_the_rules_of_hls(hd: runs.Output, tmp_path: Path) -> None:
    hls.check(hd.master, tmp_path, keyframe_s=hd.keyframe_s)
    assert {facts["RESOLUTION"] for facts, _ in hd.master.variants} == {"1280x720", "854x480", "640x360"}


def test_sound_is_stored_once_and_has_its_language(tmp_path: Path) -> None:
    output = runs.run(media_factory.lecture(seconds=4), tmp_path, language="en")
    ((facts, media),) = output.master.sounds
    assert (facts["LANGUAGE"], facts["DEFAULT"]) == ("en", "YES")
    assert media.duration_s == pytest.approx(4, abs=0.1)
    assert [hls.probe(variant.joined(tmp_path / "v.mp4"))["codec_type"] for _, variant in output.master.variants] == [
        "video"
    ]


def test_every_language_of_a_recording_can_be_heard(tmp_path: Path) -> None:
    output = runs.run(media_factory.bilingual(), tmp_path)
    hls.check(output.master, tmp_path, keyframe_s=output.keyframe_s)
    assert [facts["LANGUAGE"] for facts, _ in output.master.sounds] == ["en", "zh"]


def test_a_silent_recording_promises_no_sound(tmp_path: Path) -> None:
    output = runs.run(media_factory.silent(), tmp_path)
    hls.check(output.master, tmp_path, keyframe_s=output.keyframe_s)
    assert output.master.sounds == []
    assert "mp4a" not in output.master.variants[0][0]["CODECS"]
    assert not output.result.snapshot.has_audio


def test_sound_alone_becomes_an_audio_lesson(tmp_path: Path) -> None:
    output = runs.run(media_factory.sound_only(), tmp_path)
    hls.check(output.master, tmp_path, keyframe_s=output.keyframe_s)
    ((facts, media),) = output.master.variants
    assert facts["CODECS"] == "mp4a.40.2"
    assert media.duration_s == pytest.approx(8, abs=0.1)
    assert output.result.snapshot.storyboard is None


def test_seek_previews_and_stills_are_made(tmp_path: Path) -> None:
    output = runs.run(media_factory.dark_start(), tmp_path)
    snapshot = output.result.snapshot
    assert snapshot.storyboard
    assert snapshot.poster
    assert snapshot.thumbnail
    with Image.open(output.folder / snapshot.poster) as poster:
        assert ImageStat.Stat(poster.convert("L")).mean[0] > 28
        assert poster.size == (640, 360)
    offered = snapshot.poster_candidates
    assert 2 <= len({info.at_ms for info in offered}) <= 3  # the first three seconds are dark
    pictures = [(output.folder / info.poster).read_bytes() for info in offered]
    assert len(set(pictures)) == len(offered)
    for info in offered:
        with Image.open(output.folder / info.thumbnail) as small:
            assert ImageStat.Stat(small.convert("L")).mean[0] > 28
    vtt = (output.folder / snapshot.storyboard).read_text()
    cues = re.findall(r"(sheet_\d+\.jpg)#xywh=(\d+),(\d+),(\d+),(\d+)", vtt)
    assert len(cues) == 6
    for name, x, y, width, height in cues:
        with Image.open(output.folder / "storyboard" / name) as sheet:
            assert int(x) + int(width) <= sheet.width
            assert int(y) + int(height) <= sheet.height
            tile = sheet.crop((int(x), int(y), int(x) + int(width), int(y) + int(height)))
            is_dark = ImageStat.Stat(tile.convert("L")).mean[0] < 28
            assert is_dark == (int(x) < 3 * int(width))


def test_captions_inside_the_file_come_out_harmless(tmp_path: Path) -> None:
    cues = "1\n00:00:00,500 --> 00:00:02,000\nHello <script>alert(1)</script> <i>there</i>\n"
    output = runs.run(media_factory.captioned(cues), tmp_path)
    (caption,) = output.result.snapshot.captions
    text = (output.folder / caption.path).read_text()
    assert caption.language == "en"
    assert "<script" not in text
    assert "<i>there</i>" in text
    assert caption.playlist
    assert (output.folder / caption.playlist).is_file()


@of_hd
def test_it_is_playable_before_it_is_ready_and_percent_only_grows(hd: runs.Output) -> None:
    heard = hd.heard
    at = heard.kinds.index(EventKind.PLAYABLE)
    assert heard.kinds.count(EventKind.PLAYABLE) == 1
    assert heard.percents[at] < 60
    assert heard.percents == sorted(heard.percents)
    assert {rendition.state for rendition in heard.snapshots[at].renditions} == {RenditionState.ENCODING}
    assert list(dict.fromkeys(heard.stages)) == [
        Stage.FETCH, Stage.PROBE, Stage.PLAN, Stage.ENCODE, Stage.VERIFY, Stage.PACKAGE, Stage.PUBLISH,
    ]  # fmt: skip


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_recording_that_was_cut_off_is_refused(keep: float, tmp_path: Path) -> None:
    short = media_factory.cut_short(media_factory.lecture(seconds=14), keep=keep)
    with pytest.raises(SourceError) as caught:
        runs.run(short, tmp_path)
    assert caught.value.code is FailureCode.TRUNCATED


def command_line(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "transcoding", *map(str, arguments)],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


def test_the_command_line_writes_a_whole_lesson(tmp_path: Path) -> None:
    done = command_line(media_factory.lecture(seconds=7), tmp_path / "out", "--language", "zh")
    assert done.returncode == 0, done.stderr
    assert "encode" in done.stderr
    master = hls.read_master(tmp_path / "out" / "master.m3u8")
    hls.check(master, tmp_path, keyframe_s=runs.keyframe_s(tmp_path / "out"))
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["reasons"]
    assert result["timings"]["first_playable_ms"] <= result["timings"]["total_ms"]
    assert result["event"]["snapshot"]["renditions"][0]["state"] == "ready"
    assert (tmp_path / "out" / "poster.jpg").is_file()


@pytest.mark.parametrize("content", [b"", b"not a film", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"])
def test_the_command_line_refuses_what_is_no_recording(content: bytes, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(content)
    done = command_line(bad, tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].endswith(".")
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_the_command_line_leaves_nothing_of_a_recording_that_was_cut_off(tmp_path: Path) -> None:
    done = command_line(media_factory.cut_short(media_factory.lecture(seconds=14), keep=0.6), tmp_path / "out")
    assert done.returncode == 2
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_file_is_the_users_mistake(tmp_path: Path) -> None:
    assert command_line(tmp_path / "nothing.mp4", tmp_path / "out").returncode == 2


def test_a_missing_program_is_our_mistake(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "transcoding", str(media_factory.silent()), str(tmp_path / "out")],
        cwd=ROOT, env={**os.environ, "EDUVIDEO_FFMPEG": "/nowhere/ffmpeg"}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "EDUVIDEO_FFMPEG" in done.stderr


def test_an_interrupted_command_line_leaves_nothing(tmp_path: Path) -> None:
    source = media_factory.lecture(width=854, height=480, seconds=60)
    out, work = tmp_path / "out", tmp_path / "work"
    with subprocess.Popen(
        [sys.executable, "-m", "transcoding", str(source), str(out)],
        cwd=ROOT, env={**os.environ, "EDUVIDEO_TRANSCODE_WORK": str(work)}, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        wait_until((out / "master.m3u8").exists, timeout_s=60, message="nothing became playable")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 1
    assert list(out.iterdir()) == []
    assert list(work.iterdir()) == []


@of_hd
def test_progress_moves_long_before_the_first_storyboard_sheet_is_full(hd: runs.Output) -> None:
    """ffmpeg reports nothing until every output has begun; a sheet of fifty tiles takes a hundred seconds of film."""
    heard = hd.heard
    during = [s.encoded_ms for s, stage in zip(heard.snapshots, heard.stages, strict=True) if stage is Stage.ENCODE]
    assert len({encoded for encoded in during if 0 < encoded < 30_000}) >= 2
