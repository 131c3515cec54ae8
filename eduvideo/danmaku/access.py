"""Fetch a danmaku and check the permission, in one call."""

from eduvideo.accounts.access import Viewer
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.core.errors import NotFoundError
from eduvideo.danmaku.models import Danmaku


def get_danmaku_for(viewer: Viewer, video_id: str, danmaku_id: str) -> Danmaku:
    """Return a danmaku of a video that the viewer may see, also one that was withdrawn; raises NotFoundError."""
    video = get_video_for(viewer, video_id, to=Action.VIEW)
    is_an_id = danmaku_id.isalnum()  # PostgreSQL fails on some of what a path may hold
    danmaku = Danmaku.objects.filter(video=video, public_id=danmaku_id).first() if is_an_id else None
    if danmaku is None:
        raise NotFoundError
    danmaku.video = video
    return danmaku
