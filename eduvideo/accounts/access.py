"""Who is asking, by session or bearer token; and which organizations they may see and manage."""

import hashlib
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from eduvideo.accounts.models import ApiToken, MemberRole, Membership, Organization, User
from eduvideo.core import clock
from eduvideo.core.errors import ForbiddenError, NotFoundError, SignInRequiredError

Viewer = User | AnonymousUser
BEARER = "bearer "


def token_digest(token: str) -> str:
    """Return what is kept of a token; tokens are 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def get_user_by_token(token: str) -> User:
    """Return the active user of a bearer token; raises SignInRequiredError for a wrong or revoked one. One query."""
    found = (
        ApiToken.objects.select_related("user")
        .filter(digest=token_digest(token), revoked_at=None, user__is_active=True)
        .first()
    )
    if found is None:
        raise SignInRequiredError("This token is not valid (any more). Make a new one with `manage.py create_token`.")
    today = clock.now().date()
    if found.last_used_at is None or found.last_used_at.date() != today:  # to the day is enough, and writes little
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=clock.now())
    return found.user


def bearer_token(authorization: str) -> str | None:
    """Return the token of an Authorization header, or None if it is of another kind."""
    return authorization[len(BEARER) :].strip() if authorization.lower().startswith(BEARER) else None


def get_user_by_session(session_key: str) -> Viewer:
    """Return the user of a session cookie, or an anonymous one; checks the session as Django's middleware does."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    pk, backend = session.get(SESSION_KEY), session.get(BACKEND_SESSION_KEY)
    if pk is None or backend not in settings.AUTHENTICATION_BACKENDS:
        return AnonymousUser()
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return AnonymousUser()
    return user


def get_organization_for(viewer: Viewer, public_id: str) -> Organization:
    """Return an organization to its members and to staff; NotFoundError for everyone else."""
    return _organization_and_role(viewer, public_id)[0]


def get_managed_organization_for(viewer: Viewer, public_id: str) -> Organization:
    """Return an organization to its managers and to staff; ForbiddenError for its other members."""
    organization, role = _organization_and_role(viewer, public_id)
    if role != MemberRole.MANAGER and not viewer.is_staff:
        raise ForbiddenError(_("Only a manager of this organization may do this."))
    return organization


def _organization_and_role(viewer: Viewer, public_id: str) -> tuple[Organization, str]:
    """Two queries, so that staff need no membership."""
    known = Organization.objects.filter(public_id=public_id)
    organization = known.first() if public_id.isalnum() else None  # PostgreSQL fails on some of what a path may hold
    if organization is None or not viewer.is_authenticated:
        raise NotFoundError
    membership = Membership.objects.filter(organization=organization, user=viewer).first()
    if membership is None and not viewer.is_staff:
        raise NotFoundError
    return organization, membership.role if membership else ""
