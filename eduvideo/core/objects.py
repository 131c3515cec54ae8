"""The object store as the web side sees it: sources, media, and everything else that is bytes.

Keys are "/"-separated paths like "assets/<asset>/<job>/720p/seg_00001.m4s"; no key is the parent of another key (some
S3 servers keep objects as files). `open_objects` gives the store of EDUVIDEO_OBJECTS_URL; the folder store is below.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object's key, size and time of last change (seconds since 1970)."""

    key: str
    size_bytes: int
    modified_s: float


class ObjectStoreError(Exception):
    """The store could not do what was asked; `missing` tells whether the object is simply not there."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class ObjectStore(Protocol):
    """What every store can do. Writes are atomic: a reader sees the whole object or none."""

    def read(self, key: str) -> bytes:
        """Return an object's bytes; for small objects only."""

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        """Create or replace an object."""

    def info(self, key: str) -> ObjectInfo | None:
        """Return what is known of an object, or None if it is not there."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield all objects under a prefix that ends in "/" or is empty, in the order of their keys."""

    def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is fine."""

    def delete_tree(self, prefix: str) -> int:
        """Remove everything under a prefix that ends in "/"; return how many objects went."""

    def check(self) -> None:
        """Raise ObjectStoreError with a sentence for the operator unless the store can be written."""


class FolderObjectStore:
    """Objects as files under one folder. A key is the path of its file relative to the root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Return the file of a key; refuses keys that would leave the root or hide in it."""
        parts = key.split("/")
        if not key or any(part in {"", ".", ".."} or part.startswith(".") or "\0" in part for part in parts):
            raise ObjectStoreError(f"{key!r} is no key of an object", missing=True)
        return self.root.joinpath(*parts)

    def read(self, key: str) -> bytes:
        try:
            return self.path(key).read_bytes()
        except OSError as error:
            raise ObjectStoreError(
                f"{key} cannot be read: {error}", missing=isinstance(error, FileNotFoundError)
            ) from error

    def write(self, key: str, body: bytes, *, content_type: str) -> None:  # noqa: ARG002 - a file's name tells its type
        target = self.path(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".writing-", delete=False) as file:
                file.write(body)
            os.replace(file.name, target)
        except OSError as error:
            raise ObjectStoreError(f"{key} cannot be written: {error}") from error

    def adopt(self, file: Path, key: str) -> None:
        """Move a finished file of the same file system into the store, atomically."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)

    def info(self, key: str) -> ObjectInfo | None:
        try:
            stat = self.path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return ObjectInfo(key, stat.st_size, stat.st_mtime)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        base = self.path(prefix.rstrip("/")) if prefix else self.root
        for folder, folders, files in os.walk(base):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                info = None if name.startswith(".") else self._walked(Path(folder, name))
                if info:
                    yield info

    def delete(self, key: str) -> None:
        target = self.path(key)
        target.unlink(missing_ok=True)
        self._remove_empty_parents(target)

    def delete_tree(self, prefix: str) -> int:
        base = self.path(prefix.rstrip("/"))
        count = sum(1 for _ in self.list(prefix))
        shutil.rmtree(base, ignore_errors=True)
        self._remove_empty_parents(base)
        return count

    def check(self) -> None:
        self.write("health/probe.txt", b"ok", content_type="text/plain")

    def _walked(self, path: Path) -> ObjectInfo | None:
        try:
            stat = path.stat()
        except FileNotFoundError:  # deleted while we walk
            return None
        return ObjectInfo(path.relative_to(self.root).as_posix(), stat.st_size, stat.st_mtime)

    def _remove_empty_parents(self, path: Path) -> None:
        for parent in path.parents:
            if parent == self.root or self.root not in parent.parents:
                return
            try:
                parent.rmdir()
            except OSError:  # not empty
                return


@cache
def open_objects() -> FolderObjectStore:
    """Return the store of this process, from EDUVIDEO_OBJECTS_URL; fails at once on a URL that it cannot serve."""
    url = urlsplit(settings.EDUVIDEO.objects)
    if url.scheme != "file":
        raise ValueError(f"EDUVIDEO_OBJECTS_URL must start with file://, not with {url.scheme}://")
    root = Path(unquote(url.path))
    root.mkdir(parents=True, exist_ok=True)
    return FolderObjectStore(root)
