"""The object store as the web side sees it: sources, media, and everything else that is bytes.

Keys are "/"-separated paths like "assets/<asset>/<job>/720p/seg_00001.m4s"; no key is the parent of another key (some
S3 servers keep objects as files). `open_objects` gives the store of EDUVIDEO_OBJECTS_URL: the folder store is below,
the S3 store in s3.py. A store that browsers reach themselves is a DirectStore: isinstance(open_objects(), DirectStore)
decides between our own transport (tus, files served by us) and signed URLs.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from stat import S_ISDIR
from typing import Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from django.conf import settings

from eduvideo.core.errors import UnavailableError

# A folder is no object, and nothing is below a file.
NO_SUCH_FILE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object's key, size and time of last change (seconds since 1970)."""

    key: str
    size_bytes: int
    modified_s: float


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a multipart transfer: its number from 1 on, and what the store said of it.

    `sha256` is base64 as in the headers of S3, and empty where the sender gave none.
    """

    number: int
    size_bytes: int
    etag: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part as it is going to be sent; `sha256` is base64, empty where the transfer is not hashed."""

    number: int
    size_bytes: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class SignedPart:
    """Where a part is PUT to, and headers that the request must have besides its Content-Length."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Multipart:
    """A multipart transfer that is neither complete nor aborted; it began at begun_s (seconds since 1970)."""

    key: str
    multipart_id: str
    begun_s: float


class ObjectStoreError(UnavailableError):
    """The store could not do what was asked; `missing` tells whether the object is simply not there.

    The message is for operators; whoever made the request is told no more than that a part of the platform is away.
    """

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__()
        self.args = (message,)
        self.missing = missing


class PartsError(ObjectStoreError):
    """The parts that should make an object are not there, too small, or named wrongly: the sender's matter."""


class ObjectStore(Protocol):
    """What every store can do. Writes are atomic: a reader sees the whole object or none.

    Every call ends within a bounded time and raises ObjectStoreError, also for what is no key of an object.
    """

    def read(self, key: str) -> bytes:
        """Return an object's bytes; for small objects only."""

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        """Create or replace an object."""

    def put_file(self, file: Path, key: str, *, content_type: str) -> None:
        """Move a finished local file into the store; the file is gone afterwards, and stays where this fails."""

    def info(self, key: str) -> ObjectInfo | None:
        """Return what is known of an object, or None if it is not there."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield all objects under a prefix that ends in "/" or is empty, in the order of their keys' bytes."""

    def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is fine."""

    def delete_many(self, keys: Iterable[str]) -> None:
        """Remove objects; where some cannot be removed the others are, and the error says how many are left."""

    def delete_tree(self, prefix: str) -> int:
        """Remove everything under a prefix that ends in "/"; return how many objects went."""

    def check(self) -> None:
        """Raise ObjectStoreError with a sentence for the operator unless the store can be written."""


@runtime_checkable
class DirectStore(ObjectStore, Protocol):
    """A store that browsers reach themselves, by signed URLs of its public address; uploads come in parts."""

    def signed_url(self, key: str, *, expires_s: int, method: str = "GET", cache_control: str | None = None) -> str:
        """Return a URL for GET (or HEAD) of one object; the store answers with `cache_control` instead of its own.

        It is the same for some time, so that browsers may keep what they got: valid for at least half of expires_s,
        at most expires_s. Signs without asking the store, so also where there is no such object.
        """

    def begin_multipart(self, key: str, *, content_type: str, is_hashed: bool) -> str:
        """Begin an object that is sent in parts; return the id of the transfer.

        Of one that is hashed every part must come with its SHA-256; of one that is not, none.
        """

    def sign_parts(
        self, key: str, multipart_id: str, parts: Sequence[PlannedPart], *, expires_s: int
    ) -> dict[int, SignedPart]:
        """Return where to PUT each part, by number (1 to 10000). The answer's ETag names the part.

        The store refuses more or fewer bytes, and where a hash was given other ones.
        """

    def list_parts(self, key: str, multipart_id: str) -> tuple[Part, ...]:
        """Return all parts that have arrived, by number; `missing` error where there is no such transfer."""

    def complete_multipart(self, key: str, multipart_id: str, parts: Sequence[Part]) -> None:
        """Make the object of these parts, in the order of their numbers.

        Raises PartsError where they do not fit, a `missing` error where there is no such transfer (any more: it may
        have been completed by an earlier try).
        """

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        """Forget a transfer and its parts; one that is not there is fine."""

    def list_multiparts(self, prefix: str) -> Iterator[Multipart]:
        """Yield the transfers under a prefix that are under way or were left behind."""


def checked_key(key: str) -> str:
    """Return the key; refuses what would leave a folder or hide in it, so that all stores take the same keys."""
    if not key or any(part.startswith(".") or part == "" or "\0" in part for part in key.split("/")):
        raise ObjectStoreError(f"{key!r} is no key of an object", missing=True)
    return key


class FolderObjectStore:
    """Objects as files under one folder. A key is the path of its file relative to the root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Return the file of a key; refuses keys that would leave the root or hide in it."""
        return self.root.joinpath(*checked_key(key).split("/"))

    def read(self, key: str) -> bytes:
        try:
            return self.path(key).read_bytes()
        except NO_SUCH_FILE as error:
            raise ObjectStoreError(f"{key} is not there", missing=True) from error
        except OSError as error:
            raise ObjectStoreError(f"{key} cannot be read: {error}") from error

    def write(self, key: str, body: bytes, *, content_type: str) -> None:  # noqa: ARG002 - a file's name tells its type
        target = self.path(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".writing-", delete=False) as file:
                file.write(body)
            os.replace(file.name, target)
        except OSError as error:
            raise ObjectStoreError(f"{key} cannot be written: {error}") from error

    def put_file(self, file: Path, key: str, *, content_type: str) -> None:  # noqa: ARG002 - see write
        """Move a finished file into the store; on the store's file system that is a rename."""
        target = self.path(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.stat().st_dev == target.parent.stat().st_dev:
                os.replace(file, target)
                return
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".writing-") as folder:
                copy = shutil.copyfile(file, Path(folder) / "copy")
                os.replace(copy, target)
            file.unlink()
        except OSError as error:
            raise ObjectStoreError(f"{key} cannot be written: {error}") from error

    def info(self, key: str) -> ObjectInfo | None:
        try:
            stat = self.path(key).stat()
        except NO_SUCH_FILE:
            return None
        except OSError as error:
            raise ObjectStoreError(f"{key} cannot be looked at: {error}") from error
        return None if S_ISDIR(stat.st_mode) else ObjectInfo(key, stat.st_size, stat.st_mtime)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        yield from self._below(self.path(prefix.rstrip("/")) if prefix else self.root)

    def delete(self, key: str) -> None:
        target = self.path(key)
        try:
            target.unlink(missing_ok=True)
        except NO_SUCH_FILE:
            return
        except OSError as error:
            raise ObjectStoreError(f"{key} cannot be removed: {error}") from error
        self._remove_empty_parents(target)

    def delete_many(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.delete(key)

    def delete_tree(self, prefix: str) -> int:
        base = self.path(prefix.rstrip("/"))
        count = sum(1 for _ in self.list(prefix))
        shutil.rmtree(base, ignore_errors=True)
        self._remove_empty_parents(base)
        return count

    def check(self) -> None:
        self.write("health/probe.txt", b"ok", content_type="text/plain")

    def _below(self, folder: Path) -> Iterator[ObjectInfo]:
        try:
            with os.scandir(folder) as found:
                entries = [(entry, entry.is_dir()) for entry in found if not entry.name.startswith(".")]
        except NO_SUCH_FILE:  # never there, or deleted while we walk
            return
        # A folder's keys go on after its "/", which is before letters but after "-" and ".".
        entries.sort(key=lambda item: os.fsencode(item[0].name + "/" * item[1]))
        for entry, is_folder in entries:
            path = Path(entry.path)
            if is_folder:
                yield from self._below(path)
            elif info := self.info(path.relative_to(self.root).as_posix()):
                yield info

    def _remove_empty_parents(self, path: Path) -> None:
        for parent in path.parents:
            if parent == self.root or self.root not in parent.parents:
                return
            try:
                parent.rmdir()
            except OSError:  # not empty
                return


@cache
def open_objects() -> ObjectStore:
    """Return the store of this process, from EDUVIDEO_OBJECTS_URL; fails at once on a URL that it cannot serve."""
    url = urlsplit(settings.EDUVIDEO.objects)
    if url.scheme == "s3":
        from eduvideo.core.s3 import open_s3

        return open_s3(settings.EDUVIDEO)
    if url.scheme != "file" or url.netloc:
        raise ValueError(
            f"EDUVIDEO_OBJECTS_URL must be file:///folder or s3://bucket, not {url.scheme}://{url.hostname}"
        )
    root = Path(unquote(url.path))
    root.mkdir(parents=True, exist_ok=True)
    return FolderObjectStore(root)


def folder_objects() -> FolderObjectStore:
    """Return the store of this process where it is a folder; for code that only runs there."""
    store = open_objects()
    if not isinstance(store, FolderObjectStore):
        raise TypeError(f"EDUVIDEO_OBJECTS_URL is no folder but {settings.EDUVIDEO.objects}")
    return store
