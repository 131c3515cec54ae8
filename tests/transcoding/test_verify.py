from collections.abc import Callable
from pathlib import Path

import pytest

from tests.transcoding.test_plan import LECTURE
from transcoding.encode import Track
from transcoding.errors import EncodeError, SourceError
from transcoding.messages import FailureCode
from transcoding.plan import TranscodePlan, make_plan
from transcoding.playlist import MediaSegment
from transcoding.verify import verify

SEGMENTS = 10


@pytest.fixture
def plan() -> TranscodePlan:
    return make_plan(LECTURE)


@pytest.fixture
def tracks(plan: TranscodePlan, tmp_path: Path) -> tuple[Track, ...]:
    """A perfect encode of the lecture: ten segments of six seconds in every rendition."""
    assert plan.video is not None
    names = [*(rung.name for rung in plan.video.rungs), *(track.name for track in plan.audio)]
    return tuple(_track(name, tmp_path) for name in names)


def _track(name: str, folder: Path) -> Track:
    track = Track(name, folder / name, init=folder / "init.mp4", codecs="x")
    track.folder.mkdir()
    for position in range(SEGMENTS):
        file = track.folder / f"seg_{position:05d}.m4s"
        file.write_bytes(b"data")
        track.segments.append(MediaSegment(name=file.name, duration_s=6, size_bytes=4))
        track.starts_s.append(6.0 * position)
    return track


def test_a_perfect_encode_passes(plan: TranscodePlan, tracks: tuple[Track, ...]) -> None:
    verify(plan, tracks)


def drop_the_last_two(tracks: tuple[Track, ...]) -> None:
    for track in tracks:
        del track.segments[-2:], track.starts_s[-2:]


def drop_all(tracks: tuple[Track, ...]) -> None:
    for track in tracks:
        track.segments.clear()
        track.starts_s.clear()


@pytest.mark.parametrize(
    ("damage", "code"), [(drop_the_last_two, FailureCode.TRUNCATED), (drop_all, FailureCode.UNSUPPORTED)]
)
def test_a_source_that_gave_too_little_is_refused(
    plan: TranscodePlan, tracks: tuple[Track, ...], damage: Callable[[tuple[Track, ...]], None], code: FailureCode
) -> None:
    damage(tracks)
    with pytest.raises(SourceError) as caught:
        verify(plan, tracks)
    assert caught.value.code is code


def lose_a_segment(tracks: tuple[Track, ...]) -> None:
    (tracks[1].folder / "seg_00004.m4s").unlink()


def cut_a_segment(tracks: tuple[Track, ...]) -> None:
    (tracks[1].folder / "seg_00004.m4s").write_bytes(b"d")


def one_rung_is_short(tracks: tuple[Track, ...]) -> None:
    del tracks[1].segments[-1:], tracks[1].starts_s[-1:]


def one_rung_is_shifted(tracks: tuple[Track, ...]) -> None:
    tracks[1].starts_s = [start + 0.04 for start in tracks[1].starts_s]


def one_segment_has_no_keyframe(tracks: tuple[Track, ...]) -> None:
    tracks[1].bad_starts = 1


def one_segment_is_too_long(tracks: tuple[Track, ...]) -> None:
    tracks[1].segments[3] = tracks[1].segments[3].model_copy(update={"duration_s": 8.0})


@pytest.mark.parametrize(
    "damage",
    [lose_a_segment, cut_a_segment, one_rung_is_short, one_rung_is_shifted, one_segment_has_no_keyframe,
     one_segment_is_too_long],
)  # fmt: skip
def test_our_own_mistakes_are_found(
    plan: TranscodePlan, tracks: tuple[Track, ...], damage: Callable[[tuple[Track, ...]], None]
) -> None:
    damage(tracks)
    with pytest.raises(EncodeError):
        verify(plan, tracks)
