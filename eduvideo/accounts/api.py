"""HTTP of accounts."""

from typing import Annotated

from ninja import Query, Router, Status

from eduvideo.accounts import access, queries, services
from eduvideo.accounts.auth import AuthedRequest, signed_in
from eduvideo.accounts.models import MemberRole
from eduvideo.accounts.schemas import MemberIn, MemberOut, MemberPage, MeOut, MyOrganizationList, MyOrganizationOut
from eduvideo.core.pagination import page_by_time

router = Router(tags=["accounts"])


@router.get("/me", response=MeOut, auth=signed_in)
def me(request: AuthedRequest) -> MeOut:
    """Show who is asking."""
    user = request.user
    return MeOut(id=user.public_id, name=user.display_name, email=user.email, role=user.role)


@router.get("/organizations", response=MyOrganizationList, auth=signed_in)
def list_organizations(request: AuthedRequest) -> MyOrganizationList:
    """List the organizations that I belong to, by name, with my role in each."""
    found = queries.memberships_of(request.user)
    return MyOrganizationList(items=[MyOrganizationOut.of_membership(membership) for membership in found])


@router.get("/organizations/{public_id}/members", response=MemberPage, auth=signed_in)
def list_members(request: AuthedRequest, public_id: str, cursor: Annotated[str | None, Query()] = None) -> MemberPage:
    """List the members of an organization, the newest first; for its managers."""
    organization = access.get_managed_organization_for(request.user, public_id)
    page = page_by_time(queries.members_of(organization), field="created_at", cursor=cursor)
    return MemberPage(items=[MemberOut.of(membership) for membership in page.items], next=page.next)


@router.post("/organizations/{public_id}/members", response={200: MemberOut, 201: MemberOut}, auth=signed_in)
def set_member(request: AuthedRequest, public_id: str, body: MemberIn) -> Status[MemberOut]:
    """Give the person with this e-mail address a role in an organization: 201 a new member, 200 another role."""
    organization = access.get_managed_organization_for(request.user, public_id)
    membership, is_new = services.set_member(organization, email=body.email, role=MemberRole(body.role))
    return Status(201 if is_new else 200, MemberOut.of(membership))


@router.delete("/organizations/{public_id}/members", response={204: None}, auth=signed_in)
def remove_member(request: AuthedRequest, public_id: str, email: str) -> Status[None]:
    """End the membership of the person with this e-mail address; what they watch there ends with it."""
    organization = access.get_managed_organization_for(request.user, public_id)
    services.remove_member(organization, email=email)
    return Status(204, None)
