"""Private folders of running jobs; those of killed runs are found by their free lock and removed."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from transcoding.errors import ConfigurationError
from transcoding.integrity import Fetching

LOCK_NAME, LOCK_EVERY_S = ".lock", 0.2
SOURCES = "sources"


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


class KeptSources:
    """Fetches a source once for all runs on this machine that need it; each run gets a link of its own.

    The newest is kept, so that the next part of the same recording finds it; `remove_kept` ends that.
    """

    def __init__(self, store: Fetching, work: Path) -> None:
        self._store, self._folder = store, work / SOURCES

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        """See storage.MediaStore."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = self._folder / hashlib.sha256(key.encode()).hexdigest()
        with _locked(kept.with_suffix(LOCK_NAME), check):
            if not kept.exists():
                remove_kept(self._folder.parent, except_for=kept.name)
                draft = kept.with_suffix(".draft")
                draft.unlink(missing_ok=True)
                self._store.fetch(key, draft, check=check)
                draft.replace(kept)
            kept.touch()
            os.link(kept, path)


def remove_kept(work: Path, *, except_for: str = "", unused_s: float = 0) -> int:
    """Remove kept sources that nobody asked for lately; runs that use one have their own link. Returns how many."""
    removed = 0
    for file in (work / SOURCES).glob("*"):
        is_source = not file.suffix and file.name != except_for
        with suppress(FileNotFoundError):
            if is_source and time.time() - file.stat().st_mtime >= unused_s:
                file.unlink()
                removed += 1
    return removed


@contextmanager
def _locked(file: Path, check: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file; while another run fetches, `check` is called again and again."""
    lock = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                check()
                time.sleep(LOCK_EVERY_S)
        yield
    finally:
        os.close(lock)


def remove_leftovers(work: Path) -> int:
    """Remove the folders of runs that died; return how many. Folders of living runs are locked and stay."""
    if not work.is_dir():
        return 0
    remove_kept(work)
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
