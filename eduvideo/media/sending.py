"""Send a file, or a part of one, from the event loop at the pace of its reader.

One trip to a thread opens the file and reads the first piece, which is all of a small segment. Further pieces that the
system has in memory are read at once, without waiting for a disk (RWF_NOWAIT); only others cost another trip. The
threads are of a pool that nothing else waits for, and none is held by a slow or vanished reader: that costs one piece
of memory and two descriptors. However many readers take whatever they can get, each turn of the loop has a few pieces
and no more: a page needs many turns, and in each it had to wait for a piece of every reader.
"""

import asyncio
import errno
import os
import stat
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from weakref import WeakKeyDictionary

from django.utils.http import http_date
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from eduvideo.core.streaming import until_gone
from eduvideo.media.errors import RangeNotSatisfiableError
from eduvideo.media.ranges import BEYOND, UNCHANGED, Extent, Version, extent_of, headers_of

PIECE_BYTES = 256 * 1024
PIECES_PER_TURN = 4
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_disk = ThreadPoolExecutor(8, thread_name_prefix="media-disk")


async def file_response(path: Path, asked: Headers, *, method: str, headers: Mapping[str, str]) -> Response:
    """Answer GET or HEAD of a file; `headers` are those of the whole file.

    Raises FileNotFoundError and the like where there is no such file, RangeNotSatisfiableError.
    """
    begun = await asyncio.get_running_loop().run_in_executor(_disk, _begin, path, asked, method)
    return _FileResponse(begun, headers)


def bytes_response(body: bytes, asked: Headers, *, method: str, headers: Mapping[str, str], etag: str) -> Response:
    """Answer GET or HEAD of a text that is in memory; raises RangeNotSatisfiableError."""
    version = Version(len(body), etag)
    extent = _extent(asked, version, method=method)
    told = {**headers, **headers_of(extent, version)}
    return Response(body[extent.start : extent.end] if method == "GET" else b"", extent.status, told)


def _extent(asked: Headers, version: Version, *, method: str) -> Extent:
    extent = extent_of(asked, version, method=method)
    if extent.status == BEYOND:
        raise RangeNotSatisfiableError(size_bytes=version.size_bytes)
    return extent


@dataclass(frozen=True, slots=True)
class _Begun:
    """An answer with its first bytes; `file` has the others, and is None where there are no others."""

    version: Version
    extent: Extent
    first: bytes = b""
    file: FileIO | None = None


def _begin(path: Path, asked: Headers, method: str) -> _Begun:
    file = FileIO(path)
    with ExitStack() as closing:
        closing.enter_context(file)
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(errno.ENOENT, "no file", str(path))
        version = Version(found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}"', http_date(found.st_mtime))
        extent = _extent(asked, version, method=method)
        if method == "HEAD" or extent.status == UNCHANGED:
            return _Begun(version, extent)
        first = os.pread(file.fileno(), min(PIECE_BYTES, extent.size_bytes), extent.start)
        if len(first) == extent.size_bytes:
            return _Begun(version, extent, first)
        closing.pop_all()
        return _Begun(version, extent, first, file)


class _FileResponse(Response):
    def __init__(self, begun: _Begun, headers: Mapping[str, str]) -> None:
        super().__init__(b"", begun.extent.status, {**headers, **headers_of(begun.extent, begun.version)})
        self._begun = begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        first, file = self._begun.first, self._begun.file
        async with _turn():
            await _hand_over(send, first, is_last=file is None)
        if file is None:
            return
        with file:
            reader = asyncio.create_task(until_gone(receive))
            try:
                await _send_rest(file, self._begun.extent.start + len(first), self._begun.extent.end, send, reader)
            finally:
                reader.cancel()


async def _send_rest(file: FileIO, at: int, end: int, send: Send, reader: asyncio.Task[None]) -> None:
    while at < end:
        # Returns when the reader has taken what it was sent; until then no more is read.
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        if reader.done():
            return
        size = min(PIECE_BYTES, end - at)
        piece: bytes | bytearray
        async with _turn():
            piece = _in_memory(file, at, size)
            if piece:
                await _hand_over(send, piece, is_last=at + len(piece) == end)
        if not piece:
            piece = await asyncio.get_running_loop().run_in_executor(_disk, _on_disk, file, at, size)
            async with _turn():
                await _hand_over(send, piece, is_last=at + len(piece) == end)
        at += len(piece)


def _turn() -> asyncio.Semaphore:
    """Return what a few at a time may hold, for one turn of the loop."""
    loop = asyncio.get_running_loop()
    return _turns.get(loop) or _turns.setdefault(loop, asyncio.Semaphore(PIECES_PER_TURN))


async def _hand_over(send: Send, piece: bytes | bytearray, *, is_last: bool) -> None:
    """Send a piece to a reader who has taken all before, so that this takes no longer than the turn."""
    await send({"type": "http.response.body", "body": piece, "more_body": not is_last})
    await asyncio.sleep(0)


def _in_memory(file: FileIO, at: int, size: int) -> bytearray:
    """Return at most `size` bytes from `at`: what the system need not ask a disk for, so perhaps nothing."""
    piece = bytearray(size)
    try:
        del piece[os.preadv(file.fileno(), [piece], at, os.RWF_NOWAIT) :]
    except OSError:  # nothing of it, or a file system that cannot tell
        piece.clear()
    return piece


def _on_disk(file: FileIO, at: int, size: int) -> bytes:
    """Return at most `size` bytes from `at`, and at least one."""
    piece = os.pread(file.fileno(), size, at)
    if not piece:
        raise EOFError(f"{file.name} ends at {at}")
    return piece
