"""HTTP of how lessons are received: views, likes, favorites, follows, comments."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Header, Query, Router, Status

from eduvideo.accounts.auth import AuthedRequest, ViewerRequest, signed_in
from eduvideo.catalog.access import Action, get_video_for, is_editor
from eduvideo.community import access, comments, queries, reactions, services, threads
from eduvideo.community.policy import CommentRules
from eduvideo.community.reception import comment_rules, follower_count, reception
from eduvideo.community.retention import Report, count_watching
from eduvideo.community.schemas import (
    CommentIn,
    CommentLikesOut,
    CommentModeIn,
    CommentOut,
    CommentPageOut,
    CommentReportIn,
    CommentRulesOut,
    CommentTextIn,
    FavoriteOut,
    FavoritePageOut,
    FollowedOut,
    FollowOut,
    FollowPageOut,
    HiddenIn,
    ReceptionOut,
    ThreadOut,
    ThreadPageOut,
    WatchedIn,
)
from eduvideo.community.threads import CommentOrder
from eduvideo.core.pagination import page_by_time
from eduvideo.moderation.models import Act

router = Router(tags=["community"])

Cursor = Annotated[str | None, Query()]


@router.post("/videos/{public_id}/views", response={204: None})
def post_view(request: ViewerRequest, public_id: str) -> Status[None]:
    """Say that I watch a lesson: a player does after ten seconds of it. I count once a day, its own creator never."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    if not is_editor(request.user, video):
        services.count_view(video, viewer=_stands_for(request))
    return Status(204, None)


@router.post("/videos/{public_id}/watched", response={204: None})
def post_watched(request: ViewerRequest, public_id: str, body: WatchedIn) -> Status[None]:
    """Say which parts of a lesson were played: a player does twice a minute. Its own creator does not count."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    if not is_editor(request.user, video):
        report = Report(frozenset(body.parts), frozenset(body.again), body.played_ms)
        count_watching(video, report, viewer=_stands_for(request))
    return Status(204, None)


@router.get("/videos/{public_id}/reception", response=ReceptionOut)
def get_reception(request: ViewerRequest, response: HttpResponse, public_id: str) -> ReceptionOut:
    """Tell how a lesson was received, and what I made of it."""
    response["Cache-Control"] = "private, no-store"
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    return ReceptionOut.of(reception(video, viewer=request.user))


@router.put("/videos/{public_id}/like", response=ReceptionOut, auth=signed_in)
def like(request: AuthedRequest, public_id: str) -> ReceptionOut:
    """Like a lesson; again is once."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    reactions.like_video(video, by=request.user)
    return ReceptionOut.of(reception(video, viewer=request.user))


@router.delete("/videos/{public_id}/like", response=ReceptionOut, auth=signed_in)
def unlike(request: AuthedRequest, public_id: str) -> ReceptionOut:
    """Take my like back."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    reactions.unlike_video(video, by=request.user)
    return ReceptionOut.of(reception(video, viewer=request.user))


@router.put("/videos/{public_id}/favorite", response=ReceptionOut, auth=signed_in)
def keep(request: AuthedRequest, public_id: str) -> ReceptionOut:
    """Put a lesson among my favorites; again is once."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    reactions.keep_video(video, by=request.user)
    return ReceptionOut.of(reception(video, viewer=request.user))


@router.delete("/videos/{public_id}/favorite", response=ReceptionOut, auth=signed_in)
def drop(request: AuthedRequest, public_id: str) -> ReceptionOut:
    """Take a lesson out of my favorites."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    reactions.drop_video(video, by=request.user)
    return ReceptionOut.of(reception(video, viewer=request.user))


@router.put("/creators/{public_id}/follow", response=FollowOut, auth=signed_in)
def follow(request: AuthedRequest, public_id: str) -> FollowOut:
    """Follow a creator: what they publish is shown on my pages. Again is once."""
    creator = access.get_creator(public_id)
    reactions.follow_creator(creator, by=request.user)
    return FollowOut(followers=follower_count(creator), following=True)


@router.get("/me/favorites", response=FavoritePageOut, auth=signed_in)
def list_favorites(request: AuthedRequest, response: HttpResponse, cursor: Cursor = None) -> FavoritePageOut:
    """List what I saved and may still watch, the last first."""
    response["Cache-Control"] = "private, no-store"
    page = page_by_time(queries.favorites_of(request.user), field="created_at", cursor=cursor)
    return FavoritePageOut(items=[FavoriteOut.of(row) for row in page.items], next=page.next)


@router.get("/me/follows", response=FollowPageOut, auth=signed_in)
def list_follows(request: AuthedRequest, response: HttpResponse, cursor: Cursor = None) -> FollowPageOut:
    """List the creators whom I follow, the last first."""
    response["Cache-Control"] = "private, no-store"
    page = page_by_time(queries.follows_of(request.user), field="created_at", cursor=cursor)
    return FollowPageOut(items=[FollowedOut.of(row) for row in page.items], next=page.next)


@router.delete("/creators/{public_id}/follow", response=FollowOut, auth=signed_in)
def unfollow(request: AuthedRequest, public_id: str) -> FollowOut:
    """Follow a creator no more."""
    creator = access.get_followed(public_id, by=request.user)
    reactions.unfollow_creator(creator, by=request.user)
    return FollowOut(followers=follower_count(creator), following=False)


# -- Comments: below every address that {comment_id} would take for itself -------------------------------------------


@router.get("/videos/{public_id}/comments", response=CommentPageOut)
def list_comments(
    request: ViewerRequest,
    response: HttpResponse,
    public_id: str,
    order: CommentOrder = CommentOrder.NEWEST,
    cursor: str | None = None,
) -> CommentPageOut:
    """List the comments of a lesson with their first replies; the pinned one is first."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    response["Cache-Control"] = "private, no-store"
    page = threads.threads_of(video, viewer=request.user, order=order, cursor=cursor)
    return CommentPageOut(items=[ThreadOut.of(view) for view in page.items], next=page.next)


@router.post("/videos/{public_id}/comments", response={201: CommentOut}, auth=signed_in)
def post_comment(
    request: AuthedRequest,
    public_id: str,
    body: CommentIn,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=64)] = None,
) -> Status[CommentOut]:
    """Write a comment, or a reply. The same Idempotency-Key again gives the same answer and writes nothing twice."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    reply_to = access.get_comment_for(request.user, public_id, body.reply_to) if body.reply_to else None
    comment = comments.post_comment(
        video, author=request.user, text=body.text, reply_to=reply_to, idempotency_key=idempotency_key
    )
    return Status(201, CommentOut.of(threads.view_of(comment, viewer=request.user)))


@router.get("/videos/{public_id}/comments/policy", response=CommentRulesOut)
def get_comment_policy(request: ViewerRequest, public_id: str) -> CommentRules:
    """Tell whether a lesson takes comments: as its creator decided, else as its grade asks for."""
    return comment_rules(get_video_for(request.user, public_id, to=Action.VIEW))


@router.put("/videos/{public_id}/comments/policy", response=CommentRulesOut, auth=signed_in)
def put_comment_policy(request: AuthedRequest, public_id: str, body: CommentModeIn) -> CommentRules:
    """Switch comments on, make them quiet, or switch them off (the lesson's creator and staff)."""
    return comments.set_comment_mode(get_video_for(request.user, public_id, to=Action.EDIT), mode=body.mode)


@router.get("/videos/{public_id}/comments/{comment_id}", response=ThreadPageOut)
def get_thread(
    request: ViewerRequest, response: HttpResponse, public_id: str, comment_id: str, cursor: str | None = None
) -> ThreadPageOut:
    """Show the thread that a comment is in, with a page of its replies."""
    comment = access.get_comment_for(request.user, public_id, comment_id)
    response["Cache-Control"] = "private, no-store"
    page = threads.thread_of(comment, viewer=request.user, cursor=cursor)
    return ThreadPageOut(thread=ThreadOut.of(page.items[0]), next=page.next)


@router.patch("/videos/{public_id}/comments/{comment_id}", response=CommentOut, auth=signed_in)
def edit_comment(request: AuthedRequest, public_id: str, comment_id: str, body: CommentTextIn) -> CommentOut:
    """Change one's own comment, for 15 minutes."""
    comment = access.get_comment_for(request.user, public_id, comment_id)
    edited = comments.edit_comment(comment, by=request.user, text=body.text)
    return CommentOut.of(threads.view_of(edited, viewer=request.user))


@router.delete("/videos/{public_id}/comments/{comment_id}", response={204: None}, auth=signed_in)
def delete_comment(request: AuthedRequest, public_id: str, comment_id: str) -> None:
    """Take one's own comment back."""
    comments.delete_comment(access.get_comment_for(request.user, public_id, comment_id), by=request.user)


@router.put("/videos/{public_id}/comments/{comment_id}/like", response=CommentLikesOut, auth=signed_in)
def like_comment(request: AuthedRequest, public_id: str, comment_id: str) -> CommentLikesOut:
    """Like somebody else's comment; again is once."""
    comment = access.get_comment_for(request.user, public_id, comment_id)
    return CommentLikesOut(likes=comments.like_comment(comment, by=request.user), liked=True)


@router.delete("/videos/{public_id}/comments/{comment_id}/like", response=CommentLikesOut, auth=signed_in)
def unlike_comment(request: AuthedRequest, public_id: str, comment_id: str) -> CommentLikesOut:
    """Take my like back."""
    comment = access.get_comment_for(request.user, public_id, comment_id)
    return CommentLikesOut(likes=comments.unlike_comment(comment, by=request.user), liked=False)


@router.put("/videos/{public_id}/comments/{comment_id}/hidden", response={204: None}, auth=signed_in)
def hide_comment(request: AuthedRequest, public_id: str, comment_id: str, body: HiddenIn) -> None:
    """Hide a comment; its author is told, with the reason. For the lesson's creator and staff."""
    comment = access.get_decided_comment_for(request.user, public_id, comment_id)
    comments.decide_on_comment(comment, Act.HIDE, by=request.user, reason=body.reason)


@router.delete("/videos/{public_id}/comments/{comment_id}/hidden", response={204: None}, auth=signed_in)
def show_comment(request: AuthedRequest, public_id: str, comment_id: str) -> None:
    """Show a comment again; only staff shows what staff has hidden."""
    comment = access.get_decided_comment_for(request.user, public_id, comment_id)
    comments.decide_on_comment(comment, Act.SHOW, by=request.user)


@router.put("/videos/{public_id}/comments/{comment_id}/pin", response={204: None}, auth=signed_in)
def pin_comment(request: AuthedRequest, public_id: str, comment_id: str) -> None:
    """Put a comment above the others, in the place of another one. For the lesson's creator and staff."""
    comments.pin_comment(access.get_decided_comment_for(request.user, public_id, comment_id))


@router.delete("/videos/{public_id}/comments/{comment_id}/pin", response={204: None}, auth=signed_in)
def unpin_comment(request: AuthedRequest, public_id: str, comment_id: str) -> None:
    """Let a comment stand among the others again."""
    comments.unpin_comment(access.get_decided_comment_for(request.user, public_id, comment_id))


@router.post("/videos/{public_id}/comments/{comment_id}/report", response={204: None}, auth=signed_in)
def report_comment(request: AuthedRequest, public_id: str, comment_id: str, body: CommentReportIn) -> None:
    """Say to staff that a comment should not stand there; again is the first report."""
    comment = access.get_comment_for(request.user, public_id, comment_id)
    comments.report_comment(comment, by=request.user, reason=body.reason, note=body.note)


def _stands_for(request: ViewerRequest) -> str:
    """Return what tells one viewer from another: their account, or the browser's own CSRF secret, which was checked."""
    user = request.user
    return f"account {user.pk}" if user.is_authenticated else f"browser {request.META['CSRF_COOKIE']}"
