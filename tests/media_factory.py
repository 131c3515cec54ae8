"""Small real media files, made by ffmpeg out of nothing and kept for the length of a test session."""

import fcntl
import functools
import os
import struct
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from transcoding.settings import programs

TIMEOUT_S = 120
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "64k")
BT709 = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")


class _Folder:
    """Of one run of the tests, for all its processes; else made when first needed, removed at the end of the process."""

    @functools.cached_property
    def path(self) -> Path:
        if "TESTS_RUN" in os.environ:
            return Path(os.environ["TESTS_RUN"])
        self._kept = tempfile.TemporaryDirectory(prefix="eduvideo-media-")
        return Path(self._kept.name)


_folder = _Folder()


def picture(*, width: int = 640, height: int = 360, fps: str = "30", seconds: float = 4) -> list[str]:
    """Input arguments: a moving test picture with a clock."""
    return ["-f", "lavfi", "-t", f"{seconds}", "-i", f"testsrc2=size={width}x{height}:rate={fps}"]


def tone(*, seconds: float = 4, hertz: int = 440) -> list[str]:
    """Input arguments: a sine."""
    return ["-f", "lavfi", "-t", f"{seconds}", "-i", f"sine=frequency={hertz}:sample_rate=48000"]


def once(name: str, write: Callable[[Path], object]) -> Path:
    """Return the file of this name, which `write` makes if no process of the session has made it yet."""
    file = _folder.path / name
    if not file.exists():
        with file.with_name(f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                draft = file.with_name(f"draft-{name}")
                write(draft)
                draft.replace(file)
    return file


def make(name: str, arguments: Sequence[str]) -> Path:
    """Run ffmpeg once per session for this name; `arguments` without the output file."""
    return once(name, lambda file: ffmpeg([*arguments, str(file)]))


def ffmpeg(arguments: Sequence[str], *, program: str | None = None) -> None:
    command = [program or programs().ffmpeg, "-nostdin", "-y", "-v", "error", *arguments]
    subprocess.run(command, check=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)


def lecture(*, width: int = 640, height: int = 360, seconds: float = 4, fps: str = "30") -> Path:
    """A moving picture with a tone; H.264 and AAC in MP4."""
    inputs = [*picture(width=width, height=height, fps=fps, seconds=seconds), *tone(seconds=seconds)]
    name = f"lecture-{width}x{height}-{fps.replace('/', '_')}-{seconds:g}.mp4"
    return make(name, [*inputs, *X264, *AAC, "-movflags", "+faststart"])


COUNT_BITS = 12


def counted(*, width: int = 640, height: int = 360, seconds: float = 4, fps: str = "30", crf: int = 23) -> Path:
    """Every picture shows its own number: 12 bars of the picture's height, the lowest bit first, white for one."""
    bar = width // COUNT_BITS
    boxes = [
        f"drawbox=x={bit * bar}:w={bar}:h=ih:color=white:t=fill:enable='mod(floor(n/{2**bit}),2)'"
        for bit in range(COUNT_BITS)
    ]
    black = ["-f", "lavfi", "-t", f"{seconds}", "-i", f"color=black:size={width}x{height}:rate={fps}"]
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", f"{crf}", "-pix_fmt", "yuv420p", *BT709, *AAC]
    name = f"counted-{width}x{height}-{fps.replace('/', '_')}-{seconds:g}-{crf}.mp4"
    return make(name, [*black, *tone(seconds=seconds), "-vf", ",".join(boxes), *codec])


def sparse(*, seconds: float) -> Path:
    """The same numbers, but only each 47th picture was recorded: a variable rate with gaps of a second and a half."""
    source = counted(seconds=seconds)
    choose = ["-vf", "select=not(mod(n\\,47))", "-fps_mode", "vfr", "-video_track_timescale", "90000"]
    return make(f"sparse-{seconds:g}.mp4", ["-i", str(source), *choose, *X264, "-g", "3", "-c:a", "copy"])


def counts_of(file: Path) -> list[int]:
    """Read the numbers that the pictures of a recording of `counted` show, in the order of decoding."""
    command = [programs().ffmpeg, "-v", "error", "-i", str(file), "-an"]
    command += [
        "-vf",
        f"scale={COUNT_BITS}:1:flags=area,format=gray",
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-",
    ]
    bars = subprocess.run(command, check=True, timeout=TIMEOUT_S, capture_output=True).stdout
    rows = (bars[at : at + COUNT_BITS] for at in range(0, len(bars), COUNT_BITS))
    return [sum((value > 128) << bit for bit, value in enumerate(row)) for row in rows]


def silent(*, seconds: float = 4) -> Path:
    """A picture without any sound track."""
    return make(f"silent-{seconds:g}.mp4", [*picture(seconds=seconds), *X264])


def portrait(*, seconds: float = 3) -> Path:
    """Held upright: 540x960."""
    return lecture(width=540, height=960, seconds=seconds)


def rotated(*, seconds: float = 3) -> Path:
    """Coded as 320x240 with a quarter turn in its header, as phones write it: 240x320 on the screen."""
    plain = lecture(width=320, height=240, seconds=seconds)
    data = bytearray(plain.read_bytes())
    # The first tkhd (ISO/IEC 14496-12, 8.3.2) is the picture's; its matrix stands 40 bytes after its name and flags.
    matrix = data.index(b"tkhd") + 4 + 40
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    return once(f"rotated-{seconds:g}.mp4", lambda file: file.write_bytes(data))


def odd(*, seconds: float = 3) -> Path:
    """Odd width and height, which only 4:4:4 allows."""
    inputs = [*picture(width=321, height=181, seconds=seconds), *tone(seconds=seconds)]
    codec = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", *AAC]
    return make(f"odd-{seconds:g}.mp4", [*inputs, "-vf", "scale=321:181,setsar=1,format=yuv444p", *codec])


def sound_only(*, seconds: float = 8) -> Path:
    """A voice memo."""
    return make(f"sound-{seconds:g}.m4a", [*tone(seconds=seconds), *AAC])


def bilingual(*, seconds: float = 7) -> Path:
    """One picture with English and Chinese sound."""
    inputs = [*picture(seconds=seconds), *tone(seconds=seconds), *tone(seconds=seconds, hertz=880)]
    maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a"]
    tags = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=chi"]
    return make(f"bilingual-{seconds:g}.mp4", [*inputs, *maps, *tags, *X264, *AAC])


def interlaced(*, seconds: float = 3) -> Path:
    """Fields, top first, as old cameras record."""
    codec = ["-vf", "interlace", "-c:v", "libx264", "-preset", "ultrafast", "-flags", "+ildct+ilme"]
    return make(f"interlaced-{seconds:g}.mp4", [*picture(fps="50", seconds=seconds), *codec, "-x264opts", "tff=1"])


def wide_pixels(*, seconds: float = 3) -> Path:
    """Coded as 360x288 with pixels 16:11, as DV is."""
    inputs = picture(width=360, height=288, seconds=seconds)
    return make(f"wide-pixels-{seconds:g}.mp4", [*inputs, "-vf", "setsar=16/11", *X264])


def captioned(cues: str, *, seconds: float = 4) -> Path:
    """A picture with a SubRip track of these cues in Matroska."""
    srt = once(f"{abs(hash(cues))}.srt", lambda file: file.write_text(cues, encoding="utf-8"))
    inputs = [*picture(seconds=seconds), "-i", str(srt)]
    codec = [*X264, "-c:s", "srt", "-metadata:s:s:0", "language=eng"]
    return make(f"captioned-{abs(hash(cues))}-{seconds:g}.mkv", [*inputs, *codec])


def dark_start(*, seconds: float = 6) -> Path:
    """Black for its first three seconds."""
    black = "drawbox=color=black:t=fill:enable='lt(t,3)'"
    return make(f"dark-start-{seconds:g}.mp4", [*picture(seconds=seconds), "-vf", black, *X264])


def browser_recording(*, seconds: float = 3) -> Path:
    """What MediaRecorder writes: WebM on a pipe, so without a duration."""
    encoded = make(
        f"recorded-{seconds:g}.webm",
        [*picture(width=320, height=240, fps="15", seconds=seconds), "-c:v", "libvpx", "-deadline", "realtime"],
    )

    def pipe(file: Path) -> None:
        command = [programs().ffmpeg, "-v", "error", "-i", str(encoded), "-c", "copy", "-f", "webm", "-live", "1", "-"]
        done = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
        file.write_bytes(done.stdout)

    return once(f"live-{encoded.name}", pipe)


def cut_short(file: Path, *, keep: float) -> Path:
    """The first part of a file's bytes: an interrupted transfer."""
    whole = file.read_bytes()
    return once(f"cut-{keep:g}-{file.name}", lambda short: short.write_bytes(whole[: int(len(whole) * keep)]))


def make_lesson(*, seconds: int = 8, height: int = 360, bitrate_kbps: int | None = None) -> Path:
    """A lesson-like recording: moving picture with sound, 16:9, of a given length and (about) bit rate."""
    width = height * 16 // 9 // 2 * 2
    rate = (
        ("-b:v", f"{bitrate_kbps}k", "-minrate", f"{bitrate_kbps}k", "-bufsize", f"{bitrate_kbps}k")
        if bitrate_kbps
        else ()
    )
    name = f"lesson-{seconds}s-{height}p-{bitrate_kbps or 0}k.mp4"
    return make(
        name,
        [
            *picture(width=width, height=height, seconds=seconds),
            *tone(seconds=seconds),
            *X264,
            *rate,
            *AAC,
            "-shortest",
        ],
    )


# Chinese and Latin text, as slides of lessons have it; every line of a slide is shifted, so that no two are alike.
SLIDE_LINES = (
    "第{n}课 二次函数的图像与性质", "y = ax² + bx + c  (a ≠ 0)", "当 a > 0 时,抛物线开口向上,顶点是最低点。",
    "The axis of symmetry is x = -b / 2a, and the vertex", "lies on it: substitute to find the extreme value.",
    "例{n}:求函数 y = x² - {n}x + 3 的顶点坐标和对称轴。", "Practice: sketch the graph for a = {n}, b = -4, c = 1.",
)  # fmt: skip


def slides(
    *, width: int = 1920, height: int = 1080, seconds: int = 60, every_s: int = 10, pointer_from_s: int | None = None
) -> Path:
    """A recording of text slides with hard cuts in between: nothing moves, but for a pointer in a part of it."""
    pages = [_slide(number, width, height) for number in range(-(-seconds // every_s))]
    rows = "".join(f"file '{page}'\nduration {every_s}\n" for page in [*pages, pages[-1]])
    listing = once(f"slides-{width}x{height}-{seconds}-{every_s}.txt", lambda file: file.write_text(rows))
    show = f"scale={width}:{height}:out_color_matrix=bt709:out_range=tv,format=yuv420p,fps=30"
    if pointer_from_s is not None:
        moves = (
            f"overlay=x='200+100*(t-{pointer_from_s})':y=300:enable='between(t,{pointer_from_s},{pointer_from_s + 3})'"
        )
        show = f"{show}[page];color=red:size=16x24:rate=30[pointer];[page][pointer]{moves}:shortest=1"
    inputs = [*tone(seconds=seconds), "-f", "concat", "-safe", "0", "-i", str(listing)]
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", *BT709, *AAC]
    maps = ["-filter_complex", f"[1:v]{show}[v]", "-map", "[v]", "-map", "0:a", "-t", f"{seconds}"]
    return make(f"slides-{width}x{height}-{seconds}-{every_s}-{pointer_from_s}.mp4", [*inputs, *maps, *codec])


def _slide(number: int, width: int, height: int) -> Path:
    return once(f"slide-{number}-{width}x{height}.png", lambda file: _draw_slide(file, number, width, height))


def _draw_slide(file: Path, number: int, width: int, height: int) -> None:
    image = Image.new("RGB", (width, height), ("#fbfaf6", "#ffffff", "#f2f6ff")[number % 3])
    draw, size = ImageDraw.Draw(image), height // 18
    with as_file(files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc") as path:
        face = ImageFont.truetype(path, size, index=2)
    for line, text in enumerate(SLIDE_LINES[number % 3 :] + SLIDE_LINES[: number % 3]):
        place = (width // 16 + 7 * number, height // 12 + line * size * 2)
        draw.text(place, text.format(n=number + line + 1), fill="#1e2a44", font=face)
    image.save(file)


def pretenders(folder: Path) -> dict[str, Path]:
    """Files that say they are a video and are not, or not only: playlists, scripts, bombs, documents, lies."""
    film = lecture(seconds=3).read_bytes()
    # ISO/IEC 14496-12: the movie header's duration, a promise of a hundred hours.
    header = film.index(b"mvhd") + 4
    scale = int.from_bytes(film[header + 12 : header + 16])
    endless = film[: header + 16] + (360_000 * scale).to_bytes(4) + film[header + 20 :]
    contents = {
        "dash.mp4": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
        b"<Representation id='1' bandwidth='1'><BaseURL>http://127.0.0.1:9/x.mp4</BaseURL></Representation>"
        b"</AdaptationSet></Period></MPD>",
        "variants.mp4": b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/passwd\n",
        "key.mp4": b'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\n#EXTINF:1,\na.ts\n',
        "script.mkv": b"ffconcat version 1.0\nfile '/etc/passwd'\nfile ../../other/source\n",
        "session.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "page.mp4": b"<!doctype html><script>alert(1)</script>",
        "picture.mp4": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "subtitles.mp4": b"1\n00:00:00,000 --> 99:00:00,000\nx\n",
        "program.mp4": b"#!/bin/sh\ncat /etc/passwd\n" * 100,
        "boxes.mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\xff\xff\xff\xf0moov" + b"\x00" * 4000,
        "nested.mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
        + b"".join((8 * depth).to_bytes(4) + b"moov" for depth in range(4000, 0, -1)),
        "hundred_hours.mp4": endless,
        "half.mp4": film[: len(film) // 2],
        "inside_out.mp4": film[::-1],
        "noise.mp4": film[:40] + bytes((7 * at * at) % 256 for at in range(100_000)),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}
