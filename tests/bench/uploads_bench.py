"""Uploads over a network that breaks: a gigabyte with 50 resets and a killed web process, by tus and in parts.

Counted is every part that was begun again; compared is the SHA-256 of what the store has in the end. And the memory of
the web process while 4 GB come by tus.
"""

import hashlib
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TypeVar

import pytest

from tests.bench.processes import forget_peak, peak_mib, rss_mib
from tests.bench.rows import Row
from tests.bench.transfers import MIB, Api, MadeFile, MultipartSender, Sender, TusSender
from tests.environment import free_port
from tests.journeys.conftest import Account
from tests.servers.platform import EMBEDDED, RunningPlatform
from tests.servers.s3 import S3Server
from tests.servers.toxiproxy import Proxy, ToxiproxyServer
from tests.waiting import wait_until

SIZE_BYTES, LARGE_BYTES = 1024 * MIB, 4096 * MIB
RESETS, LINES, SEED = 50, 4, 8216
SPREAD = 0.9  # of the transfer: at its end a line may have nothing left to send
MOST_MS = 40  # about what a part takes, so that every moment of it may be hit
FELT_S = 0.04
LINE_KB_PER_S = 12_000  # a quick machine would have sent all before it has been cut off so often
TIMEOUT_S = 180
SPARE_BYTES = 2 * LARGE_BYTES  # of disk, or the largest transfer is left out

Server = TypeVar("Server", ToxiproxyServer, S3Server)


def run() -> list[Row]:
    """Return the figures; those of a program that is not there are left out."""
    rows: list[Row] = []
    for measure in (_tus, _multipart):
        with suppress(pytest.skip.Exception), tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
            rows += measure(Path(folder))
    return rows


def _tus(folder: Path) -> list[Row]:
    with ExitStack() as stack:
        toxiproxy = stack.enter_context(_started(ToxiproxyServer()))
        platform = stack.enter_context(_platform(folder, {}))
        api = Api(platform, Account(platform, "creator").token)
        proxy = toxiproxy.proxy(upstream_port=platform.port)
        sender = TusSender(api, file := MadeFile(SIZE_BYTES), api.begin(file)["path"], port=proxy.port)
        took_s = _send_through_trouble(sender, platform, [proxy], breaks=1)
        found = _file_of(folder / "objects", file.size_bytes)
        rows = _rows("tus", sender, took_s, _sha256(_pieces(found)))
        found.unlink()
        return [*rows, *_memory(api, platform, folder)]


def _multipart(folder: Path) -> list[Row]:
    with ExitStack() as stack:
        toxiproxy = stack.enter_context(_started(ToxiproxyServer()))
        server = stack.enter_context(_started(S3Server()))
        proxies = [toxiproxy.proxy(upstream_port=server.port) for _ in range(LINES)]
        for proxy in proxies:
            proxy.slow_down(kb_per_s=LINE_KB_PER_S)
        public = {"s3_public_endpoint": f"http://127.0.0.1:{proxies[0].port}"}
        bucket = server.create_bucket()
        platform = stack.enter_context(_platform(folder, server.variables(bucket, **public)))
        api = Api(platform, Account(platform, "creator").token)
        sender = MultipartSender(
            api, file := MadeFile(SIZE_BYTES), api.begin(file)["path"], ports=[proxy.port for proxy in proxies]
        )
        took_s = _send_through_trouble(sender, platform, proxies, breaks=0)
        return _rows(f"S3, {LINES} lines", sender, took_s, _sha256(_object(server, bucket, file.size_bytes)))


@contextmanager
def _started(server: Server) -> Iterator[Server]:
    try:
        server.start()
        yield server
    finally:
        server.remove()


@contextmanager
def _platform(folder: Path, objects: dict[str, str]) -> Iterator[RunningPlatform]:
    broker = {"EDUVIDEO_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}
    running = RunningPlatform(
        folder, arguments=("--no-demo", "--transcode-slots", "0"), environment=EMBEDDED | broker | objects
    )
    running.start()
    try:
        yield running
    finally:
        running.stop()


def _send_through_trouble(sender: Sender, platform: RunningPlatform, proxies: Sequence[Proxy], *, breaks: int) -> float:
    """Send while connections are cut and the web process is killed, spread over the transfer; return the seconds.

    `breaks` is how many requests of the transfer end with the web process.
    """
    chances = random.Random(SEED)
    troubles: list[Callable[[], None]] = [partial(_kill_web, platform)]
    for number in range(RESETS):
        after_kill = number >= RESETS // 2
        ways = [*proxies[number % LINES :], *proxies[: number % LINES]]
        reset = partial(_reset, sender, ways, number=number + 1 + breaks * after_kill)
        troubles.insert(number + after_kill, reset)
    began = time.monotonic()
    sender.start()
    for number, trouble in enumerate(troubles, 1):
        _wait_for(sender, SPREAD * (number - chances.random()) / len(troubles))
        threading.Event().wait(chances.uniform(0, MOST_MS) / 1000)
        trouble()
    sender.finish(TIMEOUT_S)
    return time.monotonic() - began


def _wait_for(sender: Sender, fraction: float) -> None:
    wait_until(
        lambda: sender.fraction >= fraction or not sender.is_alive(), timeout_s=TIMEOUT_S,
        message=f"less than {fraction:.0%} was sent", every_s=0.002,
    )  # fmt: skip


def _reset(sender: Sender, proxies: Sequence[Proxy], *, number: int) -> None:
    """Cut connections until so many requests have broken: now and then none is on its way by a proxy."""
    for proxy in cycle(proxies):
        if sender.failures >= number or not sender.is_alive():
            return
        proxy.cut()
        threading.Event().wait(FELT_S)


def _kill_web(platform: RunningPlatform) -> None:
    os.kill(platform.pids()["web"], signal.SIGKILL)


def _rows(name: str, sender: Sender, took_s: float, sha256: str) -> list[Row]:
    told, (whole, parts) = sender.api.ask("GET", sender.path), sender.file.digests(sender.part_bytes)
    title = f"{name}: 1 GB, {RESETS} resets, web process killed"
    return [
        Row(
            f"{title}: SHA-256 equal",
            float((sha256, told["parts_sha256"]) == (whole, parts)),
            "",
            limit=1,
            is_least=True,
        ),
        Row(f"{title}: of {sender.parts} parts sent again", sender.sent_again, "", limit=RESETS),
        Row(f"{title}: requests that broke", sender.failures, "", limit=RESETS, is_least=True),
        Row(f"{title}: rate", sender.file.size_bytes / 1e6 / took_s, "MB/s"),
    ]


def _memory(api: Api, platform: RunningPlatform, folder: Path) -> list[Row]:
    """Return by how much the web process grows while a very large file comes."""
    if shutil.disk_usage(folder).free < SPARE_BYTES:
        return []
    small, file = MadeFile(8 * MIB), MadeFile(LARGE_BYTES)
    for warming in (small, file):
        pid = platform.pids()["web"]
        forget_peak(pid)
        held, began = rss_mib(pid), time.monotonic()
        sender = TusSender(api, warming, api.begin(warming)["path"], port=platform.port)
        sender.start()
        sender.finish(TIMEOUT_S)
    took_s = time.monotonic() - began
    title = "tus: 4 GB"
    return [
        Row(f"{title}: growth of the web process", peak_mib(pid) - held, "MiB", limit=64),
        Row(f"{title}: rate", file.size_bytes / 1e6 / took_s, "MB/s"),
    ]


def _file_of(objects: Path, size_bytes: int) -> Path:
    (found,) = [path for path in objects.rglob("*") if path.is_file() and path.stat().st_size == size_bytes]
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(8 * MIB):
            yield piece


def _object(server: S3Server, bucket: str, size_bytes: int) -> Iterator[bytes]:
    (found,) = [item for item in server.store(bucket).list("") if item.size_bytes == size_bytes]
    yield from server.client().get_object(Bucket=bucket, Key=found.key)["Body"].iter_chunks(8 * MIB)


def _sha256(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
