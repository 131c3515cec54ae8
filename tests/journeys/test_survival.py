"""The platform's processes are really killed; every lesson must still end well, published once, and nothing stay behind."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journeys.conftest import Account, import_lesson
from tests.journeys.watching import Watcher
from tests.media_factory import make_lesson
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(420)]


@pytest.fixture
def own_platform(tmp_path: Path) -> Iterator[RunningPlatform]:
    """A platform of the test's own, which it may hurt."""
    running = RunningPlatform(tmp_path / "var")
    running.start()
    yield running
    running.stop()


def publish_long_lesson(platform: RunningPlatform) -> tuple[str, Watcher]:
    """Start a lesson that takes a while to encode; returns its id and who looks at it."""
    account = Account(platform, "creator")
    video_id = import_lesson(platform, account, make_lesson(seconds=48, height=480), title="Survivor", wait=False)
    return video_id, Watcher(platform, video_id, account)


def events(platform: RunningPlatform, name: str) -> int:
    with sqlite3.connect(platform.data / "eduvideo.sqlite3") as database:
        return int(database.execute("SELECT count(*) FROM core_outboxevent WHERE name = ?", [name]).fetchone()[0])


def assert_published_once(platform: RunningPlatform, video_id: str) -> None:
    wait_until(
        lambda: platform.get(f"/api/v1/videos/{video_id}")["state"] == "published",
        timeout_s=20,
        message="not published",
    )
    assert events(platform, "catalog.VideoPublished") == 1
    assert events(platform, "media.AssetReady") == 1


def descendants(pid: int) -> set[int]:
    """Return the process ids below pid, from /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found - {pid}
        found |= more


def cut_power(pid: int) -> set[int]:
    """Kill a process and all below it as at one instant: first nobody goes on, so nobody is started again meanwhile."""
    stopped: set[int] = set()
    while more := {pid, *descendants(pid)} - stopped:
        send(signal.SIGSTOP, more)
        stopped |= more
    send(signal.SIGKILL, stopped)
    return stopped


def send(number: signal.Signals, pids: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_worker_loses_no_lesson(own_platform: RunningPlatform) -> None:
    video_id, watcher = publish_long_lesson(own_platform)
    watcher.wait_for_encode()
    worker = own_platform.pids()["transcoder"]
    below = descendants(worker)
    os.kill(worker, signal.SIGKILL)
    wait_until(
        lambda: not any(is_alive(pid) for pid in below), timeout_s=15, message="the killed worker left processes behind"
    )
    watcher.wait_for_ready()
    assert_published_once(own_platform, video_id)
    assert "transcoder ended unexpectedly and was started again" in own_platform.said()


def test_an_emptied_broker_and_a_killed_web_process_lose_no_lesson(own_platform: RunningPlatform) -> None:
    video_id, watcher = publish_long_lesson(own_platform)
    watcher.wait_for_encode()
    shutil.rmtree(own_platform.data / "valkey")
    (own_platform.data / "valkey").mkdir()
    pids = own_platform.pids()
    os.kill(pids["valkey"], signal.SIGKILL)
    os.kill(pids["web"], signal.SIGKILL)
    watcher.wait_for_ready()
    assert_published_once(own_platform, video_id)


def test_a_power_cut_loses_no_lesson_and_ctrl_c_leaves_nothing(own_platform: RunningPlatform) -> None:
    video_id, watcher = publish_long_lesson(own_platform)
    watcher.wait_for_encode()
    assert own_platform.process
    everything = cut_power(own_platform.process.pid)
    own_platform.process.wait(timeout=20)
    wait_until(
        lambda: not any(is_alive(pid) for pid in everything), timeout_s=20, message="processes survived the power cut"
    )

    own_platform.output.unlink()
    own_platform.start()
    watcher.wait_for_ready()
    assert_published_once(own_platform, video_id)

    everything = {own_platform.process.pid, *descendants(own_platform.process.pid)}
    own_platform.process.send_signal(signal.SIGINT)
    assert own_platform.process.wait(timeout=60) == 0
    wait_until(
        lambda: not any(is_alive(pid) for pid in everything), timeout_s=5, message="Ctrl-C left processes behind"
    )
