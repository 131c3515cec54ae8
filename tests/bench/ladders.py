"""Whole ladders made by commands, each once per process and measured: CPU, memory, bytes, time.

Commands take turns on one machine, so a figure and its baseline meet the same load.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests import media_factory

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
LECTURE = Path(os.environ.get("EDUVIDEO_FIXTURES", SHARED / "fixtures")) / "media" / "lecture_1080p30_60s.mp4"
BASELINES = Path(os.environ.get("EDUVIDEO_BASELINES", SHARED / "baselines")) / "ladders.py"
KIB_PER_MIB = 1024

OURS = (sys.executable, "-m", "transcoding")
COPIED = (*OURS, "--copy-top")
# The same ladder by the same decisions, but for the distance of keyframes in still content.
DENSE_PROGRAM = """
import sys, transcoding.plan
transcoding.plan.STILL_KEYFRAME_S = 2
from transcoding.__main__ import main
sys.exit(main())
"""
DENSE = (sys.executable, "-c", DENSE_PROGRAM)
REFERENCE, PEER = ((sys.executable, str(BASELINES), name) for name in ("reference", "peer"))


@dataclass(frozen=True, slots=True)
class Made:
    """One finished run: CPU seconds (user and system) with all children, the largest RSS of any one process."""

    folder: Path
    cpu_s: float
    wall_s: float
    rss_mib: float

    @property
    def record(self) -> dict[str, dict[str, float]]:
        """result.json, of runs of ours."""
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    def rungs(self) -> dict[int, Path]:
        """The folders of the pictures by their height, largest first."""
        heights = {int(place.name[:-1]): place for place in self.folder.glob("*[0-9]p") if place.is_dir()}
        return dict(sorted(heights.items(), reverse=True))

    def rung_bytes(self, height: int) -> int:
        return sum(file.stat().st_size for file in _media(self.rungs()[height]))

    def sound_bytes(self) -> int:
        return sum(file.stat().st_size for place in self.folder.glob("audio*") for file in _media(place))

    def picture_bytes(self) -> int:
        return sum(map(self.rung_bytes, self.rungs()))

    def joined(self, height: int) -> Path:
        """A rung as one file."""
        file = self.folder / f"{height}.mp4"
        if not file.exists():
            file.write_bytes(b"".join(part.read_bytes() for part in _media(self.rungs()[height])))
        return file


def _media(place: Path) -> list[Path]:
    """Init section and segments; the names of the init section differ."""
    return [*place.glob("init*.mp4"), *sorted(place.glob("seg_*.m4s"))]


class _Scratch:
    @functools.cached_property
    def path(self) -> Path:
        self._kept = tempfile.TemporaryDirectory(prefix="eduvideo-bench-")
        return Path(self._kept.name)


_scratch = _Scratch()


def lecture() -> Path:
    """The lecture of the fixtures; without them, a test picture of the same size."""
    return LECTURE if LECTURE.is_file() else media_factory.lecture(width=1920, height=1080, seconds=60)


def has_baselines() -> bool:
    return BASELINES.is_file()


@functools.cache
def made(command: tuple[str, ...], source: Path, number: int = 0) -> Made:
    """Run `command SOURCE OUTDIR` to the end, once for each `number`; what it made stays until the process ends."""
    folder = Path(tempfile.mkdtemp(dir=_scratch.path))
    process = subprocess.Popen(
        [*command, str(source), str(folder)],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    began = time.monotonic()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu_s = usage.ru_utime + usage.ru_stime
    return Made(folder, cpu_s, time.monotonic() - began, usage.ru_maxrss / KIB_PER_MIB)


def looped(source: Path, *, times: int) -> Path:
    """The same recording several times in a row, without encoding anything."""
    file = _scratch.path / f"{source.stem}-{times}.mp4"
    if not file.exists():
        copy = ["-stream_loop", f"{times - 1}", "-i", str(source), "-map", "0:v:0", "-map", "0:a:0", "-c", "copy"]
        media_factory.ffmpeg([*copy, "-movflags", "+faststart", str(file)])
    return file
