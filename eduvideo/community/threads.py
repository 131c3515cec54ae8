"""Lists of comments with all that one may know of them: below a lesson, in one thread, one's own, reported ones."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import watchable_by
from eduvideo.community.access import may_decide
from eduvideo.community.comments import is_editable
from eduvideo.community.models import Comment, CommentLike, CommentState
from eduvideo.community.queries import numbers_in
from eduvideo.core.pagination import encode_cursor, page_by_time
from eduvideo.moderation import queries as moderation
from eduvideo.moderation.models import Decision, ThingKind
from eduvideo.moderation.queries import Said

PAGE_SIZE = 20
REPLIES_SHOWN = 3
REPLIES_PER_PAGE = 50


class CommentOrder(StrEnum):
    NEWEST = "newest"
    LIKED = "liked"


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment as one viewer sees it; of what is hidden or was taken back and has replies, only its place.

    decision is the one that hides it, for those who may know; more_replies are not among the replies here.
    """

    comment: Comment
    is_readable: bool
    is_mine: bool
    is_of_creator: bool
    is_liked: bool
    is_editable: bool
    decision: Decision | None
    replies: tuple["CommentView", ...] = ()

    @property
    def is_hidden(self) -> bool:
        return self.comment.state == CommentState.HIDDEN

    @property
    def more_replies(self) -> int:
        shown = sum(reply.comment.state == CommentState.VISIBLE for reply in self.replies)
        return max(0, self.comment.reply_count - shown)


@dataclass(frozen=True, slots=True)
class CommentPage:
    """Some comments, and the cursor of the page after them."""

    items: list[CommentView]
    next: str | None


@dataclass(frozen=True, slots=True)
class CommentEntry:
    """A comment with its lesson, what its open reports say, and the last decision on it.

    is_watchable is whether its author may still watch the lesson, and so know what it is called today.
    """

    comment: Comment
    said: Said
    decision: Decision | None
    is_watchable: bool = True

    @property
    def hidden_by(self) -> Decision | None:
        """Return the decision that keeps it hidden; None where it is shown."""
        return self.decision if self.comment.state == CommentState.HIDDEN else None


def threads_of(
    video: Video, *, viewer: Viewer, order: CommentOrder = CommentOrder.NEWEST, cursor: str | None = None
) -> CommentPage:
    """Return one page of a lesson's comments, each with its first replies; the pinned one begins the first page.

    At most six queries, however many there are. Raises InvalidInputError for a cursor that is not ours.
    """
    rows = _known_to(viewer, video).filter(video=video, thread=None, is_pinned=False)
    if order is CommentOrder.LIKED:
        if cursor:
            likes, pk = numbers_in(cursor, 2)
            rows = rows.filter(Q(likes__lt=likes) | Q(likes=likes, pk__lt=pk), likes__lte=likes)
        rows = rows.order_by("-likes", "-pk")
    else:
        rows = (rows.filter(pk__lt=numbers_in(cursor, 1)[0]) if cursor else rows).order_by("-pk")
    found = list(rows[: PAGE_SIZE + 1])
    after = None
    if len(found) > PAGE_SIZE:
        last = found[PAGE_SIZE - 1]
        after = encode_cursor([last.likes, last.pk] if order is CommentOrder.LIKED else [last.pk])
    pinned = [] if cursor else list(Comment.objects.filter(video=video, is_pinned=True).select_related("author"))
    threads = [*pinned, *found[:PAGE_SIZE]]
    return CommentPage(_views(video, viewer, threads, _first_replies(video, viewer, threads)), after)


def thread_of(comment: Comment, *, viewer: Viewer, cursor: str | None = None) -> CommentPage:
    """Return the thread that a comment is in, as one item with a page of its replies, the first ones first.

    At most five queries. Raises InvalidInputError for a cursor that is not ours.
    """
    first = comment.thread or comment
    rows = _known_to(viewer, comment.video).filter(thread=first.pk)
    if cursor:
        rows = rows.filter(pk__gt=numbers_in(cursor, 1)[0])
    found = list(rows.order_by("pk")[: REPLIES_PER_PAGE + 1])
    after = encode_cursor([found[REPLIES_PER_PAGE - 1].pk]) if len(found) > REPLIES_PER_PAGE else None
    return CommentPage(_views(comment.video, viewer, [first], found[:REPLIES_PER_PAGE]), after)


def view_of(comment: Comment, *, viewer: Viewer) -> CommentView:
    """Return a comment alone as a viewer sees it. One query, or two."""
    return _views(comment.video, viewer, [comment], [])[0]


def own_comments(author: User, *, cursor: str | None = None) -> tuple[list[CommentEntry], str | None]:
    """Return one page of what somebody wrote, newest first, also what is hidden, and the next cursor. Three queries."""
    mine = Comment.objects.filter(author=author).exclude(state=CommentState.DELETED)
    may_watch = ExpressionWrapper(watchable_by(author), output_field=BooleanField())
    mine = mine.annotate(may_watch=may_watch).select_related("video__owner", "video__asset")
    page = page_by_time(mine, field="created_at", cursor=cursor, size=PAGE_SIZE)
    rows = zip(_entries(page.items), page.items, strict=True)
    return [replace(entry, is_watchable=bool(row.may_watch)) for entry, row in rows], page.next  # type: ignore[attr-defined]  # annotated above


def comment_entries(ids: Collection[str]) -> dict[str, CommentEntry]:
    """Return comments of any lessons with their videos and authors, by their ids. Three queries."""
    rows = Comment.objects.filter(public_id__in=ids).exclude(state=CommentState.DELETED)
    found = _entries(list(rows.select_related("video__owner", "author")))
    return {entry.comment.public_id: entry for entry in found}


def _known_to(viewer: Viewer, video: Video) -> QuerySet[Comment]:
    """Return the comments that have a place in a viewer's list: shown ones, those with replies, their own."""
    is_known = Q(state=CommentState.VISIBLE) | Q(reply_count__gt=0)
    if may_decide(viewer, video):
        is_known |= Q(state=CommentState.HIDDEN)
    elif viewer.is_authenticated:
        is_known |= Q(state=CommentState.HIDDEN, author=viewer)
    return Comment.objects.filter(is_known).select_related("author")


def _first_replies(video: Video, viewer: Viewer, threads: Iterable[Comment]) -> list[Comment]:
    number = Window(RowNumber(), partition_by=F("thread"), order_by="pk")
    rows = _known_to(viewer, video).filter(thread__in=[thread.pk for thread in threads])
    return list(rows.annotate(number=number).filter(number__lte=REPLIES_SHOWN).order_by("pk"))


def _views(video: Video, viewer: Viewer, threads: list[Comment], replies: list[Comment]) -> list[CommentView]:
    rows = [*threads, *replies]
    liked = _liked_by(viewer, rows)
    hidden = [row.public_id for row in rows if row.state == CommentState.HIDDEN]
    decisions = moderation.latest_decisions(ThingKind.COMMENT, hidden) if hidden else {}
    decides = may_decide(viewer, video)

    def view(row: Comment, below: tuple[CommentView, ...] = ()) -> CommentView:
        row.video = video
        is_mine = row.author_id is not None and row.author_id == viewer.pk
        is_readable = row.state == CommentState.VISIBLE or (row.state == CommentState.HIDDEN and (is_mine or decides))
        return CommentView(
            comment=row,
            is_readable=is_readable,
            is_mine=is_mine,
            is_of_creator=row.author_id == video.owner_id,
            is_liked=row.pk in liked,
            is_editable=is_mine and is_editable(row),
            decision=decisions.get(row.public_id) if is_readable else None,
            replies=below,
        )

    below: dict[int, list[CommentView]] = defaultdict(list)
    for reply in replies:
        below[reply.thread_id or 0].append(view(reply))
    return [view(thread, tuple(below[thread.pk])) for thread in threads]


def _liked_by(viewer: Viewer, rows: Iterable[Comment]) -> set[int]:
    if not viewer.is_authenticated:
        return set()
    liked = CommentLike.objects.filter(user=viewer, comment__in=[row.pk for row in rows])
    return set(liked.values_list("comment_id", flat=True))


def _entries(rows: Sequence[Comment]) -> list[CommentEntry]:
    ids = [row.public_id for row in rows]
    said = moderation.said_of(ThingKind.COMMENT, ids)
    decisions = moderation.latest_decisions(ThingKind.COMMENT, ids)
    return [CommentEntry(row, said.get(row.public_id, Said()), decisions.get(row.public_id)) for row in rows]
