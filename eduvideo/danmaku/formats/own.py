"""Our own JSON: everything that we know of danmaku, but who their authors are."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from eduvideo.core.errors import InvalidInputError
from eduvideo.danmaku.bulk import NewDanmaku
from eduvideo.danmaku.formats.records import Json, Parsed, Raw, Record, renamed
from eduvideo.danmaku.segments import LONGEST_MS, css_color, dumps

FORMAT = "eduvideo-danmaku"


class Item(BaseModel):
    """One danmaku of a file: the shape of a segment's items, and more."""

    model_config = ConfigDict(extra="ignore")

    position_ms: int = Field(ge=0, le=LONGEST_MS)
    text: str = Field("", max_length=100_000)
    mode: Literal["scroll", "top", "bottom", "reverse", "special"] = "scroll"
    color: str = Field("#ffffff", pattern=r"^#[0-9a-fA-F]{6}$")
    size_px: int = Field(25, ge=1, le=255)
    weight: int = Field(5, ge=0, le=10)
    kind: Literal["comment", "question", "answer", "teacher"] = "comment"
    author_key: str = Field("", max_length=64)
    created_at: AwareDatetime | None = None
    raw: Raw | None = None
    id: str = Field("", max_length=64)
    reply_to: str = Field("", max_length=64)


def is_own(document: Json) -> bool:
    """Tell whether JSON is a file of ours."""
    return isinstance(document, dict) and document.get("format") == FORMAT


def parse(document: Json) -> Parsed:
    """Read a file's JSON; raises InvalidInputError when it has no list of items."""
    entries = document.get("items") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise InvalidInputError.of("file", _("This file has no list of items."))
    items = [item for entry in entries if (item := _item(entry))]
    return Parsed(renamed(items), len(entries) - len(items))


def write(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of a file, one danmaku each."""
    yield f'{{"format":"{FORMAT}","version":1,"items":[\n'
    separator = ""
    for record in records:
        yield separator + dumps(_fields(record))
        separator = ",\n"
    yield "\n]}\n"


def _fields(record: Record) -> dict[str, object]:
    created_at: datetime = record.created_at
    return {
        "id": record.id,
        "position_ms": record.position_ms,
        "mode": record.mode,
        "color": css_color(record.color),
        "size_px": record.size_px,
        "text": record.text,
        "weight": record.weight,
        "kind": record.kind,
        "author_key": record.author_key,
        "created_at": created_at.isoformat(),
        **({"reply_to": record.reply_to} if record.reply_to else {}),
        **({"raw": record.raw} if record.raw else {}),
    }


def _item(entry: Json) -> NewDanmaku | None:
    try:
        item = Item.model_validate(entry)
    except ValidationError:
        return None
    values = item.model_dump(exclude={"author_key", "id"})
    asked_id = item.id if item.kind == "question" else ""
    return NewDanmaku(**values, id=asked_id, writer=f"own:{item.author_key}" if item.author_key else "")
