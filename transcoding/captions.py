"""Captions found inside an upload, made harmless; captions heard in it, made readable. Pure."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

ALLOWED_TAG = re.compile(r"</?[biu]>", re.IGNORECASE)
_TIME = r"(?:[0-9]{2,6}:)?[0-9]{2}:[0-9]{2}\.[0-9]{3}"
TIMING = re.compile(rf"^(?P<start>{_TIME})[ \t]+-->[ \t]+(?P<end>{_TIME})(?:[ \t].*)?$")
TAG_OR_AMPERSAND = re.compile(r"</?[biu]>|[<>&]", re.IGNORECASE)
ESCAPES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
ENTITY = re.compile(r"&(amp|lt|gt|nbsp|lrm|rlm);")

# What two lines below a picture hold, by the guides of broadcasters: 42 letters or 20 Chinese characters each.
MAX_LINES, LINE_WIDTH, LETTER, IDEOGRAPH = 2, 420, 10, 21
LEAST_MS, MOST_MS = 1_000, 7_000
# A model that is stuck says the same for minutes; a teacher says it twice.
MOST_REPEATS = 2
MOST_CHARACTERS = 2_000  # no model says more in the half minute that it hears at once
OPENING, CLOSING = "（《“‘「『【([{", "。，、；：！？…）》”’」』】)]},.;:!?%"
_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
)
# What stays on one line: a word, or one ideograph, with its signs and the spaces behind it.
_UNIT = re.compile(
    rf"[{re.escape(OPENING)}]*(?:[{_WIDE}]|[^\s{_WIDE}{re.escape(OPENING)}]+)?[{re.escape(CLOSING)}]*\s*"
)
_SENTENCE = re.compile(r".+?(?:[。！？…]+[”’」』）]*|[.!?]+[\"')]*(?=\s)|$)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption. Its text may have several lines and no markup."""

    start_ms: int
    end_ms: int
    text: str


def readable_cues(cues: Iterable[Cue], *, duration_ms: int) -> tuple[Cue, ...]:
    """Return what a recognizer heard as captions that can be read: in order, without overlap, inside the recording.

    Each has at most two lines of 42 letters or 20 ideographs; a longer one becomes several, which share its time by
    their length. Each stands for a second at least where the next one leaves it that, and for seven at most.
    """
    pieces = [piece for cue in _apart(_said(cues), duration_ms=duration_ms) for piece in _pieces(cue)]
    ends = [*(piece.start_ms for piece in pieces[1:]), duration_ms]
    timed = [
        replace(piece, end_ms=min(max(piece.end_ms, piece.start_ms + LEAST_MS), piece.start_ms + MOST_MS, latest))
        for piece, latest in zip(pieces, ends, strict=False)
    ]
    return tuple(piece for piece in timed if piece.end_ms > piece.start_ms)


def webvtt(cues: Iterable[Cue]) -> str:
    """Return cues as WebVTT that every player reads: escaped text, no settings."""
    blocks = [f"{cue_time(cue.start_ms, cue.end_ms)}\n{html.escape(cue.text, quote=False)}" for cue in cues]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def cue_time(start_ms: int, end_ms: int, *, point: str = ".") -> str:
    """Return the line of a cue that says when it is shown; SRT has "," for the point."""
    return f"{_stamp(start_ms, point)} --> {_stamp(end_ms, point)}"


def clean_webvtt(text: str) -> str:
    """Keep cues only: bold, italic and underline survive, every other `<` is shown and not obeyed.

    Styles, regions, notes, cue settings and identifiers are dropped: they came from a stranger's file.
    """
    cues: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "�")):
        lines = block.strip("\n").split("\n")
        at = next((i for i, line in enumerate(lines) if TIMING.match(line)), None)
        if at is None:
            continue
        timing = TIMING.match(lines[at])
        payload = [_clean_line(line) for line in lines[at + 1 :] if line.strip()]
        if timing and payload:
            cues.append("\n".join([f"{timing['start']} --> {timing['end']}", *payload]))
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _clean_line(line: str) -> str:
    line = ENTITY.sub(lambda m: {"amp": "&", "lt": "<", "gt": ">", "nbsp": "\u00a0"}.get(m[1], ""), line)
    return TAG_OR_AMPERSAND.sub(lambda m: m[0] if ALLOWED_TAG.fullmatch(m[0]) else ESCAPES[m[0]], line)


def _said(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Yield cues with visible text in the order of time, without what is said again and again."""
    before, repeats = "", 0
    for cue in sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)):
        text = " ".join("".join(mark for mark in cue.text if mark.isspace() or not _is_invisible(mark)).split())
        repeats = repeats + 1 if text.casefold() == before else 1
        before = text.casefold()
        if text and repeats <= MOST_REPEATS:
            yield replace(cue, text=text[:MOST_CHARACTERS])


def _is_invisible(mark: str) -> bool:
    return unicodedata.category(mark) in {"Cc", "Cs", "Co", "Cn"} or mark == "\ufffd"


def _apart(cues: Iterable[Cue], *, duration_ms: int) -> Iterator[Cue]:
    """Yield cues cut to the recording and to the start of the next one."""
    ordered = list(cues)
    starts = [*(cue.start_ms for cue in ordered[1:]), duration_ms]
    for cue, latest in zip(ordered, starts, strict=False):
        start_ms, end_ms = max(0, cue.start_ms), min(cue.end_ms, latest, duration_ms)
        if end_ms > start_ms:
            yield replace(cue, start_ms=start_ms, end_ms=end_ms)


def _pieces(cue: Cue) -> list[Cue]:
    """Split a cue where it has more lines than fit; the pieces share its time by their widths."""
    texts = _texts(cue.text)
    widths = [_width(text) for text in texts]
    length_ms, whole, passed, start_ms = cue.end_ms - cue.start_ms, sum(widths), 0, cue.start_ms
    pieces = []
    for text, width in zip(texts, widths, strict=True):
        passed += width
        end_ms = cue.start_ms + length_ms * passed // whole
        pieces.append(Cue(start_ms, end_ms, text))
        start_ms = end_ms
    return pieces


def _texts(text: str) -> list[str]:
    """Return the text in pieces of at most two lines: whole sentences together where they fit."""
    texts, current = [], ""
    for sentence in _SENTENCE.findall(text):
        if current and len(_lines(current + sentence)) > MAX_LINES:
            texts.append(_lines(current))
            current = ""
        current += sentence
        while len(lines := _lines(current)) > MAX_LINES:
            texts.append(lines[:MAX_LINES])
            current = "".join(lines[MAX_LINES:])
    if current:
        texts.append(_lines(current))
    return ["\n".join(line.strip() for line in lines) for lines in texts]


def _lines(text: str) -> list[str]:
    """Break a text into lines that fit, after a sign in the second half of a line if one is there; spaces stay."""
    lines: list[str] = []
    line: list[str] = []
    for part in (part for unit in _UNIT.findall(text.strip()) if unit for part in _cut(unit)):
        if line and _width("".join([*line, part]).rstrip()) > LINE_WIDTH:
            end = _best_end(line)
            lines.append("".join(line[:end]))
            line = line[end:]
        line.append(part)
    return [*lines, "".join(line)] if line else lines


def _best_end(line: list[str]) -> int:
    for end in range(len(line), 0, -1):
        if _width("".join(line[:end])) * 2 < LINE_WIDTH:
            break
        if line[end - 1].rstrip()[-1:] in CLOSING:
            return end
    return len(line)


def _cut(unit: str) -> Iterator[str]:
    """Yield a word in parts that fit on a line."""
    part = ""
    for mark in unit:
        if _width(part + mark) > LINE_WIDTH and not mark.isspace():
            yield part
            part = ""
        part += mark
    yield part


def _width(text: str) -> int:
    return sum(IDEOGRAPH if unicodedata.east_asian_width(mark) in "WF" else LETTER for mark in text)


def _stamp(time_ms: int, point: str) -> str:
    seconds, millis = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{millis:03}"
