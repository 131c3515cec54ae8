"""Captions as files over HTTP: their formats, their bytes, and the conditions under which one may be replaced."""

from collections.abc import Mapping
from enum import StrEnum

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import gettext as _

from eduvideo.core.errors import InvalidInputError, PreconditionRequiredError, QuotaExceededError
from eduvideo.media.captioning import NOTHING, cues_of_track, version_of
from eduvideo.media.captions import srt, webvtt
from eduvideo.media.decoding import UnknownEncodingError, decode_captions
from eduvideo.media.models import CaptionTrack

MAX_CAPTION_BYTES = 5 * 1024 * 1024


class CaptionFormat(StrEnum):
    VTT = "vtt"
    SRT = "srt"


CONTENT_TYPES = {CaptionFormat.VTT: "text/vtt", CaptionFormat.SRT: "application/x-subrip"}
_TEXT = {"schema": {"type": "string"}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
CAPTION_FILE_OUT = {
    "responses": {200: {"description": "OK", "content": dict.fromkeys(CONTENT_TYPES.values(), _TEXT)}},
}
CAPTION_FILE_IN = {
    "requestBody": {"required": True, "content": dict.fromkeys([*CONTENT_TYPES.values(), "text/plain"], _BYTES)},
}


def caption_file_response(track: CaptionTrack, *, form: CaptionFormat, headers: Mapping[str, str]) -> HttpResponse:
    """Return a track as a file, or that the asker has it already."""
    tag = entity_tag(track) if form is CaptionFormat.VTT else f'"{version_of(track)}.srt"'
    told = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if {tag, "*"} & set(parse_etags(headers.get("If-None-Match", ""))):
        return HttpResponseNotModified(headers=told)
    cues = cues_of_track(track)
    text = webvtt(cues) if form is CaptionFormat.VTT else srt(cues)
    name = f"{track.asset.public_id}.{track.language}.{form}"
    told["Content-Disposition"] = f'inline; filename="{name}"'
    return HttpResponse(text, content_type=f"{CONTENT_TYPES[form]}; charset=utf-8", headers=told)


def entity_tag(track: CaptionTrack) -> str:
    """Return what If-Match must say to replace this revision (RFC 9110, section 8.8.3)."""
    return f'"{version_of(track)}"'


def caption_text(data: bytes, *, language: str) -> str:
    """Return the text of a caption file; raises QuotaExceededError or InvalidInputError."""
    if len(data) > MAX_CAPTION_BYTES:
        raise _too_large()
    try:
        return decode_captions(data, language=language)
    except UnknownEncodingError as error:
        raise InvalidInputError.of(
            "text", _("The encoding of this file cannot be told. Save the captions as UTF-8.")
        ) from error


def request_body(request: HttpRequest) -> bytes:
    """Return the body of a request; raises QuotaExceededError for one that Django would not hold in memory."""
    try:
        return request.body
    except RequestDataTooBig as error:
        raise _too_large() from error


def replaced_versions(headers: Mapping[str, str]) -> frozenset[str] | None:
    """Return which versions a write may replace; None when it does not say.

    By If-Match, or If-None-Match: * for captions that must not be there yet (RFC 9110, section 13.1).
    """
    if "If-Match" in headers:
        tags = [tag for tag in parse_etags(headers["If-Match"]) if not tag.startswith("W/")]
        return frozenset(tag.strip('"').removesuffix(".srt") for tag in tags)
    return frozenset({NOTHING}) if headers.get("If-None-Match", "").strip() == "*" else None


def required_versions(headers: Mapping[str, str]) -> frozenset[str]:
    """Return which versions a write may replace; raises PreconditionRequiredError when it does not say."""
    versions = replaced_versions(headers)
    if versions is None:
        raise PreconditionRequiredError(_("Send If-Match with the `etag` of the captions that you are changing."))
    return versions


def _too_large() -> QuotaExceededError:
    return QuotaExceededError(_("This file is too large for captions."))
