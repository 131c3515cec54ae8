"""What every page shows around its content."""

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, object]:
    """Return where the reader is, and where to come back to: an address that only takes a form is none."""
    is_page = request.method in {"GET", "HEAD"}
    return {"path_now": request.path, "come_back": request.get_full_path() if is_page else "/"}
