"""Niconico's JSON: comments with `vpos` in hundredths of a second and look in `mail`, also as `{"chat": {...}}`.

Comments of the uploader that begin with "/" or "@" are Niconico's scripts: kept and not run.
"""

from typing import Final

from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError
from eduvideo.danmaku.bulk import NewDanmaku
from eduvideo.danmaku.formats.records import BadItemError, Json, Parsed, Raw, moment, shown_text, whole
from eduvideo.danmaku.models import Mode
from eduvideo.danmaku.segments import LONGEST_MS

PLACES: Final = {"ue": Mode.TOP, "shita": Mode.BOTTOM}
SIZES_PX: Final = {"small": 18, "medium": 25, "big": 36}
COLORS: Final = {
    "white": "#ffffff", "red": "#ff0000", "pink": "#ff8080", "orange": "#ffc000", "yellow": "#ffff00",
    "green": "#00ff00", "cyan": "#00ffff", "blue": "#0000ff", "purple": "#c000ff", "black": "#000000",
    "white2": "#cccc99", "niconicowhite": "#cccc99", "red2": "#cc0033", "truered": "#cc0033", "pink2": "#ff33cc",
    "orange2": "#ff6600", "passionorange": "#ff6600", "yellow2": "#999900", "madyellow": "#999900",
    "green2": "#00cc66", "elementalgreen": "#00cc66", "cyan2": "#00cccc", "blue2": "#3399ff", "marineblue": "#3399ff",
    "purple2": "#6633cc", "nobleviolet": "#6633cc", "black2": "#666666",
}  # fmt: skip
HEX_DIGITS = frozenset("0123456789abcdef")
SCRIPT_MARKS = ("/", "@", "＠")


def parse(document: Json) -> Parsed:
    """Read a file's JSON; raises InvalidInputError when it is no list."""
    if not isinstance(document, list):
        raise InvalidInputError.of("file", _("This is no danmaku file of Niconico."))
    items: list[NewDanmaku] = []
    skipped = 0
    for entry in document:
        if isinstance(entry, dict) and "chat" not in entry and "content" not in entry:
            continue  # packets beside the comments: ping, thread, leaf
        try:
            items.append(_item(entry))
        except BadItemError:
            skipped += 1
    return Parsed(items, skipped)


def _item(entry: Json) -> NewDanmaku:
    chat = entry.get("chat", entry) if isinstance(entry, dict) else None
    if not isinstance(chat, dict) or not isinstance(chat.get("content"), str) or chat.get("deleted"):
        raise BadItemError("it has no content")
    vpos = whole(chat.get("vpos", ""))
    if not 0 <= vpos * 10 <= LONGEST_MS:
        raise BadItemError(f"{vpos} is no moment of a video")
    words = _commands(chat.get("mail"))
    text = chat["content"]
    raw: Raw = {"id": str(chat.get("id", chat.get("no", ""))), "mail": words}
    if chat.get("owner") and text.startswith(SCRIPT_MARKS):
        mode, shown, raw["text"] = Mode.SPECIAL, "", text
    else:
        mode = next((PLACES[word] for word in words if word in PLACES), Mode.SCROLL)
        shown = shown_text(text, raw)
    return NewDanmaku(
        position_ms=vpos * 10,
        text=shown,
        mode=mode.value,
        color=next((color for word in words if (color := _color(word))), "#ffffff"),
        size_px=next((SIZES_PX[word] for word in words if word in SIZES_PX), 25),
        writer=f"niconico:{chat['user_id']}" if chat.get("user_id") else "",
        created_at=moment(whole(chat.get("date", 0))),
        raw=raw,
    )


def _commands(mail: Json) -> list[str]:
    """Return the words of `mail`: a list in newer files, a line of words in older ones."""
    words = mail.split() if isinstance(mail, str) else mail if isinstance(mail, list) else []
    return [str(word).lower()[:40] for word in words[:20]]


def _color(word: str) -> str | None:
    if len(word) == len("#rrggbb") and word.startswith("#") and HEX_DIGITS.issuperset(word[1:]):
        return word
    return COLORS.get(word)
