"""What a short look inside real recordings says of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import media_factory
from transcoding.content import Content, Survey, content_of
from transcoding.probe import probe_source
from transcoding.sandbox import StopSignal, Toolbox
from transcoding.settings import programs, settings
from transcoding.survey import look_inside

pytestmark = pytest.mark.slow

SMALL = {"width": 640, "height": 360, "seconds": 30, "every_s": 10}


def survey_of(file: Path, folder: Path) -> Survey:
    tools = Toolbox(folder=folder, programs=programs(), limits=settings().limits, stop=StopSignal())
    return look_inside(file, probe_source(file, tools=tools), tools=tools)


def test_slides_are_still_and_nothing_moves_in_them(tmp_path: Path) -> None:
    found = survey_of(media_factory.slides(seconds=20), tmp_path)
    assert content_of(found.motion) is Content.STILL
    assert found.is_static
    assert found.packets.is_steady
    assert found.packets.frame_count == 600


@pytest.mark.parametrize("from_s", [4, 10, 14])
def test_a_pointer_that_moves_for_three_seconds_is_seen(from_s: int, tmp_path: Path) -> None:
    found = survey_of(media_factory.slides(**SMALL, pointer_from_s=from_s), tmp_path)
    assert content_of(found.motion) is Content.STILL
    assert not found.packets.is_static


@pytest.mark.parametrize(
    ("make", "is_steady"),
    [
        (lambda: media_factory.lecture(seconds=12, fps="30000/1001"), True),
        (lambda: media_factory.sparse(seconds=32), False),
    ],
    ids=["ntsc", "gaps"],
)
def test_a_moving_picture_is_not_static_whatever_its_rhythm(
    make: Callable[[], Path], is_steady: bool, tmp_path: Path
) -> None:
    found = survey_of(make(), tmp_path)
    assert found.motion.pairs
    assert not found.is_static
    assert found.packets.is_steady is is_steady


def test_a_tone_has_its_loudness(tmp_path: Path) -> None:
    source = media_factory.bilingual()
    loudness = survey_of(source, tmp_path).loudness
    assert sorted(loudness) == [1, 2]
    # ffmpeg's sine has a peak of 1/8 of full scale, which coding raises a little.
    assert all(-19 < measured.peak_db < -15 for measured in loudness.values())
    assert all(-24 < measured.integrated_lufs < -18 for measured in loudness.values())


def test_sound_alone_is_measured_too(tmp_path: Path) -> None:
    found = survey_of(media_factory.sound_only(), tmp_path)
    assert found.motion.pairs == 0
    assert list(found.loudness) == [0]
