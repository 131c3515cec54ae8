"""How loud a recording is and what brings it to the level of all lessons (EBU R 128, for speech at -16 LUFS). Pure."""

import re

from transcoding.ladder import Decision
from transcoding.source import Fact

TARGET_LUFS = -16.0
MAX_TRUE_PEAK_DB = -1.5
# Coding overshoots and peaks lie between samples: limit below what is promised.
LIMIT_DB = MAX_TRUE_PEAK_DB - 1.3
# More would raise the noise of a silent room to the level of a voice.
MOST_GAIN_DB = 20.0
SILENCE_LUFS = -55.0
# Differences that nobody hears are left alone.
LEAST_GAIN_DB = 0.5


class Loudness(Fact):
    """Integrated loudness in LUFS and sample peak in dBFS, as ffmpeg's ebur128 filter measures them."""

    integrated_lufs: float
    peak_db: float


class GainPlan(Decision):
    """`gain_db` for the whole recording, so its dynamics stay; the limiter only touches what would leave the scale."""

    gain_db: float = 0.0
    must_limit: bool = False


def parse_loudness(report: str) -> Loudness | None:
    """Read the summary that ebur128 writes at its end; None where it is missing or there was only silence."""
    summary = report[report.rfind("Summary:") :] if "Summary:" in report else ""
    integrated = re.search(r"I:\s+(-?[0-9.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[0-9.]+) dBFS", summary)
    if not integrated or not peak or float(integrated[1]) < SILENCE_LUFS:
        return None
    return Loudness(integrated_lufs=float(integrated[1]), peak_db=float(peak[1]))


def gain_for(loudness: Loudness | None) -> GainPlan:
    """Decide the gain; silence and what could not be measured stay as they are, apart from the limit."""
    if loudness is None:
        return GainPlan()
    gain = min(MOST_GAIN_DB, TARGET_LUFS - loudness.integrated_lufs)
    gain = 0.0 if abs(gain) < LEAST_GAIN_DB else round(gain, 1)
    return GainPlan(gain_db=gain, must_limit=loudness.peak_db + gain > LIMIT_DB - 0.5)
