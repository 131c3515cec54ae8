"""One minute of danmaku, and one danmaku, in the shape that everyone outside sees. Pure."""

import json
from dataclasses import dataclass

SEGMENT_MS = 60_000
SHOWN_PER_SEGMENT = 500
SIZES_PX = (18, 25, 36)
LONGEST_MS = 24 * 3600 * 1000
LAST_SEGMENT = 100_000  # 69 days; keeps numbers of a request within what every database can compare


@dataclass(frozen=True, slots=True)
class DanmakuItem:
    """One danmaku as viewers get it; the fields and their order are those of the API."""

    seq: int
    id: str
    position_ms: int
    mode: str
    color: str
    size_px: int
    text: str
    weight: int
    kind: str
    author_key: str

    def as_json(self) -> str:
        """Return the item of a segment as JSON, on one line."""
        return dumps(
            {
                "id": self.id,
                "position_ms": self.position_ms,
                "mode": self.mode,
                "color": self.color,
                "size_px": self.size_px,
                "text": self.text,
                "weight": self.weight,
                "kind": self.kind,
                "author_key": self.author_key,
            }
        )


@dataclass(frozen=True, slots=True)
class DanmakuSegment:
    """Up to 500 danmaku of one minute by position. The live stream from `cursor` on continues it without a gap."""

    cursor: str
    items: tuple[DanmakuItem, ...]

    def as_json(self) -> str:
        return f'{{"cursor":"{self.cursor}","items":[{",".join(item.as_json() for item in self.items)}]}}'


@dataclass(frozen=True, slots=True)
class News:
    """What became of a video's danmaku after some cursor, up to `seq`: new ones in order, or too much to tell."""

    seq: int
    items: tuple[tuple[int, str], ...] = ()  # (seq, item as JSON)
    is_reset: bool = False


def segment_of(position_ms: int) -> int:
    """Return the number of the segment that holds a position; the first is 0."""
    return position_ms // SEGMENT_MS


def css_color(color: int) -> str:
    """Return 0xRRGGBB as "#rrggbb"."""
    return f"#{color:06x}"


def color_number(color: str) -> int:
    """Return "#rrggbb" as 0xRRGGBB."""
    return int(color[1:], 16)


# Compact, with readable text; never holds a line break, so it may be a line of an event stream.
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
