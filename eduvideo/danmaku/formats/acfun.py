"""AcFun's JSON: `[{"c": "time,color,mode,size,user,sent[,id]", "m": "text"}]`, in newer files in lists of such lists.

The fields are those of CommentCoreLibrary's documents. Mode 7 (positioned) is kept and not run.
"""

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError
from eduvideo.danmaku.bulk import NewDanmaku
from eduvideo.danmaku.formats.records import (
    BadItemError,
    Json,
    Parsed,
    Raw,
    moment,
    position_ms,
    shown_color,
    shown_size,
    shown_text,
    whole,
)
from eduvideo.danmaku.models import Mode

MODES: Final = {1: Mode.SCROLL, 2: Mode.SCROLL, 4: Mode.BOTTOM, 5: Mode.TOP, 6: Mode.REVERSE}
FIELDS = 6
SPECIAL = 7


def parse(document: Json) -> Parsed:
    """Read a file's JSON; raises InvalidInputError when it is no list."""
    if not isinstance(document, list):
        raise InvalidInputError.of("file", _("This is no danmaku file of AcFun."))
    items: list[NewDanmaku] = []
    skipped = 0
    for entry in _entries(document):
        try:
            items.append(_item(entry))
        except BadItemError:
            skipped += 1
    return Parsed(items, skipped)


def _entries(document: list[Json]) -> Iterator[Json]:
    for entry in document:
        if isinstance(entry, list):
            yield from entry
        else:
            yield entry


def _item(entry: Json) -> NewDanmaku:
    if not (isinstance(entry, dict) and isinstance(entry.get("c"), str) and isinstance(entry.get("m"), str)):
        raise BadItemError("it has no c and m")
    fields = entry["c"].split(",")
    if len(fields) < FIELDS:
        raise BadItemError(f"{entry['c'][:80]!r} has too few fields")
    color, number, size = map(whole, fields[1:4])
    raw: Raw = {"id": fields[6].strip()} if len(fields) > FIELDS else {}
    if number == SPECIAL:
        mode, shown, raw["text"], raw["mode"] = Mode.SPECIAL, "", entry["m"], number
    elif number in MODES:
        mode, shown = MODES[number], shown_text(entry["m"], raw)
    else:
        raise BadItemError(f"mode {number} is unknown")
    return NewDanmaku(
        position_ms=position_ms(fields[0]),
        text=shown,
        mode=mode.value,
        color=shown_color(color, raw),
        size_px=shown_size(size, raw),
        writer=f"acfun:{fields[4]}",
        created_at=moment(fields[5]),
        raw=raw or None,
    )
