"""A short look inside a recording before anything is decided: packets, moments of the picture, loudness.

It takes seconds, also for hours: packets and sound are read through, of the picture a few moments are decoded. What
cannot be found out is left out; whether the file can be used at all shows later.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from transcoding.command import WINDOW_PATTERN, loudness_arguments, packet_arguments, sample_arguments
from transcoding.content import MotionFacts, Survey, motion_facts
from transcoding.loudness import Loudness, parse_loudness
from transcoding.packets import PacketFacts, packet_facts
from transcoding.sandbox import Bounds, TimedOutError, Toolbox, run
from transcoding.source import SourceInfo, VideoTrack

MAX_WINDOWS, WINDOW_S, WINDOW_FRAMES, WINDOW_EVERY_S = 8, 0.4, 4, 2.0
# Each moment has a decoder with its buffers, all in one process: eight of 1080 lines, two of 2160.
MAX_PIXELS_AT_ONCE = MAX_WINDOWS * 1920 * 1088
MAX_SOUNDS = 8
CPU_PER_MEDIA_S = 0.05


def look_inside(source: Path, info: SourceInfo, *, tools: Toolbox) -> Survey:
    """Survey a local file that ffprobe has described. Two programs run at once: this time nobody can watch yet."""
    places = {name: tools.folder / name for name in ("survey-picture", "survey-sound")}
    for place in places.values():
        place.mkdir()
    with ThreadPoolExecutor(max_workers=1) as beside:
        sound_tools = replace(tools, folder=places["survey-sound"])
        loudness = beside.submit(_loudness, source, info, sound_tools)
        packets, motion = PacketFacts(), MotionFacts()
        if info.video:
            picture_tools = replace(tools, folder=places["survey-picture"])
            packets = _packets(source, info, info.video, picture_tools)
            motion = motion_facts(_windows(source, info, info.video, picture_tools))
        return Survey(packets=packets, motion=motion, loudness=loudness.result())


def _packets(source: Path, info: SourceInfo, video: VideoTrack, tools: Toolbox) -> PacketFacts:
    command = packet_arguments(source, index=video.index, max_pixels=tools.limits.max_pixels)
    listing = _said([tools.programs.ffprobe, *command], info, tools)
    return packet_facts(listing[0], fps=video.fps, start_ms=info.start_ms)


def _windows(source: Path, info: SourceInfo, video: VideoTrack, tools: Toolbox) -> Iterable[bytes]:
    seconds = (info.duration_ms or 0) / 1000
    room = MAX_PIXELS_AT_ONCE // (video.coded_width_px * video.coded_height_px)
    count = max(1, min(MAX_WINDOWS, room, int(seconds / WINDOW_EVERY_S)))
    moments = [seconds * (number + 0.5) / count for number in range(count)]
    length_s = max(WINDOW_S, WINDOW_FRAMES / float(video.fps))
    command = sample_arguments(
        source, tools.folder, index=video.index, at_s=moments, seconds=length_s, max_pixels=tools.limits.max_pixels
    )
    _said([tools.programs.ffmpeg, *command], info, tools)
    for number in range(count):
        file = tools.folder / WINDOW_PATTERN.format(number)
        if file.is_file():
            yield file.read_bytes()


def _loudness(source: Path, info: SourceInfo, tools: Toolbox) -> dict[int, Loudness]:
    found = {}
    for track in info.audio[:MAX_SOUNDS]:
        command = loudness_arguments(source, index=track.index, max_pixels=tools.limits.max_pixels)
        measured = parse_loudness(_said([tools.programs.ffmpeg, *command], info, tools)[1])
        if measured:
            found[track.index] = measured
    return found


def _said(command: list[str], info: SourceInfo, tools: Toolbox) -> tuple[str, str]:
    """What a program wrote to stdout and at the end of stderr; nothing where it took too long."""
    cpu_s = 30 + round((info.duration_ms or 0) / 1000 * CPU_PER_MEDIA_S)
    bounds = Bounds(cpu_s=cpu_s, wall_s=4 * cpu_s, memory_bytes=tools.limits.memory_bytes, file_bytes=100_000_000)
    try:
        finished = run(command, tools=tools, bounds=bounds)
    except TimedOutError:
        return "", ""
    finished.check_alive()
    return finished.stdout, finished.stderr
