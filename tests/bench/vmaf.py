"""How much of the picture is left (VMAF v0.6.1), by the ffmpeg of the wheel: Debian's has no libvmaf."""

import json
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from tests import media_factory
from transcoding import settings

# Each fifteenth frame says as much of a lecture as all of them, for a tenth of the work.
EVERY = 15


def program() -> str | None:
    return settings._from_wheel("ffmpeg")


def scores(source: Path, encoded: Sequence[Path], *, width_px: int, height_px: int, fps: Fraction) -> list[float]:
    """The mean of each encoded file against its source, scaled up to the source's size as a player does it."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-vmaf-") as folder:
        logs = [Path(folder) / f"{number}.json" for number in range(len(encoded))]
        chosen = f"setpts=PTS-STARTPTS,fps={fps},select='not(mod(n,{EVERY}))'"
        graph = [f"[0:v]{chosen},split={len(encoded)}" + "".join(f"[r{n}]" for n in range(len(encoded)))]
        outputs = []
        for number, log in enumerate(logs):
            graph.append(f"[{number + 1}:v]{chosen},scale={width_px}:{height_px}:flags=bicubic[d{number}]")
            graph.append(f"[d{number}][r{number}]libvmaf=n_threads=2:log_fmt=json:log_path={log}[o{number}]")
            outputs += ["-map", f"[o{number}]", "-f", "null", "-"]
        inputs = [word for file in (source, *encoded) for word in ("-i", str(file))]
        media_factory.ffmpeg([*inputs, "-filter_complex", ";".join(graph), *outputs], program=program())
        return [json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"] for log in logs]
