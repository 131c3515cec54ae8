"""Where sources come from and output goes: keys are "/"-separated paths, the same in a folder and in S3."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from transcoding.errors import ConfigurationError, SourceMissingError, StorageError
from transcoding.messages import FailureCode
from transcoding.settings import Settings

IMMUTABLE = "public, max-age=31536000, immutable"
CHANGING = "no-cache"
CONTENT_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".vtt": "text/vtt; charset=utf-8",
    ".jpg": "image/jpeg",
    ".json": "application/json",
}


class MediaStore(Protocol):
    """The little that a worker needs. Both calls block for a bounded time and raise StorageError.

    No key is the parent of another key (some S3 servers keep objects as files).
    """

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        """Bring a whole object to a local file that does not exist yet, or leave nothing.

        Raises SourceMissingError if there is no such object. A long transfer calls `check` again and again; what that
        raises ends it.
        """

    def put(self, path: Path, key: str, *, content_type: str, cache_control: str) -> None:
        """Create or replace an object from a local file; readers see the whole object or the one before.

        The caller does not change the file afterwards (the folder store may share its bytes).
        """


class FolderMediaStore:
    """Objects as files under one folder; a file's name tells its type, so type and caching are the server's matter."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:  # noqa: ARG002 - a link takes no time
        source = self._path(key)
        if not source.is_file():
            raise SourceMissingError("The uploaded file is no longer there.", detail=key)
        try:
            _link_or_copy(source, path)
        except OSError as error:
            raise _storage_error(error) from error

    def put(self, path: Path, key: str, *, content_type: str, cache_control: str) -> None:  # noqa: ARG002 - see class
        target = self._path(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".writing-") as folder:
                copy = Path(folder) / target.name
                _link_or_copy(path, copy)
                copy.replace(target)
        except OSError as error:
            raise _storage_error(error) from error

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in {"", ".", ".."} or part.startswith(".") or "\0" in part for part in parts):
            raise StorageError("The file has an impossible name in the store.", detail=repr(key))
        return self.root.joinpath(*parts)


@cache
def open_store(chosen: Settings) -> MediaStore:
    """Open the store of EDUVIDEO_OBJECTS_URL, file:///absolute/folder or s3://bucket[/prefix]; one per process."""
    parts = urlsplit(chosen.objects_url)
    if parts.scheme == "s3":
        from transcoding.s3 import S3MediaStore

        return S3MediaStore(chosen)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return FolderMediaStore(Path(unquote(parts.path)))
    raise ConfigurationError(f"EDUVIDEO_OBJECTS_URL must be file:///folder or s3://bucket, not {chosen.objects_url!r}")


def put_file(store: MediaStore, path: Path, key: str, *, cache_control: str = IMMUTABLE) -> int:
    """Put a file under the type that its key's ending says; return its size in bytes."""
    store.put(path, key, content_type=CONTENT_TYPES[Path(key).suffix], cache_control=cache_control)
    return path.stat().st_size


def _link_or_copy(source: Path, target: Path) -> None:
    """A hard link costs nothing; across file systems, or where links are refused, copy."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES}:
            raise
        shutil.copyfile(source, target)


def _storage_error(error: OSError) -> StorageError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageError("There is no room left for the video.", code=FailureCode.OUT_OF_SPACE, detail=str(error))
    return StorageError("The file store did not answer.", detail=str(error))
