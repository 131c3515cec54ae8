from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcoding.errors import ConfigurationError, SourceMissingError, StorageError
from transcoding.storage import CONTENT_TYPES, FolderMediaStore, open_store, put_file


@pytest.fixture
def store(tmp_path: Path) -> FolderMediaStore:
    return FolderMediaStore(tmp_path / "objects")


def test_what_is_put_can_be_fetched(store: FolderMediaStore, tmp_path: Path) -> None:
    file = tmp_path / "a.vtt"
    file.write_text("WEBVTT\n")
    assert put_file(store, file, "assets/a/b.vtt") == 7
    store.fetch("assets/a/b.vtt", tmp_path / "back.vtt")
    assert (tmp_path / "back.vtt").read_text() == "WEBVTT\n"


def test_an_object_is_replaced_as_a_whole_and_nothing_else_is_left(store: FolderMediaStore, tmp_path: Path) -> None:
    for text in ("first", "second, longer"):
        file = tmp_path / text[:5]
        file.write_text(text)
        put_file(store, file, "x/master.m3u8")
    assert (store.root / "x" / "master.m3u8").read_text() == "second, longer"
    assert [entry.name for entry in (store.root / "x").iterdir()] == ["master.m3u8"]


def test_a_missing_source_is_said_to_be_missing(store: FolderMediaStore, tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError):
        store.fetch("sources/none", tmp_path / "x")


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a//b", "a/../../b", ".hidden/x", "a/.lock", "", "a\0b"])
def test_no_key_leaves_the_folder(store: FolderMediaStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(StorageError):
        store.fetch(key, tmp_path / "x")


@given(st.text(min_size=1, max_size=40))
def test_any_key_stays_inside_or_is_refused(key: str) -> None:
    root = Path("/nowhere/objects")
    try:
        path = FolderMediaStore(root)._path(key)
    except StorageError:
        return
    assert path.is_relative_to(root)
    assert ".." not in path.parts


def test_a_store_is_opened_by_its_url(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    store = open_store(folder.as_uri())
    assert isinstance(store, FolderMediaStore)
    assert store.root == folder


@pytest.mark.parametrize("url", ["", "folder", "http://host/x", "file://host/x"])
def test_an_unknown_store_names_the_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="EDUVIDEO_OBJECTS_URL"):
        open_store(url)


def test_every_kind_of_output_has_a_content_type() -> None:
    assert {".m3u8", ".m4s", ".mp4", ".vtt", ".jpg", ".json"} == set(CONTENT_TYPES)
