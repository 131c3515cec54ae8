"""The bytes of an unfinished upload: a file beside the object store, whose size is the offset (crash-safe).

`.uploads/<id>` under the store's root is on the same file system, so completing is a rename; folders with a dot are
invisible to the store. Writers hold an exclusive lock on the file. Beside it, `<id>.sha256` has the digest of each part
that is whole, so that nothing is read again for the hash of the parts; what it lacks is made up from the bytes. And
while bytes arrive whose checksum is still to be seen, `<id>.checked` says how far all is well: a killed writer leaves
it, and what is beyond is forgotten. It is a link to a number, as links are made at once or not at all.
"""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from eduvideo.core.objects import folder_objects
from eduvideo.uploads.errors import DiskFullError, UploadLockedError
from eduvideo.uploads.parts import hash_of_parts

FOLDER = ".uploads"
DIGESTS, CHECKED = ".sha256", ".checked"
DIGEST_BYTES = hashlib.sha256().digest_size


def partial_path(upload_id: str) -> Path:
    """Return where an upload's bytes are until it is complete; the id is one of ours, not the creator's name."""
    return folder_objects().root / FOLDER / upload_id


def offset_of(upload_id: str) -> int:
    """Return how many bytes are safely there."""
    try:
        size_bytes = partial_path(upload_id).stat().st_size
    except FileNotFoundError:
        return 0
    with suppress(FileNotFoundError):
        return min(size_bytes, int(_beside(upload_id, CHECKED).readlink().name))
    return size_bytes


def hash_of_file(path: Path, part_size_bytes: int) -> str:
    """Return the hash of the parts of any file of this machine."""
    with path.open("rb") as file:
        return hash_of_parts(hashlib.sha256(part).digest() for part in iter(lambda: file.read(part_size_bytes), b""))


def upload_ids() -> list[str]:
    """Return the ids of all uploads that have bytes here."""
    folder = folder_objects().root / FOLDER
    return sorted({path.name.partition(".")[0] for path in folder.iterdir()}) if folder.is_dir() else []


class PartialFile:
    """An unfinished upload, opened and locked for one writer."""

    def __init__(self, descriptor: int, upload_id: str) -> None:
        self.descriptor = descriptor
        self.offset = os.fstat(descriptor).st_size
        self._digests, self._checked = _beside(upload_id, DIGESTS), _beside(upload_id, CHECKED)
        if self._checked.is_symlink():  # the writer before was killed
            self.cut(offset_of(upload_id))
            self._checked.unlink()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Forget what is appended in this block unless it ends well, also where this process is killed."""
        begin = self.offset
        self._checked.symlink_to(str(begin))
        try:
            yield
        except BaseException:
            self.cut(begin)
            raise
        finally:
            self._checked.unlink(missing_ok=True)  # a cancelled upload is removed meanwhile

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

    def digest_from(self, offset: int, algorithm: str, *, end: int | None = None) -> bytes:
        """Return the hash of the bytes from offset to end, which is the file's own unless told."""
        digest = hashlib.new(algorithm, usedforsecurity=False)
        position, end = offset, self.offset if end is None else end
        while chunk := os.pread(self.descriptor, min(1 << 20, end - position), position):
            digest.update(chunk)
            position += len(chunk)
        return digest.digest()

    def part_digests(self, part_size_bytes: int, *, limit: int) -> list[bytes]:
        """Return the SHA-256 of each part that is whole; of the last one once the file has reached its limit.

        Keeps them for the next time. Nothing that may still be cut off is to be there.
        """
        whole = self.offset // part_size_bytes if self.offset < limit else -(-limit // part_size_bytes)
        known = self._digests.read_bytes() if self._digests.exists() else b""
        kept = min(len(known) // DIGEST_BYTES, whole)
        digests = [known[number * DIGEST_BYTES :][:DIGEST_BYTES] for number in range(kept)]
        for number in range(kept, whole):
            begin = number * part_size_bytes
            digests.append(self.digest_from(begin, "sha256", end=min(begin + part_size_bytes, self.offset)))
        with suppress(OSError), self._digests.open("ab") as file:  # without them the bytes are read once more
            file.truncate(kept * DIGEST_BYTES)
            file.write(b"".join(digests[kept:]))
        return digests


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
        yield PartialFile(descriptor, upload_id)
    finally:
        os.close(descriptor)


def remove(upload_id: str) -> None:
    """Delete an upload's bytes, if any, and what is known of them."""
    partial_path(upload_id).unlink(missing_ok=True)
    for path in partial_path(upload_id).parent.glob(f"{upload_id}.*"):
        path.unlink(missing_ok=True)


def _beside(upload_id: str, suffix: str) -> Path:
    return partial_path(f"{upload_id}{suffix}")
