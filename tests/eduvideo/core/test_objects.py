"""What every object store does, on a folder and on a real S3 server."""

import base64
import hashlib
import os
import urllib.error
import urllib.request
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core import clock
from eduvideo.core.objects import (
    DirectStore,
    FolderObjectStore,
    ObjectStore,
    ObjectStoreError,
    Part,
    PartsError,
    PlannedPart,
    checked_key,
    folder_objects,
    open_objects,
)
from eduvideo.core.s3 import S3ObjectStore
from tests.servers.s3 import S3Server

TEXT = "text/plain"
BOTH = pytest.mark.parametrize("store", ["folder", pytest.param("s3", marks=pytest.mark.servers)], indirect=True)
MIB = 1024 * 1024


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderObjectStore(tmp_path / "objects")
    server: S3Server = request.getfixturevalue("s3_server")
    return server.store(f"{request.getfixturevalue('bucket')}/school/one")


@pytest.fixture
def bucket_store(s3_server: S3Server, bucket: str) -> S3ObjectStore:
    return s3_server.store(bucket)


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key for info in store.list(prefix)]


def status_of(url: str, *, method: str = "GET") -> int:
    """Return the status of a request without any credentials of ours."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@BOTH
class TestEveryStore:
    def test_an_object_comes_back_as_it_was_written(self, store: ObjectStore) -> None:
        before_s = clock.now().timestamp()
        store.write("a/b.bin", b"\0one", content_type=TEXT)
        store.write("a/b.bin", b"\0two!", content_type=TEXT)
        assert store.read("a/b.bin") == b"\0two!"
        info = store.info("a/b.bin")
        assert info
        assert (info.key, info.size_bytes) == ("a/b.bin", 5)
        assert abs(info.modified_s - before_s) < 5

    def test_keys_may_be_in_any_script_and_bodies_empty(self, store: ObjectStore) -> None:
        for key in ("课程/第一课 a+b&c=%20?#~'(1).vtt", "a/é*"):
            store.write(key, b"", content_type=TEXT)
            assert store.read(key) == b""
        assert sorted(keys(store)) == ["a/é*", "课程/第一课 a+b&c=%20?#~'(1).vtt"]

    def test_a_missing_object_says_so(self, store: ObjectStore) -> None:
        store.write("a/b", b"", content_type=TEXT)
        for key in ("a/none", "a", "a/b/c"):
            assert store.info(key) is None
            with pytest.raises(ObjectStoreError) as caught:
                store.read(key)
            assert caught.value.missing
            assert caught.value.detail != str(caught.value)  # the visitor is not told of our servers
            store.delete(key)
        assert keys(store) == ["a/b"]

    @pytest.mark.parametrize("size_bytes", [7, 40 * MIB], ids=["small", "in parts"])
    def test_a_file_is_moved_into_the_store(self, store: ObjectStore, tmp_path: Path, size_bytes: int) -> None:
        part = tmp_path / "part"
        part.write_bytes(os.urandom(1024) * (size_bytes // 1024) or b"lecture")
        body = part.read_bytes()
        store.put_file(part, "sources/1/source", content_type="video/mp4")
        assert store.read("sources/1/source") == body
        assert not part.exists()

    def test_a_file_that_is_not_there_is_an_error(self, store: ObjectStore, tmp_path: Path) -> None:
        with pytest.raises(ObjectStoreError):
            store.put_file(tmp_path / "none", "sources/1/source", content_type="video/mp4")
        assert keys(store) == []

    def test_listing_is_in_the_order_of_keys_and_below_one_prefix(self, store: ObjectStore) -> None:
        written = ["x/2", "x/1/z", "x/1-a", "x/10", "y/3", "xx/4", "x/Z", "x/é"]
        for key in written:
            store.write(key, b"12", content_type=TEXT)
        assert keys(store, "x/") == sorted((key for key in written if key.startswith("x/")), key=str.encode)
        assert keys(store) == sorted(written, key=str.encode)
        assert keys(store, "z/") == []
        assert {info.size_bytes for info in store.list("")} == {2}

    def test_deleting_is_final_and_may_be_repeated(self, store: ObjectStore) -> None:
        store.write("xx/3", b"", content_type=TEXT)
        store.delete("xx/3")
        store.delete("xx/3")
        assert store.info("xx/3") is None
        assert keys(store) == []

    def test_deleting_many_leaves_the_others(self, store: ObjectStore) -> None:
        for number in range(5):
            store.write(f"x/{number}", b"", content_type=TEXT)
        store.delete_many([f"x/{number}" for number in (0, 1, 3, 9)])
        assert keys(store) == ["x/2", "x/4"]
        store.delete_many([])

    def test_deleting_a_tree_leaves_its_neighbours(self, store: ObjectStore) -> None:
        for key in ("x/1", "x/y/2", "xx/3"):
            store.write(key, b"", content_type=TEXT)
        assert store.delete_tree("x/") == 2
        assert store.delete_tree("x/") == 0
        assert keys(store) == ["xx/3"]

    def test_a_store_that_works_passes_its_check(self, store: ObjectStore) -> None:
        store.check()
        store.check()


@given(st.text(max_size=40))
def test_no_key_leaves_the_root(key: str) -> None:
    store = FolderObjectStore(Path("/objects"))
    try:
        path = store.path(key)
    except ObjectStoreError:
        return
    assert path.is_relative_to("/objects")
    assert ".." not in path.parts
    assert checked_key(key) == path.relative_to("/objects").as_posix()


class TestFolder:
    def test_hidden_files_are_not_listed_and_empty_folders_go(self, tmp_path: Path) -> None:
        store = FolderObjectStore(tmp_path / "objects")
        store.write("x/1", b"", content_type=TEXT)
        (store.root / "x" / ".writing-9").write_bytes(b"half")
        assert keys(store, "x/") == ["x/1"]
        (store.root / "x" / ".writing-9").unlink()
        store.delete("x/1")
        assert list(store.root.iterdir()) == []

    def test_a_file_of_the_same_file_system_is_not_copied(self, tmp_path: Path) -> None:
        store, part = FolderObjectStore(tmp_path / "objects"), tmp_path / "part"
        part.write_bytes(b"lecture")
        number = part.stat().st_ino
        store.put_file(part, "sources/1", content_type=TEXT)
        assert store.path("sources/1").stat().st_ino == number

    def test_a_file_of_another_file_system_is_copied_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, part = FolderObjectStore(tmp_path / "objects"), tmp_path / "part"
        part.write_bytes(b"lecture")
        real = Path.stat
        monkeypatch.setattr(
            Path, "stat", lambda path, **how: SimpleNamespace(st_dev=-1) if path == part else real(path)
        )
        store.put_file(part, "sources/1", content_type=TEXT)
        monkeypatch.undo()
        assert store.read("sources/1") == b"lecture"
        assert not part.exists()
        assert [path.name for path in (store.root / "sources").iterdir()] == ["1"]

    def test_it_is_no_store_for_browsers(self, tmp_path: Path) -> None:
        assert not isinstance(FolderObjectStore(tmp_path), DirectStore)


@pytest.mark.servers
class TestBucket:
    def test_thousands_of_objects_are_listed_and_deleted(
        self, bucket_store: S3ObjectStore, s3_server: S3Server
    ) -> None:
        # Written past S3: a file in the server's folder is an object.
        folder = s3_server.folder / "data" / bucket_store.place.bucket / "many"
        folder.mkdir()
        for number in range(2100):
            (folder / f"{number:04}").touch()
        assert len(keys(bucket_store, "many/")) == 2100
        assert bucket_store.delete_tree("many/") == 2100
        assert keys(bucket_store) == []

    def test_objects_that_cannot_be_deleted_are_named_and_the_others_go(
        self, bucket_store: S3ObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            bucket_store.write(f"x/{number}", b"", content_type=TEXT)
        client = bucket_store.client()
        real = client.delete_objects

        def refuse_one(**asked: object) -> object:
            answer = real(**asked)  # type: ignore[arg-type]
            return {**answer, "Errors": [{"Key": "x/1", "Code": "InternalError", "Message": "We had a problem."}]}

        monkeypatch.setattr(client, "delete_objects", refuse_one)
        with pytest.raises(ObjectStoreError, match="1 objects could not be removed, the first is x/1: InternalError"):
            bucket_store.delete_many(["x/0", "x/1", "x/2"])

    def test_nobody_reads_without_a_signature(self, bucket_store: S3ObjectStore) -> None:
        bucket_store.write("a/b.jpg", b"jpg", content_type="image/jpeg")
        url = bucket_store.signed_url("a/b.jpg", expires_s=600)
        assert status_of(url) == 200
        assert status_of(url.partition("?")[0]) == 403
        assert status_of(url.replace("a/b.jpg", "a/c.jpg")) == 403
        assert status_of(url[:-1] + ("0" if url[-1] != "0" else "1")) == 403

    def test_a_signed_url_is_for_one_method(self, bucket_store: S3ObjectStore) -> None:
        bucket_store.write("a/b", b"1", content_type=TEXT)
        assert status_of(bucket_store.signed_url("a/b", expires_s=600, method="HEAD"), method="HEAD") == 200
        assert status_of(bucket_store.signed_url("a/b", expires_s=600), method="PUT") == 403

    def test_a_signed_url_stays_the_same_for_a_while_and_then_ends(
        self, bucket_store: S3ObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bucket_store.write("a/b", b"1", content_type=TEXT)
        began = clock.now()
        signed = []
        for minutes in range(30):
            monkeypatch.setattr(clock, "now", lambda at=began - timedelta(minutes=minutes): at)
            signed.append(bucket_store.signed_url("a/b", expires_s=600))
        monkeypatch.undo()
        assert sum(before != after for before, after in pairwise(signed)) in {5, 6}
        assert status_of(signed[0]) == 200
        assert status_of(signed[4]) == 200  # valid for five minutes at least
        assert status_of(signed[11]) == 403

    def test_objects_are_at_the_public_address_under_their_prefix(self, s3_server: S3Server, bucket: str) -> None:
        store = s3_server.store(f"{bucket}/school", s3_public_endpoint="https://media.example")
        url = store.signed_url("assets/é.m4s", expires_s=600)
        assert url.startswith(f"https://media.example/{bucket}/school/assets/%C3%A9.m4s?X-Amz-")

    def test_a_forked_process_has_a_connection_of_its_own(self, bucket_store: S3ObjectStore) -> None:
        bucket_store.write("a/b", b"1", content_type=TEXT)
        ours = bucket_store.client()
        assert bucket_store.client() is ours
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            answer = b"other" if bucket_store.client() is not ours and bucket_store.read("a/b") == b"1" else b"same"
            os.write(writing, answer)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            assert pipe.read() == b"other"
        assert os.waitpid(child, 0)[1] == 0

    def test_the_store_of_this_process_is_the_one_of_the_settings(self, objects_in_s3: S3ObjectStore) -> None:
        assert open_objects() is objects_in_s3
        assert isinstance(open_objects(), DirectStore)
        with pytest.raises(TypeError, match="is no folder but s3://"):
            folder_objects()


@pytest.mark.servers
class TestMultipart:
    KEY = "sources/1/lecture.mp4"

    @pytest.fixture
    def begun(self, bucket_store: S3ObjectStore) -> str:
        return bucket_store.begin_multipart(self.KEY, content_type="video/mp4", is_hashed=False)

    def send(self, store: S3ObjectStore, begun: str, bodies: dict[int, bytes]) -> None:
        """Send parts as a browser does."""
        planned = [PlannedPart(number, len(body)) for number, body in bodies.items()]
        for number, part in store.sign_parts(self.KEY, begun, planned, expires_s=600).items():
            request = urllib.request.Request(part.url, data=bodies[number], method="PUT", headers=dict(part.headers))
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert answer.headers["ETag"]

    def test_parts_in_any_order_make_one_object(self, bucket_store: S3ObjectStore, begun: str) -> None:
        first, last = os.urandom(5 * MIB), b"the end"
        self.send(bucket_store, begun, {2: last, 1: first})
        assert bucket_store.info(self.KEY) is None
        parts = bucket_store.list_parts(self.KEY, begun)
        assert [(part.number, part.size_bytes) for part in parts] == [(1, 5 * MIB), (2, 7)]
        bucket_store.complete_multipart(self.KEY, begun, parts[::-1])
        assert bucket_store.read(self.KEY) == first + last
        assert list(bucket_store.list_multiparts("sources/")) == []
        head = bucket_store.client().head_object(Bucket=bucket_store.place.bucket, Key=self.KEY)
        assert head["ContentType"] == "video/mp4"

    def test_parts_that_were_not_sent_are_the_senders_fault(self, bucket_store: S3ObjectStore, begun: str) -> None:
        self.send(bucket_store, begun, {1: b"short", 2: b"end"})
        sent = bucket_store.list_parts(self.KEY, begun)
        for parts in ([Part(1, 5, '"0123456789abcdef0123456789abcdef"')], [Part(7, 5, sent[0].etag)], sent):
            with pytest.raises(PartsError):  # the last: all but the last must have 5 MiB
                bucket_store.complete_multipart(self.KEY, begun, parts)
        assert bucket_store.info(self.KEY) is None

    def test_a_part_of_another_length_or_other_bytes_is_refused(self, bucket_store: S3ObjectStore) -> None:
        begun = bucket_store.begin_multipart(self.KEY, content_type="video/mp4", is_hashed=True)
        body = os.urandom(1000)
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        part = bucket_store.sign_parts(self.KEY, begun, [PlannedPart(1, 1000, digest)], expires_s=600)[1]
        answers = [
            httpx.put(part.url, content=content, headers=part.headers).status_code
            for content in (body[:-1], body + b"x", body[:-1] + bytes([body[-1] ^ 1]))
        ]
        assert answers == [403, 403, 400]
        assert bucket_store.list_parts(self.KEY, begun) == ()
        assert httpx.put(part.url, content=body, headers=part.headers).status_code == 200
        (sent,) = bucket_store.list_parts(self.KEY, begun)
        assert (sent.size_bytes, sent.sha256) == (1000, digest)
        bucket_store.complete_multipart(self.KEY, begun, [sent])
        assert bucket_store.read(self.KEY) == body

    def test_thousands_of_parts_are_listed(self, bucket_store: S3ObjectStore, begun: str) -> None:
        client = bucket_store.client()
        for number in range(1, 1004):
            client.upload_part(
                Bucket=bucket_store.place.bucket, Key=self.KEY, UploadId=begun, PartNumber=number, Body=b"x"
            )
        parts = bucket_store.list_parts(self.KEY, begun)
        assert [part.number for part in parts] == list(range(1, 1004))

    def test_what_was_left_behind_is_listed_and_can_be_aborted(self, bucket_store: S3ObjectStore, begun: str) -> None:
        other = bucket_store.begin_multipart("assets/1/x", content_type=TEXT, is_hashed=False)
        (left,) = bucket_store.list_multiparts("sources/")
        assert (left.key, left.multipart_id) == (self.KEY, begun)
        assert abs(left.begun_s - clock.now().timestamp()) < 5
        assert {found.multipart_id for found in bucket_store.list_multiparts("")} == {begun, other}
        bucket_store.abort_multipart(self.KEY, begun)
        bucket_store.abort_multipart(self.KEY, begun)
        assert list(bucket_store.list_multiparts("sources/")) == []

    def test_a_transfer_that_is_not_there_is_missing(self, bucket_store: S3ObjectStore, begun: str) -> None:
        bucket_store.abort_multipart(self.KEY, begun)
        for call in (
            lambda: bucket_store.list_parts(self.KEY, begun),
            lambda: bucket_store.complete_multipart(
                self.KEY, begun, [Part(1, 1, '"0123456789abcdef0123456789abcdef"')]
            ),
        ):
            with pytest.raises(ObjectStoreError) as caught:
                call()
            assert caught.value.missing
