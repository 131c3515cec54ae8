import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import media_factory
from tests.transcoding import runs
from transcoding.loudness import (
    LIMIT_DB,
    MAX_TRUE_PEAK_DB,
    MOST_GAIN_DB,
    TARGET_LUFS,
    GainPlan,
    Loudness,
    gain_for,
    parse_loudness,
)
from transcoding.settings import programs

REPORT = """[Parsed_ebur128_0 @ 0x55] Summary:

  Integrated loudness:
    I:         -27.3 LUFS
    Threshold: -38.1 LUFS

  Loudness range:
    LRA:         9.6 LU
    Threshold:  -47.9 LUFS
    LRA low:   -34.6 LUFS
    LRA high:  -25.0 LUFS

  Sample peak:
    Peak:       -6.1 dBFS
"""


@pytest.mark.parametrize(
    ("lufs", "peak_db", "gain_db", "must_limit"),
    [
        (-16.0, -6.0, 0.0, False),
        (-16.4, -6.0, 0.0, False),  # nobody hears the difference
        (-20.0, -12.0, 4.0, False),
        (-20.0, -6.0, 4.0, True),
        (-24.0, -11.3, 8.0, False),
        (-24.0, -11.2, 8.0, True),
        (-9.0, 0.0, -7.0, False),
        (-14.0, 0.0, -2.0, True),
        (-50.0, -30.0, 20.0, False),  # a silent room stays quieter than a voice
        (-16.0, -0.1, 0.0, True),
    ],
)
def test_the_gain_brings_speech_to_its_level(lufs: float, peak_db: float, gain_db: float, must_limit: bool) -> None:
    assert gain_for(Loudness(integrated_lufs=lufs, peak_db=peak_db)) == GainPlan(gain_db=gain_db, must_limit=must_limit)


@given(st.floats(-55, 5), st.floats(-60, 6))
def test_no_peak_may_leave_the_scale_unlimited(lufs: float, peak_db: float) -> None:
    plan = gain_for(Loudness(integrated_lufs=lufs, peak_db=peak_db))
    assert plan.must_limit or peak_db + plan.gain_db <= LIMIT_DB < MAX_TRUE_PEAK_DB
    assert plan.gain_db <= MOST_GAIN_DB
    assert plan.gain_db == MOST_GAIN_DB or abs(lufs + plan.gain_db - TARGET_LUFS) < 0.56


def test_what_was_not_measured_stays_as_it_is() -> None:
    assert gain_for(None) == GainPlan()


def test_the_summary_of_the_meter_is_read() -> None:
    assert parse_loudness(f"anything\n{REPORT}") == Loudness(integrated_lufs=-27.3, peak_db=-6.1)


@pytest.mark.parametrize(
    "report",
    [
        "",
        "no such stream",
        REPORT.replace("-27.3", "-70.0"),  # the meter's word for silence
        REPORT.replace("-6.1", "-inf"),
        REPORT[:120],
    ],
)
def test_silence_and_an_unfinished_report_are_no_loudness(report: str) -> None:
    assert parse_loudness(report) is None


# Pink noise that comes and goes as syllables do, with pauses between the sentences.
SPEECH = "anoisesrc=color=pink:seed=7:duration={seconds}:sample_rate=48000:amplitude=0.9,volume='{volume}':eval=frame"
SYLLABLES = "(0.25+0.75*abs(sin(9*t)))*lt(mod(t,4),3.2)"


def recording(name: str, effects: str, *, seconds: int = 16) -> Path:
    inputs = ["-f", "lavfi", "-i", f"{SPEECH.format(seconds=seconds, volume=SYLLABLES)},{effects}"]
    picture = media_factory.picture(width=320, height=180, fps="10", seconds=seconds)
    return media_factory.make(f"{name}.mov", [*inputs, *picture, *media_factory.X264, "-c:a", "pcm_s16le"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "effects", "within_lu"),
    [
        ("quiet", "volume=-14dB", 1),
        ("loud", "volume=24dB,alimiter=limit=1:level=0,asoftclip=type=hard", 1),
        # Knocks at the microphone count for the gain and are limited: the voice ends up a little lower.
        ("knocks", "aeval='0.4*val(0)+0.9*sin(3000*t)*lt(mod(t,3),0.004)'", 2),
    ],
)
def test_what_is_heard_is_as_loud_as_every_lesson(name: str, effects: str, within_lu: float, tmp_path: Path) -> None:
    source = recording(name, effects)
    before_lufs, _ = measured(source)
    assert abs(before_lufs - TARGET_LUFS) > 2
    output = runs.run(source, tmp_path / "run")
    ((_, sound),) = output.master.sounds
    lufs, peak_db = measured(sound.joined(tmp_path / "sound.mp4"))
    assert lufs == pytest.approx(TARGET_LUFS, abs=within_lu), output.result.plan.reasons
    assert peak_db <= MAX_TRUE_PEAK_DB, output.result.plan.reasons


def measured(file: Path) -> tuple[float, float]:
    """Integrated loudness and true peak, of what a viewer hears."""
    command = [programs().ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-i", str(file), "-vn"]
    command += ["-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stderr
    summary = said[said.rindex("Summary:") :]
    found = re.search(r"I:\s+(\S+) LUFS.*Peak:\s+(\S+) dBFS", summary, re.DOTALL)
    assert found, summary
    return float(found[1]), float(found[2])
