"""A recording that is encoded in parts must be what one encode of the whole would have made, to the frame."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from tests import media_factory
from tests.transcoding import hls, runs
from transcoding import parts
from transcoding.errors import EncodeError
from transcoding.messages import RenditionState, Work

pytestmark = pytest.mark.slow

SECONDS = 32


@pytest.fixture(autouse=True, scope="module")
def _short_recordings_are_long() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "SPLIT_FROM_MS", 20_000)
        patched.setattr(parts, "LEAST_PART_MS", 8_000)
        yield


@dataclass(frozen=True)
class Lecture:
    """A recording of thirty pictures a second, and what was made of it in parts."""

    source: Path
    workshop: runs.Workshop
    joined: runs.Output


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Lecture:
    source = media_factory.counted(width=320, height=180, seconds=SECONDS)
    workshop = runs.Workshop(source, tmp_path_factory.mktemp("parts"))
    return Lecture(source, workshop, workshop.run_in_parts())


def of_one_lecture(test: Callable[..., None]) -> Callable[..., None]:
    """Let one process make all tests of the lecture."""
    return pytest.mark.xdist_group("a lecture in parts")(test)


@of_one_lecture
def test_every_frame_is_there_once_and_in_its_place(lecture: Lecture, tmp_path: Path) -> None:
    check_frames(lecture.joined, fps="30", scratch=tmp_path)


@pytest.mark.parametrize("fps", ["30000/1001", "24"])
def test_every_frame_is_there_whatever_the_rate(fps: str, tmp_path: Path) -> None:
    source = media_factory.counted(width=320, height=180, fps=fps, seconds=SECONDS)
    check_frames(runs.Workshop(source, tmp_path).run_in_parts(), fps=fps, scratch=tmp_path)


def check_frames(output: runs.Output, *, fps: str, scratch: Path) -> None:
    hls.check(output.master, scratch, keyframe_s=output.keyframe_s)
    ((_, media),) = output.master.variants
    joined = media.joined(scratch / "all.mp4")
    count = round(SECONDS * Fraction(fps))
    assert media_factory.counts_of(joined) == list(range(count))
    times = sorted(float(packet["pts_time"]) for packet in hls.packets(joined))
    assert times == pytest.approx([times[0] + number / Fraction(fps) for number in range(count)], abs=0.0005)


def test_frames_of_a_recording_with_gaps_are_those_of_one_encode(tmp_path: Path) -> None:
    """A screen recording has pictures only when something changes; a part may begin long after the last of them."""
    source = media_factory.sparse(seconds=SECONDS)
    whole = runs.run(source, tmp_path / "whole").master.variants[0][1].joined(tmp_path / "whole.mp4")
    parted = runs.Workshop(source, tmp_path / "parts").run_in_parts()
    joined = parted.master.variants[0][1].joined(tmp_path / "joined.mp4")
    assert media_factory.counts_of(joined) == media_factory.counts_of(whole)


@of_one_lecture
def test_the_sound_is_that_of_the_whole_byte_by_byte(lecture: Lecture, tmp_path: Path) -> None:
    whole, joined = runs.run(lecture.source, tmp_path), lecture.joined
    assert sums(joined.master.sounds[0][1]) == sums(whole.master.sounds[0][1])
    assert joined.master.variants[0][1].init.read_bytes() == whole.master.variants[0][1].init.read_bytes()


def sums(media: hls.Media) -> list[str]:
    return [
        hashlib.sha256(file.read_bytes()).hexdigest() for file in [media.init, *(file for _, file in media.segments)]
    ]


def test_parts_of_a_recording_whose_largest_rung_is_copied_keep_its_boundaries(tmp_path: Path) -> None:
    output = runs.Workshop(media_factory.counted(width=960, height=540, seconds=SECONDS), tmp_path).run_in_parts(
        may_copy=True
    )
    assert output.result.plan.video is not None
    assert output.result.plan.video.copies_top, output.result.plan.reasons
    hls.check(output.master, tmp_path, keyframe_s=10)
    assert [info.is_copied for info in output.result.snapshot.renditions] == [True, False, False]


@of_one_lecture
def test_the_join_has_poster_previews_and_complete_renditions(lecture: Lecture) -> None:
    output = lecture.joined
    snapshot = output.result.snapshot
    assert {info.state for info in snapshot.renditions} == {RenditionState.READY}
    assert snapshot.poster
    assert (output.folder / snapshot.poster).stat().st_size > 1000
    assert len(snapshot.poster_candidates) == 8
    assert all((output.folder / info.poster).stat().st_size > 1000 for info in snapshot.poster_candidates)
    assert snapshot.storyboard
    sheet_of = re.findall(r"^(\S+\.jpg)#xywh", (output.folder / snapshot.storyboard).read_text(), re.MULTILINE)
    assert len(sheet_of) == SECONDS
    assert all((output.folder / "storyboard" / sheet).is_file() for sheet in sheet_of)


def test_captions_inside_a_recording_come_with_the_part_that_has_the_sound(tmp_path: Path) -> None:
    cues = "1\n00:00:00,500 --> 00:00:02,000\nHello\n"
    workshop = runs.Workshop(media_factory.captioned(cues, seconds=SECONDS), tmp_path)
    first = workshop.run("assets/a/j/1/", may_split=True)
    assert first.result.split
    number = first.result.split.parts.index(())
    part = workshop.run("assets/a/p/1/", work=Work.PART, plan_key="assets/a/j/1/plan.json", part=number)
    (caption,) = part.result.snapshot.captions
    assert "Hello" in (part.folder / caption.path).read_text()


@of_one_lecture
def test_a_join_without_one_of_its_parts_is_refused(lecture: Lecture) -> None:
    prefixes = ("assets/a/part0/1/", "assets/a/part1/1/", "assets/a/part3/1/")
    with pytest.raises(EncodeError, match="not as it must be"):
        lecture.workshop.run("assets/a/j/3/", work=Work.JOIN, plan_key="assets/a/j/1/plan.json", part_prefixes=prefixes)
