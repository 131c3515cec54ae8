"""The one door to an upload: fetch and permission in one call."""

from eduvideo.accounts.access import Viewer
from eduvideo.core.errors import NotFoundError, SignInRequiredError
from eduvideo.uploads.models import Upload


def get_upload_for(viewer: Viewer, public_id: str) -> Upload:
    """Return the viewer's own upload; a foreign one does not exist for them."""
    if not viewer.is_authenticated:
        raise SignInRequiredError
    upload = Upload.objects.filter(public_id=public_id, owner=viewer).first()
    if upload is None:
        raise NotFoundError
    return upload
