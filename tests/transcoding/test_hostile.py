"""Files that were made to harm a worker or to confuse it, each with the outcomes that are allowed for it."""

import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import media_factory
from tests.conftest import FIXTURES
from tests.transcoding import hls, runs
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HOSTILE = FIXTURES / "hostile"
MANIFEST: dict[str, Any] = (
    json.loads((HOSTILE / "manifest.json").read_text(encoding="utf-8"))["files"] if HOSTILE.is_dir() else {}
)


@pytest.fixture
def _hostile_files(fixtures: Path) -> None:
    if not MANIFEST:
        pytest.skip(f"no hostile files in {fixtures}")


def listening_at(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None


@pytest.fixture
def requests_heard() -> Iterator[list[bytes]]:
    """What arrives at the port that hostile files name."""
    heard: list[bytes] = []
    port = next(facts["canary_port"] for facts in MANIFEST.values() if "canary_port" in facts)
    over = threading.Event()
    # The fixtures name one port of this machine: a test of another process that listens there is waited for.
    server = wait_until(lambda: listening_at(port), timeout_s=200, message=f"port {port} is not free")
    with server:
        server.settimeout(0.1)

        def listen() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    heard.append(connection.recv(1000))

        thread = threading.Thread(target=listen)
        thread.start()
        yield heard
        over.set()
        thread.join(timeout=5)  # while it waits in accept, the port is not free for the next test
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def run_bounded(file: Path, outdir: Path, *, max_seconds: float) -> tuple[subprocess.Popen[str], str, float]:
    """Run the command line; return the process, its stderr and the largest RSS of its tree in MiB."""
    command = [sys.executable, "-m", "transcoding", "--", str(file), str(outdir)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True)
    _, stderr = process.communicate(timeout=max_seconds)
    return process, stderr, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


@pytest.mark.xdist_group("the port of the hostile files")
@pytest.mark.usefixtures("_hostile_files")
@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_ends_in_an_allowed_way(name: str, tmp_path: Path, requests_heard: list[bytes]) -> None:
    facts = MANIFEST[name]
    out = tmp_path / "out"
    process, stderr, rss_mib = run_bounded(HOSTILE / name, out, max_seconds=facts.get("max_seconds", 120))
    assert "Traceback" not in stderr
    if process.returncode == 0:
        assert "accept" in facts["expect"]
        check_accepted(facts, out, tmp_path)
    else:
        assert process.returncode == 2, stderr
        assert "reject" in facts["expect"], stderr
        assert stderr.strip().splitlines()[-1].endswith(".")
        assert list(out.iterdir()) == []
    # Of all children of this test process so far, which is stricter.
    assert rss_mib < facts.get("max_rss_mib", 1024)
    assert requests_heard == []
    canary = facts.get("canary", "root:x:0:0").encode()
    assert all(canary not in file.read_bytes() for file in out.rglob("*") if file.is_file())


def test_what_only_pretends_to_be_a_recording_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """More of the same kinds, made here: no file of the machine is read, nothing is left, nothing takes long."""
    wrong = []
    for name, file in media_factory.pretenders(tmp_path).items():
        out = tmp_path / f"out-{name}"
        process, stderr, rss_mib = run_bounded(file, out, max_seconds=60)
        last = stderr.strip().splitlines()[-1] if stderr.strip() else ""
        if process.returncode != 2 or "Traceback" in stderr or not last.endswith(".") or any(out.iterdir()):
            wrong.append(f"{name}: {process.returncode} {last}")
        assert rss_mib < 1024
    assert wrong == []


def check_accepted(facts: dict[str, Any], out: Path, scratch: Path) -> None:
    master = hls.read_master(out / "master.m3u8")
    hls.check(master, scratch, keyframe_s=runs.keyframe_s(out))
    length = max(media.duration_s for _, media in master.variants)
    if "duration" in facts:
        assert length == pytest.approx(facts["duration"], abs=0.5)
    pictures = [facts["RESOLUTION"].split("x") for facts, _ in master.variants if "RESOLUTION" in facts]
    if "width" in facts:
        assert max(int(width) for width, _ in pictures) == facts["width"]
        assert max(int(height) for _, height in pictures) == facts["height"]
    if facts.get("portrait"):
        assert all(int(height) > int(width) for width, height in pictures)
    if "audio" in facts:
        assert bool(master.sounds) == facts["audio"]
    assert len(master.sounds) <= facts.get("max_audio", 8)
    vtts = [file.read_text(encoding="utf-8") for file in out.glob("captions/*.vtt")]
    assert all("<script" not in text for text in vtts)
