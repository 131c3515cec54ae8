"""ASS (Advanced SubStation Alpha 4+), for players that know no danmaku. Out only.

A lane of scrolling text is free when the text before it has wholly entered and will have left before the new one can
reach it. Where no lane is free, the text is left out: subtitles that cover each other are of no use.
"""

from collections.abc import Iterable, Iterator

import regex

from eduvideo.danmaku.formats.records import Record
from eduvideo.danmaku.models import Mode

WIDTH_PX, HEIGHT_PX = 1920, 1080
SCALE = 1.5  # our sizes are for a picture of 720 lines
LANE_PX = 60
LANES = HEIGHT_PX * 85 // 100 // LANE_PX  # the lowest 15 % is for captions
SCROLL_MS, STILL_MS = 8_000, 4_000
WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\uff01-\uff60\p{Emoji_Presentation}]")
HEADER = f"""[Script Info]
ScriptType: v4.00+
PlayResX: {WIDTH_PX}
PlayResY: {HEIGHT_PX}
WrapStyle: 2
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Danmaku,Noto Sans CJK SC,38,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,1.5,0,7,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


class Lanes:
    """The rows of one way to fly, and until when each is taken."""

    def __init__(self) -> None:
        self._entered_ms = [0] * LANES
        self._left_ms = [0] * LANES

    def take(self, start_ms: int, *, entered_ms: int, reaches_ms: int, left_ms: int) -> int | None:
        """Return the first lane that is free from start_ms on, and take it; None if there is none.

        entered_ms: when the text has wholly entered; reaches_ms: when it is at the far side; left_ms: when it is gone.
        """
        for lane in range(LANES):
            if self._entered_ms[lane] <= start_ms and self._left_ms[lane] <= reaches_ms:
                self._entered_ms[lane], self._left_ms[lane] = entered_ms, left_ms
                return lane
        return None


def write(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of a file; records may come in any order."""
    yield HEADER
    lanes = {mode: Lanes() for mode in (Mode.SCROLL, Mode.REVERSE, Mode.TOP, Mode.BOTTOM)}
    drawn = [record for record in records if record.mode != Mode.SPECIAL]
    for record in sorted(drawn, key=lambda record: (record.position_ms, -record.weight, record.seq)):
        yield from _event(record, lanes[Mode(record.mode)])


def _event(record: Record, lanes: Lanes) -> Iterator[str]:
    size_px = round(record.size_px * SCALE)
    width_px = round(sum(1.0 if WIDE.match(char) else 0.55 for char in record.text) * size_px)
    start_ms = record.position_ms
    if record.mode in {Mode.SCROLL, Mode.REVERSE}:
        speed = (WIDTH_PX + width_px) / SCROLL_MS  # pixels per millisecond; longer texts are faster
        entered_ms, reaches_ms = round(start_ms + width_px / speed), round(start_ms + WIDTH_PX / speed)
        end_ms = start_ms + SCROLL_MS
        lane = lanes.take(start_ms, entered_ms=entered_ms, reaches_ms=reaches_ms, left_ms=end_ms)
    else:
        end_ms = start_ms + STILL_MS
        lane = lanes.take(start_ms, entered_ms=end_ms, reaches_ms=end_ms, left_ms=end_ms)
    if lane is not None:
        place = _place(record.mode, lane, width_px)
        color = f"{record.color & 0xFF:02X}{record.color >> 8 & 0xFF:02X}{record.color >> 16:02X}"
        tags = f"{{{place}\\fs{size_px}\\c&H{color}&}}"
        yield f"Dialogue: 0,{_time(start_ms)},{_time(end_ms)},Danmaku,,0,0,0,,{tags}{_plain(record.text)}\n"


def _place(mode: str, lane: int, width_px: int) -> str:
    y = lane * LANE_PX
    if mode == Mode.SCROLL:
        return f"\\move({WIDTH_PX},{y},{-width_px},{y})"
    if mode == Mode.REVERSE:
        return f"\\move({-width_px},{y},{WIDTH_PX},{y})"
    if mode == Mode.TOP:
        return f"\\an8\\pos({WIDTH_PX // 2},{y})"
    return f"\\an2\\pos({WIDTH_PX // 2},{LANES * LANE_PX - y})"


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds // 10, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:02d}"


def _plain(text: str) -> str:
    """Return text that holds no tag and no line break of ASS."""
    return text.replace("\\", "＼").replace("{", "｛").replace("}", "｝")
