"""How django-ninja routes learn who asks: `viewer` lets everyone in, `signed_in` asks for an account.

A bearer token is taken first; otherwise the session cookie, which needs Django's CSRF token on unsafe methods.
After either, `request.user` is the viewer.
"""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

from eduvideo.accounts.access import Viewer, bearer_token, get_user_by_token
from eduvideo.accounts.models import User
from eduvideo.core.errors import ForbiddenError, SignInRequiredError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ViewerRequest(HttpRequest):
    """A request whose user may be anonymous."""

    user: Viewer


class AuthedRequest(HttpRequest):
    """A request of somebody with an account."""

    user: User


def viewer(request: HttpRequest) -> Viewer:
    """Identify the asker; anonymous is fine. For `auth=viewer` of a route."""
    token = bearer_token(request.headers.get("Authorization", ""))
    if token is not None:
        request.user = get_user_by_token(token)
    elif request.method not in SAFE_METHODS and check_csrf(request):
        raise ForbiddenError(_("The page is too old to send this. Reload it and try again."))
    return request.user


def signed_in(request: HttpRequest) -> Viewer:
    """Identify the asker and refuse the anonymous. For `auth=signed_in` of a route."""
    found = viewer(request)
    if not request.user.is_authenticated:
        raise SignInRequiredError
    return found
