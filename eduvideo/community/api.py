"""HTTP of how lessons are received."""

from ninja import Router, Status

from eduvideo.accounts.auth import ViewerRequest
from eduvideo.catalog.access import Action, get_video_for, is_editor
from eduvideo.community import services

router = Router(tags=["community"])


@router.post("/videos/{public_id}/views", response={204: None})
def post_view(request: ViewerRequest, public_id: str) -> Status[None]:
    """Say that I watch a lesson: a player does after ten seconds of it. I count once a day, its own creator never."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    if not is_editor(request.user, video):
        services.count_view(video, viewer=_stands_for(request))
    return Status(204, None)


def _stands_for(request: ViewerRequest) -> str:
    """Return what tells one viewer from another: their account, or the browser's own CSRF secret, which was checked."""
    user = request.user
    return f"account {user.pk}" if user.is_authenticated else f"browser {request.META['CSRF_COOKIE']}"
