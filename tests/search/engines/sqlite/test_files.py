"""The files of an index: which one serves, and what is left of others."""

import threading
from pathlib import Path

import pytest

from search.engines.sqlite.files import FORMAT, POINTER, Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def made(files: Files, path: Path | None = None) -> Path:
    path = path or files.new()
    path.write_bytes(b"an index")
    return path


def names(files: Files) -> set[str]:
    return {path.name for path in files.folder.iterdir()}


def test_a_folder_serves_nothing_until_a_first_file_does(files: Files) -> None:
    assert files.serving() is None
    assert files.building() == []
    first = made(files)
    files.serve_first(first)
    assert files.serving() == first
    assert names(files) == {POINTER, first.name}


def test_of_two_first_files_one_serves_and_the_other_goes(files: Files) -> None:
    first, second = made(files), made(files)
    files.serve_first(first)
    files.serve_first(second)
    assert files.serving() == first
    assert names(files) == {POINTER, first.name}


def test_of_many_who_open_a_folder_at_once_one_succeeds(files: Files) -> None:
    paths = [made(files) for _ in range(8)]
    barrier = threading.Barrier(len(paths))

    def open_first(path: Path) -> None:
        barrier.wait(10)
        files.serve_first(path)

    threads = [threading.Thread(target=open_first, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    serving = files.serving()
    assert serving in paths
    assert names(files) == {POINTER, serving.name} if serving else False


def test_a_file_that_is_gone_is_replaced_by_a_first_one(files: Files) -> None:
    gone = made(files)
    files.serve_first(gone)
    files.remove(gone)
    first = made(files)
    files.serve_first(first)
    assert files.serving() == first


def test_a_file_of_another_format_serves_no_more_and_goes_when_the_next_rebuild_ends(files: Files) -> None:
    (files.folder / POINTER).write_text("index-1-old.sqlite3")
    (files.folder / "index-1-old.sqlite3").write_bytes(b"old")
    assert files.serving() is None
    first = made(files)
    files.serve_first(first)
    assert files.serving() == first
    assert "index-1-old.sqlite3" in names(files)  # a program of before may still read it
    rebuilt = made(files, files.begin())
    files.announce(rebuilt)
    files.serve(rebuilt)
    assert names(files) == {POINTER, rebuilt.name}


def test_others_write_to_a_file_from_when_it_is_announced_until_it_serves(files: Files) -> None:
    files.serve_first(made(files))
    path = made(files, files.begin())
    assert files.building() == []
    files.announce(path)
    assert files.building() == [path]
    assert not files.is_taken_over(path)
    files.serve(path)
    assert files.building() == []
    assert files.serving() == path


def test_what_a_killed_rebuild_left_goes_when_the_next_one_begins(files: Files) -> None:
    first = made(files)
    files.serve_first(first)
    killed = made(files, files.begin())
    files.announce(killed)
    for suffix in ("-wal", "-shm"):
        killed.with_name(killed.name + suffix).write_bytes(b"left")
    files.begin()
    assert names(files) == {POINTER, first.name}
    assert files.is_taken_over(killed)


def test_a_rebuild_that_was_not_announced_yet_goes_when_another_one_ends(files: Files) -> None:
    killed = made(files, files.begin())
    rebuilt = made(files, files.begin())
    files.announce(rebuilt)
    files.serve(rebuilt)
    assert names(files) == {POINTER, rebuilt.name}
    assert not killed.exists()


def test_files_are_named_for_their_format(files: Files) -> None:
    assert files.new().name.startswith(f"index-{FORMAT}-")
    assert files.new() != files.new()
