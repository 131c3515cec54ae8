"""Send a file, or a part of one, from the event loop at the pace of its reader.

One trip to a thread opens the file and reads the first piece, which is all of a small segment. Further pieces that the
system has in memory are read at once, without waiting for a disk (RWF_NOWAIT); only others cost another trip. The
threads are of a pool that nothing else waits for, and none is held by a slow or vanished reader: that costs one piece
of memory and two descriptors.
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

from django.utils.http import http_date
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from eduvideo.media.errors import RangeNotSatisfiableError
from eduvideo.media.ranges import BEYOND, UNCHANGED, Extent, Version, extent_of, headers_of

PIECE_BYTES = 256 * 1024
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
        super().__init__(begun.first, begun.extent.status, {**headers, **headers_of(begun.extent, begun.version)})
        self._begun = begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._begun.file is None:
            await super().__call__(scope, receive, send)
            return
        with self._begun.file as file:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            reader = asyncio.create_task(_until_gone(receive))
            try:
                await self._send_pieces(file, send, reader)
            finally:
                reader.cancel()

    async def _send_pieces(self, file: FileIO, send: Send, reader: asyncio.Task[None]) -> None:
        piece: bytes | bytearray = self._begun.first
        at, end = self._begun.extent.start, self._begun.extent.end
        while True:
            at += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": at < end})
            if at == end or reader.done():
                return
            # Returns when the reader has taken the piece; until then the next is not read.
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            await asyncio.sleep(0)  # others' turn, where the reader is as fast as we are
            piece = await _piece(file, at, min(PIECE_BYTES, end - at))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _piece(file: FileIO, at: int, size: int) -> bytes | bytearray:
    """Return at most `size` bytes from `at`, and at least one."""
    piece = bytearray(size)
    try:
        del piece[os.preadv(file.fileno(), [piece], at, os.RWF_NOWAIT) :]
    except OSError:  # not in memory, or a file system that cannot tell
        return await asyncio.get_running_loop().run_in_executor(_disk, _pread, file, at, size)
    return piece or _pread(file, at, size)


def _pread(file: FileIO, at: int, size: int) -> bytes:
    piece = os.pread(file.fileno(), size, at)
    if not piece:
        raise EOFError(f"{file.name} ends at {at}")
    return piece
