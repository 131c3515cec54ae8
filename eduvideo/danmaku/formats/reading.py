"""Find out what kind of file it is, and read it. Pure."""

from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError
from eduvideo.danmaku.formats import acfun, bilibili, niconico, own
from eduvideo.danmaku.formats.records import LARGEST_FILE_BYTES, Json, Parsed, load_json

BOM = b"\xef\xbb\xbf"
BEGINNING = 200  # entries that are looked at to tell the sites apart


def parse(data: bytes) -> Parsed:
    """Return what a danmaku file holds; raises InvalidInputError with a sentence, and the line where there is one."""
    if len(data) > LARGEST_FILE_BYTES:
        raise InvalidInputError.of("file", _("The file is larger than 64 MB."))
    begin = data.removeprefix(BOM).lstrip()[:1]
    if begin == b"<":
        return bilibili.parse(data.lstrip())
    if begin not in {b"[", b"{"}:
        raise InvalidInputError.of("file", _("Line 1: this is neither XML nor JSON."))
    document = load_json(data)
    if own.is_own(document):
        return own.parse(document)
    return niconico.parse(document) if _is_niconico(document) else acfun.parse(document)


def _is_niconico(document: Json) -> bool:
    entries = document[:BEGINNING] if isinstance(document, list) else []
    return any(isinstance(entry, dict) and ("chat" in entry or "content" in entry) for entry in entries)
