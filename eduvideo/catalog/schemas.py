"""Shapes of the catalogue's JSON. VideoCard is also what search answers with."""

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.access import is_editor
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.media import queries as media
from eduvideo.media.services import open_playback


class TaxonomyOut(Schema):
    id: str
    name: str
    count: int = Field(description="published videos")


class PersonOut(Schema):
    id: str
    name: str

    @classmethod
    def of(cls, user: User) -> "PersonOut":
        return cls(id=user.public_id, name=user.display_name)


class VideoCard(Schema):
    """A video as lists show it."""

    id: str
    title: str
    description: str
    subject: str
    grade: str
    language: str
    state: str
    visibility: str
    owner: PersonOut
    duration_ms: int | None
    poster_url: str | None
    thumbnail_url: str | None
    published_at: datetime | None

    @classmethod
    def of(cls, video: Video) -> "VideoCard":
        """Return the card; no query when the relations of CARD_RELATIONS were selected."""
        return cls.model_validate(_card_fields(video))


class RenditionOut(Schema):
    height_px: int
    state: str


class ProcessingOut(Schema):
    state: Literal["waiting", "processing", "playable", "ready", "failed"]
    stage: str
    percent: float
    message: str
    renditions: list[RenditionOut]


class CaptionOut(Schema):
    language: str
    label: str
    url: str


class PlaybackOut(Schema):
    hls_url: str
    poster_url: str | None
    thumbnail_url: str | None
    storyboard_url: str | None
    duration_ms: int
    captions: list[CaptionOut]


class UploadOut(Schema):
    id: str
    protocol: Literal["tus"] = "tus"
    url: str


class VideoOut(VideoCard):
    """One video with its processing and, as soon as it can be played, its playback."""

    created_at: datetime
    publish_requested: bool
    processing: ProcessingOut
    playback: PlaybackOut | None

    @classmethod
    def for_viewer(cls, video: Video, viewer: Viewer) -> "VideoOut":
        """Return what a viewer who may see the video gets; opens a playback session where it is not public."""
        session = (
            None if is_open(video) or video.asset.current_job is None else open_playback(video.asset, viewer=viewer)
        )
        playback = media.playback_of(video.asset, session=session)
        processing = media.processing_of(video.asset)
        return cls.model_validate(
            {
                **_card_fields(video),
                "created_at": video.created_at,
                "publish_requested": video.publish_requested_at is not None and is_editor(viewer, video),
                "processing": ProcessingOut.model_validate(processing, from_attributes=True),
                "playback": PlaybackOut.model_validate(playback, from_attributes=True) if playback else None,
            }
        )


class DraftOut(Schema):
    id: str
    state: str
    upload: UploadOut


class VideoIn(Schema):
    title: str
    description: str = ""
    subject: str
    grade: str
    language: str
    filename: str = ""
    size_bytes: int | None = None


class VideoPatch(Schema):
    title: str | None = None
    description: str | None = None
    subject: str | None = None
    grade: str | None = None
    language: str | None = None
    visibility: Literal["public", "unlisted"] | None = None


class CaptionsIn(Schema):
    language: str = Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)
    text: str = Field(description="WebVTT or SRT")
    label: str = Field("", max_length=60)


class CaptionTrackOut(Schema):
    language: str
    label: str
    revision: int
    url: str
    cues: list[tuple[int, int, str]]


class ChapterIn(Schema):
    start_ms: int = Field(ge=0)
    title: str


class ChapterOut(Schema):
    start_ms: int
    title: str


class ChaptersIn(Schema):
    items: list[ChapterIn]


class ChaptersOut(Schema):
    items: list[ChapterOut]


class CaptionsOut(Schema):
    items: list[CaptionTrackOut]


class TaxonomyList(Schema):
    items: list[TaxonomyOut]


class VideoPage(Schema):
    items: list[VideoCard]
    next: str | None


def is_open(video: Video) -> bool:
    """Tell whether a video's media are public, so that no session is needed."""
    return video.state == VideoState.PUBLISHED and video.visibility == Visibility.PUBLIC


def _card_fields(video: Video) -> dict[str, object]:
    is_public = is_open(video)
    return {
        "id": video.public_id,
        "title": video.title,
        "description": video.description,
        "subject": video.subject,
        "grade": video.grade,
        "language": video.language,
        "state": video.state,
        "visibility": video.visibility,
        "owner": PersonOut.of(video.owner),
        "duration_ms": video.asset.duration_ms,
        "poster_url": media.poster_url(video.asset) if is_public else None,
        "thumbnail_url": media.thumbnail_url(video.asset) if is_public else None,
        "published_at": video.published_at,
    }
