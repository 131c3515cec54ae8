"""A whole job whose source and output are in a bucket, also where the server goes away in its midst."""

from pathlib import Path

import pytest

from tests import media_factory
from tests.servers.s3 import S3Server
from tests.transcoding.runs import Heard
from transcoding import publish
from transcoding.errors import StorageError
from transcoding.messages import EventKind, FailureCode, RenditionState
from transcoding.pipeline import transcode
from transcoding.run import Job, Result
from transcoding.s3 import S3MediaStore
from transcoding.sandbox import StopSignal, Toolbox
from transcoding.settings import Settings, programs, settings
from transcoding.storage import MediaStore

pytestmark = [pytest.mark.slow, pytest.mark.servers]
SOURCE, PREFIX = "sources/1/lecture.mp4", "assets/a/j/1/"


class Interrupted(S3MediaStore):
    """Its server is killed before the nth put, and started again once a put has failed, if that is wanted."""

    def __init__(self, chosen: Settings, server: S3Server, *, at: int, returns: bool) -> None:
        super().__init__(chosen)
        self.server, self.at, self.returns, self.failures = server, at, returns, 0

    def put(self, path: Path, key: str, *, content_type: str, cache_control: str) -> None:
        self.at -= 1
        if self.at == 0:
            self.server.kill()
        try:
            super().put(path, key, content_type=content_type, cache_control=cache_control)
        except StorageError:
            self.failures += 1
            if self.returns and not self.server.is_running:
                self.server.start()
            raise


@pytest.fixture
def chosen(s3_server: S3Server, bucket: str) -> Settings:
    place = s3_server.environment(f"{bucket}/school")
    s3_server.store(f"{bucket}/school").write(SOURCE, media_factory.lecture(seconds=7).read_bytes(), content_type="x/y")
    return Settings(
        objects_url=place.objects_url or "", s3_endpoint=place.s3_endpoint, s3_access_key=place.s3_access_key,
        s3_secret_key=place.s3_secret_key,
    )  # fmt: skip


def run(store: MediaStore, folder: Path) -> tuple[Result, Heard]:
    heard = Heard()
    tools = Toolbox(folder=folder, programs=programs(), limits=settings().limits, stop=StopSignal())
    return transcode(Job(SOURCE, store, store, PREFIX, "en"), listener=heard, tools=tools), heard


def test_everything_that_a_playlist_names_is_in_the_bucket(
    chosen: Settings, s3_server: S3Server, bucket: str, tmp_path: Path
) -> None:
    result, heard = run(S3MediaStore(chosen), tmp_path)
    store = s3_server.store(f"{bucket}/school")
    keys = {info.key for info in store.list(PREFIX)}
    assert EventKind.PLAYABLE in heard.kinds
    for rendition in result.snapshot.renditions:
        assert rendition.state is RenditionState.READY
        folder = f"{PREFIX}{rendition.playlist}".rpartition("/")[0]
        named = [line for line in store.read(f"{PREFIX}{rendition.playlist}").decode().splitlines() if "#" not in line]
        assert named
        assert {f"{folder}/{name}" for name in [*named, "init.mp4"]} <= keys
    assert {f"{PREFIX}poster.jpg", f"{PREFIX}storyboard/storyboard.vtt"} <= keys


def test_a_server_that_is_killed_and_returns_costs_the_job_nothing(
    chosen: Settings, s3_server: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "FIRST_PAUSE_S", 0.01)
    store = Interrupted(chosen, s3_server, at=3, returns=True)
    result, _ = run(store, tmp_path)
    assert store.failures == 1
    assert {rendition.state for rendition in result.snapshot.renditions} == {RenditionState.READY}


def test_a_server_that_stays_away_is_a_failure_that_may_be_tried_again(
    chosen: Settings, s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "FIRST_PAUSE_S", 0.01)
    store = Interrupted(chosen, s3_server, at=2, returns=False)
    with pytest.raises(StorageError) as caught:
        run(store, tmp_path)
    failure = caught.value.failure()
    assert (failure.code, failure.retryable) == (FailureCode.STORAGE_UNAVAILABLE, True)
    assert store.failures == publish.PUT_TRIES
    s3_server.start()
    work = tmp_path / "again"
    work.mkdir()
    again, _ = run(S3MediaStore(chosen), work)
    assert {rendition.state for rendition in again.snapshot.renditions} == {RenditionState.READY}
