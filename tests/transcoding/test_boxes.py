from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import media_factory
from transcoding.boxes import BoxError, codecs, read_segment, timescale


def fragmented(*, sound: bool) -> Path:
    """One track as a single fragmented file."""
    kind = ["-map", "0:a"] if sound else ["-map", "0:v"]
    source = media_factory.lecture(seconds=2)
    flags = ["-c", "copy", "-movflags", "empty_moov+default_base_moof+frag_keyframe", "-min_frag_duration", "9000000"]
    return media_factory.make(f"fragmented-{sound}.mp4", ["-i", str(source), *kind, *flags])


def parts(file: Path) -> tuple[bytes, bytes]:
    data = file.read_bytes()
    at = data.index(b"moof") - 4
    return data[:at], data[at:]


def test_reads_a_picture_track() -> None:
    init, segment = parts(fragmented(sound=False))
    fragment = read_segment(segment, init)
    assert codecs(init).startswith("avc1.")
    assert fragment.duration_s == pytest.approx(2, abs=0.01)
    assert fragment.sample_count == 60
    assert fragment.starts_with_keyframe
    assert 0 < fragment.keyframe_bytes < len(segment)


def test_reads_a_sound_track() -> None:
    init, segment = parts(fragmented(sound=True))
    assert codecs(init) == "mp4a.40.2"
    assert timescale(init) == 48_000
    assert read_segment(segment, init).duration_s == pytest.approx(2, abs=0.05)


def test_a_segment_that_starts_between_keyframes_is_noticed() -> None:
    init, segment = parts(fragmented(sound=False))
    broken = bytearray(segment)
    nal = broken.index(b"mdat") + 4 + 4
    while broken[nal] & 0x1F not in {1, 5}:
        nal += 4 + int.from_bytes(broken[nal - 4 : nal])
    broken[nal] = (broken[nal] & 0xE0) | 1
    assert not read_segment(bytes(broken), init).starts_with_keyframe


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_damage_is_refused_or_read_but_never_crashes(data: st.DataObject) -> None:
    init, segment = parts(fragmented(sound=False))
    damaged = bytearray(segment[: data.draw(st.integers(0, len(segment)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if damaged:
            damaged[data.draw(st.integers(0, min(len(damaged), 2000) - 1))] = data.draw(st.integers(0, 255))
    try:
        fragment = read_segment(bytes(damaged), init)
    except BoxError:
        return
    assert fragment.sample_count > 0


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x08free", b"\xff" * 40])
def test_an_init_section_without_a_track_is_refused(data: bytes) -> None:
    with pytest.raises(BoxError):
        codecs(data)
