"""Bilibili's XML: `<d p="time,mode,size,color,sent,pool,user,id[,weight]">text</d>` in `<i>`.

The fields are those of Bilibili's DanmakuFlameMaster (BiliDanmukuParser.java) and of CommentCoreLibrary's documents.
Modes 1 to 3 scroll, 4 bottom, 5 top, 6 reverse; 7 (positioned), 8 (code) and 9 (BAS) are kept and not run.
Attributes of ours, which other readers pass over, say what kind it is: `kind`, of a question `id`, of an answer `re`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import regex
from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError
from eduvideo.danmaku.bulk import NewDanmaku
from eduvideo.danmaku.formats.records import (
    BadItemError,
    Parsed,
    Raw,
    Record,
    moment,
    position_ms,
    renamed,
    shown_color,
    shown_size,
    shown_text,
    whole,
)
from eduvideo.danmaku.models import Kind, Mode

MODES: Final = {1: "scroll", 2: "scroll", 3: "scroll", 4: "bottom", 5: "top", 6: "reverse"}
NUMBERS: Final = {"scroll": 1, "bottom": 4, "top": 5, "reverse": 6}
SPECIAL_MODES = (7, 8, 9)
SPECIAL: Final = Mode.SPECIAL.value
KINDS: Final = frozenset(Kind.values)
FIELDS, ORDINARY_WEIGHT, GREATEST_WEIGHT = 8, 5, 10
IN_ROOT = 2  # the depth of what the root holds
REMEMBERED = 20_000  # looks and times of a file come again and again
NOT_IN_FIELD = regex.compile(r"[^\u0020-\u002b\u002d-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # nor a comma
NOT_IN_XML = regex.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes) -> Parsed:
    """Read a file; raises InvalidInputError for broken XML (with the line), another root and declared entities."""
    reader = _Reader()
    try:
        reader.read(data)
    except expat.ExpatError as error:
        message = _("Line %(line)d, column %(column)d: this is not XML.")
        place = {"line": error.lineno, "column": error.offset + 1}
        raise InvalidInputError.of("file", message % place) from error
    return Parsed(renamed(reader.items), reader.skipped)


def write(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of a file with nine fields; what came from such a file is as it was, but for its authors."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<i>\n'
    for record in records:
        raw = record.raw or {}
        fields = (
            f"{record.position_ms / 1000:.5f}",
            _number(raw, "mode", NUMBERS.get(record.mode, 1)),
            _number(raw, "size", record.size_px),
            _number(raw, "color", record.color),
            int(record.created_at.timestamp()),
            _number(raw, "pool", 0),
            record.author_key,
            NOT_IN_FIELD.sub("", _text(raw, "id", str(record.seq))),
            _number(raw, "weight", record.weight),
        )
        text = NOT_IN_XML.sub("", _text(raw, "text", record.text)).replace("\r", "\n")
        yield f"<d p={quoteattr(','.join(map(str, fields)))}{_attributes(record)}>{escape(text)}</d>\n"
    yield "</i>\n"


def _number(raw: Raw, name: str, ours: int) -> int:
    """Return a number of the file that a danmaku came from, else ours: a file of ours may say anything there."""
    return found if type(found := raw.get(name)) is int else ours


def _text(raw: Raw, name: str, ours: str) -> str:
    return found if isinstance(found := raw.get(name), str) else ours


def _attributes(record: Record) -> str:
    if record.kind == Kind.COMMENT:
        return ""
    about = {"kind": record.kind, "id": record.id if record.kind == Kind.QUESTION else "", "re": record.reply_to}
    return "".join(f" {name}={quoteattr(value)}" for name, value in about.items() if value)


class _Reader:
    """Hears what the parser finds, and makes an item of every <d> in the root; nothing else is kept of the file."""

    def __init__(self) -> None:
        self.items: list[NewDanmaku] = []
        self.skipped = 0
        self._depth = 0
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []
        self._said: str | None = None  # what stands before the first element within a <d>

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype  # without one there are no entities of the file's own
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(data, True)

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == IN_ROOT:
            self._attributes, self._said = attributes, None
            self._text.clear()
        elif self._depth > IN_ROOT:
            if self._said is None:
                self._said = "".join(self._text)
        elif tag != "i":
            message = _("Line 1: the root must be <i>, not <%(tag)s>; this is no danmaku file of Bilibili.")
            raise InvalidInputError.of("file", message % {"tag": tag[:40]})

    def _end(self, tag: str) -> None:
        if self._depth == IN_ROOT and tag == "d":
            try:
                self.items.append(_item(self._attributes, "".join(self._text) if self._said is None else self._said))
            except BadItemError:
                self.skipped += 1
        self._depth -= 1


def _refuse_doctype(*_declared: object) -> None:
    raise InvalidInputError.of("file", _("XML that declares entities or a document type is not read."))


class _Look(NamedTuple):
    """What the fields say that are the same in most of a file; of raw, what ours do not hold."""

    mode: str
    size_px: int
    color: str
    raw: Raw


@lru_cache(REMEMBERED)
def _look(number: str, size: str, color: str, pool: str) -> _Look:
    raw: Raw = {}
    theirs = whole(number)
    mode = SPECIAL if theirs in SPECIAL_MODES else MODES.get(theirs)
    if mode is None:
        raise BadItemError(f"mode {theirs} is unknown")
    if NUMBERS.get(mode) != theirs:
        raw["mode"] = theirs
    look = _Look(mode, shown_size(whole(size), raw), shown_color(whole(color), raw), raw)
    if group := whole(pool):
        raw["pool"] = group
    return look


def _item(attributes: dict[str, str], text: str) -> NewDanmaku:
    p, kind = attributes.get("p", ""), attributes.get("kind", "")
    fields = p.split(",")
    if len(fields) < FIELDS:
        raise BadItemError(f"{p[:80]!r} has too few fields")
    look = _look(*fields[1:4], fields[5])
    raw: Raw = {"id": fields[7].strip(), **look.raw}
    if look.mode == SPECIAL:
        shown, raw["text"] = "", text
    else:
        shown = shown_text(text, raw)
    return NewDanmaku(
        position_ms=position_ms(fields[0]),
        text=shown,
        mode=look.mode,
        color=look.color,
        size_px=look.size_px,
        weight=_weight(fields[8], raw) if len(fields) > FIELDS else ORDINARY_WEIGHT,
        kind=kind if kind in KINDS else "comment",
        writer=f"bilibili:{fields[6]}",
        created_at=_sent_at(fields[4]),
        raw=raw,
        id=attributes.get("id", "") if kind == "question" else "",
        reply_to=attributes.get("re", "") if kind == "answer" else "",
    )


@lru_cache(REMEMBERED)
def _sent_at(field: str) -> datetime | None:
    return moment(whole(field))


def _weight(field: str, raw: Raw) -> int:
    """Return a weight of ours, and keep theirs in raw where that differs."""
    theirs = whole(field)
    weight = min(max(theirs, 0), GREATEST_WEIGHT)
    if weight != theirs:
        raw["weight"] = theirs
    return weight
