from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core.objects import FolderObjectStore, ObjectStoreError


@pytest.fixture
def store(tmp_path: Path) -> FolderObjectStore:
    return FolderObjectStore(tmp_path / "objects")


def test_an_object_comes_back_as_it_was_written(store: FolderObjectStore) -> None:
    store.write("a/b.bin", b"\0one", content_type="application/octet-stream")
    store.write("a/b.bin", b"\0two", content_type="application/octet-stream")
    assert store.read("a/b.bin") == b"\0two"
    info = store.info("a/b.bin")
    assert info and info.size_bytes == 4


def test_a_missing_object_says_so(store: FolderObjectStore) -> None:
    assert store.info("a/none") is None
    with pytest.raises(ObjectStoreError) as caught:
        store.read("a/none")
    assert caught.value.missing


def test_listing_is_ordered_and_shows_no_hidden_files(store: FolderObjectStore) -> None:
    for key in ("x/2", "x/1", "y/3"):
        store.write(key, b"", content_type="text/plain")
    (store.root / "x" / ".writing-9").write_bytes(b"half")
    assert [info.key for info in store.list("x/")] == ["x/1", "x/2"]
    assert [info.key for info in store.list("")] == ["x/1", "x/2", "y/3"]
    assert list(store.list("z/")) == []


def test_deleting_a_tree_leaves_its_neighbours(store: FolderObjectStore) -> None:
    for key in ("x/1", "x/y/2", "xx/3"):
        store.write(key, b"", content_type="text/plain")
    assert store.delete_tree("x/") == 2
    assert store.delete_tree("x/") == 0
    assert [info.key for info in store.list("")] == ["xx/3"]
    store.delete("xx/3")
    store.delete("xx/3")
    assert list(store.root.iterdir()) == []


def test_putting_a_file_moves_it(store: FolderObjectStore, tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"lecture")
    store.put_file(part, "sources/1/source", content_type="video/mp4")
    assert store.read("sources/1/source") == b"lecture"
    assert not part.exists()


@given(st.text(max_size=40))
def test_no_key_leaves_the_root(key: str) -> None:
    store = FolderObjectStore(Path("/objects"))
    try:
        path = store.path(key)
    except ObjectStoreError:
        return
    assert path.is_relative_to("/objects")
    assert ".." not in path.parts


@pytest.mark.parametrize("key", ["", "/etc/passwd", "a//b", "../a", "a/../../b", ".uploads/x", "a/.hidden", "a\0b"])
def test_hostile_keys_are_refused(store: FolderObjectStore, key: str) -> None:
    with pytest.raises(ObjectStoreError):
        store.path(key)
