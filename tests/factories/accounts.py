"""Organizations and who belongs to them."""

from eduvideo.accounts.models import MemberRole, Membership, Organization, User


def an_organization(
    *, name: str = "Elm Street School", quota_bytes: int | None = None, **members: User
) -> Organization:
    """Return an organization with one member for each role that is named, for instance `teacher=person`."""
    organization = Organization.objects.create(name=name, quota_bytes=quota_bytes)
    for role, person in members.items():
        a_membership(organization, person, role=MemberRole(role))
    return organization


def a_membership(organization: Organization, person: User, *, role: MemberRole = MemberRole.STUDENT) -> Membership:
    return Membership.objects.create(organization=organization, user=person, role=role)
