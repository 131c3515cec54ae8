"""Writes of accounts: tokens and roles."""

from eduvideo.accounts.access import token_digest
from eduvideo.accounts.models import ApiToken, Role, User
from eduvideo.core import clock
from eduvideo.core.ids import new_secret


def create_token(user: User, *, name: str = "") -> str:
    """Return a new bearer token of the user; it is shown this once, only its hash is kept."""
    token = new_secret()
    ApiToken.objects.create(user=user, digest=token_digest(token), name=name)
    return token


def revoke_tokens(user: User) -> int:
    """End all of a user's tokens at once; return how many."""
    return ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=clock.now())


def become_creator(user: User) -> None:
    """Let a student upload lessons; nobody loses a role by it."""
    if User.objects.filter(pk=user.pk, role=Role.STUDENT).update(role=Role.CREATOR):
        user.role = Role.CREATOR
