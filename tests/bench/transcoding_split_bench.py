"""Long lessons: when an hour is playable, and how evenly its parts keep two machines busy."""

import os
import resource
import signal
import subprocess
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests import media_factory
from tests.bench.ladders import OURS, ROOT, lecture, looped
from tests.bench.rows import Row
from tests.transcoding.runs import Workshop
from tests.waiting import wait_until
from transcoding.messages import Work
from transcoding.packets import PacketFacts
from transcoding.parts import Part, parts_of
from transcoding.plan import TranscodePlan

MAX_FIRST_PLAYABLE, MAX_BUSIEST = 0.02, 0.56
HOUR_S, SEGMENT_S = 3600, 6
# As far as an hour is really encoded to know the speed: three percent.
SEGMENTS = 18
PLAYABLE_WITHIN_S, ENCODED_WITHIN_S = 300, 900


def run() -> list[Row]:
    """Measure both; the second one only where there are two cores."""
    rows = [_first_playable(lecture())]
    if len(cores := sorted(os.sched_getaffinity(0))) > 1:
        with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
            rows += _balance(Path(folder), cores[:2])
    return rows


def _first_playable(source: Path) -> Row:
    """Run until an hour is playable and a little further; then stop it. How long it would take is extrapolated."""
    hour = looped(source, times=HOUR_S // 60)
    with tempfile.TemporaryDirectory(prefix="eduvideo-bench-") as folder:
        began = time.monotonic()
        with subprocess.Popen([*OURS, str(hour), folder], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
            try:
                master = Path(folder) / "master.m3u8"
                wait_until(master.exists, timeout_s=PLAYABLE_WITHIN_S, message="an hour did not become playable")
                playable, first = time.monotonic(), _segments(Path(folder))
                wait_until(
                    lambda: _segments(Path(folder)) >= first + SEGMENTS, timeout_s=ENCODED_WITHIN_S,
                    message="an hour is not encoded",
                )  # fmt: skip
                speed = (_segments(Path(folder)) - first) * SEGMENT_S / (time.monotonic() - playable)
            finally:
                process.send_signal(signal.SIGTERM)
    whole_s = playable - began + (HOUR_S - first * SEGMENT_S) / speed
    name = f"one hour: first playable of {whole_s:.0f} s of job (extrapolated from {SEGMENTS * SEGMENT_S} s)"
    share = (playable - began) / whole_s
    return Row(name, share, "of 1", playable - began, "seconds", limit=MAX_FIRST_PLAYABLE)


def _segments(folder: Path) -> int:
    """How many segments every rung has."""
    counts = [file.read_text().count("#EXTINF") for file in folder.glob("*p/growing.m3u8")]
    return min(counts, default=0)


def _balance(folder: Path, cores: list[int]) -> list[Row]:
    small = folder / "lecture720.mp4"
    scaled = ["-i", str(lecture()), "-vf", "scale=1280:720", *media_factory.X264, "-preset", "veryfast", "-c:a", "copy"]
    media_factory.ffmpeg([*scaled, str(small)])
    workshop = Workshop(looped(small, times=5), folder / "store")
    plan, parts, costs, workers = _work_in_parts(workshop, cores)
    name = f"five minutes of 720p in {len(parts)} parts: busiest of two one-core workers"
    measured = Row(name, max(workers) / sum(workers), "of the CPU", sum(workers), "CPU s", limit=MAX_BUSIEST)
    return [measured, _hour_by_these_costs(plan, parts, costs)]


def _work_in_parts(
    workshop: Workshop, cores: list[int]
) -> tuple[TranscodePlan, tuple[Part, ...], list[float], list[float]]:
    """Split, do the parts, join: each worker has a core of its own and takes the next part when it is free."""
    pools = [
        ProcessPoolExecutor(1, get_context("spawn"), initializer=os.sched_setaffinity, initargs=(0, {core}))
        for core in cores
    ]
    try:
        cpu_s, result = pools[0].submit(_measured, workshop, "assets/a/j/1/", may_split=True).result()
        workers = [cpu_s, 0.0]
        plan_key, prefixes = "assets/a/j/1/plan.json", _prefixes(len(result.split.parts))
        jobs = [partial(_measured, workshop, prefix, work=Work.PART, plan_key=plan_key, part=number)
                for number, prefix in enumerate(prefixes)]  # fmt: skip
        costs = _handed_out(pools, jobs, workers)
        join = {"work": Work.JOIN, "plan_key": plan_key, "part_prefixes": prefixes}
        workers[0] += pools[0].submit(_measured, workshop, "assets/a/j/2/", **join).result()[0]
    finally:
        for pool in pools:
            pool.shutdown()
    return result.plan, _parts(result.plan), costs, workers


def _handed_out(pools: list[ProcessPoolExecutor], jobs: list[Any], workers: list[float]) -> list[float]:
    """Give each job to whoever is free; adds to what the workers spent, returns what each job cost."""
    costs = [0.0] * len(jobs)
    running: dict[Future[Any], tuple[int, int]] = {}
    waiting = list(enumerate(jobs))
    free = list(range(len(pools)))
    while waiting or running:
        while free and waiting:
            number, job = waiting.pop(0)
            worker = free.pop(0)
            running[pools[worker].submit(job)] = (worker, number)
        for done in wait(running, return_when=FIRST_COMPLETED).done:
            worker, number = running.pop(done)
            costs[number] = done.result()[0]
            workers[worker] += costs[number]
            free.append(worker)
    return costs


def _measured(workshop: Workshop, prefix: str, **request: Any) -> tuple[float, Any]:  # Any: fields of a Job
    """Run in a worker's process: its CPU with that of the programs it waited for."""
    before = _cpu_s()
    result = workshop.run(prefix, **request).result
    return _cpu_s() - before, result


def _cpu_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _prefixes(count: int) -> tuple[str, ...]:
    return tuple(f"assets/a/part{number}/1/" for number in range(count))


def _parts(plan: TranscodePlan) -> tuple[Part, ...]:
    return parts_of(plan, PacketFacts(), format_name="mov")


def _hour_by_these_costs(plan: TranscodePlan, parts: tuple[Part, ...], costs: list[float]) -> Row:
    """Hand out the parts of an hour where a second of picture and of sound costs what it cost here."""
    if plan.video is None:
        raise ValueError("a lecture without a picture")
    sound = sum(cost for part, cost in zip(parts, costs, strict=True) if part.is_sound)
    picture = sum(costs) - sound
    scale = HOUR_S * 1000 / plan.duration_ms
    video = plan.video.model_copy(update={"expected_ms": HOUR_S * 1000})
    hour = _parts(plan.model_copy(update={"duration_ms": HOUR_S * 1000, "video": video}))
    frames = float(HOUR_S * plan.video.fps)
    workers = [0.0, 0.0]
    for part in hour:
        share = ((part.to_frame or frames) - part.from_frame) / frames
        workers[workers.index(min(workers))] += scale * (sound if part.is_sound else picture * share)
    name = f"one hour in {len(hour)} parts at these costs (extrapolated): busiest of two"
    return Row(name, max(workers) / sum(workers), "of the CPU", sum(workers), "CPU s", limit=MAX_BUSIEST)
