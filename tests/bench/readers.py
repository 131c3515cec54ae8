"""Viewers who read segments, many at once, in a process of their own so that they disturb no measurement here."""

import heapq
import multiprocessing
import selectors
import socket
import time
from collections.abc import Sequence
from typing import Any, Self

CONTEXT = multiprocessing.get_context("fork")
BUFFER_BYTES = 1 << 20


class Readers:
    """So many viewers, each with a connection that is kept; they read while the block runs."""

    def __init__(self, port: int, paths: Sequence[str], *, count: int, pace_s: float = 0) -> None:
        """Each reads the paths over and over: one every pace_s, or without a pause."""
        self._read: Any = CONTEXT.Value("q", 0)
        self._segments: Any = CONTEXT.Value("q", 0)
        self._ended = CONTEXT.Event()
        self._process = CONTEXT.Process(
            target=_read_all, args=(port, tuple(paths), count, pace_s, self._read, self._segments, self._ended)
        )

    @property
    def read_bytes(self) -> int:
        return int(self._read.value)

    @property
    def segments(self) -> int:
        """How many were read to their end."""
        return int(self._segments.value)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._process.join(30)
        if self._process.exitcode != 0:
            raise RuntimeError(f"the readers ended with {self._process.exitcode}")


class _Viewer:
    def __init__(self, port: int, *, first: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setblocking(False)  # a request fits into the empty buffer of the socket
        self.next = first
        self.left = 0  # bytes of the answer that are still to come
        self.head = b""

    def ask(self, paths: Sequence[str]) -> None:
        path = paths[self.next % len(paths)]
        self.next += 1
        self.head = b""
        self.socket.send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    def take(self, buffer: bytearray) -> tuple[int, bool]:
        """Return how many bytes came, and whether the answer is complete."""
        try:
            size = self.socket.recv_into(buffer)
        except BlockingIOError:
            return 0, False
        if size == 0:
            raise RuntimeError("the server closed the connection")
        if self.left:
            self.left -= size
            return size, self.left == 0
        head, end, body = (self.head + bytes(buffer[:size])).partition(b"\r\n\r\n")
        if not end:
            self.head = head
            return size, False
        if b" 200 " not in head[:20]:
            raise RuntimeError(f"unexpected answer: {head[:200]!r}")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        self.left = int(lengths[0].partition(b":")[2]) - len(body)
        return size, self.left == 0


def _read_all(port: int, paths: Sequence[str], count: int, pace_s: float, read: Any, segments: Any, ended: Any) -> None:
    viewers = [_Viewer(port, first=number) for number in range(count)]
    buffer = bytearray(BUFFER_BYTES)
    began = time.monotonic()
    due = [(began + pace_s * number / count, number) for number in range(count)]
    with selectors.DefaultSelector() as selector:
        for number, viewer in enumerate(viewers):
            selector.register(viewer.socket, selectors.EVENT_READ, number)
        while not ended.is_set():
            now = time.monotonic()
            while due and due[0][0] <= now:
                viewers[heapq.heappop(due)[1]].ask(paths)
            for key, _ in selector.select(timeout=min(0.2, max(0, due[0][0] - now)) if due else 0.2):
                size, is_complete = viewers[key.data].take(buffer)
                read.value += size
                if is_complete:
                    segments.value += 1
                    heapq.heappush(due, (now + pace_s, key.data))
    for viewer in viewers:
        viewer.socket.close()
