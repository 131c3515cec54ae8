"""Private folders of running jobs; those of killed runs are found by their free lock and removed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transcoding.errors import ConfigurationError

LOCK_NAME = ".lock"
PREFIX = "run-"


@contextmanager
def private_folder(work: Path) -> Iterator[Path]:
    """Make a folder only we can read; gone afterwards. The lock in it dies with this process."""
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    if work.stat().st_uid != os.getuid():
        raise ConfigurationError("EDUVIDEO_TRANSCODE_WORK belongs to somebody else.", detail=str(work))
    folder = Path(tempfile.mkdtemp(dir=work, prefix=PREFIX))
    lock = os.open(folder / LOCK_NAME, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place = folder / "job"
        place.mkdir()
        yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_leftovers(work: Path) -> int:
    """Remove the folders of runs that died; return how many. Folders of living runs are locked and stay."""
    if not work.is_dir():
        return 0
    return sum(_removed_if_dead(folder) for folder in work.glob(f"{PREFIX}*"))


def _removed_if_dead(folder: Path) -> bool:
    try:
        lock = os.open(folder / LOCK_NAME, os.O_RDWR)
    except OSError:
        return False  # being made or removed at this moment
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(lock)
