"""Delivery of media by the web process itself: what a gigabyte costs, and what pages feel of 200 viewers.

The same files by nginx, by uvicorn from memory (its best) and by Starlette's FileResponse; the watch page of a real
platform alone, beside viewers at the pace of playing, and beside viewers who read as fast as they can.
"""

import http.client
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from eduvideo.core.supervision import platform_programs
from tests.bench.processes import cpu_s, forget_peak, peak_mib, rss_mib
from tests.bench.readers import Readers
from tests.bench.rows import Row, compared
from tests.environment import free_port
from tests.servers.nginx import NginxServer
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

SEGMENT_BYTES, SEGMENTS = 1536 * 1024, 48  # four seconds of 3 Mbit/s
PACE_S = 4.0
FEW, VIEWERS = 16, 200
GIGABYTE = 1_000_000_000
MEASURED_BYTES, MEASURED_S = 2 * GIGABYTE, 8.0
PAGES, PAGES_S = 120, 15.0
MAKE = """
import json
from eduvideo.media import services
from tests.factories.catalog import a_video
lesson = a_video()
print(json.dumps({"page": lesson.public_id, "prefix": lesson.asset.played_prefix}))
"""


def run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
        platform = RunningPlatform(Path(folder), arguments=("--no-demo", "--transcode-slots", "0"))
        platform.start()
        try:
            made = json.loads(platform.manage("shell", "-v", "0", "-c", MAKE).splitlines()[-1])
            objects = Path(folder) / "objects"
            keys = [f"{made['prefix']}720p/seg_{number:05}.m4s" for number in range(1, SEGMENTS + 1)]
            for key in keys:
                (objects / key).parent.mkdir(parents=True, exist_ok=True)
                (objects / key).write_bytes(os.urandom(SEGMENT_BYTES))
            return [*_gigabytes(platform, objects, keys), *_pages(platform, f"/watch/{made['page']}", keys)]
        finally:
            platform.stop()


def _gigabytes(platform: RunningPlatform, objects: Path, keys: Sequence[str]) -> list[Row]:
    paths = [f"/{key}" for key in keys]
    ours = _per_gigabyte(platform.pids()["web"], platform.port, [f"/media{path}" for path in paths])
    with _uvicorn("memory", objects) as (pid, port):
        best = _per_gigabyte(pid, port, paths)
    with _uvicorn("files", objects) as (pid, port):
        starlette = _per_gigabyte(pid, port, paths)
    nginx = None
    with suppress(pytest.skip.Exception), ExitStack() as stack:
        server = NginxServer(objects)
        stack.callback(server.remove)
        for place in (objects, *objects.parents[:1]):
            place.chmod(0o755)
        server.start()
        assert server.process
        nginx = _per_gigabyte(server.process.pid, server.port, paths)
    name = "delivery: CPU of a GB of segments"
    return [
        compared(name, ours, "s", baseline=nginx, baseline_name="nginx, sendfile"),
        compared(name, ours, "s", baseline=best, baseline_name="uvicorn, from memory"),
        compared(name, ours, "s", baseline=starlette, baseline_name="uvicorn, Starlette's files", limit=1.0),
    ]


def _per_gigabyte(pid: int, port: int, paths: Sequence[str]) -> float:
    """Return the CPU seconds of a server for a gigabyte read by a few who read as fast as they can."""
    with Readers(port, paths, count=FEW) as readers:
        wait_until(lambda: readers.segments >= FEW, timeout_s=30, message="nothing is delivered")
        before, cpu_before, deadline = readers.read_bytes, cpu_s(pid), time.monotonic() + MEASURED_S
        wait_until(
            lambda: readers.read_bytes >= before + MEASURED_BYTES or time.monotonic() > deadline,
            timeout_s=60, message="nothing is delivered", every_s=0.02,
        )  # fmt: skip
        return (cpu_s(pid) - cpu_before) / (readers.read_bytes - before) * GIGABYTE


@contextmanager
def _uvicorn(app: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run an application of bare.py as the platform runs its own; yield its process id and port."""
    port = free_port()
    web = platform_programs(host="127.0.0.1", port=port, valkey=None, transcode_slots=0)[0].command
    command = [f"tests.bench.bare:{app}" if part == "eduvideo.config.asgi:application" else part for part in web]
    command += ["--log-level", "warning", "--lifespan", "off"]
    process = subprocess.Popen(command, env={**os.environ, "BENCH_FOLDER": str(folder)}, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port), timeout_s=30, message="uvicorn did not start")
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
    except OSError:
        return False
    finally:
        connection.close()
    return True


def _pages(platform: RunningPlatform, page: str, keys: Sequence[str]) -> list[Row]:
    paths, pid = [f"/media/{key}" for key in keys], platform.pids()["web"]
    _page_ms(platform.port, page)  # warms up
    alone = _page_ms(platform.port, page)
    forget_peak(pid)
    held = rss_mib(pid)
    playing, played_mb = _page_ms_beside(platform.port, page, paths, pace_s=PACE_S)
    rushing, rushed_mb = _page_ms_beside(platform.port, page, paths, pace_s=0)
    name = f"watch page, p95, beside {VIEWERS} viewers"
    return [
        compared(f"{name} who play ({played_mb:.0f} MB/s)", playing, "ms", baseline=alone, baseline_name="alone"),
        compared(f"{name} who rush ({rushed_mb:.0f} MB/s)", rushing, "ms", baseline=alone, baseline_name="alone"),
        Row(f"delivery: memory of {VIEWERS} viewers", peak_mib(pid) - held, "MiB", limit=VIEWERS),
    ]


def _page_ms_beside(port: int, page: str, paths: Sequence[str], *, pace_s: float) -> tuple[float, float]:
    """Return the page's p95 while viewers read, and what they read in MB/s meanwhile."""
    with Readers(port, paths, count=VIEWERS, pace_s=pace_s) as readers:
        wait_until(lambda: readers.segments >= VIEWERS, timeout_s=60, message="nothing is delivered")
        began, before = time.monotonic(), readers.read_bytes
        page_ms = _page_ms(port, page)
        return page_ms, (readers.read_bytes - before) / (time.monotonic() - began) / 1e6


def _page_ms(port: int, page: str) -> float:
    """Return the 95th percentile of the page's times, asked for one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times: list[float] = []
    deadline = time.monotonic() + PAGES_S
    while len(times) < PAGES and time.monotonic() < deadline:
        began = time.perf_counter()
        connection.request("GET", page)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{page} answered {answer.status}")
        times.append(1000 * (time.perf_counter() - began))
    connection.close()
    return statistics.quantiles(times, n=20)[-1]
