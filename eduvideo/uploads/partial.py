"""The bytes of an unfinished upload: a file beside the object store, whose size is the offset (crash-safe).

`.uploads/<id>` under the store's root is on the same file system, so completing is a rename; folders with a dot are
invisible to the store. Writers hold an exclusive lock on the file.
"""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eduvideo.core.objects import folder_objects
from eduvideo.uploads.errors import DiskFullError, UploadLockedError

FOLDER = ".uploads"


def partial_path(upload_id: str) -> Path:
    """Return where an upload's bytes are until it is complete; the id is one of ours, not the creator's name."""
    return folder_objects().root / FOLDER / upload_id


def offset_of(upload_id: str) -> int:
    """Return how many bytes are safely there."""
    try:
        return partial_path(upload_id).stat().st_size
    except FileNotFoundError:
        return 0


def upload_ids() -> list[str]:
    """Return the ids of all uploads that have bytes here."""
    folder = folder_objects().root / FOLDER
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


class PartialFile:
    """An unfinished upload, opened and locked for one writer."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.offset = os.fstat(descriptor).st_size

    def append(self, chunk: bytes) -> None:
        """Write at the end; raises DiskFullError and keeps what was written before."""
        view = memoryview(chunk)
        try:
            while view:
                written = os.write(self.descriptor, view)
                self.offset += written
                view = view[written:]
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise DiskFullError from error
            raise

    def cut(self, offset: int) -> None:
        """Forget the bytes from offset on."""
        os.ftruncate(self.descriptor, offset)
        self.offset = offset

    def sync(self) -> None:
        """Return once the bytes survive a power cut."""
        os.fsync(self.descriptor)

    def digest_from(self, offset: int, algorithm: str) -> bytes:
        """Return the hash of the bytes from offset to the end."""
        digest = hashlib.new(algorithm, usedforsecurity=False)
        position = offset
        while chunk := os.pread(self.descriptor, 1 << 20, position):
            digest.update(chunk)
            position += len(chunk)
        return digest.digest()


@contextmanager
def locked(upload_id: str) -> Iterator[PartialFile]:
    """Open an upload's file for writing at its end; raises UploadLockedError while another writer has it.

    The lock is the kernel's: it ends with its process, so a killed writer never leaves one behind.
    """
    path = partial_path(upload_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadLockedError from error
        yield PartialFile(descriptor)
    finally:
        os.close(descriptor)


def remove(upload_id: str) -> None:
    """Delete an upload's bytes, if any."""
    partial_path(upload_id).unlink(missing_ok=True)
