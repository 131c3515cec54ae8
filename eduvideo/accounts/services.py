"""Writes of accounts: tokens, roles, organizations and their members."""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.accounts.access import token_digest
from eduvideo.accounts.models import ApiToken, MemberRole, Membership, Organization, Role, User
from eduvideo.core import clock
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.ids import new_secret

SESSIONS_AT_ONCE = 5_000  # rows; more would hold up other writers of SQLite


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


def create_organization(name: str, *, quota_bytes: int | None = None) -> Organization:
    """Make an organization without members; without a quota the platform's default counts."""
    return Organization.objects.create(name=name, quota_bytes=quota_bytes)


@transaction.atomic
def set_member(organization: Organization, *, email: str, role: MemberRole) -> tuple[Membership, bool]:
    """Give the person with this address a role in an organization, in place of the one they have; tell if it is new.

    Raises InvalidInputError when there is no such account.
    """
    return Membership.objects.select_related("user").update_or_create(
        organization=organization, user=_person(email), defaults={"role": role}
    )


def remove_member(organization: Organization, *, email: str) -> None:
    """End a membership, and with it every playback session that rests on it; raises InvalidInputError for no member.

    Lessons that the person has there stay the organization's.
    """
    if not Membership.objects.filter(organization=organization, user=_person(email)).delete()[0]:
        raise InvalidInputError.of("email", _("%s is no member of this organization.") % email)


def remove_old_sessions() -> int:
    """Delete sessions that have ended, which nothing reads any more; return how many, at most 5,000 at once."""
    ended = Session.objects.filter(expire_date__lt=clock.now()).values("pk")[:SESSIONS_AT_ONCE]
    return Session.objects.filter(pk__in=ended).delete()[0]


def _person(email: str) -> User:
    person = User.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise InvalidInputError.of("email", _("There is no account of %s.") % email)
    return person
