"""CPU, memory and first playable moment of a whole transcode beside the ladders of others, in turns."""

import statistics

from tests.bench.ladders import COPIED, OURS, PEER, REFERENCE, Made, has_baselines, lecture, made
from tests.bench.rows import Row, compared

ROUNDS = 2
MAX_OF_REFERENCE, MAX_OF_PEER, MAX_OF_FULL_JOB = 1.12, 0.68, 0.65
MAX_MIB = 700


def run() -> list[Row]:
    """Measure ours and, where the baselines are, theirs; the medians of alternating rounds, once where that is long."""
    source = lecture()
    theirs: list[Made] = []
    ours: list[Made] = []
    for number in range(ROUNDS):
        theirs += [made(REFERENCE, source, number)] if has_baselines() else []
        ours.append(made(OURS, source, number))
    copied = made(COPIED, source)
    peer = [made(PEER, source)] if has_baselines() else []
    full_cpu_s = _cpu_s(ours) or 0
    return [
        compared("transcode: CPU", full_cpu_s, "CPU s", baseline=_cpu_s(theirs), baseline_name="ladders.py reference",
                 limit=MAX_OF_REFERENCE),
        compared("transcode: CPU", full_cpu_s, "CPU s", baseline=_cpu_s(peer), baseline_name="ladders.py peer",
                 limit=MAX_OF_PEER),
        compared("transcode with the copied top: CPU", copied.cpu_s, "CPU s", baseline=full_cpu_s,
                 baseline_name="our own full job", limit=MAX_OF_FULL_JOB),
        Row("transcode: largest process at 1080p", max(one.rss_mib for one in ours), "MiB",
            baseline=max((one.rss_mib for one in theirs), default=None), baseline_name="ladders.py reference",
            limit=MAX_MIB),
        compared("transcode: wall", statistics.median(one.wall_s for one in ours), "s",
                 baseline=statistics.median(one.wall_s for one in theirs) if theirs else None,
                 baseline_name="ladders.py reference"),
        Row("transcode: first playable, share of the job of 60 s", _first_playable(ours), "of 1"),
        Row("transcode with the copied top: first playable, share of the job of 60 s", _first_playable([copied]), "of 1"),
    ]  # fmt: skip


def _cpu_s(runs: list[Made]) -> float | None:
    return statistics.median(one.cpu_s for one in runs) if runs else None


def _first_playable(runs: list[Made]) -> float:
    timings = [one.record["timings"] for one in runs]
    return statistics.median(told["first_playable_ms"] / told["total_ms"] for told in timings)
