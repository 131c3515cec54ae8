"""Ask ffprobe what a file is, without trusting it."""

from pathlib import Path

from transcoding.command import probe_arguments, tail_arguments
from transcoding.errors import EncodeError, SourceError
from transcoding.messages import FailureCode
from transcoding.sandbox import Bounds, Finished, TimedOutError, Toolbox, run
from transcoding.source import SourceInfo, parse_probe

BOUNDS = Bounds(cpu_s=20, wall_s=60, file_bytes=64_000_000)
# Where the header promises the whole file (a sample table), its end can be checked before any work is done.
PROMISING_FORMATS = ("mov",)
TAIL_MS = 2000


def probe_source(source: Path, *, tools: Toolbox) -> SourceInfo:
    """Describe a local file; raise SourceError for what is no usable recording."""
    if source.stat().st_size == 0:
        raise SourceError("This file is empty.", code=FailureCode.NOT_MEDIA)
    command = [tools.programs.ffprobe, *probe_arguments(source, max_pixels=tools.limits.max_pixels)]
    finished = _run(command, tools)
    if finished.status != 0:
        raise _refusal(source, finished)
    info = parse_probe(finished.stdout)
    if info.duration_ms is None and (info.video or info.audio):
        info = info.model_copy(update={"duration_ms": _last_packet_ms(source, 0, tools)})
    elif info.duration_ms and info.format_name.startswith(PROMISING_FORMATS):
        from_ms = max(0, info.duration_ms - max(TAIL_MS, info.duration_ms // 20))
        if _last_packet_ms(source, from_ms, tools) is None:
            raise SourceError(
                "The end of this recording is missing; please upload it again.", code=FailureCode.TRUNCATED,
                detail=f"the header promises {info.duration_ms} ms, but there is nothing near the end",
            )  # fmt: skip
    return info


def _last_packet_ms(source: Path, from_ms: int, tools: Toolbox) -> int | None:
    """Time of the latest packet from a moment on, None if there is none; reads packets, decodes nothing."""
    arguments = tail_arguments(source, from_s=from_ms / 1000, max_pixels=tools.limits.max_pixels)
    finished = _run([tools.programs.ffprobe, *arguments], tools)
    times = []
    for line in finished.stdout.splitlines():
        try:
            times.append(float(line.strip().rstrip(",")))
        except ValueError:
            continue  # a packet without a time
    return round(max(times) * 1000) if times else None


def _run(command: list[str], tools: Toolbox) -> Finished:
    try:
        finished = run(command, tools=tools, bounds=BOUNDS)
    except TimedOutError as error:
        raise SourceError(
            "This file takes too long to examine.", code=FailureCode.TOO_COSTLY, detail=str(error)
        ) from error
    except OSError as error:
        raise EncodeError("The video tools could not be started.", detail=str(error)) from error
    finished.check_alive()
    if finished.was_killed:
        raise SourceError(
            "This file takes too much work to examine.", code=FailureCode.TOO_COSTLY, detail=finished.stderr
        )
    return finished


def _refusal(source: Path, finished: Finished) -> SourceError:
    if "Picture size" in finished.stderr and "whitelist" not in finished.stderr:
        return SourceError(
            "The picture is larger than any we can process (8K at most).", code=FailureCode.TOO_LARGE_PICTURE,
            detail=finished.stderr,
        )  # fmt: skip
    with source.open("rb") as file:
        is_mp4 = file.read(8)[4:] == b"ftyp"
    if is_mp4 and "moov atom not found" in finished.stderr:
        return SourceError(
            "This recording is incomplete: its end is missing; please upload it again.", code=FailureCode.TRUNCATED,
            detail=finished.stderr,
        )  # fmt: skip
    return SourceError(
        "This file is not a video or audio recording that we can read.", code=FailureCode.NOT_MEDIA,
        detail=finished.stderr,
    )  # fmt: skip
