"""Shapes of danmaku in the API."""

from datetime import datetime
from typing import Annotated, Literal, Self

from ninja import Field, Schema
from pydantic import model_validator

from eduvideo.danmaku.entries import Entry, Order, Stand, Wanted
from eduvideo.danmaku.policy import LONGEST_PAUSE_S, SHORTEST_PAUSE_S
from eduvideo.danmaku.preference import Preference
from eduvideo.danmaku.segments import css_color
from eduvideo.moderation.models import Act, Authority, Decision, Reason

Mode = Literal["scroll", "top", "bottom", "reverse"]
Kind = Literal["comment", "question", "answer", "teacher"]
PolicyState = Literal["on", "slow", "off"]


class DanmakuIn(Schema):
    """A danmaku as it is sent. `teacher` and `answer` are for those who teach the lesson, and for staff."""

    position_ms: int = Field(ge=0, description="Media time")
    text: str = Field(max_length=2000, description="1 to 100 characters after cleaning")
    mode: Mode = "scroll"
    color: str = Field("#ffffff", pattern=r"^#[0-9a-fA-F]{6}$")
    size_px: Literal[18, 25, 36] = 25
    kind: Kind = "comment"
    reply_to: str = Field("", max_length=24, description="Of an answer: the id of a question on this lesson")


class DanmakuOut(Schema):
    """A danmaku as viewers get it. `author_key` is the same for all of one author's on this video, and only there."""

    id: str
    position_ms: int
    mode: Mode
    color: str
    size_px: int
    text: str
    weight: int = Field(description="0 to 10; what is shown when there is no room for all")
    kind: Kind
    author_key: str
    likes: int = Field(0, description="Left out where it is 0")
    reply_to: str = Field("", description="Of an answer: the id of its question")
    count: int = Field(1, description="How many said the same in this minute; left out where it is 1")


class PostedDanmakuOut(DanmakuOut):
    """A danmaku that was just sent; `cursor` is its place in the live stream."""

    seq: int
    cursor: str


class DanmakuSegmentOut(Schema):
    """One minute of danmaku by position; the live stream from `cursor` on continues it."""

    cursor: str
    items: list[DanmakuOut]


class DanmakuRoomOut(Schema):
    """What somebody may do on a lesson, and what they have liked, blocked and chosen."""

    state: PolicyState
    pause_s: int = Field(description="While it is slow: between two danmaku of one person")
    count: int
    is_quiet: bool = Field(description="By default only the teacher, answers and questions are to be seen")
    is_moderator: bool
    kinds: list[Kind] = Field(description="What the asker may send")
    author_key: str = Field(description="The asker's on this lesson, empty without an account")
    liked: list[str] = Field(description="Ids of danmaku here that the asker likes, the last 500")
    blocked: list[str] = Field(description="Author keys here that the asker does not want to see, the last 1000")
    preference: Preference | None


class DanmakuPolicyIn(Schema):
    """Whether danmaku may be sent, and how often while it is slow."""

    state: PolicyState
    pause_s: int = Field(ge=SHORTEST_PAUSE_S, le=LONGEST_PAUSE_S)


class DanmakuPolicyOut(DanmakuPolicyIn):
    """What holds on a lesson, decided by its owner or by its grade."""

    is_quiet: bool


class LikesOut(Schema):
    likes: int
    liked: bool


class DanmakuCurveOut(Schema):
    """How many danmaku begin in each step of a lesson. `questions`: how many of them ask; for its moderators."""

    step_ms: int
    counts: list[int]
    questions: list[int] | None


# -- Moderation and exchange -----------------------------------------------------------------------------------------

Care = Literal["", "reported", "protected"]
CARE_HELP = "reported: by several, so it weighs least until somebody decides; protected: it stands by itself"
DanmakuId = Annotated[str, Field(min_length=1, max_length=24)]


class ReportIn(Schema):
    reason: Reason
    note: str = Field("", max_length=2000, description="At most 500 characters are kept")


class ReportOut(Schema):
    """My report; `is_open` until somebody has decided."""

    reason: Reason
    note: str
    created_at: datetime
    is_open: bool


class DecisionOut(Schema):
    """Who decided what, by which right, and why."""

    act: Act
    by: Authority
    reason: str = Field(description="One of the reports' reasons, or a sentence; may be empty")
    created_at: datetime


class DanmakuEntryOut(Schema):
    """A danmaku as those who moderate its lesson see it."""

    id: str
    position_ms: int
    mode: Literal["scroll", "top", "bottom", "reverse", "special"]
    color: str
    size_px: int
    text: str
    kind: Kind
    weight: int
    state: Literal["visible", "hidden"]
    care: Care = Field(description=CARE_HELP)
    likes: int
    reply_to: str
    author_key: str
    author: str | None = Field(description="Name of an author with an account")
    created_at: datetime
    reports: int = Field(description="Of people, since the last decision")
    reasons: dict[Reason, int]
    notes: list[str]
    decision: DecisionOut | None = Field(description="The last one")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        danmaku = entry.danmaku
        same = ("position_ms", "mode", "size_px", "text", "kind", "weight", "state", "care", "likes", "reply_to",
                "author_key", "created_at")  # fmt: skip
        return cls(
            id=danmaku.public_id,
            color=css_color(danmaku.color),
            author=danmaku.author.display_name if danmaku.author else None,
            reports=entry.said.count,
            reasons=dict(entry.said.reasons),
            notes=entry.said.notes,
            decision=_decision(entry.decision),
            **{name: getattr(danmaku, name) for name in same},
        )


class DanmakuEntryPage(Schema):
    items: list[DanmakuEntryOut]
    next: str | None


class EntriesIn(Schema):
    """Which danmaku of a lesson are asked for."""

    state: Literal["visible", "hidden", "reported", "protected"] | None = None
    kind: Kind | None = None
    reported: bool = Field(default=False, description="Only those with reports that nobody has decided on")
    author_key: str = Field("", max_length=16)
    text: str = Field("", max_length=100, description="Part of the text")
    order: Literal["newest", "position"] = "newest"
    cursor: str | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            stand=Stand(self.state) if self.state else None,
            kind=self.kind or "",
            has_reports=self.reported,
            author_key=self.author_key,
            text=self.text,
            order=Order(self.order),
        )


class DecisionsIn(Schema):
    """What is decided, and on which: on ids, or on everything of one author on this lesson."""

    action: Act
    ids: list[DanmakuId] | None = Field(None, min_length=1, max_length=500)
    author_key: str | None = Field(None, min_length=1, max_length=16)
    reason: str = Field("", max_length=2000, description="One of the reports' reasons, or a sentence for the author")

    @model_validator(mode="after")
    def says_on_which(self) -> Self:
        """Refuse what means nobody, or two things."""
        if (self.ids is None) == (self.author_key is None):
            raise ValueError("either ids or author_key")
        return self


class DecisionsOut(Schema):
    changed: int = Field(description="On how many something was decided; the others stood so already")


class OwnVideoOut(Schema):
    id: str
    title: str


class OwnDanmakuOut(Schema):
    """A danmaku as its author sees it, whatever became of it."""

    id: str
    video: OwnVideoOut
    position_ms: int
    text: str
    kind: Kind
    state: Literal["visible", "hidden", "deleted"]
    care: Care = Field(description=CARE_HELP)
    weight: int
    likes: int
    created_at: datetime
    hidden: DecisionOut | None = Field(description="Who hid it and why, where it is hidden")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        danmaku = entry.danmaku
        title = danmaku.video.title if entry.is_watchable else ""
        same = ("position_ms", "text", "kind", "state", "care", "weight", "likes", "created_at")
        return cls(
            id=danmaku.public_id,
            video=OwnVideoOut(id=danmaku.video.public_id, title=title),
            hidden=_decision(entry.hidden_by),
            **{name: getattr(danmaku, name) for name in same},
        )


class OwnDanmakuPage(Schema):
    items: list[OwnDanmakuOut]
    next: str | None


class ImportedOut(Schema):
    added: int
    skipped: int = Field(description="Items that could not be read")


def _decision(decision: Decision | None) -> DecisionOut | None:
    if decision is None:
        return None
    by = Authority(decision.authority)
    return DecisionOut(act=Act(decision.act), by=by, reason=decision.reason, created_at=decision.created_at)
