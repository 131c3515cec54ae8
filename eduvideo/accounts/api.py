"""HTTP of accounts."""

from ninja import Router, Schema

from eduvideo.accounts.auth import AuthedRequest, signed_in

router = Router(tags=["accounts"])


class MeOut(Schema):
    id: str
    name: str
    email: str
    role: str


@router.get("/me", response=MeOut, auth=signed_in)
def me(request: AuthedRequest) -> MeOut:
    """Show who is asking."""
    user = request.user
    return MeOut(id=user.public_id, name=user.display_name, email=user.email, role=user.role)
