"""What every page shows around its content."""

from django.http import HttpRequest

from eduvideo.catalog.taxonomy import SUBJECTS


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the subjects of the navigation and where the reader is."""
    return {"nav_subjects": SUBJECTS, "path_now": request.path}
