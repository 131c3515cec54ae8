"""oEmbed 1.0 (oembed.com): which of our addresses is meant, and the answer as JSON or XML. Pure."""

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as ET  # nosec - only written here, never read

import regex

DEFAULT_PORTS = {80, 443}
_PATHS = re.compile("/(?P<kind>watch|playlist|embed/video|embed/playlist)/(?P<id>[0-9A-Za-z]{1,16})/?")
_SECONDS = re.compile("[0-9]{1,6}")
# What XML 1.0 can hold (its section 2.2).
_UNWRITABLE = regex.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


class Kind(StrEnum):
    """What can be put into a frame; the value is its part of the embed page's address."""

    VIDEO = "video"
    PLAYLIST = "playlist"


@dataclass(frozen=True, slots=True)
class Target:
    """One of our addresses; `start_s` is the second at which a video begins."""

    kind: Kind
    public_id: str
    start_s: int = 0

    @property
    def embed_path(self) -> str:
        return f"/embed/{self.kind}/{self.public_id}" + (f"?t={self.start_s}" if self.start_s else "")


@dataclass(frozen=True, slots=True)
class Thumbnail:
    url: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Rich:
    """An answer of type video; absolute addresses, plain texts."""

    title: str
    author_name: str
    provider_url: str
    html: str
    width: int
    height: int
    thumbnail: Thumbnail | None


def target_of(url: str, *, own: Collection[tuple[str, int | None]]) -> Target | None:
    """Return what an address of ours means, or None for every other one. `own` is hosts with place_of()'s ports."""
    try:
        parts = urlsplit(url)
        place = place_of(url)
    except ValueError:
        return None
    found = _PATHS.fullmatch(parts.path)
    if found is None or parts.scheme not in {"http", "https"} or place not in own:
        return None
    kind = Kind.PLAYLIST if found["kind"].endswith("playlist") else Kind.VIDEO
    start = parse_qs(parts.query).get("t", [""])[0]
    is_start = kind is Kind.VIDEO and _SECONDS.fullmatch(start)
    return Target(kind, found["id"], int(start) if is_start else 0)


def place_of(url: str) -> tuple[str, int | None]:
    """Return an address's host and port; None is the usual port of http or of https. Raises ValueError."""
    parts = urlsplit(url)
    return (parts.hostname or "", None if parts.port in DEFAULT_PORTS else parts.port)


def discovery_url(base_url: str, page_url: str, *, form: str) -> str:
    """Return where a page's oEmbed answer is, for its link elements."""
    return f"{base_url}/oembed?{urlencode({'url': page_url, 'format': form})}"


def as_json(answer: Rich) -> str:
    return json.dumps(_fields(answer), ensure_ascii=False)


def as_xml(answer: Rich) -> bytes:
    """Return the answer as XML in UTF-8; characters that XML cannot hold are left out."""
    root = ET.Element("oembed")
    for name, value in _fields(answer).items():
        ET.SubElement(root, name).text = _UNWRITABLE.sub("", str(value))
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _fields(answer: Rich) -> dict[str, str | int]:
    fields: dict[str, str | int] = {"version": "1.0", "type": "video", "provider_name": "EduVideo", **asdict(answer)}
    fields.pop("thumbnail")
    if answer.thumbnail:
        fields["thumbnail_url"] = answer.thumbnail.url
        fields["thumbnail_width"], fields["thumbnail_height"] = answer.thumbnail.width_px, answer.thumbnail.height_px
    return fields
