"""What the address of a frame may ask for: where to begin and to end, and how it looks. Pure.

The same names are in the code that our pages offer (frontend/src/embed/code.ts) and in docs/embedding.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

LANGUAGES = {"en": "en", "zh": "zh-hans", "zh-cn": "zh-hans", "zh-hans": "zh-hans"}
COLOR_SCHEMES = frozenset({"light", "dark"})
_SECONDS = re.compile("[0-9]{1,6}", re.ASCII)
_TAG = re.compile("[A-Za-z0-9-]{2,35}", re.ASCII)
_YES, _NO = frozenset({"1", "true"}), frozenset({"0", "false"})


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """How a frame is to be. `start_ms` and `end_ms` are for the lesson that the address names; 0 is not said."""

    start_ms: int = 0
    end_ms: int = 0
    autoplay: bool = False
    muted: bool = False
    loop: bool = False
    controls: bool = True
    danmaku: bool = True
    captions: str = ""  # a language
    language: str = ""  # of our own texts, as Django calls it
    color_scheme: str = ""

    @property
    def kept_query(self) -> str:
        """Return what stays the same from one lesson of a playlist to the next one."""
        given = {
            "muted": "1" if self.muted else "",
            "loop": "1" if self.loop else "",
            "controls": "" if self.controls else "0",
            "danmaku": "" if self.danmaku else "0",
            "captions": self.captions,
            "lang": self.language,
            "color-scheme": self.color_scheme,
        }
        return urlencode({name: value for name, value in given.items() if value})


def options_of(query: Mapping[str, str]) -> FrameOptions:
    """Return what a query asks for; what cannot be read is as if it were not there."""
    start_ms, end_ms = _milliseconds(query, "t"), _milliseconds(query, "end")
    captions, scheme = query.get("captions", ""), query.get("color-scheme", "")
    return FrameOptions(
        start_ms=start_ms,
        end_ms=end_ms if end_ms > start_ms else 0,
        autoplay=_is_asked(query, "autoplay") or _is_asked(query, "play"),
        muted=_is_asked(query, "muted"),
        loop=_is_asked(query, "loop"),
        controls=query.get("controls", "") not in _NO,
        danmaku=query.get("danmaku", "") not in _NO,
        captions=captions if _TAG.fullmatch(captions) else "",
        language=LANGUAGES.get(query.get("lang", "").lower(), ""),
        color_scheme=scheme if scheme in COLOR_SCHEMES else "",
    )


def _milliseconds(query: Mapping[str, str], name: str) -> int:
    value = query.get(name, "")
    return int(value) * 1000 if _SECONDS.fullmatch(value) else 0


def _is_asked(query: Mapping[str, str], name: str) -> bool:
    """`?muted`, `?muted=1` and `?muted=true` all ask for it."""
    return name in query and (not query[name] or query[name] in _YES)
