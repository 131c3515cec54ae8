"""Pictures as bodies of requests: for posters, and for study guides."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _

from eduvideo.core.errors import QuotaExceededError

_BYTES = {"schema": {"type": "string", "format": "binary"}}
PICTURE_IN = {
    "requestBody": {"required": True, "content": dict.fromkeys(["image/jpeg", "image/png", "image/webp"], _BYTES)}
}


def picture_body(request: HttpRequest) -> bytes:
    """Return the body of a request; raises QuotaExceededError for one that Django would not hold in memory."""
    try:
        return request.body
    except RequestDataTooBig as error:
        raise QuotaExceededError(_("A picture may have 5 MB at most.")) from error
