"""Automatic captions: what is said in a source, written down. An optional step that never fails a lesson.

Off unless EDUVIDEO_SPEECH_MODEL names a model. The recognizer is ffmpeg's `whisper` filter (ffmpeg 8.0 and later, built
with whisper.cpp), run like the encoder: alone, bounded, without network.
"""

import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from transcoding.captions import Cue, readable_cues, webvtt
from transcoding.command import input_words
from transcoding.errors import ConfigurationError
from transcoding.playlist import language_name
from transcoding.sandbox import STDERR_NAME, Bounds, TimedOutError, Toolbox, run
from transcoding.settings import settings, speech_programs
from transcoding.speech_model import ModelError, fitted_model, without_marks

MODELS = "speech-models"  # below EDUVIDEO_TRANSCODE_WORK
MODEL_NAME, OUTPUT_NAME = "model.bin", "speech.srt"
# What a model hears at once is half a minute; the filter's own three seconds would cost ten times as much.
QUEUE_S = 30
# whisper.cpp's threads wait for each other by spinning: with one more than there are free cores (ffmpeg's default) the
# smallest model took 18 CPU-seconds for a minute instead of 0.4.
SPARED_CORES = 1
UNKNOWN = frozenset({"", "und", "mul", "mis"})
# Of https://github.com/openai/whisper, tokenizer.py; in a model without Cantonese its place is another token's.
LANGUAGES = frozenset({
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it", "id", "hi",
    "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur", "hr", "bg", "lt", "la",
    "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn", "et", "mk", "br", "eu", "is", "hy",
    "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si", "km", "sn", "yo", "so", "af", "oc", "ka", "be",
    "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl",
    "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su",
})  # fmt: skip
SAME = {"cmn": "zh", "yue": "zh", "nb": "no", "iw": "he", "in": "id", "fil": "tl", "jv": "jw"}
AUTOMATIC = {
    "zh": "（自动生成）", "zh-Hant": "（自動產生）", "zh-TW": "（自動產生）", "zh-HK": "（自動產生）",
    "ja": "（自動生成）", "ko": " (자동 생성)", "fr": " (automatiques)", "de": " (automatisch)",
    "es": " (automáticos)", "pt": " (automáticas)", "it": " (automatici)", "ru": " (автоматические)",
}  # fmt: skip
_TIME = r"([0-9]{2,6}):([0-9]{2}):([0-9]{2})[.,]([0-9]{3})"
_TIMING = re.compile(rf"^{_TIME} --> {_TIME}$")
_DETECTED = re.compile(r"auto-detected language: ([a-z]{2,3}) ")


class SpeechError(Exception):
    """The speech could not be written down; the message says why, for result.json."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound track of a file. `language` is a BCP 47 tag, "und" where nobody knows."""

    file: Path
    stream_index: int
    language: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Speech:
    """What was heard, and in which language; as it came, see captions.readable_cues."""

    language: str
    cues: tuple[Cue, ...]


class SpeechRecognizer(Protocol):
    def recognize(self, sound: Sound, *, tools: Toolbox) -> Speech:
        """Write down what is said; may take as long as the recording.

        Raises SpeechError or TimedOutError where that is not possible, and what `tools.stop` was asked to raise.
        """


@dataclass(frozen=True, slots=True)
class AutomaticCaptions:
    """WebVTT of the speech, or "" and the reason why there is none."""

    text: str
    language: str
    label: str
    reason: str


def automatic_captions(recognizer: SpeechRecognizer, sound: Sound, *, tools: Toolbox) -> AutomaticCaptions:
    """Write captions of a sound track. Only an order to stop is raised: whatever fails leaves the captions out."""
    try:
        speech = recognizer.recognize(sound, tools=tools)
    except (SpeechError, TimedOutError, OSError) as error:
        return AutomaticCaptions("", sound.language, "", f"no automatic captions: {error}")
    cues = readable_cues(speech.cues, duration_ms=sound.duration_ms)
    if not cues:
        return AutomaticCaptions("", speech.language, "", "no automatic captions: no speech was heard")
    reason = f"automatic captions in {speech.language}: {len(cues)} cues"
    return AutomaticCaptions(webvtt(cues), speech.language, automatic_label(speech.language), reason)


def automatic_label(language: str) -> str:
    """Return the name of a track that says of itself, in its language, that no person wrote it."""
    tag = language
    while tag not in AUTOMATIC and "-" in tag:
        tag = tag.rpartition("-")[0]
    return f"{language_name(language)}{AUTOMATIC.get(tag, ' (automatic)')}"


@cache
def speech_recognizer() -> SpeechRecognizer | None:
    """Return the recognizer that the settings ask for, None where they ask for none.

    Raises ConfigurationError, with the setting's name, where it cannot work: call it when a worker starts.
    """
    chosen = settings()
    if not chosen.speech_model:
        return None
    program = next((program for program in speech_programs() if _has_filter(program)), None)
    if program is None:
        raise ConfigurationError(
            "EDUVIDEO_SPEECH_FFMPEG must name an ffmpeg with the whisper filter (8.0 or later, as in "
            f"eduvideo[ffmpeg]); these have none: {', '.join(speech_programs())}. Or leave EDUVIDEO_SPEECH_MODEL empty."
        )
    model = Path(chosen.speech_model)
    try:
        return WhisperFilter(program, fitted_model(model, folder=chosen.transcode_work / MODELS))
    except (ModelError, OSError) as error:
        raise ConfigurationError(f"EDUVIDEO_SPEECH_MODEL cannot be used: {model}: {error}") from error


@dataclass(frozen=True, slots=True)
class WhisperFilter:
    """ffmpeg's whisper filter with a model of whisper.cpp that was made fit for it."""

    ffmpeg: str
    model: Path

    def recognize(self, sound: Sound, *, tools: Toolbox) -> Speech:
        """See SpeechRecognizer."""
        spoken = whisper_language(sound.language)
        folder = tools.folder / "speech"
        folder.mkdir(exist_ok=True)
        (folder / MODEL_NAME).symlink_to(self.model)  # a name that needs no escaping in a filter
        arguments = whisper_arguments(sound, language=spoken, max_pixels=tools.limits.max_pixels)
        done = run([self.ffmpeg, *arguments], tools=replace(tools, folder=folder), bounds=self._bounds(sound, tools))
        output = folder / OUTPUT_NAME
        if done.status != 0 or not output.is_file():
            last = done.stderr.strip().rpartition("\n")[2][:200]
            raise SpeechError(f"the whisper filter left with {done.status}: {last}")
        log = (folder / STDERR_NAME).read_text(encoding="utf-8", errors="replace")
        language = sound.language if spoken else detected_language(log)
        return Speech(language, heard_cues(output.read_bytes()))

    def _bounds(self, sound: Sound, tools: Toolbox) -> Bounds:
        """Bound by the length of the sound; ffmpeg loads the model twice, to look at the filter and to run it."""
        limits, seconds = tools.limits, sound.duration_ms / 1000
        return Bounds(
            cpu_s=round(limits.cpu_base_s + limits.cpu_per_media_s * seconds),
            wall_s=limits.wall_base_s + limits.wall_per_media_s * seconds,
            memory_bytes=limits.memory_bytes + 2 * self.model.stat().st_size,
            file_bytes=limits.file_bytes,
        )


def whisper_language(tag: str) -> str | None:
    """Return the model's name for a language, None for one to be found out; raises SpeechError for one it has not."""
    main = tag.lower().partition("-")[0]
    if main in UNKNOWN:
        return None
    name = SAME.get(main, main)
    if name not in LANGUAGES:
        raise SpeechError(f"the model does not know the language {tag}")
    return name


def whisper_arguments(sound: Sound, *, language: str | None, max_pixels: int) -> list[str]:
    """Return ffmpeg's arguments: the sound on the encoder's time line, through the filter, to nowhere.

    Which language was found out is said in debug messages only.
    """
    whisper = {
        "model": MODEL_NAME, "language": language or "auto", "queue": QUEUE_S, "use_gpu": 0,
        "destination": OUTPUT_NAME, "format": "srt",
    }  # fmt: skip
    threads = max(1, len(os.sched_getaffinity(0)) - SPARED_CORES)
    filters = f"aresample=async=1:first_pts=0,whisper={':'.join(f'{key}={value}' for key, value in whisper.items())}"
    level = "error" if language else "debug"
    return [
        "-nostdin", "-y", "-hide_banner", "-nostats", "-v", level, "-filter_threads", str(threads),
        *input_words(max_pixels), "-vn", "-sn", "-dn", "-i", str(sound.file), "-map", f"0:{sound.stream_index}",
        "-af", filters, "-f", "null", "-",
    ]  # fmt: skip


def heard_cues(output: bytes) -> tuple[Cue, ...]:
    """Return the cues of the filter's SRT, whose times and numbers differ between its versions."""
    cues: list[Cue] = []
    lines = without_marks(output).decode("utf-8", "replace").split("\n")
    for number, line in enumerate(lines[:-1]):
        if timing := _TIMING.match(line):
            cues.append(Cue(_clock(*timing.group(1, 2, 3, 4)), _clock(*timing.group(5, 6, 7, 8)), lines[number + 1]))
    return tuple(cues)


def detected_language(log: str) -> str:
    """Return the language that most of the half minutes were in, "und" where none was told."""
    found = Counter(_DETECTED.findall(log)).most_common(1)
    return found[0][0] if found else "und"


def _clock(hours: str, minutes: str, seconds: str, milliseconds: str) -> int:
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(milliseconds)


def _has_filter(program: str) -> bool:
    try:
        listed = subprocess.run(
            [program, "-v", "error", "-filters"], capture_output=True, check=False, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b" whisper " in listed.stdout
