"""WebVTT and SRT to cues and back. Pure.

WebVTT is read by the parsing algorithm of W3C WebVTT 1 (section 6.1), which forgives much: a block whose times cannot
be read is skipped, not refused. SRT has no specification; it is read as players read what is found in the wild. Only a
text without the signature, or without any time, is an error, and one that is too much for a lesson.
"""

import html
import re
from collections.abc import Iterable

from eduvideo.moderation.text import clean_line
from transcoding.captions import Cue, cue_time, webvtt

__all__ = ["MAX_CUES", "CaptionSyntaxError", "Cue", "parse_captions", "shown_text", "srt", "webvtt"]

MAX_CUES = 50_000
MAX_CUE_CHARACTERS = 5_000
HOUR_MS, MINUTE_MS, SECOND_MS = 3_600_000, 60_000, 1_000
MAX_HOUR_DIGITS = 6  # int() refuses thousands of them
_TIME = r"(?:([0-9]{2,}):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})"
_TIMING = re.compile(rf"^[ \t\f]*{_TIME}[ \t\f]*-->[ \t\f]*{_TIME}(?![0-9])")
# In the wild: "." for ",", spaces within, hours or fractions left out, one hyphen for two.
_SRT_TIME = r"(?:([0-9]{1,6}) ?: ?)?([0-9]{1,2}) ?: ?([0-9]{1,2})(?: ?[,.] ?([0-9]{1,3}))?"
_SRT_TIMING = re.compile(rf"^\s*{_SRT_TIME}\s*-{{1,3}}>\s*{_SRT_TIME}(?![0-9])")
_SRT_NUMBER = re.compile(r"^\s*[0-9]{1,9}\s*$")
_SRT_STYLE = re.compile(r"\{\\[^{}\n]*\}")  # {\an8} and the like, which editors of ASS leave
_LONG_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")  # beyond Unicode, and beyond int()
# A tag begins with a letter, a slash or the digits of a time. Players would swallow the rest of "a < b"; we keep it.
_TAG = re.compile(r"<(?:[A-Za-z/][^<>]*|[0-9:.]+)>")


class CaptionSyntaxError(ValueError):
    """The text is neither WebVTT nor SRT; `line` (from 1) is where that shows."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse_captions(text: str) -> tuple[Cue, ...]:
    """Return the cues of a WebVTT or SRT text in the order of time; raises CaptionSyntaxError with the line."""
    text = text.removeprefix("\ufeff").replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    cues = _webvtt(lines) if re.match(r"WEBVTT(?:[ \t]|$)", lines[0]) else _srt(lines)
    return tuple(sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)))


def srt(cues: Iterable[Cue]) -> str:
    """Return cues as SRT, with the line ends that its players expect.

    SRT cannot escape: an arrow inside a text is written as another one, since a reader would take it for a time.
    """
    blocks = [
        f"{number}\n{cue_time(cue.start_ms, cue.end_ms, point=',')}\n" + cue.text.replace("->", "\u2192")
        for number, cue in enumerate(cues, start=1)
    ]
    return "".join(f"{block}\n\n" for block in blocks).replace("\n", "\r\n")


def shown_text(words: str, *, line: int = 1) -> str:
    """Return what is kept of a caption's words: no invisible characters, no empty lines; "" where nothing can be seen.

    Raises CaptionSyntaxError for more than anybody could read.
    """
    parts = [part for part in words.split("\n") if part and not part.isspace()]
    if sum(map(len, parts)) > MAX_CUE_CHARACTERS:
        raise CaptionSyntaxError(f"A caption of more than {MAX_CUE_CHARACTERS} characters is too long.", line=line)
    return "\n".join(shown for shown in (clean_line(part).text for part in parts) if shown)


def _webvtt(lines: list[str]) -> list[Cue]:
    cues: list[Cue] = []
    number = 1
    while number < len(lines):
        line = lines[number]
        if "-->" not in line:
            number += 1
            continue
        timing = _TIMING.match(line)
        number += 1
        body, following = _body(lines, number)
        if timing:
            _append(cues, _clock(*timing.group(1, 2, 3, 4)), _clock(*timing.group(5, 6, 7, 8)), body, line=number)
        number = following
    return cues


def _srt(lines: list[str]) -> list[Cue]:
    cues: list[Cue] = []
    number = 0
    while number < len(lines):
        timing = _SRT_TIMING.match(lines[number])
        number += 1
        if not timing:
            continue
        body, following = _srt_body(lines, number)
        _append(cues, _srt_clock(*timing.group(1, 2, 3, 4)), _srt_clock(*timing.group(5, 6, 7, 8)), body, line=number)
        number = following
    if not cues:
        raise CaptionSyntaxError(
            "This is neither WebVTT (it would begin with WEBVTT) nor SRT (it has no times).", line=1
        )
    return cues


def _srt_body(lines: list[str], number: int) -> tuple[list[str], int]:
    """Return the lines of a cue's text and where the next block begins: at its time, empty lines or none before it.

    A number right before a time is that block's.
    """
    end = number
    while end < len(lines) and "-->" not in lines[end] and not _SRT_TIMING.match(lines[end]):
        end += 1
    body = lines[number:end]
    if end < len(lines) and body and _SRT_NUMBER.match(body[-1]):
        body.pop()
    return [_SRT_STYLE.sub("", line) for line in body], end


def _body(lines: list[str], number: int) -> tuple[list[str], int]:
    """Return the lines of a cue's text from a line on, and where the next block begins."""
    body: list[str] = []
    while number < len(lines) and lines[number] and "-->" not in lines[number]:
        body.append(lines[number])
        number += 1
    return body, number


def _append(cues: list[Cue], start_ms: int | None, end_ms: int | None, body: list[str], *, line: int) -> None:
    if start_ms is None or end_ms is None:
        return
    words = html.unescape(_LONG_REFERENCE.sub("\ufffd", _TAG.sub("", "\n".join(body))))
    text = shown_text(words, line=line)
    if len(cues) >= MAX_CUES:
        raise CaptionSyntaxError(f"More than {MAX_CUES} captions are too many.", line=line)
    if text and end_ms > start_ms:
        cues.append(Cue(start_ms, end_ms, text))


def _clock(hours: str | None, minutes: str, seconds: str, milliseconds: str) -> int | None:
    """Return a time in milliseconds, or None for one that no clock shows."""
    if int(minutes) > 59 or int(seconds) > 59 or len(hours or "") > MAX_HOUR_DIGITS:  # noqa: PLR2004 - a clock
        return None
    return int(hours or 0) * HOUR_MS + int(minutes) * MINUTE_MS + int(seconds) * SECOND_MS + int(milliseconds)


def _srt_clock(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int | None:
    return _clock(hours, minutes, seconds, (fraction or "").ljust(3, "0"))
