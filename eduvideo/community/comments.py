"""What people write below a lesson, and what becomes of it. Whoever is refused or hidden is told why."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.community.access import may_decide
from eduvideo.community.models import (
    TEXT_CODE_POINTS,
    Comment,
    CommentLike,
    CommentMode,
    CommentPolicy,
    CommentState,
)
from eduvideo.community.policy import CommentRules
from eduvideo.community.reception import comment_rules
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, TooManyRequestsError
from eduvideo.moderation import queries as moderation
from eduvideo.moderation.models import Act, Authority, Report, ThingKind
from eduvideo.moderation.services import Ruling, check_text, close_reports, record_decisions, report_thing
from eduvideo.moderation.text import clean_text, length_of

MAX_LENGTH = 1_000
EDITABLE_FOR = timedelta(minutes=15)
NEW_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many comments of one person, on all lessons, within a time; half as many on an account's first day."""

    count: int
    within: timedelta


RECOUNTED_AT_ONCE = 1_000
LIMITS = (Limit(6, timedelta(minutes=1)), Limit(60, timedelta(hours=1)))


def post_comment(
    video: Video, *, author: User, text: str, reply_to: Comment | None = None, idempotency_key: str | None = None
) -> Comment:
    """Keep a comment, or a reply to one; the caller has checked that the author may watch the lesson.

    A reply to a reply joins the same thread. The same key of the same author on the same lesson gives the same comment,
    also when both come at once. Raises InvalidInputError naming the field, ForbiddenError where comments are switched
    off, ConflictError for a thread that is not shown any more, TooManyRequestsError.
    """
    if idempotency_key and (sent := _sent_before(video, author, idempotency_key)):
        return sent
    rules = comment_rules(video)
    is_of_the_house = may_decide(author, video)
    if not rules.is_open:
        raise ForbiddenError(_("Comments are switched off for this lesson."))
    thread = reply_to.thread or reply_to if reply_to else None
    comment = Comment(
        video=video, author=author, thread=thread, text=_checked(text), idempotency_key=idempotency_key or None
    )
    try:
        with transaction.atomic():
            User.objects.select_for_update().filter(pk=author.pk).first()  # the limits count one after the other
            if not is_of_the_house:
                _check_pace(video, author, rules)
            comment.save(force_insert=True)
            if thread and not _shown(thread).update(reply_count=F("reply_count") + 1):
                raise ConflictError(_("The comment that you reply to is not shown any more."))
    except IntegrityError:
        sent = _sent_before(video, author, idempotency_key) if idempotency_key else None
        if sent is None:
            raise
        return sent  # the same request came twice at once, and the other one won
    return comment


def edit_comment(comment: Comment, *, by: User, text: str) -> Comment:
    """Change one's own comment within a quarter of an hour.

    Raises ForbiddenError, InvalidInputError, and ConflictError for one that is not shown any more.
    """
    if comment.author_id != by.pk or comment.state != CommentState.VISIBLE:
        raise ForbiddenError(_("This comment is not yours."))
    if not is_editable(comment):
        raise ForbiddenError(_("A comment can be changed for 15 minutes. Take it back and write another one."))
    comment.text, comment.edited_at = _checked(text), clock.now()
    # It may have been taken back, or hidden for what it said, since it was looked at.
    if not _shown(comment).update(text=comment.text, edited_at=comment.edited_at):
        raise ConflictError
    return comment


def is_editable(comment: Comment) -> bool:
    """Tell whether a comment's author may still change it."""
    return comment.state == CommentState.VISIBLE and clock.now() - comment.created_at < EDITABLE_FOR


@transaction.atomic
def delete_comment(comment: Comment, *, by: User) -> None:
    """Take one's own comment back: its text is gone, replies to it stay. Raises ForbiddenError."""
    if comment.author_id != by.pk:
        raise ForbiddenError(_("This comment is not yours."))
    was_shown = _shown(comment).update(is_pinned=False, state=CommentState.DELETED)
    Comment.objects.filter(pk=comment.pk).update(text="", state=CommentState.DELETED)
    if was_shown:
        _count_replies(comment, -1)
    close_reports(ThingKind.COMMENT, [comment.public_id])


@transaction.atomic
def decide_on_comment(comment: Comment, act: Act, *, by: User, reason: str = "") -> bool:
    """Hide or show a comment and write it into the audit log; the caller has checked that `by` decides.

    Return whether anything was decided: shown again what is shown, only its reports are closed. What staff hides after
    the lesson's creator is staff's from then on. Raises ForbiddenError where staff has hidden it, and InvalidInputError
    for another act.
    """
    if act not in {Act.HIDE, Act.SHOW}:
        raise InvalidInputError.of("act", _("Please choose one of the list."))
    authority = Authority.OWNER if by.pk == comment.video.owner_id else Authority.STAFF
    ruling, things = Ruling(act, by, authority, reason), [comment.public_id]
    if act == Act.HIDE:
        is_changed = _shown(comment).update(state=CommentState.HIDDEN, is_pinned=False)
    else:
        hidden = Comment.objects.filter(pk=comment.pk, state=CommentState.HIDDEN)
        is_changed = hidden.update(state=CommentState.VISIBLE)
        # Asked once it is ours to change: the staff may have hidden it since it was looked at.
        if is_changed and authority != Authority.STAFF and _is_of_staff(comment):
            raise ForbiddenError(_("The staff has hidden this; only they can show it again."))
    if is_changed:
        _count_replies(comment, 1 if act == Act.SHOW else -1)
    elif not (_is_taken_over(comment, ruling) or _is_reported(comment, authority)):
        return False
    record_decisions(ruling, ThingKind.COMMENT, things, video=comment.video.public_id)
    return True


def _is_of_staff(comment: Comment) -> bool:
    """Tell whether staff has hidden a comment."""
    latest = moderation.latest_decisions(ThingKind.COMMENT, [comment.public_id]).get(comment.public_id)
    return latest is not None and (latest.act, latest.authority) == (Act.HIDE, Authority.STAFF)


def _is_taken_over(comment: Comment, ruling: Ruling) -> bool:
    """Tell whether staff hides what its lesson's creator has hidden and could show again."""
    if (ruling.act, ruling.authority) != (Act.HIDE, Authority.STAFF):
        return False
    return Comment.objects.filter(pk=comment.pk, state=CommentState.HIDDEN).exists() and not _is_of_staff(comment)


def _is_reported(comment: Comment, authority: Authority) -> bool:
    """Tell whether reports wait for a decision that is not staff's alone, as it is on what staff has hidden."""
    if authority != Authority.STAFF and _is_of_staff(comment):
        return False
    return bool(moderation.reporter_count(ThingKind.COMMENT, comment.public_id))


def pin_comment(comment: Comment) -> None:
    """Put a comment above the others, in the place of another one; the caller has checked the permission.

    Raises ConflictError for a reply, and for what is not shown.
    """
    with transaction.atomic():
        Video.objects.select_for_update().filter(pk=comment.video_id).first()  # of two at once the later one stays
        Comment.objects.filter(video=comment.video_id, is_pinned=True).update(is_pinned=False)
        if not _shown(comment).filter(thread=None).update(is_pinned=True):
            raise ConflictError(_("Only a comment that everyone sees, and no reply, can be pinned."))


def unpin_comment(comment: Comment) -> None:
    Comment.objects.filter(pk=comment.pk).update(is_pinned=False)


@transaction.atomic
def like_comment(comment: Comment, *, by: User) -> int:
    """Like somebody else's comment and return how many do now; again is once.

    Raises ForbiddenError for one's own, and NotFoundError for one that is not shown.
    """
    if comment.author_id == by.pk:
        raise ForbiddenError(_("You cannot like your own comment."))
    if not _shown(comment).select_for_update().exists():
        raise NotFoundError
    if not CommentLike.objects.filter(comment=comment, user=by).exists():
        CommentLike.objects.bulk_create([CommentLike(comment=comment, user=by)], ignore_conflicts=True)
    return _count_likes(comment)


@transaction.atomic
def unlike_comment(comment: Comment, *, by: User) -> int:
    """Take a like back and return how many are left."""
    Comment.objects.select_for_update().filter(pk=comment.pk).first()  # likes are counted one after the other
    CommentLike.objects.filter(comment=comment, user=by).delete()
    return _count_likes(comment)


def recount_likes() -> None:
    """Put right what comments say of their likes, where accounts were deleted with theirs."""
    likes = CommentLike.objects.filter(comment=OuterRef("pk")).order_by().values("comment").annotate(n=Count("pk"))
    now = Coalesce(Subquery(likes.values("n")), 0)
    stale = Comment.objects.filter(likes__gt=0).annotate(now=now).exclude(likes=F("now"))
    for pk, likes in stale.values_list("pk", "now")[:RECOUNTED_AT_ONCE]:
        Comment.objects.filter(pk=pk).update(likes=likes)


def report_comment(comment: Comment, *, by: User, reason: str, note: str = "") -> Report:
    """Report a comment to staff; a second time gives the first report.

    Raises ForbiddenError for one's own, NotFoundError for one that is not shown, InvalidInputError,
    TooManyRequestsError.
    """
    if comment.author_id == by.pk:
        raise ForbiddenError(_("This comment is yours. You can take it back."))
    if comment.state != CommentState.VISIBLE:
        raise NotFoundError
    thing, video = comment.public_id, comment.video.public_id
    return report_thing(ThingKind.COMMENT, thing, video=video, by=by, reason=reason, note=note)


def set_comment_mode(video: Video, *, mode: str) -> CommentRules:
    """Decide whether a lesson takes comments; the caller has checked the permission. Raises InvalidInputError."""
    if mode not in CommentMode.values:
        raise InvalidInputError.of("mode", _("Choose one of the answers."))
    CommentPolicy.objects.update_or_create(video=video, defaults={"mode": mode})
    return comment_rules(video)


def _checked(text: str) -> str:
    clean = clean_text(text)
    if not clean:
        raise InvalidInputError.of("text", _("Write something first."))
    if len(clean) > TEXT_CODE_POINTS or length_of(clean) > MAX_LENGTH:
        message = ngettext(
            "A comment has at most %(count)d character.", "A comment has at most %(count)d characters.", MAX_LENGTH
        )
        raise InvalidInputError.of("text", message % {"count": MAX_LENGTH})
    check_text(clean, field="text")
    return clean


def _check_pace(video: Video, author: User, rules: CommentRules) -> None:
    """Raise TooManyRequestsError for somebody who writes too fast; what was taken back counts too. One query."""
    now = clock.now()
    is_new = now - author.date_joined < NEW_FOR
    longest = max(limit.within for limit in LIMITS)
    recent = Comment.objects.filter(author=author, created_at__gt=now - longest).order_by("-created_at")
    sent = list(recent.values_list("created_at", "video_id")[: max(limit.count for limit in LIMITS)])
    ends = []
    for limit in LIMITS:
        count = limit.count // 2 if is_new else limit.count
        if len(sent) >= count:
            ends.append(sent[count - 1][0] + limit.within)
    here = [moment for moment, video_pk in sent if video_pk == video.pk]
    if rules.pause_s and here:
        ends.append(here[0] + timedelta(seconds=rules.pause_s))
    wait_s = max((-(-(end - now) // timedelta(seconds=1)) for end in ends), default=0)
    if wait_s > 0:
        message = _("You are writing very fast. Try again in %(seconds)d s.") % {"seconds": wait_s}
        raise TooManyRequestsError(message, retry_after_s=wait_s)


def _sent_before(video: Video, author: User, idempotency_key: str) -> Comment | None:
    return Comment.objects.filter(video=video, author=author, idempotency_key=idempotency_key).first()


def _shown(comment: Comment) -> QuerySet[Comment]:
    return Comment.objects.filter(pk=comment.pk, state=CommentState.VISIBLE)


def _count_replies(comment: Comment, more: int) -> None:
    if comment.thread_id is not None:
        Comment.objects.filter(pk=comment.thread_id).update(reply_count=F("reply_count") + more)


def _count_likes(comment: Comment) -> int:
    likes = CommentLike.objects.filter(comment=comment).count()
    Comment.objects.filter(pk=comment.pk).update(likes=likes)
    return likes
