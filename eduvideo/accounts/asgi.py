"""The access check that the plain ASGI endpoints share (DESIGN, rule 9): who asks, and did a page of ours send it."""

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import close_old_connections
from django.utils.crypto import constant_time_compare
from starlette.requests import HTTPConnection

from eduvideo.accounts.access import Viewer, bearer_token, get_user_by_session, get_user_by_token
from eduvideo.core.errors import ForbiddenError


async def viewer_of(connection: HTTPConnection, *, unsafe: bool) -> Viewer:
    """Return who asks, by bearer token or session cookie.

    For an unsafe method by cookie the CSRF header must match the CSRF cookie and the Origin must be ours, as in Django;
    otherwise ForbiddenError. A wrong token is SignInRequiredError.
    """
    token = bearer_token(connection.headers.get("authorization", ""))
    if token is not None:
        return await sync_to_async(_in_thread_by_token)(token)
    session_key = connection.cookies.get(settings.SESSION_COOKIE_NAME)
    if not session_key:
        return AnonymousUser()
    if unsafe:
        _check_csrf(connection)
    return await sync_to_async(_in_thread_by_session)(session_key)


def _in_thread_by_token(token: str) -> Viewer:
    close_old_connections()
    return get_user_by_token(token)


def _in_thread_by_session(session_key: str) -> Viewer:
    close_old_connections()
    return get_user_by_session(session_key)


def _check_csrf(connection: HTTPConnection) -> None:
    cookie = connection.cookies.get(settings.CSRF_COOKIE_NAME, "")
    header = connection.headers.get("x-csrftoken", "")
    origin = connection.headers.get("origin")
    own = {f"{connection.url.scheme}://{connection.headers.get('host', '')}", settings.EDUVIDEO.base_url}
    if not cookie or not constant_time_compare(cookie, header) or (origin is not None and origin not in own):
        raise ForbiddenError("The page is too old to send this. Reload it and try again.")
