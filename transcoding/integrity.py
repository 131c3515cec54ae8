"""Whether what came from the store is what its sender sent."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from transcoding.errors import SourceError
from transcoding.messages import FailureCode

PIECE_BYTES = 1 << 20
TRIES = 2  # one torn transfer is nobody's fault; the same again is what the store has


class Fetching(Protocol):
    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        """See storage.MediaStore."""


@dataclass(frozen=True, slots=True)
class FileHash:
    """SHA-256 in hex: of the whole, and of the concatenated SHA-256 of its parts (as S3's composite checksums)."""

    whole: str
    parts: str


class VerifiedSources:
    """Sources of a store, compared with the hash of their parts before anything is made of them.

    `sha256` is that of the whole that was fetched last, empty before. Without an expected hash nothing is compared.
    """

    def __init__(self, store: Fetching, *, part_bytes: int, parts_sha256: str) -> None:
        self.sha256 = ""
        self._store, self._part_bytes, self._expected = store, part_bytes, parts_sha256

    def fetch(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        """See storage.MediaStore; raises SourceError where the store has something else."""
        for _ in range(TRIES):
            self._store.fetch(key, path, check=check)
            found = hash_file(path, part_bytes=self._part_bytes, check=check)
            if self._expected in {"", found.parts}:
                self.sha256 = found.whole
                return
            path.unlink()
        raise SourceError(
            "The file in the store is not the one that was uploaded. Please upload it again.",
            code=FailureCode.SOURCE_DAMAGED,
            detail=f"{key}: hash of its parts {found.parts}, expected {self._expected}",
        )


def hash_file(path: Path, *, part_bytes: int, check: Callable[[], None]) -> FileHash:
    """Read a file once; all parts have part_bytes (0: the whole is one) but the last. Calls `check` again and again."""
    whole, parts, part, room = hashlib.sha256(), hashlib.sha256(), hashlib.sha256(), part_bytes
    with path.open("rb") as file:
        while piece := file.read(min(PIECE_BYTES, room or PIECE_BYTES)):
            check()
            whole.update(piece)
            part.update(piece)
            room -= len(piece) if part_bytes else 0
            if part_bytes and not room:
                parts.update(part.digest())
                part, room = hashlib.sha256(), part_bytes
    if not part_bytes or room < part_bytes:
        parts.update(part.digest())
    return FileHash(whole.hexdigest(), parts.hexdigest())
