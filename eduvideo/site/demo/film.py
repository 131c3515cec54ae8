"""A lesson's recording: slides as frames down a pipe to ffmpeg, with a quiet melody."""

import array
import math
import random
import subprocess
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

from PIL import ImageDraw

from eduvideo.catalog.taxonomy import SUBJECT_BY_ID
from eduvideo.media.tools import ffmpeg_path
from eduvideo.site.demo.diagrams import DIAGRAMS
from eduvideo.site.demo.drawing import GOLD, HEIGHT, WIDTH, Board, base
from eduvideo.site.demo.lesson import SLIDE_MS, DemoLesson

FPS = 8
SAMPLE_RATE = 16_000
NOTE_MS = 500
SCALE_HZ = (262, 294, 330, 392, 440, 523, 587, 659)
LOUDNESS = 0.1  # of full scale, about -20 dB
TIMEOUT_S = 120


def make_film(lesson: DemoLesson, target: Path) -> None:
    """Write a lesson's recording to target (MP4); raises RuntimeError with what ffmpeg said."""
    with tempfile.TemporaryDirectory(prefix="eduvideo-demo-") as folder:
        sound = Path(folder, "sound.wav")
        _write_melody(lesson, sound)
        command = [
            ffmpeg_path(), "-nostdin", "-y", "-v", "error",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "pipe:0",
            "-i", str(sound),
            "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p", "-g", str(FPS * 2),
            "-c:a", "aac", "-b:a", "64k", "-shortest", "-movflags", "+faststart", str(target),
        ]  # fmt: skip
        with tempfile.TemporaryFile() as errors:
            with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors) as process:
                if process.stdin is None:
                    raise RuntimeError("ffmpeg has no input")
                try:
                    for frame in frames(lesson):
                        process.stdin.write(frame)
                    process.stdin.close()
                    process.wait(timeout=TIMEOUT_S)
                except (BrokenPipeError, subprocess.TimeoutExpired):
                    process.kill()
            if process.returncode != 0:
                errors.seek(0)
                raise RuntimeError(f"ffmpeg could not make {lesson.key}: {errors.read(2000).decode(errors='replace')}")


def frames(lesson: DemoLesson) -> Iterator[bytes]:
    """Yield the film's frames as RGB bytes, 8 a second."""
    count = SLIDE_MS * FPS // 1000
    for number, slide in enumerate(lesson.slides):
        empty = base(
            lesson.title, slide, number=number + 1, count=len(lesson.slides), hue=SUBJECT_BY_ID[lesson.subject].hue
        )
        for step in range(count):
            image = empty.copy()
            progress = step / (count - 1)
            DIAGRAMS[slide.diagram](Board(image), progress)
            width = WIDTH * (number + progress) / len(lesson.slides)
            ImageDraw.Draw(image).rectangle([0, HEIGHT - 8, width, HEIGHT], fill=GOLD)
            yield image.tobytes()


def _write_melody(lesson: DemoLesson, target: Path) -> None:
    """Write soft notes, the same for the same lesson."""
    chance = random.Random(lesson.key)  # noqa: S311 - music, not a secret
    samples = array.array("h")
    length = SAMPLE_RATE * NOTE_MS // 1000
    for _ in range(lesson.duration_ms // NOTE_MS):
        step = 2 * math.pi * chance.choice(SCALE_HZ) / SAMPLE_RATE
        for i in range(length):
            fade = min(1.0, i / 400, (length - i) / 2000)
            samples.append(int(32767 * LOUDNESS * fade * math.sin(step * i)))
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
