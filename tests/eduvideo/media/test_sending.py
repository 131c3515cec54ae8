"""Sending of files at the level of ASGI: what is read when, with which threads and how much memory."""

import asyncio
import errno
import os
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message

from eduvideo.media import sending
from eduvideo.media.sending import PIECE_BYTES, file_response

SIZE = 3 * PIECE_BYTES + 1000


CONTENT = random.Random(8216).randbytes(SIZE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "seg_00001.m4s"
    path.write_bytes(CONTENT)
    return path


class Reader:
    """A client that takes as many pieces as it is let; `begun` is set with the first byte of the answer."""

    def __init__(self) -> None:
        self.may_take = asyncio.Semaphore(0)
        self.begun, self.gone = asyncio.Event(), asyncio.Event()
        self.body, self._pending = bytearray(), b""
        self.written = 0  # of these bytes were handed over, taken or not
        self.is_complete = False

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            return
        # As a server does: the buffer takes a piece, and whoever comes with the next waits until it is empty.
        while self.written > len(self.body) and not self.gone.is_set():
            gone = asyncio.create_task(self.gone.wait())
            taken = asyncio.create_task(self.may_take.acquire())
            await asyncio.wait({gone, taken}, return_when=asyncio.FIRST_COMPLETED)
            for task in (gone, taken):
                task.cancel()
            self.body += self._pending
        self._pending = bytes(message["body"])
        self.written += len(self._pending)
        self.is_complete = not message.get("more_body", False)
        self.begun.set()

    async def ask(self, path: Path, **headers: str) -> None:
        response = await file_response(path, Headers(headers), method="GET", headers={"Content-Type": "video/mp4"})
        await response({"type": "http", "method": "GET"}, self.receive, self.send)
        self.body += self._pending

    def take_all(self) -> "Reader":
        for _ in range(1000):
            self.may_take.release()
        return self


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(bounded())


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("", 0, SIZE),
        ("bytes=10-", 10, SIZE),
        (f"bytes={PIECE_BYTES - 1}-{PIECE_BYTES}", PIECE_BYTES - 1, PIECE_BYTES + 1),
        (f"bytes=100-{99 + PIECE_BYTES}", 100, 100 + PIECE_BYTES),
        (f"bytes=100-{100 + PIECE_BYTES}", 100, 101 + PIECE_BYTES),
    ],
)
@pytest.mark.parametrize("memory", ["knows", "has nothing", "cannot tell", "has little"])
def test_every_byte_arrives_once_wherever_it_is_read_from(
    file: Path, wanted: str, start: int, end: int, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = os.preadv

    def preadv(fd: int, buffers: list[bytearray], offset: int, flags: int) -> int:
        assert flags == os.RWF_NOWAIT
        if memory == "has nothing":
            raise BlockingIOError(errno.EAGAIN, "not in memory")
        if memory == "cannot tell":
            raise OSError(errno.EOPNOTSUPP, "not on this file system")
        return original(fd, [memoryview(buffers[0])[:4096]] if memory == "has little" else buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)

    async def test() -> None:
        reader = Reader().take_all()
        await reader.ask(file, range=wanted)
        assert reader.is_complete
        assert bytes(reader.body) == CONTENT[start:end]

    run(test)


def test_a_slow_reader_costs_one_piece_and_no_thread(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_disk", ThreadPoolExecutor(1))

    async def test() -> None:
        slow = [Reader() for _ in range(20)]
        waiting = [asyncio.create_task(reader.ask(file)) for reader in slow]
        for reader in slow:
            await reader.begun.wait()
        quick = Reader().take_all()
        await quick.ask(file)  # by the one thread that there is
        assert bytes(quick.body) == CONTENT
        assert [reader.written for reader in slow] == [PIECE_BYTES] * 20
        for reader in slow:
            reader.take_all()
        await asyncio.gather(*waiting)
        assert all(bytes(reader.body) == CONTENT for reader in slow)

    run(test)


def test_for_a_reader_who_has_gone_nothing_more_is_read(file: Path) -> None:
    async def test() -> None:
        reader = Reader()
        asking = asyncio.create_task(reader.ask(file))
        await reader.begun.wait()
        reader.gone.set()
        await asking
        assert not reader.is_complete
        assert reader.written <= 2 * PIECE_BYTES

    run(test)


def test_between_few_pieces_there_is_time_for_a_page(file: Path) -> None:
    """However many readers there are, and although all are as fast as can be."""

    async def test() -> None:
        sent, between = 0, [0]

        async def send(message: Message) -> None:
            nonlocal sent
            sent += bool(message.get("body"))

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {}

        async def page() -> None:
            while sent < 40 * 4:
                before = sent
                await asyncio.sleep(0)
                between.append(sent - before)

        answers = [await file_response(file, Headers({}), method="GET", headers={}) for _ in range(40)]
        await asyncio.gather(page(), *(answer({"type": "http"}, receive, send) for answer in answers))
        assert sent == 40 * 4
        assert max(between) < 10

    run(test)


def test_a_file_that_ends_early_ends_the_answer_with_an_error(file: Path) -> None:
    async def test() -> None:
        reader = Reader()
        asking = asyncio.create_task(reader.ask(file))
        await reader.begun.wait()
        os.truncate(file, PIECE_BYTES)
        reader.take_all()
        with pytest.raises(EOFError, match="ends at"):
            await asking

    run(test)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_no_file_is_not_there(tmp_path: Path, method: str) -> None:
    async def test() -> None:
        for path in (tmp_path, tmp_path / "none", tmp_path / ("x" * 300)):
            with pytest.raises(OSError) as caught:
                await file_response(path, Headers({}), method=method, headers={})
            assert caught.value.errno in {errno.ENOENT, errno.EISDIR, errno.ENAMETOOLONG}

    run(test)
