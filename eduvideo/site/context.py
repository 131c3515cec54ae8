"""What every page shows around its content."""

from django.http import HttpRequest

from eduvideo.site.addresses import PARAMETER


def frame(request: HttpRequest) -> dict[str, object]:
    """Return where the reader is, and where to come back to: an address that only takes a form is none."""
    is_page = request.method in {"GET", "HEAD"}
    return {"path_now": request.path, "come_back": _address_in_any_language(request) if is_page else "/"}


def _address_in_any_language(request: HttpRequest) -> str:
    """Return the address without the language that it fixes: whoever comes back may have chosen another."""
    if PARAMETER not in request.GET:
        return request.get_full_path()
    query = request.GET.copy()
    del query[PARAMETER]
    return f"{request.path}?{query.urlencode()}" if query else request.path
