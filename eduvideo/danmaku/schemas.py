"""Shapes of danmaku in the API."""

from typing import Literal

from ninja import Field, Schema

Mode = Literal["scroll", "top", "bottom", "reverse"]
Kind = Literal["comment", "question", "answer", "teacher"]


class DanmakuIn(Schema):
    """A danmaku as it is sent. `teacher` and `answer` are for the lesson's owner and for staff."""

    position_ms: int = Field(ge=0, description="Media time")
    text: str = Field(max_length=2000, description="1 to 100 characters after cleaning")
    mode: Mode = "scroll"
    color: str = Field("#ffffff", pattern=r"^#[0-9a-fA-F]{6}$")
    size_px: Literal[18, 25, 36] = 25
    kind: Kind = "comment"


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


class PostedDanmakuOut(DanmakuOut):
    """A danmaku that was just sent; `cursor` is its place in the live stream."""

    seq: int
    cursor: str


class DanmakuSegmentOut(Schema):
    """One minute of danmaku by position; the live stream from `cursor` on continues it."""

    cursor: str
    items: list[DanmakuOut]
