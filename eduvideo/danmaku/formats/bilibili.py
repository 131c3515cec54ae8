"""Bilibili's XML: `<d p="time,mode,size,color,sent,pool,user,id[,weight]">text</d>` in `<i>`.

The fields are those of Bilibili's DanmakuFlameMaster (BiliDanmukuParser.java) and of CommentCoreLibrary's documents.
Modes 1 to 3 scroll, 4 bottom, 5 top, 6 reverse; 7 (positioned), 8 (code) and 9 (BAS) are kept and not run.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError  # the types only; what reads is defusedxml
from xml.sax.saxutils import escape, quoteattr

import regex
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
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
    shown_color,
    shown_size,
    shown_text,
    whole,
)
from eduvideo.danmaku.models import Mode

MODES: Final = {1: Mode.SCROLL, 2: Mode.SCROLL, 3: Mode.SCROLL, 4: Mode.BOTTOM, 5: Mode.TOP, 6: Mode.REVERSE}
NUMBERS: Final = {Mode.SCROLL.value: 1, Mode.BOTTOM.value: 4, Mode.TOP.value: 5, Mode.REVERSE.value: 6}
SPECIAL_MODES = (7, 8, 9)
FIELDS, ORDINARY_WEIGHT, GREATEST_WEIGHT = 8, 5, 10
NOT_IN_XML = regex.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes) -> Parsed:
    """Read a file; raises InvalidInputError for broken XML (with the line), another root and declared entities."""
    items: list[NewDanmaku] = []
    skipped = 0
    for element in _elements(data):
        try:
            items.append(_item(element.get("p", ""), element.text or ""))
        except BadItemError:
            skipped += 1
    return Parsed(items, skipped)


def write(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of a file with nine fields; what came from such a file is as it was, but for its authors."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<i>\n'
    for record in records:
        raw = record.raw or {}
        fields = (
            f"{record.position_ms / 1000:.5f}",
            raw.get("mode", NUMBERS.get(record.mode, 1)),
            raw.get("size", record.size_px),
            raw.get("color", record.color),
            int(record.created_at.timestamp()),
            raw.get("pool", 0),
            record.author_key,
            raw.get("id", record.seq),
            record.weight,
        )
        text = NOT_IN_XML.sub("", raw.get("text", record.text)).replace("\r", "\n")
        yield f"<d p={quoteattr(','.join(map(str, fields)))}>{escape(text)}</d>\n"
    yield "</i>\n"


def _elements(data: bytes) -> Iterator[Element]:
    """Yield every <d> of a file; what was read of it before is forgotten, so a large file takes little memory."""
    try:
        depth = 0
        root: Element | None = None
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                depth += 1
                root = root if root is not None else _checked_root(element)
                continue
            depth -= 1
            if depth == 1 and element.tag == "d":
                yield element
                if root is not None:
                    root.clear()
    except ParseError as error:
        line, column = error.position
        message = _("Line %(line)d, column %(column)d: this is not XML.") % {"line": line, "column": column + 1}
        raise InvalidInputError.of("file", message) from error
    except DefusedXmlException as error:
        raise InvalidInputError.of("file", _("XML that declares entities or a document type is not read.")) from error


def _checked_root(element: Element) -> Element:
    if element.tag != "i":
        message = _("Line 1: the root must be <i>, not <%(tag)s>; this is no danmaku file of Bilibili.")
        raise InvalidInputError.of("file", message % {"tag": element.tag[:40]})
    return element


def _item(p: str, text: str) -> NewDanmaku:
    fields = p.split(",")
    if len(fields) < FIELDS:
        raise BadItemError(f"{p[:80]!r} has too few fields")
    number, size, color, sent, pool = map(whole, fields[1:6])
    weight = min(max(whole(fields[8]), 0), GREATEST_WEIGHT) if len(fields) > FIELDS else ORDINARY_WEIGHT
    raw: Raw = {"id": fields[7].strip()}
    if pool:
        raw["pool"] = pool
    if number in SPECIAL_MODES:
        mode, shown, raw["text"] = Mode.SPECIAL, "", text
    elif number in MODES:
        mode, shown = MODES[number], shown_text(text, raw)
    else:
        raise BadItemError(f"mode {number} is unknown")
    if NUMBERS.get(mode.value) != number:
        raw["mode"] = number
    return NewDanmaku(
        position_ms=position_ms(fields[0]),
        text=shown,
        mode=mode.value,
        color=shown_color(color, raw),
        size_px=shown_size(size, raw),
        weight=weight,
        writer=f"bilibili:{fields[6]}",
        created_at=moment(sent),
        raw=raw,
    )
