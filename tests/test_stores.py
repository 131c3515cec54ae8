"""All four stores are one: what the web side writes a worker fetches and the other way round, and both take the same
URLs and the same keys."""

from pathlib import Path
from typing import Any

import pytest

from eduvideo.core.env import Environment
from eduvideo.core.objects import ObjectStore, ObjectStoreError, open_objects
from tests.servers.s3 import S3Server
from transcoding.errors import ConfigurationError, StorageError
from transcoding.settings import Settings
from transcoding.storage import CHANGING, MediaStore, open_store, put_file

KEYS = ["sources/1/Lektion ü.mp4", "assets/课程/1/720p/seg_00001.m4s", "a/b+c&d=%20?#~'(1).vtt", "x" * 200 + "/y.jpg"]
NO_KEYS = ["", "/etc/passwd", "a//b", "../a", "a/../b", "a/./b", ".hidden/x", "a/.lock", "a\0b", "a/"]
URLS = ["s3://lessons", "s3://lessons/a/b", "s3://s3.example/x"]
NO_URLS = [
    "s3://",
    "s3:///lessons",
    "s3://AB",
    "s3://k:s@lessons",
    "s3://lessons?a=b",
    "http://lessons",
    "file://host/x",
]
Pair = tuple[ObjectStore, MediaStore]


def worker_settings(environment: Environment) -> Settings:
    return Settings(
        objects_url=environment.objects, s3_endpoint=environment.s3_endpoint, s3_region=environment.s3_region,
        s3_access_key=environment.s3_access_key, s3_secret_key=environment.s3_secret_key,
    )  # fmt: skip


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.servers)])
def pair(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Any:
    """The two stores that the same settings open, in the web process and in a worker."""
    if request.param == "folder":
        settings.EDUVIDEO = Environment(objects_url=(tmp_path / "with space").as_uri())
    else:
        server: S3Server = request.getfixturevalue("s3_server")
        settings.EDUVIDEO = server.environment(f"{request.getfixturevalue('bucket')}/with%20space")
    open_objects.cache_clear()
    yield open_objects(), open_store(worker_settings(settings.EDUVIDEO))
    open_objects.cache_clear()


def test_a_worker_fetches_what_the_web_side_wrote(pair: Pair, tmp_path: Path) -> None:
    web, worker = pair
    for number, key in enumerate(KEYS):
        web.write(key, key.encode(), content_type="video/mp4")
        worker.fetch(key, tmp_path / f"{number}", check=lambda: None)
        assert (tmp_path / f"{number}").read_bytes() == key.encode()


def test_the_web_side_finds_what_a_worker_put(pair: Pair, tmp_path: Path) -> None:
    web, worker = pair
    file = tmp_path / "segment"
    file.write_bytes(b"segment")
    for key in KEYS:
        put_file(worker, file, key, cache_control=CHANGING)
        assert web.read(key) == b"segment"
    assert [(info.key, info.size_bytes) for info in web.list("")] == [(key, 7) for key in sorted(KEYS, key=str.encode)]


def test_nobody_takes_what_is_no_key(pair: Pair, tmp_path: Path) -> None:
    web, worker = pair
    file = tmp_path / "segment"
    file.write_bytes(b"segment")
    for key in NO_KEYS:
        for call in (web.read, web.info, web.delete):
            with pytest.raises(ObjectStoreError):
                call(key)
        with pytest.raises(ObjectStoreError):
            web.write(key, b"", content_type="text/plain")
        with pytest.raises(StorageError):
            worker.put(file, key, content_type="text/plain", cache_control=CHANGING)
        with pytest.raises(StorageError):
            worker.fetch(key, tmp_path / "x", check=lambda: None)
    assert list(web.list("")) == []


@pytest.mark.parametrize("url", [*URLS, *NO_URLS])
def test_both_sides_take_the_same_urls(settings: Any, url: str) -> None:
    settings.EDUVIDEO = Environment(objects_url=url, s3_endpoint="http://127.0.0.1:1")
    open_objects.cache_clear()
    try:
        if url in URLS:
            assert open_objects()
            assert open_store(worker_settings(settings.EDUVIDEO))
        else:
            with pytest.raises(ValueError, match="EDUVIDEO_OBJECTS_URL"):
                open_objects()
            with pytest.raises(ConfigurationError, match="EDUVIDEO_OBJECTS_URL"):
                open_store(worker_settings(settings.EDUVIDEO))
    finally:
        open_objects.cache_clear()
