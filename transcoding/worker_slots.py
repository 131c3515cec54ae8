"""How many transcodes a machine should run at once, by what it has and what its container leaves of that."""

import os
from pathlib import Path

# What one transcode keeps busy at 1080p: ffmpeg's decoder, filters and encoders, and their buffers.
CORES_PER_JOB, MEMORY_PER_JOB_BYTES = 4, 3 * 1024**3 // 2
CGROUP = Path("/sys/fs/cgroup")


def slots_for(*, cores: float, memory_bytes: int) -> int:
    """Return how many transcodes a machine should run at once: by cores, no more than memory holds, at least one."""
    return max(1, min(int(cores / CORES_PER_JOB + 0.5), memory_bytes // MEMORY_PER_JOB_BYTES))


def usable_cores(cgroup: Path = CGROUP) -> float:
    """Return how many cores this process may use, by its affinity and the quota of its container (cgroup v2)."""
    cores = float(len(os.sched_getaffinity(0)))
    quota, _, period = _limit(cgroup / "cpu.max").partition(" ")
    return min(cores, int(quota) / int(period)) if quota.isdecimal() and period.isdecimal() else cores


def usable_memory_bytes(cgroup: Path = CGROUP) -> int:
    """Return how much memory there is, in the machine or in the container (cgroup v2)."""
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _limit(cgroup / "memory.max")
    return min(memory_bytes, int(limit)) if limit.isdecimal() else memory_bytes


def _limit(file: Path) -> str:
    """Return what a file of the container's limits holds; nothing where there is none, "max" for no limit."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return ""
