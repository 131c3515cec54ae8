from pathlib import Path

import pytest

from transcoding import publish
from transcoding.encode import Track
from transcoding.errors import CancelledError, StorageError
from transcoding.messages import FailureCode
from transcoding.playlist import MediaSegment
from transcoding.publish import Publisher
from transcoding.sandbox import StopSignal
from transcoding.storage import CHANGING, IMMUTABLE


class Shelf:
    """A store that remembers the order of what it got, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.puts: list[tuple[str, str]] = []
        self.failures: list[StorageError] = []
        self.texts: dict[str, str] = {}

    def fetch(self, key: str, path: Path) -> None:
        raise AssertionError(key)

    def put(self, path: Path, key: str, *, content_type: str, cache_control: str) -> None:
        if self.failures:
            raise self.failures.pop()
        self.puts.append((key, cache_control))
        if path.suffix == ".m3u8":
            self.texts[key] = path.read_text()


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setattr(publish, "FIRST_PAUSE_S", 0.001)
    return Shelf()


@pytest.fixture
def track(tmp_path: Path) -> Track:
    folder = tmp_path / "360p"
    folder.mkdir()
    (folder / "init_0.mp4").write_bytes(b"init")
    return Track("360p", folder, init=folder / "init_0.mp4", codecs="avc1.640016")


def grow(track: Track, count: int = 1) -> list[MediaSegment]:
    fresh = []
    for _ in range(count):
        name = f"seg_{len(track.segments):05d}.m4s"
        (track.folder / name).write_bytes(b"data")
        fresh.append(MediaSegment(name=name, duration_s=6, size_bytes=4))
        track.segments.append(fresh[-1])
    return fresh


def test_a_playlist_comes_after_everything_that_it_names(shelf: Shelf, track: Track, tmp_path: Path) -> None:
    publisher = Publisher(shelf, "p/", tmp_path, stop=StopSignal())
    publisher.put_segments(track, grow(track, 2), target_duration_s=6)
    publisher.put_segments(track, grow(track), target_duration_s=6)
    assert [key for key, _ in shelf.puts] == [
        "p/360p/init.mp4", "p/360p/seg_00000.m4s", "p/360p/seg_00001.m4s", "p/360p/growing.m3u8",
        "p/360p/seg_00002.m4s", "p/360p/growing.m3u8",
    ]  # fmt: skip
    assert publisher.bytes_total == 4 * 4


def test_only_a_growing_playlist_may_change(shelf: Shelf, track: Track, tmp_path: Path) -> None:
    publisher = Publisher(shelf, "", tmp_path, stop=StopSignal())
    publisher.put_segments(track, grow(track), target_duration_s=6)
    before = shelf.texts["360p/growing.m3u8"]
    publisher.finish(track, target_duration_s=6, is_video=True)
    assert {key for key, caching in shelf.puts if caching == CHANGING} == {"360p/growing.m3u8"}
    assert {caching for key, caching in shelf.puts if key != "360p/growing.m3u8"} == {IMMUTABLE}
    assert shelf.texts["360p/growing.m3u8"] == f"{before}#EXT-X-ENDLIST\n"
    assert "PLAYLIST-TYPE:VOD" in shelf.texts["360p/index.m3u8"]
    assert "I-FRAMES-ONLY" in shelf.texts["360p/iframes.m3u8"]


def test_a_store_that_stumbles_is_asked_again(shelf: Shelf, tmp_path: Path) -> None:
    shelf.failures = [StorageError("The file store did not answer.")] * 3
    Publisher(shelf, "", tmp_path, stop=StopSignal()).put_text("WEBVTT\n", "a.vtt")
    assert [key for key, _ in shelf.puts] == ["a.vtt"]


def test_a_store_that_stays_away_fails_the_job_for_now(shelf: Shelf, tmp_path: Path) -> None:
    shelf.failures = [StorageError("The file store did not answer.")] * 99
    with pytest.raises(StorageError) as caught:
        Publisher(shelf, "", tmp_path, stop=StopSignal()).put_text("WEBVTT\n", "a.vtt")
    assert caught.value.retryable


def test_a_full_store_is_not_asked_again(shelf: Shelf, tmp_path: Path) -> None:
    shelf.failures = [StorageError("There is no room left for the video.", code=FailureCode.OUT_OF_SPACE)]
    with pytest.raises(StorageError):
        Publisher(shelf, "", tmp_path, stop=StopSignal()).put_text("WEBVTT\n", "a.vtt")
    assert shelf.puts == []


def test_waiting_for_the_store_can_be_cancelled(shelf: Shelf, tmp_path: Path) -> None:
    stop = StopSignal()
    stop.request(CancelledError("Stopped on request."))
    shelf.failures = [StorageError("The file store did not answer.")] * 99
    with pytest.raises(CancelledError):
        Publisher(shelf, "", tmp_path, stop=stop).put_text("WEBVTT\n", "a.vtt")
