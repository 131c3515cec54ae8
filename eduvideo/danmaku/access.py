"""Fetch a danmaku or a lesson to moderate and check the permission, in one call."""

from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.queries import teaching_organizations_of
from eduvideo.catalog.access import Action, get_video_for, is_editor
from eduvideo.catalog.models import Video
from eduvideo.core.errors import ForbiddenError, NotFoundError
from eduvideo.danmaku.models import Danmaku, PolicyState
from eduvideo.danmaku.policy import Policy


def get_danmaku_for(viewer: Viewer, video_id: str, danmaku_id: str) -> Danmaku:
    """Return a danmaku of a video that the viewer may see, also one that was withdrawn; raises NotFoundError."""
    video = get_video_for(viewer, video_id, to=Action.VIEW)
    is_an_id = danmaku_id.isalnum()  # PostgreSQL fails on some of what a path may hold
    danmaku = Danmaku.objects.filter(video=video, public_id=danmaku_id).first() if is_an_id else None
    if danmaku is None:
        raise NotFoundError
    danmaku.video = video
    return danmaku


def get_moderated_video_for(viewer: Viewer, video_id: str) -> Video:
    """Return a lesson to those who moderate its danmaku; raises as get_video_for does for an action."""
    video = get_video_for(viewer, video_id, to=Action.DANMAKU)
    if not may_moderate(viewer, video):
        raise ForbiddenError(_("Only those who teach this lesson may do this."))
    return video


def may_moderate(viewer: Viewer, video: Video) -> bool:
    """Tell whether somebody speaks as a teacher on a lesson that they may see, and decides about what others say.

    Its owner, staff, and the teachers and managers of the organization that it belongs to. At most one query.
    """
    if is_editor(viewer, video):
        return True
    organization_id = video.organization_id
    return organization_id is not None and teaching_organizations_of(viewer).filter(pk=organization_id).exists()


def may_send(viewer: Viewer, video: Video, *, policy: Policy) -> bool:
    """Tell whether a lesson with a policy takes danmaku of somebody who may watch it, once they are signed in.

    At most one query.
    """
    return policy.state != PolicyState.OFF or may_moderate(viewer, video)
