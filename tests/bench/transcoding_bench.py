"""CPU of a whole transcode beside the reference ladder: pairs in turn, so that both meet the same machine."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import media_factory
from tests.bench.rows import Row, compared

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
LECTURE = Path(os.environ.get("EDUVIDEO_FIXTURES", SHARED / "fixtures")) / "media" / "lecture_1080p30_60s.mp4"
LADDERS = Path(os.environ.get("EDUVIDEO_BASELINES", SHARED / "baselines")) / "ladders.py"
ROUNDS = 2
MIB = 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds (user and system) of a process with all that it waited for, and the largest RSS among them."""

    cpu_s: float
    rss_mib: float


def run() -> list[Row]:
    """Measure ours and, where the baselines are, theirs; the medians of alternating rounds."""
    source = LECTURE if LECTURE.is_file() else media_factory.lecture(width=1920, height=1080, seconds=60)
    ours: list[Usage] = []
    theirs: list[Usage] = []
    playable: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
            if LADDERS.is_file():
                theirs.append(measured([sys.executable, str(LADDERS), "reference", str(source), f"{folder}/theirs"]))
            ours.append(measured([sys.executable, "-m", "transcoding", str(source), f"{folder}/ours"]))
            timings = json.loads(Path(folder, "ours", "result.json").read_text(encoding="utf-8"))["timings"]
            playable.append(timings["first_playable_ms"] / timings["total_ms"])
    return [
        _row("transcode: CPU", [u.cpu_s for u in ours], "CPU s", [u.cpu_s for u in theirs]),
        _row("transcode: largest process", [u.rss_mib for u in ours], "MiB", [u.rss_mib for u in theirs]),
        Row("transcode: first playable, share of the job", statistics.median(playable), "of 1"),
    ]


def measured(command: list[str]) -> Usage:
    """Run a command to the end; its own usage and that of its children, from wait4."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MIB)


def _row(name: str, ours: list[float], unit: str, theirs: list[float]) -> Row:
    baseline = statistics.median(theirs) if theirs else None
    return compared(name, statistics.median(ours), unit, baseline=baseline, baseline_name="ladders.py reference")
