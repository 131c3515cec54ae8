"""What one viewer finds in a lesson's room: what they may send, and what they have liked, blocked and chosen."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.danmaku import queries
from eduvideo.danmaku.access import may_moderate
from eduvideo.danmaku.authors import author_key
from eduvideo.danmaku.models import DanmakuBlock, DanmakuLike, DanmakuPreference, DanmakuState

MOST_LIKED = 500
MOST_BLOCKED = 1_000


@dataclass(frozen=True, slots=True)
class RoomView:
    """The room of a lesson as one viewer finds it; the fields are those of the API."""

    state: str
    pause_s: int
    count: int
    is_quiet: bool
    is_moderator: bool
    kinds: tuple[str, ...] = ()
    author_key: str = ""
    liked: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    preference: dict[str, Any] | None = None  # Any: JSON that was checked when it was kept


def room_of(video: Video, *, viewer: Viewer) -> RoomView:
    """Return a lesson's room for somebody who may watch it. Two queries; with an account five, or six in a school."""
    policy = queries.policy_of(video)
    count = queries.visible_counts([video])[video.pk]
    if not isinstance(viewer, User):
        return RoomView(policy.state, policy.pause_s, count, policy.is_quiet, is_moderator=False)
    is_moderator = may_moderate(viewer, video)
    return RoomView(
        policy.state,
        policy.pause_s,
        count,
        policy.is_quiet,
        is_moderator=is_moderator,
        kinds=policy.kinds_for(is_moderator=is_moderator),
        author_key=_key_of(video, viewer.pk),
        liked=_liked(video, viewer),
        blocked=_blocked(video, viewer),
        preference=preference_of(viewer),
    )


def preference_of(user: User) -> dict[str, Any] | None:
    """Return how somebody wants to see danmaku, None if they have not said. One query."""
    return DanmakuPreference.objects.filter(user=user).values_list("values", flat=True).first()


def _liked(video: Video, user: User) -> tuple[str, ...]:
    """Return the ids of what somebody likes on a video, the last 500."""
    likes = DanmakuLike.objects.filter(user=user, danmaku__video=video, danmaku__state=DanmakuState.VISIBLE)
    return tuple(likes.order_by("-pk").values_list("danmaku__public_id", flat=True)[:MOST_LIKED])


def _blocked(video: Video, user: User) -> tuple[str, ...]:
    """Return whom somebody does not want to see, as their keys on this video, the last thousand."""
    blocks = DanmakuBlock.objects.filter(Q(video=None) | Q(video=video), user=user).order_by("-pk")
    found = blocks.values_list("author_id", "author_key")[:MOST_BLOCKED]
    return tuple(_key_of(video, author) if author else key for author, key in found)


def _key_of(video: Video, user_pk: int) -> str:
    return author_key(video.pk, f"user:{user_pk}")
