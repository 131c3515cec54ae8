"""Danmaku: CPU of the live stream per delivery, of a segment in a full video, and the rate of a bulk import."""

import json
import os
import selectors
import socket
import tempfile
import threading
from pathlib import Path

from tests.bench.rows import Row, compared
from tests.eduvideo.danmaku.live_server import LiveServer
from tests.environment import free_port
from tests.servers.valkey import ValkeyServer

VIEWERS = 500
SECONDS = 6
MESSAGES_PER_S = 10
ITEMS = 100_000
PLAIN_SSE_US = 19.0  # uvicorn and SSE without batches, 1,000 to 5,000 clients (measured when the design was made)
MARK = "这里没听懂".encode()

SPEAK = """
import threading
from eduvideo.catalog.models import Video
from eduvideo.danmaku.services import post_danmaku
from tests.factories.danmaku import a_person
lesson = Video.objects.get(public_id="%s")
people = [a_person() for _ in range(20)]
pause = threading.Event()
for n in range(%d):
    post_danmaku(lesson, author=people[n %% 20], position_ms=n, text=f"这里没听懂 {n}")
    pause.wait(%f)
"""
BULK = """
import json, time
from django.core.management import call_command
call_command("migrate", verbosity=0)
from eduvideo.danmaku import queries
from tests.factories.danmaku import NewDanmaku, a_lesson, add_danmaku_bulk
minutes, count = 12, %d
lesson = a_lesson(duration_ms=minutes * 60_000)
items = [NewDanmaku(i * 7919 %% (minutes * 60_000), f"弹幕 no. {i}", weight=i %% 11) for i in range(count)]
begin = time.process_time()
add_danmaku_bulk(lesson, items)
bulk_s = time.process_time() - begin
segments = []
for n in range(minutes):
    begin = time.process_time()
    queries.segment(lesson, n).as_json()
    segments.append(1000 * (time.process_time() - begin))
print(json.dumps({"per_s": count / bulk_s, "segment_ms": sorted(segments)[len(segments) // 2]}))
"""


def run() -> list[Row]:
    """Measure all three, the stream with real sockets to one server process."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
        broker = ValkeyServer(port=free_port())
        broker.start()
        server = LiveServer(Path(folder), broker)
        try:
            bulk = json.loads(server.run_code(BULK % ITEMS))
            (made,) = server.make(students=1)
            server.start()
            delivered, cpu_s, rss_mb = _fan_out(server, made["lesson"])
        finally:
            server.stop()
            broker.remove()
    expected = VIEWERS * SECONDS * MESSAGES_PER_S
    return [
        compared("danmaku live: CPU per message and viewer", 1e6 * cpu_s / delivered, "µs", baseline=PLAIN_SSE_US,
                 baseline_name="plain SSE, one write per message"),
        Row(f"danmaku live: delivered to {VIEWERS} viewers", 100 * delivered / expected, "%"),
        Row(f"danmaku live: memory with {VIEWERS} viewers", rss_mb, "MB"),
        Row("danmaku segment: CPU at 8,300 in the minute", bulk["segment_ms"], "ms"),
        compared("danmaku import", bulk["per_s"], "per CPU s", baseline=20_000, baseline_name="the issue's figure"),
    ]  # fmt: skip


def _fan_out(server: LiveServer, lesson: str) -> tuple[int, float, float]:
    """Return how many messages arrived, the server's CPU seconds for them, and its memory in MB."""
    assert server.process
    pid = server.process.pid
    viewers = [_opened(server.port, lesson) for _ in range(VIEWERS)]
    crowd = Crowd(viewers)
    crowd.start()
    try:
        before = _cpu_s(pid)
        server.run_code(SPEAK % (lesson, SECONDS * MESSAGES_PER_S, 1 / MESSAGES_PER_S))
        crowd.wait_for(VIEWERS * SECONDS * MESSAGES_PER_S)
        cpu_s = _cpu_s(pid) - before
        return crowd.heard, cpu_s, _rss_mb(pid)
    finally:
        crowd.stop()


class Crowd(threading.Thread):
    """Reads all streams in one thread and counts the danmaku in them."""

    def __init__(self, viewers: list[socket.socket]) -> None:
        super().__init__()
        self.heard = 0
        self._viewers = viewers
        self._stop_asked = threading.Event()
        self._changed = threading.Condition()

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for viewer in self._viewers:
                selector.register(viewer, selectors.EVENT_READ, viewer)
            while not self._stop_asked.is_set():
                for key, _ in selector.select(timeout=0.2):
                    heard = key.data.recv(1 << 18).count(MARK)  # a batch is written at once, so marks are not split
                    with self._changed:
                        self.heard += heard
                        self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until so many were heard; at most ten seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.heard >= count, timeout=10)

    def stop(self) -> None:
        self._stop_asked.set()
        self.join(10)
        for viewer in self._viewers:
            viewer.close()


def _opened(port: int, lesson: str) -> socket.socket:
    """Open a stream and return its socket once the server has begun to answer."""
    viewer = socket.create_connection(("127.0.0.1", port), timeout=30)
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
