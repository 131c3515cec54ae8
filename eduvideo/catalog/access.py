"""The one door to a video: fetch and permission in one call."""

from enum import StrEnum

from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.catalog.queries import CARD_RELATIONS
from eduvideo.core.errors import ForbiddenError, NotFoundError, SignInRequiredError

# Whoever has the address may watch these; only `public` ones are in lists.
OPEN_BY_ADDRESS = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})


class Action(StrEnum):
    """What somebody wants to do with a video."""

    VIEW = "view"
    DANMAKU = "danmaku"
    EDIT = "edit"
    PUBLISH = "publish"
    DELETE = "delete"


def get_video_for(viewer: Viewer, public_id: str, *, to: Action) -> Video:
    """Return a video for an action, or raise.

    NotFoundError when the viewer may not even know of it, SignInRequiredError and ForbiddenError when they may know but
    not do this. Owner, asset and its current job come with it: one query.
    """
    video = Video.objects.select_related(*CARD_RELATIONS).filter(public_id=public_id).first()
    if video is None or not can_view(viewer, video):
        raise NotFoundError
    if to is Action.VIEW:
        return video
    if not viewer.is_authenticated:
        raise SignInRequiredError
    if to is Action.DANMAKU or is_editor(viewer, video):
        return video
    raise ForbiddenError(_("Only the creator of this lesson may change it."))


def can_view(viewer: Viewer, video: Video) -> bool:
    """Tell whether a viewer may watch a video, or prepare it."""
    if is_editor(viewer, video):
        return True
    return video.state == VideoState.PUBLISHED and video.visibility in OPEN_BY_ADDRESS


def is_editor(viewer: Viewer, video: Video) -> bool:
    """Tell whether a viewer may change a video: its owner and staff."""
    return viewer.is_authenticated and (viewer.pk == video.owner_id or viewer.is_staff)


def check_may_create(viewer: Viewer) -> None:
    """Raise unless the viewer may upload lessons."""
    if not viewer.is_authenticated:
        raise SignInRequiredError
    if not viewer.is_creator:
        raise ForbiddenError(_("To upload lessons, choose “I teach” on your account page first."))
