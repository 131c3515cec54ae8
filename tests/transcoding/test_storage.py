"""What a worker needs of its store, on a folder and on a real S3 server."""

import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.s3 import S3Server
from transcoding.errors import CancelledError, ConfigurationError, SourceMissingError, StorageError
from transcoding.messages import FailureCode
from transcoding.s3 import S3MediaStore
from transcoding.settings import Settings
from transcoding.storage import (
    CHANGING,
    CONTENT_TYPES,
    FolderMediaStore,
    MediaStore,
    open_store,
    put_file,
)

BOTH = pytest.mark.parametrize("store", ["folder", pytest.param("s3", marks=pytest.mark.servers)], indirect=True)
MIB = 1024 * 1024
NEVER: Any = {"check": lambda: None}


def settings_of(server: S3Server, bucket: str, **changed: str) -> Settings:
    """Return what a worker reads from its environment."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in server.variables(bucket, **changed).items():
            environment.setenv(name, value)
        return Settings()


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    if request.param == "folder":
        return FolderMediaStore(tmp_path / "objects")
    server: S3Server = request.getfixturevalue("s3_server")
    return open_store(settings_of(server, f"{request.getfixturevalue('bucket')}/school/one"))


@pytest.fixture
def bucket_store(s3_server: S3Server, bucket: str) -> MediaStore:
    return open_store(settings_of(s3_server, bucket))


def a_file(folder: Path, body: bytes, name: str = "part") -> Path:
    file = folder / name
    file.write_bytes(body)
    return file


@BOTH
class TestEveryStore:
    @pytest.mark.parametrize("size_bytes", [0, 7, 40 * MIB + 1], ids=["empty", "small", "in parts"])
    def test_what_is_put_can_be_fetched(self, store: MediaStore, tmp_path: Path, size_bytes: int) -> None:
        body = os.urandom(size_bytes)
        file = a_file(tmp_path, body)
        assert put_file(store, file, "assets/a/b.m4s") == size_bytes
        store.fetch("assets/a/b.m4s", tmp_path / "back", **NEVER)
        assert (tmp_path / "back").read_bytes() == body
        assert file.read_bytes() == body

    def test_an_object_is_replaced_as_a_whole(self, store: MediaStore, tmp_path: Path) -> None:
        for number, text in enumerate([b"first", b"second, longer", b"3"]):
            put_file(store, a_file(tmp_path, text, f"{number}"), "x/master.m3u8")
            store.fetch("x/master.m3u8", tmp_path / f"back-{number}", **NEVER)
            assert (tmp_path / f"back-{number}").read_bytes() == text

    def test_a_missing_source_is_said_to_be_missing_and_leaves_nothing(self, store: MediaStore, tmp_path: Path) -> None:
        folder = tmp_path / "work"
        folder.mkdir()
        with pytest.raises(SourceMissingError):
            store.fetch("sources/none", folder / "x", **NEVER)
        assert list(folder.iterdir()) == []

    def test_a_file_that_is_there_is_never_replaced(self, store: MediaStore, tmp_path: Path) -> None:
        put_file(store, a_file(tmp_path, b"new"), "sources/a.mp4")
        there = a_file(tmp_path, b"old", "there")
        with pytest.raises(StorageError):
            store.fetch("sources/a.mp4", there, **NEVER)
        assert there.read_bytes() == b"old"


@given(st.text(min_size=1, max_size=40))
def test_any_key_stays_inside_or_is_refused(key: str) -> None:
    root = Path("/nowhere/objects")
    try:
        path = FolderMediaStore(root)._path(key)
    except StorageError:
        return
    assert path.is_relative_to(root)
    assert ".." not in path.parts


class TestFolder:
    def test_nothing_but_the_object_is_left(self, tmp_path: Path) -> None:
        store = FolderMediaStore(tmp_path / "objects")
        put_file(store, a_file(tmp_path, b"1"), "x/master.m3u8")
        put_file(store, a_file(tmp_path, b"2", "other"), "x/master.m3u8")
        assert [entry.name for entry in (store.root / "x").iterdir()] == ["master.m3u8"]

    def test_nothing_is_copied_within_a_file_system(self, tmp_path: Path) -> None:
        store, file = FolderMediaStore(tmp_path / "objects"), a_file(tmp_path, b"segment")
        put_file(store, file, "x/1.m4s")
        store.fetch("x/1.m4s", tmp_path / "back", **NEVER)
        assert file.stat().st_ino == (store.root / "x/1.m4s").stat().st_ino == (tmp_path / "back").stat().st_ino


@pytest.fixture
def _broken_transfers() -> Iterator[None]:
    """Let go here, silently, of the connections that a transfer that is broken off leaves to the garbage collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.servers
@pytest.mark.usefixtures("_broken_transfers")
class TestBucket:
    def test_objects_have_the_type_and_the_caching_of_their_kind(
        self, bucket_store: MediaStore, s3_server: S3Server, bucket: str, tmp_path: Path
    ) -> None:
        put_file(bucket_store, a_file(tmp_path, b"1"), "a/720p/seg_00001.m4s")
        put_file(bucket_store, a_file(tmp_path, b"1" * 33 * MIB), "a/720p/large.m4s")
        put_file(bucket_store, a_file(tmp_path, b"1"), "a/720p/growing.m3u8", cache_control=CHANGING)
        client = s3_server.client()
        kinds = {}
        for name in ("seg_00001.m4s", "large.m4s", "growing.m3u8"):
            head = client.head_object(Bucket=bucket, Key=f"a/720p/{name}")
            kinds[name] = (head["ContentType"], head["CacheControl"])
        assert kinds == {
            "seg_00001.m4s": ("video/iso.segment", "public, max-age=31536000, immutable"),
            "large.m4s": ("video/iso.segment", "public, max-age=31536000, immutable"),
            "growing.m3u8": ("application/vnd.apple.mpegurl", "no-cache"),
        }

    def test_a_long_transfer_stops_when_its_job_does_and_leaves_nothing(
        self, bucket_store: MediaStore, tmp_path: Path
    ) -> None:
        put_file(bucket_store, a_file(tmp_path, os.urandom(MIB) * 64), "sources/a.mp4")
        folder = tmp_path / "work"
        folder.mkdir()
        arrived = []

        def stop_soon() -> None:
            arrived.append(1)
            if len(arrived) > 3:
                raise CancelledError("Somebody asked this run to stop.")

        with pytest.raises(CancelledError):
            bucket_store.fetch("sources/a.mp4", folder / "x", check=stop_soon)
        assert list(folder.iterdir()) == []

    def test_a_full_disk_is_told_apart(
        self, bucket_store: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_file(bucket_store, a_file(tmp_path, b"1"), "sources/a.mp4")
        folder = Path("/dev/full")  # every write to it says ENOSPC
        monkeypatch.setattr("s3transfer.utils.OSUtils.open", lambda _self, _name, mode: folder.open(mode))
        with pytest.raises(StorageError) as caught:
            bucket_store.fetch("sources/a.mp4", tmp_path / "x", **NEVER)
        assert caught.value.code is FailureCode.OUT_OF_SPACE

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"s3_secret_key": "wrong"}, "SignatureDoesNotMatch"),
            ({"s3_access_key": "nobody"}, "InvalidAccessKeyId"),
            ({"objects_url": "s3://no-such-bucket"}, "NoSuchBucket"),
        ],
    )
    def test_what_an_operator_must_mend_is_in_the_detail_and_may_be_tried_again(
        self, s3_server: S3Server, bucket: str, tmp_path: Path, changed: dict[str, str], said: str
    ) -> None:
        store = open_store(settings_of(s3_server, bucket, **changed))
        with pytest.raises(StorageError) as caught:
            put_file(store, a_file(tmp_path, b"1"), "a/1.m4s")
        failure = caught.value.failure()
        assert (failure.code, failure.retryable) == (FailureCode.STORAGE_UNAVAILABLE, True)
        assert said in failure.detail

    def test_a_server_that_was_away_is_used_again(
        self, bucket_store: MediaStore, s3_server: S3Server, tmp_path: Path
    ) -> None:
        put_file(bucket_store, a_file(tmp_path, b"1"), "a/1.m4s")
        s3_server.kill()
        with pytest.raises(StorageError) as caught:
            put_file(bucket_store, a_file(tmp_path, b"1"), "a/2.m4s")
        assert (caught.value.code, caught.value.retryable) == (FailureCode.STORAGE_UNAVAILABLE, True)
        with pytest.raises(StorageError) as caught:
            bucket_store.fetch("a/1.m4s", tmp_path / "x", **NEVER)
        assert not isinstance(caught.value, SourceMissingError)
        s3_server.start()
        put_file(bucket_store, a_file(tmp_path, b"1"), "a/2.m4s")
        bucket_store.fetch("a/1.m4s", tmp_path / "x", **NEVER)

    def test_a_server_that_is_killed_while_it_sends_leaves_nothing(
        self, bucket_store: MediaStore, s3_server: S3Server, tmp_path: Path
    ) -> None:
        put_file(bucket_store, a_file(tmp_path, os.urandom(MIB) * 96), "sources/a.mp4")
        folder = tmp_path / "work"
        folder.mkdir()
        with pytest.raises(StorageError):
            bucket_store.fetch("sources/a.mp4", folder / "x", check=s3_server.kill)
        assert list(folder.iterdir()) == []

    def test_a_forked_process_has_a_connection_of_its_own(self, bucket_store: MediaStore) -> None:
        assert isinstance(bucket_store, S3MediaStore)
        ours = bucket_store._client()
        child = os.fork()
        if child == 0:
            os._exit(0 if bucket_store._client() is not ours else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert bucket_store._client() is ours


def test_a_store_is_opened_by_its_url_once(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    store = open_store(Settings(objects_url=folder.as_uri()))
    assert isinstance(store, FolderMediaStore)
    assert store.root == folder
    assert open_store(Settings(objects_url=folder.as_uri())) is store


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        *(({"objects_url": url}, "OBJECTS_URL") for url in ["", "folder", "http://host/x", "file://host/x"]),
        *(({"objects_url": url}, "OBJECTS_URL") for url in ["s3://", "s3:///x", "s3://UPPER", "s3://k:s3cret@bucket"]),
        ({"objects_url": "s3://lessons", "s3_endpoint": "host:9000"}, "S3_ENDPOINT"),
        ({"objects_url": "s3://lessons", "s3_access_key": "key"}, "S3_SECRET_KEY"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"EDUVIDEO_{named}") as caught:
        open_store(Settings(**changed))
    assert "s3cret" not in str(caught.value)


def test_the_secret_is_not_shown() -> None:
    assert "s3cret" not in repr(Settings(s3_access_key="key", s3_secret_key="s3cret"))  # type: ignore[arg-type]


def test_every_kind_of_output_has_a_content_type() -> None:
    assert {".m3u8", ".m4s", ".mp4", ".vtt", ".jpg", ".json"} == set(CONTENT_TYPES)
