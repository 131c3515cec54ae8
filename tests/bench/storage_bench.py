"""S3: what our code costs beyond the raw calls of boto3, on a versitygw of the same machine.

Ours and the raw call take turns, so that both see the same load. CPU is that of this process (boto3's threads too).
"""

import asyncio
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from django.conf import settings

from eduvideo.core.objects import open_objects
from eduvideo.media import access
from eduvideo.media.asgi import delivery
from tests.bench.rows import Row, compared
from tests.servers.s3 import ACCESS_KEY, REGION, SECRET_KEY, S3Server
from transcoding.settings import Settings
from transcoding.storage import IMMUTABLE, open_store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SMALL, LARGE = 64 * 1024, 64 * 1024 * 1024
SMALL_ROUNDS, LARGE_ROUNDS, SIGN_ROUNDS = 300, 9, 2000
ASSET = "benchbench1"
KEY = f"assets/{ASSET}/jobjobjob11/1/720p/seg_00001.m4s"
Action = Callable[[], object]


def run() -> list[Row]:
    """Return the figures, or none where there is no S3 server."""
    with suppress(pytest.skip.Exception):
        server = S3Server()
        try:
            server.start()
            with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
                return _measure(server, Path(folder))
        finally:
            server.remove()
    return []


def _measure(server: S3Server, folder: Path) -> list[Row]:
    bucket = server.create_bucket()
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    raw = session.client("s3", endpoint_url=server.url, config=Config(s3={"addressing_style": "path"}))
    return [*_small(server, bucket, raw, folder), *_large(server, bucket, raw, folder), *_redirect(server, bucket, raw)]


def _small(server: S3Server, bucket: str, raw: "S3Client", folder: Path) -> list[Row]:
    store, worker = server.store(bucket), open_store(_settings(server, bucket))
    body, file = os.urandom(SMALL), folder / "segment"
    file.write_bytes(body)
    told = {"content_type": "video/iso.segment", "cache_control": IMMUTABLE}
    return [
        *_pair(
            "S3: write 64 KiB",
            lambda: store.write("a/1", body, content_type="video/iso.segment"),
            lambda: raw.put_object(Bucket=bucket, Key="a/2", Body=body, ContentType="video/iso.segment"),
            rounds=SMALL_ROUNDS,
        ),
        *_pair(
            "S3: read 64 KiB",
            lambda: store.read("a/1"),
            lambda: _read_raw(raw, bucket),
            rounds=SMALL_ROUNDS,
        ),
        *_pair(
            "S3: a worker puts a segment of 64 KiB",
            lambda: worker.put(file, "a/3", **told),
            lambda: _put_raw(raw, bucket, file),
            rounds=SMALL_ROUNDS,
        ),
    ]


def _read_raw(raw: "S3Client", bucket: str) -> bytes:
    return raw.get_object(Bucket=bucket, Key="a/2")["Body"].read()


def _put_raw(raw: "S3Client", bucket: str, file: Path) -> None:
    with file.open("rb") as body:
        raw.put_object(Bucket=bucket, Key="a/4", Body=body, ContentType="video/iso.segment", CacheControl=IMMUTABLE)


def _large(server: S3Server, bucket: str, raw: "S3Client", folder: Path) -> list[Row]:
    worker, names = open_store(_settings(server, bucket)), itertools.count()
    (folder / "source").write_bytes(os.urandom(1024 * 1024) * (LARGE // 1024**2))
    raw.upload_file(str(folder / "source"), bucket, "sources/1")

    def fetch() -> None:
        place = folder / f"ours-{next(names)}"
        worker.fetch("sources/1", place, check=lambda: None)
        place.unlink()

    def fetch_raw() -> None:
        place = folder / f"raw-{next(names)}"
        raw.download_file(bucket, "sources/1", str(place))
        place.unlink()

    return _pair("S3: a worker fetches 64 MiB", fetch, fetch_raw, rounds=LARGE_ROUNDS)


def _redirect(server: S3Server, bucket: str, raw: "S3Client") -> list[Row]:
    """What one segment costs the web process: the signature alone, and the whole answer to a request."""
    store = server.store(bucket)
    ours, theirs = _in_turns(
        lambda: store.signed_url(KEY, expires_s=600),
        lambda: raw.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": KEY}, ExpiresIn=600),
        rounds=SIGN_ROUNDS,
    )
    before = settings.EDUVIDEO
    open_objects().write(KEY, os.urandom(SMALL), content_type="video/iso.segment")
    access._grants[ASSET, ""] = access.Grant(200, time.monotonic() + 600)
    from_folder = _answers_us()
    settings.EDUVIDEO = server.environment(bucket)
    open_objects.cache_clear()
    try:
        from_bucket = _answers_us()
    finally:
        settings.EDUVIDEO = before
        open_objects.cache_clear()
        open_objects().delete(KEY)
        access.forget()
    return [
        compared("S3: sign a segment's URL, CPU", ours[0], "µs", baseline=theirs[0], baseline_name="boto3's presigner"),
        compared("S3: answer a segment by a redirect, CPU", from_bucket, "µs", baseline=from_folder,
                 baseline_name="64 KiB from a folder"),
    ]  # fmt: skip


def _answers_us() -> float:
    """Return the CPU time of one answer of the delivery to a browser whose access is known."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] in {200, 307}

    async def many() -> float:
        began = time.process_time()
        for _ in range(SIGN_ROUNDS):
            scope = {"type": "http", "method": "GET", "path": f"/media/{KEY}", "root_path": "/media", "headers": [],
                     "query_string": b""}  # fmt: skip
            await delivery(scope, receive, send)  # type: ignore[arg-type]
        return (time.process_time() - began) / SIGN_ROUNDS * 1e6

    return asyncio.run(many())


def _pair(name: str, ours: Action, theirs: Action, *, rounds: int) -> list[Row]:
    (cpu, wall), (raw_cpu, raw_wall) = _in_turns(ours, theirs, rounds=rounds)
    return [
        compared(f"{name}, CPU", cpu / 1000, "ms", baseline=raw_cpu / 1000, baseline_name="raw boto3"),
        compared(f"{name}, wall", wall / 1000, "ms", baseline=raw_wall / 1000, baseline_name="raw boto3"),
    ]


def _in_turns(*actions: Action, rounds: int) -> list[tuple[float, float]]:
    """Return the median CPU and wall time of each action, in microseconds; the first round warms up."""
    spent: list[list[tuple[float, float]]] = [[] for _ in actions]
    for _ in range(rounds + 1):
        for action, times in zip(actions, spent, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            action()
            times.append(((time.process_time() - cpu) * 1e6, (time.perf_counter() - wall) * 1e6))
    return [
        (statistics.median(cpu for cpu, _ in times[1:]), statistics.median(wall for _, wall in times[1:]))
        for times in spent
    ]


def _settings(server: S3Server, bucket: str) -> Settings:
    chosen = server.environment(bucket)
    return Settings(
        objects_url=chosen.objects_url or "", s3_endpoint=chosen.s3_endpoint, s3_region=chosen.s3_region,
        s3_access_key=chosen.s3_access_key, s3_secret_key=chosen.s3_secret_key,
    )  # fmt: skip
