"""Shapes of how lessons are received in the API."""

from datetime import datetime
from typing import Annotated, Literal, cast

from ninja import Schema
from pydantic import Field

from eduvideo.catalog.schemas import PersonOut, VideoCard
from eduvideo.community.models import Favorite, Follow
from eduvideo.community.reception import Reception
from eduvideo.community.retention import LONGEST_REPORT_MS, PARTS
from eduvideo.community.threads import CommentView


class ReceptionOut(Schema):
    """How a lesson was received, and what the asker made of it."""

    likes: int
    followers: int
    comments: int
    liked: bool
    favorite: bool
    following: bool

    @classmethod
    def of(cls, found: Reception) -> "ReceptionOut":
        return cls(
            likes=found.likes,
            followers=found.followers,
            comments=found.comments,
            liked=found.is_liked,
            favorite=found.is_kept,
            following=found.is_followed,
        )


class FollowOut(Schema):
    """How many follow a creator, and whether the asker does."""

    followers: int
    following: bool


class FavoriteOut(Schema):
    video: VideoCard
    saved_at: datetime

    @classmethod
    def of(cls, row: Favorite) -> "FavoriteOut":
        return cls(video=VideoCard.of(row.video), saved_at=row.created_at)


class FavoritePageOut(Schema):
    items: list[FavoriteOut]
    next: str | None


class FollowedOut(Schema):
    creator: PersonOut
    followed_at: datetime

    @classmethod
    def of(cls, row: Follow) -> "FollowedOut":
        return cls(creator=PersonOut.of(row.creator), followed_at=row.created_at)


class FollowPageOut(Schema):
    items: list[FollowedOut]
    next: str | None


Part = Annotated[int, Field(ge=0, lt=PARTS)]


class WatchedIn(Schema):
    """What a player played since its last report, in hundredths of the lesson."""

    parts: list[Part] = Field(default_factory=list, max_length=PARTS, description="played for the first time")
    again: list[Part] = Field(default_factory=list, max_length=PARTS, description="played again")
    played_ms: int = Field(ge=0, le=LONGEST_REPORT_MS, description="how much of the lesson was played")


State = Literal["visible", "hidden", "deleted"]


class CommentAuthorOut(Schema):
    id: str
    name: str


class CommentOut(Schema):
    """A comment as the asker may know it: without text and author where only its place is left."""

    id: str
    text: str
    author: CommentAuthorOut | None
    by_creator: bool
    mine: bool
    state: State
    hidden_by: str | None = Field(None, description="by which right it was hidden: owner or staff")
    hidden_because: str | None = None
    pinned: bool
    likes: int
    liked: bool
    created_at: datetime
    edited_at: datetime | None
    reply_count: int

    @classmethod
    def of(cls, view: CommentView) -> "CommentOut":
        row, decision = view.comment, view.decision
        author = row.author if view.is_readable else None
        return cls(
            id=row.public_id,
            text=row.text if view.is_readable else "",
            author=CommentAuthorOut(id=author.public_id, name=author.display_name) if author else None,
            by_creator=view.is_of_creator and view.is_readable,
            mine=view.is_mine,
            state=cast("State", row.state),
            hidden_by=decision.authority if decision else None,
            hidden_because=decision.reason if decision else None,
            pinned=row.is_pinned,
            likes=row.likes,
            liked=view.is_liked,
            created_at=row.created_at,
            edited_at=row.edited_at,
            reply_count=row.reply_count,
        )


class ThreadOut(CommentOut):
    """A comment with its first replies, in the order in which they came."""

    replies: list[CommentOut]

    @classmethod
    def of(cls, view: CommentView) -> "ThreadOut":
        replies = [CommentOut.of(reply) for reply in view.replies]
        return cls(**CommentOut.of(view).model_dump(), replies=replies)


class CommentPageOut(Schema):
    items: list[ThreadOut]
    next: str | None


class ThreadPageOut(Schema):
    """A comment with one page of its replies."""

    thread: ThreadOut
    next: str | None


class CommentIn(Schema):
    text: str = Field(max_length=20_000, description="of several lines, at most 1000 characters once cleaned")
    reply_to: str = Field("", max_length=16, description="id of the comment that it replies to")


class CommentTextIn(Schema):
    text: str = Field(max_length=20_000)


class CommentLikesOut(Schema):
    likes: int
    liked: bool


class HiddenIn(Schema):
    reason: str = Field("", max_length=200, description="one of the reports' reasons or a sentence; the author sees it")


class CommentReportIn(Schema):
    reason: str = Field(max_length=20, description="spam, abuse, off_topic, personal or other")
    note: str = Field("", max_length=2_000)


class CommentModeIn(Schema):
    mode: Literal["on", "quiet", "off"]


class CommentRulesOut(Schema):
    """Whether a lesson takes comments. quiet: shown to whoever asks for them, and slower."""

    mode: Literal["on", "quiet", "off"]
    pause_s: int = Field(description="how long a person waits after a comment here")
