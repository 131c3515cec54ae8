"""What all formats share: the result of reading, the input of writing, and how odd values become ours. Pure."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import regex
from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError
from eduvideo.core.ids import new_public_id
from eduvideo.danmaku.bulk import NewDanmaku
from eduvideo.danmaku.segments import LONGEST_MS, SIZES_PX
from eduvideo.moderation.text import clean_line

Json = Any  # Any: whatever a file holds; every use is checked
Raw = dict[str, Any]  # Any: JSON that is only kept

UNSTORABLE = regex.compile(r"[\x00\ud800-\udfff]")
LARGEST_FILE_BYTES = 64 * 1024 * 1024
LATEST_S = 253402300799  # the end of the year 9999


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds, in its order, and how many of its items could not be read."""

    items: list[NewDanmaku]
    skipped: int


@dataclass(frozen=True, slots=True)
class Record:
    """A kept danmaku with everything that an export may need."""

    seq: int
    id: str
    position_ms: int
    mode: str
    color: int
    size_px: int
    text: str
    weight: int
    kind: str
    author_key: str
    created_at: datetime
    raw: Raw | None
    reply_to: str = ""


class BadItemError(ValueError):
    """One item of a file cannot be read; it is skipped and counted."""


def renamed(items: list[NewDanmaku]) -> list[NewDanmaku]:
    """Give the questions of a file new ids, since theirs may be taken here, and their answers these."""
    asked = {item.reply_to for item in items if item.reply_to}
    if not asked:
        return [item._replace(id="") if item.id else item for item in items]
    ids = {item.id: new_public_id() for item in items if item.id in asked}
    return [
        item._replace(id=ids.get(item.id, ""), reply_to=ids.get(item.reply_to, ""))
        if item.id or item.reply_to
        else item
        for item in items
    ]


def load_json(data: bytes) -> Json:
    """Return the JSON of a file; raises InvalidInputError with the line."""
    try:
        return storable(json.loads(data.decode("utf-8-sig")))
    except json.JSONDecodeError as error:
        message = _("Line %(line)d: this is not JSON (%(reason)s).") % {"line": error.lineno, "reason": error.msg}
        raise InvalidInputError.of("file", message) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError.of("file", _("This is not JSON that can be read.")) from error


def storable(value: Json) -> Json:
    """Return JSON without the characters that no database keeps: NUL and halves of surrogate pairs."""
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [storable(entry) for entry in value]
    if isinstance(value, dict):
        return {storable(key): storable(entry) for key, entry in value.items()}
    return value


def position_ms(seconds: object) -> int:
    """Return a moment in milliseconds; raises BadItemError outside of 0 to 24 hours."""
    number = _number(seconds)
    if not 0 <= number <= LONGEST_MS / 1000:
        raise BadItemError(f"{seconds!r} is no moment of a video")
    return round(number * 1000)


def whole(value: object) -> int:
    """Return a whole number of at most 64 bits; raises BadItemError."""
    text = str(value).strip()
    if not (1 <= len(text) <= 20):  # noqa: PLR2004 - digits of 64 bits and a sign
        raise BadItemError(f"{text[:30]!r} is no number")
    try:
        return int(text)
    except ValueError as error:
        raise BadItemError(f"{text!r} is no number") from error


def moment(seconds: object) -> datetime | None:
    """Return seconds since 1970 as a time; None when it is none of our time; raises BadItemError for no number."""
    number = _number(seconds)
    return datetime.fromtimestamp(number, tz=UTC) if 0 < number <= LATEST_S else None


def shown_text(text: str, raw: Raw) -> str:
    """Return the text to show, and keep the original in raw where that differs; raises BadItemError without any."""
    clean = clean_line(text)
    if not clean.length:
        raise BadItemError("there is no text")
    if clean.text != text or clean.length > 100:  # noqa: PLR2004 - then it is cut when it is kept
        raw["text"] = text
    return clean.text


def shown_size(size_px: int, raw: Raw) -> int:
    """Return the nearest size of ours, and keep the original in raw where that differs."""
    if size_px in SIZES_PX:
        return size_px
    raw["size"] = size_px
    return min(SIZES_PX, key=lambda ours: abs(ours - size_px))


def shown_color(color: int, raw: Raw) -> str:
    """Return 24 bits as a color, and keep more than that in raw."""
    if not 0 <= color <= 0xFFFFFF:  # noqa: PLR2004 - that is what 24 bits are
        raw["color"] = color
    return f"#{color & 0xFFFFFF:06x}"


def _number(value: object) -> float:
    try:
        number = float(str(value)[:40])
    except ValueError as error:
        raise BadItemError(f"{value!r} is no number") from error
    if not math.isfinite(number):
        raise BadItemError(f"{value!r} is no number")
    return number
