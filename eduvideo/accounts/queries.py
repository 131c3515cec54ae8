"""Reads of accounts: who belongs where."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from eduvideo.accounts.models import TEACHING, Membership, Organization, User
from eduvideo.core.prepared import Given


def organizations_of(user: User | AnonymousUser) -> QuerySet[Organization]:
    """Return the organizations that a person belongs to, in any role, by name; none for the anonymous."""
    return _organizations(user).order_by("name", "id")


def organizations_with(user: Given) -> QuerySet[Organization]:
    """Return the same for a pk, or a slot for one, unordered."""
    return Organization.objects.filter(memberships__user=user, memberships__user__is_active=True)


def teaching_organizations_of(user: User | AnonymousUser) -> QuerySet[Organization]:
    """Return the organizations in which a person may have lessons, by name."""
    return _organizations(user, memberships__role__in=TEACHING).order_by("name", "id")


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return a person's memberships with their organizations, by name."""
    return Membership.objects.filter(user=user).select_related("organization").order_by("organization__name", "pk")


def members_of(organization: Organization) -> QuerySet[Membership]:
    """Return an organization's memberships with their people, unordered."""
    return Membership.objects.filter(organization=organization).select_related("user")


def is_member_of(user: User | AnonymousUser, organization_id: int | None) -> bool:
    """Tell whether a person belongs to an organization (its pk), in any role. At most one query."""
    return organization_id is not None and _organizations(user).filter(pk=organization_id).exists()


def _organizations(user: User | AnonymousUser, **roles: object) -> QuerySet[Organization]:
    """Return the organizations of an active account; memberships of others give nothing."""
    if not user.is_authenticated or not user.is_active:
        return Organization.objects.none()
    return Organization.objects.filter(memberships__user=user, **roles)
