import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from transcoding.errors import CancelledError, StorageError
from transcoding.workspace import KeptSources, private_folder, remove_kept, remove_leftovers


def test_a_private_folder_is_ours_alone_and_goes_away(tmp_path: Path) -> None:
    with private_folder(tmp_path / "work") as folder:
        (folder / "x").write_text("x")
        assert folder.parent.stat().st_mode & 0o077 == 0
    assert list((tmp_path / "work").iterdir()) == []


def test_it_goes_away_after_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), private_folder(tmp_path / "work"):
        raise RuntimeError
    assert list((tmp_path / "work").iterdir()) == []


def test_the_folder_of_a_living_run_stays(tmp_path: Path) -> None:
    with private_folder(tmp_path) as folder:
        assert remove_leftovers(tmp_path) == 0
        assert folder.is_dir()


def test_the_folder_of_a_killed_run_is_removed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from transcoding.workspace import private_folder\n"
        "with private_folder(Path(sys.argv[1])): print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert remove_leftovers(tmp_path) == 0
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    assert remove_leftovers(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_there_is_nothing_to_remove_before_the_first_run(tmp_path: Path) -> None:
    assert remove_leftovers(tmp_path / "none") == 0


class CountingStore:
    """A store whose objects are their own keys, and which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        check()
        self.asked.append(key)
        path.write_text(key)


def nothing() -> None:
    pass


def test_runs_on_one_machine_fetch_a_source_once(tmp_path: Path) -> None:
    store = CountingStore()
    for run in ("one", "two"):
        KeptSources(store, tmp_path / "work").fetch("sources/a", tmp_path / run, check=nothing)
        assert (tmp_path / run).read_text() == "sources/a"
    assert store.asked == ["sources/a"]


def test_another_source_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    sources = KeptSources(CountingStore(), tmp_path / "work")
    sources.fetch("sources/a", tmp_path / "one", check=nothing)
    sources.fetch("sources/b", tmp_path / "two", check=nothing)
    kept = [file for file in (tmp_path / "work" / "sources").iterdir() if file.suffix != ".lock"]
    assert [file.read_text() for file in kept] == ["sources/b"]
    assert (tmp_path / "one").read_text() == "sources/a"


def test_a_source_that_nobody_asks_for_goes_away_and_its_users_keep_theirs(tmp_path: Path) -> None:
    KeptSources(CountingStore(), tmp_path / "work").fetch("sources/a", tmp_path / "one", check=nothing)
    assert remove_kept(tmp_path / "work", unused_s=60) == 0
    assert remove_kept(tmp_path / "work") == 1
    assert (tmp_path / "one").read_text() == "sources/a"


def test_a_fetch_that_fails_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    class Torn(CountingStore):
        def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
            super().fetch(key, path, check=check)
            raise StorageError("The file store did not answer.")

    with pytest.raises(StorageError):
        KeptSources(Torn(), tmp_path / "work").fetch("sources/a", tmp_path / "one", check=nothing)
    good = CountingStore()
    KeptSources(good, tmp_path / "work").fetch("sources/a", tmp_path / "two", check=nothing)
    assert good.asked == ["sources/a"]


def test_a_run_that_waits_for_another_ones_fetch_can_be_stopped(tmp_path: Path) -> None:
    class Meeting(CountingStore):
        """While this fetches, another run wants the same and is told to stop."""

        def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
            def stopped() -> None:
                raise CancelledError("Stopped on request.")

            with pytest.raises(CancelledError):
                KeptSources(self, tmp_path / "work").fetch(key, tmp_path / "other", check=stopped)
            super().fetch(key, path, check=check)

    KeptSources(Meeting(), tmp_path / "work").fetch("sources/a", tmp_path / "one", check=nothing)
    assert not (tmp_path / "other").exists()
