"""Live danmaku: five thousand viewers of one lesson on one server process, and one more who takes nothing.

Senders and readers share the machine with the server. A message's time runs from before it is written to the database
until a viewer's socket gave it to the reader.
"""

import os
import re
import select
import socket
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.rows import Row, compared
from tests.eduvideo.danmaku.live_server import LiveServer
from tests.environment import free_port
from tests.servers.valkey import ValkeyServer

VIEWERS = 5_000
SECONDS = 15
MESSAGES_PER_S = 10
SENDERS = 150
PLAIN_SSE_US = 19.0  # uvicorn and SSE without batches, 1,000 to 5,000 clients (measured when the design was made)
MARK = re.compile(rb"said at (\d+)\.")
GRACE_S = 10.0

SPEAK = """
import threading, time
from eduvideo.catalog.models import Video
from eduvideo.danmaku.services import post_danmaku
from tests.factories.danmaku import a_person
lesson = Video.objects.get(public_id="%s")
people = [a_person() for _ in range(%d)]
pause, start = threading.Event(), time.monotonic()
for n in range(%d):
    pause.wait(max(0.0, start + n / %d - time.monotonic()))
    post_danmaku(lesson, author=people[n %% len(people)], position_ms=n, text=f"said at {time.monotonic_ns()}.")
"""


def run() -> list[Row]:
    """Return what arrived, how late, and what the server needed for it."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
        broker = ValkeyServer(port=free_port())
        broker.start()
        server = LiveServer(Path(folder), broker)
        try:
            (made,) = server.make(students=1)
            server.start()
            return _fan_out(server, made["lesson"])
        finally:
            server.stop()
            broker.remove()


def _fan_out(server: LiveServer, lesson: str) -> list[Row]:
    assert server.process
    pid = server.process.pid
    stalled = _opened(server.port, lesson, receives_bytes=4_096)
    without_mb = _rss_mb(pid)
    crowd = Crowd([_opened(server.port, lesson) for _ in range(VIEWERS)])
    crowd.start()
    try:
        before = _cpu_s(pid)
        messages = SECONDS * MESSAGES_PER_S
        server.run_code(SPEAK % (lesson, SENDERS, messages, MESSAGES_PER_S))
        crowd.wait_for(VIEWERS * messages)
        cpu_s = _cpu_s(pid) - before
        heard, late_ms = crowd.heard, sorted(crowd.late_ms)
        rss_mb = _rss_mb(pid)
    finally:
        crowd.stop()
        stalled.close()
    name = f"danmaku live: {VIEWERS:,} viewers, {MESSAGES_PER_S} messages/s"
    return [
        Row(f"{name}: delivered", 100 * heard / (VIEWERS * messages), "%", limit=100.0, is_least=True),
        Row(f"{name}: half of them after", late_ms[len(late_ms) // 2], "ms"),
        Row(f"{name}: 99 % of them after", late_ms[len(late_ms) * 99 // 100], "ms", limit=500.0),
        Row(f"{name}: memory they take", rss_mb - without_mb, "MB", limit=150.0),
        Row(f"{name}: memory of the whole web process", rss_mb, "MB"),
        compared(
            f"{name}: CPU for each", 1e6 * cpu_s / heard, "µs", baseline=PLAIN_SSE_US,
            baseline_name="plain SSE, one write per message",
        ),
    ]  # fmt: skip


class Crowd(threading.Thread):
    """Reads all streams in one thread, counts the danmaku in them and how late each is."""

    def __init__(self, viewers: list[socket.socket]) -> None:
        super().__init__()
        self.heard = 0
        self.late_ms: list[float] = []
        self._viewers = {viewer.fileno(): viewer for viewer in viewers}
        self._stop_asked = threading.Event()
        self._changed = threading.Condition()

    def run(self) -> None:
        with select.epoll() as poll:
            for number in self._viewers:
                poll.register(number, select.EPOLLIN)
            while not self._stop_asked.is_set():
                for number, _event in poll.poll(0.2):
                    # A batch is written at once, so marks are not split.
                    data = self._viewers[number].recv(1 << 16)
                    if not data:
                        poll.unregister(number)
                    now_ns = time.monotonic_ns()
                    found = MARK.findall(data)
                    self.heard += len(found)
                    self.late_ms += [(now_ns - int(mark)) / 1e6 for mark in found]
                with self._changed:
                    self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until so many were heard; at most ten seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.heard >= count, timeout=GRACE_S)

    def stop(self) -> None:
        self._stop_asked.set()
        self.join(10)
        for viewer in self._viewers.values():
            viewer.close()


def _opened(port: int, lesson: str, *, receives_bytes: int = 0) -> socket.socket:
    """Open a stream and return its socket once the server has begun to answer."""
    viewer = socket.socket()
    if receives_bytes:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives_bytes)
    viewer.settimeout(30)
    viewer.connect(("127.0.0.1", port))
    request = f"GET /api/v1/videos/{lesson}/danmaku/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    viewer.sendall(request.encode())
    begin = viewer.recv(4096)
    assert begin.startswith(b"HTTP/1.1 200"), begin
    return viewer


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS"))
