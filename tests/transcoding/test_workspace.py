import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from transcoding.workspace import private_folder, remove_leftovers


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
