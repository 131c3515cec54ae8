"""The formats in which danmaku are given away, by the names that people ask for."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from eduvideo.danmaku.formats import ass, bilibili, own
from eduvideo.danmaku.formats.records import Record

WRITERS: Final[dict[str, Callable[[Iterable[Record]], Iterator[str]]]] = {
    "xml": bilibili.write,
    "json": own.write,
    "ass": ass.write,
}
CONTENT_TYPES: Final = {
    "xml": "application/xml; charset=utf-8",
    "json": "application/json",
    "ass": "text/x-ssa; charset=utf-8",
}
