"""Which bytes of a file a request wants, or none since it has them already (RFC 9110, sections 13 and 14). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.http import parse_http_date_safe

# One range, with numbers that int() takes; of several the whole is the answer, as section 14.2 allows.
_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)
WHOLE, PART, UNCHANGED, BEYOND = 200, 206, 304, 416


@dataclass(frozen=True, slots=True)
class Version:
    """What a file is now: its size, its strong ETag, and when it was last changed ("" where nobody knows)."""

    size_bytes: int
    etag: str
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Extent:
    """The status of the answer and its bytes from start to before end; none with 304 and 416."""

    status: int
    start: int = 0
    end: int = 0

    @property
    def size_bytes(self) -> int:
        return self.end - self.start


def extent_of(headers: Mapping[str, str], version: Version, *, method: str) -> Extent:
    """Return what to answer to GET or HEAD; headers are found by their names in small letters."""
    if _is_known(headers, version):
        return Extent(UNCHANGED)
    asked = _RANGE.fullmatch(headers.get("range", "")) if method == "GET" and _may_continue(headers, version) else None
    if asked is None:
        return Extent(WHOLE, 0, version.size_bytes)
    return _part(*asked.groups(), size_bytes=version.size_bytes)


def headers_of(extent: Extent, version: Version) -> dict[str, str]:
    """Return the headers that go with an extent; what else describes the file is the caller's."""
    headers = {"Accept-Ranges": "bytes", "ETag": version.etag}
    if version.last_modified:
        headers["Last-Modified"] = version.last_modified
    if extent.status != UNCHANGED:
        headers["Content-Length"] = str(extent.size_bytes)
    if extent.status == PART:
        headers["Content-Range"] = f"bytes {extent.start}-{extent.end - 1}/{version.size_bytes}"
    return headers


def _part(first: str, last: str, *, size_bytes: int) -> Extent:
    whole = Extent(WHOLE, 0, size_bytes)
    if not first:
        if not last or (size_bytes == 0 and int(last)):  # the end of nothing is all there is
            return whole
        start, end = max(0, size_bytes - int(last)), size_bytes
    else:
        start, end = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:  # no range at all
            return whole
    return Extent(PART, start, end) if start < size_bytes else Extent(BEYOND)


def _is_known(headers: Mapping[str, str], version: Version) -> bool:
    """Tell whether the client has this very version; a date counts only without an ETag."""
    if "if-none-match" in headers:
        known = {tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")}
        return bool(known & {"*", version.etag})
    since = parse_http_date_safe(headers.get("if-modified-since", ""))
    changed = parse_http_date_safe(version.last_modified)
    return since is not None and changed is not None and changed <= since


def _may_continue(headers: Mapping[str, str], version: Version) -> bool:
    """Tell whether the part of an earlier answer that the client has is of this version (If-Range)."""
    return headers.get("if-range", version.etag) in {version.etag, version.last_modified} - {""}
