"""How a lesson was received, and what its viewer made of it, as columns of one row.

The watch page asks for them together with what other apps know of the lesson, so that all of it is one query.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.community.models import Comment, CommentPolicy, CommentState, Favorite, Follow, VideoLike
from eduvideo.community.policy import CommentRules, rules_of
from eduvideo.core.prepared import Given, Prepared


@dataclass(frozen=True, slots=True)
class Reception:
    """How a lesson was received, and what its viewer did; whether it takes comments, and how many it has."""

    likes: int
    followers: int
    comments: int
    comment_rules: CommentRules
    is_liked: bool
    is_kept: bool
    is_followed: bool


def reception_columns(viewer: Given) -> dict[str, Any]:  # Any: expressions have no common public type
    """Return expressions over Video for `reception_of`.

    `viewer` is the pk of who asks, None of the anonymous, who did nothing, or a slot for it.
    """
    return {
        "reception_likes": _count(VideoLike.objects.filter(video=OuterRef("pk")), "video"),
        "reception_comments": _count(Comment.objects.filter(video=OuterRef("pk"), state=CommentState.VISIBLE), "video"),
        "reception_comment_mode": F("comment_policy__mode"),
        "reception_followers": _count(Follow.objects.filter(creator=OuterRef("owner")), "creator"),
        "reception_is_liked": Exists(VideoLike.objects.filter(video=OuterRef("pk"), user=viewer)),
        "reception_is_kept": Exists(Favorite.objects.filter(video=OuterRef("pk"), user=viewer)),
        "reception_is_followed": Exists(Follow.objects.filter(creator=OuterRef("owner"), user=viewer)),
    }


def reception_of(video: Video, row: Mapping[str, Any]) -> Reception:  # Any: values of the columns
    """Return what a video's row with `reception_columns` says."""
    return Reception(
        likes=row["reception_likes"],
        followers=row["reception_followers"],
        comments=row["reception_comments"],
        comment_rules=rules_of(grade=video.grade, visibility=video.visibility, decided=row["reception_comment_mode"]),
        is_liked=row["reception_is_liked"],
        is_kept=row["reception_is_kept"],
        is_followed=row["reception_is_followed"],
    )


def reception(video: Video, *, viewer: Viewer) -> Reception:
    """Return how a lesson was received. One query."""
    [row] = _RECEPTION(video=video.pk, viewer=viewer.pk)
    return reception_of(video, row)


_RECEPTION = Prepared(lambda video, viewer: Video.objects.filter(pk=video).values(**reception_columns(viewer)))


def comment_rules(video: Video) -> CommentRules:
    """Return whether a lesson takes comments: as its owner decided, else as its grade asks for. One query."""
    decided = CommentPolicy.objects.filter(video=video).values_list("mode", flat=True).first()
    return rules_of(grade=video.grade, visibility=video.visibility, decided=decided)


def follower_count(creator: User) -> int:
    return Follow.objects.filter(creator=creator).count()


def _count(rows: QuerySet[Any], field: str) -> Coalesce:  # Any: of any table
    """Return how many rows there are, as a column: nothing is joined, so nothing is counted twice."""
    return Coalesce(Subquery(rows.order_by().values(field).annotate(n=Count("pk")).values("n")), 0)
