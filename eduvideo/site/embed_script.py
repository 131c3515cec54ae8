"""The script that other sites load to work our frames: one stable address, whatever the build calls its file."""

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from eduvideo.site.assets import DIST, entry_files

PROTOCOL = "1"  # VERSION in frontend/src/embed/protocol.ts
ONE_HOUR = "public, max-age=3600"


@cache
def _script() -> tuple[bytes, str] | None:
    """Return the script and its ETag, or None where the frontend is not built."""
    files = entry_files("eduvideo")
    if files is None:
        return None
    file = DIST.parent / files.script
    return file.read_bytes(), quote_etag(file.stem)


def _etag(request: HttpRequest) -> str | None:  # noqa: ARG001 - Django passes it
    found = _script()
    return found[1] if found else None


@require_safe
@condition(etag_func=_etag)
def script(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Give the script to every site."""
    found = _script()
    if found is None:
        raise Http404
    return HttpResponse(
        found[0],
        content_type="text/javascript; charset=utf-8",
        headers={
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": ONE_HOUR,
            "EduVideo-Protocol": PROTOCOL,
        },
    )
