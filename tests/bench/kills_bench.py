"""Twenty lessons while workers and their ffmpeg are killed at twenty random moments, beside twenty in peace."""

import ctypes
import os
import random
import resource
import signal
import sqlite3
import tempfile
import time
from pathlib import Path

from tests import media_factory
from tests.bench.rows import Row, compared
from tests.journeys.conftest import Account, import_lesson
from tests.journeys.test_survival import descendants
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

LESSONS, KILLS, SEED = 20, 20, 8216
LESSON_S, HEIGHT = 20, 720
PR_SET_CHILD_SUBREAPER = 36


def run() -> list[Row]:
    """Run both campaigns; a lesson that is lost, doubled or leaves an orphan raises AssertionError."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # what a killed worker leaves is still ours to account for
    peace_s, peace_wall_s = campaign(kills=0, expected_s=0)
    killed_s, _ = campaign(kills=KILLS, expected_s=peace_wall_s)
    name = f"{LESSONS} lessons while {KILLS} processes are killed: CPU, all published once, no orphan"
    return [compared(name, killed_s, "CPU s", baseline=peace_s, baseline_name="the same in peace", limit=1.75)]


def campaign(*, kills: int, expected_s: float) -> tuple[float, float]:
    """Return the CPU seconds of all processes of the platform, and how long it took."""
    before = _children_s()
    source = media_factory.make_lesson(seconds=LESSON_S, height=HEIGHT)
    with tempfile.TemporaryDirectory(prefix="eduvideo-kills-") as folder:
        platform = RunningPlatform(Path(folder) / "var")
        platform.start()
        try:
            account = Account(platform, "creator")
            began = time.monotonic()
            lessons = [
                import_lesson(platform, account, source, title=f"Lesson {number}", wait=False)
                for number in range(LESSONS)
            ]
            chances = random.Random(SEED)
            for moment_s in sorted(chances.uniform(0, expected_s) for _ in range(kills)):
                wait_until(lambda at=began + moment_s: time.monotonic() >= at, timeout_s=600, message="", every_s=0.1)
                _kill_something(platform, chances)
            wait_until(lambda: _ready(platform) == LESSONS, timeout_s=900, message="not all became ready", every_s=1)
            wait_until(lambda: _published(platform) == LESSONS, timeout_s=30, message="not all were published")
            wall_s = time.monotonic() - began
            _check(platform, lessons)
        finally:
            platform.stop()
    while _reaped():
        continue
    return _children_s() - before, wall_s


def _kill_something(platform: RunningPlatform, chances: random.Random) -> None:
    """One time in two the worker with all that is below it, else only its ffmpeg, if it has one at this moment."""
    victim = platform.pids().get("transcoder", 0)
    encoders = [pid for pid in descendants(victim) if _name(pid) == "ffmpeg"] if victim else []
    if encoders and chances.random() < 0.5:
        victim = chances.choice(sorted(encoders))
    if victim:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _check(platform: RunningPlatform, lessons: list[str]) -> None:
    with sqlite3.connect(platform.data / "eduvideo.sqlite3") as database:
        for name in ("catalog.VideoPublished", "media.AssetReady"):
            events = database.execute("SELECT count(*) FROM core_outboxevent WHERE name = ?", [name]).fetchone()[0]
            assert events == len(lessons), f"{events} {name} for {len(lessons)} lessons"
    # A day passes: what the killed attempts left may go.
    for file in (platform.data / "objects" / "assets").rglob("*"):
        os.utime(file, (0, 0))
    platform.manage("shell", "-c", "from eduvideo.media.collect import collect_stale_media; collect_stale_media()")
    platform.manage("storage_audit")
    attempts = [place for place in (platform.data / "objects" / "assets").glob("*/*/*") if place.is_dir()]
    assert len([place for place in attempts if any(place.iterdir())]) == len(lessons), (
        "a given-up attempt is still there"
    )


def _ready(platform: RunningPlatform) -> int:
    with sqlite3.connect(platform.data / "eduvideo.sqlite3") as database:
        return int(database.execute("SELECT count(*) FROM media_asset WHERE state = 'ready'").fetchone()[0])


def _published(platform: RunningPlatform) -> int:
    with sqlite3.connect(platform.data / "eduvideo.sqlite3") as database:
        return int(database.execute("SELECT count(*) FROM catalog_video WHERE state = 'published'").fetchone()[0])


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] > 0
    except ChildProcessError:
        return False


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
