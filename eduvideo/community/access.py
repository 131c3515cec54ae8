"""Fetch creators and comments, and check that they may be seen or decided on, in one call."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import Role, User
from eduvideo.catalog.access import Action, get_video_for, is_editor
from eduvideo.catalog.models import Video
from eduvideo.community.models import Comment, CommentState
from eduvideo.core.errors import ForbiddenError, NotFoundError

CREATORS = (Role.CREATOR, Role.STAFF)


def get_creator(public_id: str) -> User:
    """Return somebody who teaches here, or whose lessons everyone finds; raises NotFoundError for others. One query."""
    has_lessons = Exists(Video.objects.listed().filter(owner=OuterRef("pk")))
    people = User.objects.filter(Q(role__in=CREATORS) | has_lessons, is_active=True)
    found = people.filter(public_id=public_id).first() if public_id.isalnum() else None
    if found is None:
        raise NotFoundError
    return found


def get_followed(public_id: str, *, by: User) -> User:
    """Return a creator, or somebody who was one when `by` began to follow them; raises NotFoundError. Two queries."""
    found = User.objects.filter(public_id=public_id, followed_by__user=by).first() if public_id.isalnum() else None
    return found or get_creator(public_id)


def get_comment_for(viewer: Viewer, video_id: str, comment_id: str) -> Comment:
    """Return a comment, with its author and its thread, on a lesson that the viewer may watch.

    One that is hidden is for its author and those who decide on it; with replies, its place is for everyone, and so is
    that of one which was taken back. Raises NotFoundError. Two queries, or three.
    """
    video = get_video_for(viewer, video_id, to=Action.VIEW)
    rows = Comment.objects.filter(video=video).select_related("author", "thread__author")
    comment = rows.filter(public_id=comment_id).first() if comment_id.isalnum() else None
    if comment is None:
        raise NotFoundError
    has_a_place = comment.state == CommentState.VISIBLE or comment.reply_count > 0
    is_mine = viewer.is_authenticated and comment.author_id == viewer.pk
    is_known = comment.state == CommentState.HIDDEN and (is_mine or may_decide(viewer, video))
    if not has_a_place and not is_known:
        raise NotFoundError
    comment.video = video
    return comment


def get_decided_comment_for(viewer: Viewer, video_id: str, comment_id: str) -> Comment:
    """Return a comment to those who decide on it; raises as get_comment_for does, and ForbiddenError."""
    comment = get_comment_for(viewer, video_id, comment_id)
    if not may_decide(viewer, comment.video):
        raise ForbiddenError(_("Only the creator of this lesson may do this."))
    return comment


def may_decide(viewer: Viewer, video: Video) -> bool:
    """Tell whether somebody decides what stays below a lesson: its creator and staff."""
    return is_editor(viewer, video)
