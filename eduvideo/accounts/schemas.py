"""Shapes of accounts in the API."""

from typing import Literal

from ninja import Schema
from pydantic import Field

from eduvideo.accounts.models import Membership, Organization


class MeOut(Schema):
    id: str
    name: str
    email: str
    role: str


class OrganizationOut(Schema):
    id: str
    name: str

    @classmethod
    def of(cls, organization: Organization) -> "OrganizationOut":
        return cls(id=organization.public_id, name=organization.name)


class MyOrganizationOut(OrganizationOut):
    role: str

    @classmethod
    def of_membership(cls, membership: Membership) -> "MyOrganizationOut":
        """Return an organization with one's role there; no query when it was selected."""
        found = membership.organization
        return cls(id=found.public_id, name=found.name, role=membership.role)


class MyOrganizationList(Schema):
    items: list[MyOrganizationOut]


class MemberOut(Schema):
    id: str
    name: str
    email: str
    role: str

    @classmethod
    def of(cls, membership: Membership) -> "MemberOut":
        """Return a member; no query when the user was selected."""
        person = membership.user
        return cls(id=person.public_id, name=person.display_name, email=person.email, role=membership.role)


class MemberPage(Schema):
    items: list[MemberOut]
    next: str | None


class MemberIn(Schema):
    email: str = Field(max_length=254)
    role: Literal["student", "teacher", "manager"] = "student"
