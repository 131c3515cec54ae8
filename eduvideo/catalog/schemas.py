"""Shapes of the catalogue's JSON. VideoCard is also what search answers with."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AwareDatetime, Field, ValidationError

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.accounts.schemas import OrganizationOut
from eduvideo.catalog.access import can_know, is_editor, open_playback
from eduvideo.catalog.caption_files import entity_tag
from eduvideo.catalog.models import Playlist, PlaylistItem, Video, Visibility
from eduvideo.catalog.queries import PlaylistSummary
from eduvideo.catalog.recordings import SameSource
from eduvideo.core.errors import InvalidInputError
from eduvideo.media import queries as media
from eduvideo.media.models import CaptionTrack
from eduvideo.media.posters import Poster
from eduvideo.media.sources import open_upload
from eduvideo.uploads.models import Upload
from eduvideo.uploads.schemas import FINGERPRINT

SAME_AS = "id of a completed upload of one's own, whose recording is used again; nothing is sent then"
MAX_CAPTION_MS = 100 * 3_600_000
VisibilityIn = Literal["public", "unlisted", "organization", "embed"]
PublicId = Annotated[str, Field(pattern="^[0-9A-Za-z]{1,16}$")]


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
    renewal: Literal["underway", "failed"] | None = Field(
        description="of another recording that is to take the place of the one that plays until then"
    )


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
    protocol: Literal["tus", "s3-multipart"]
    url: str = Field(description="this upload's own: for a client of tus 1.0, or see /uploads/{id} for S3")
    state: Literal["started", "completed", "aborted", "expired"]
    filename: str
    created_at: datetime

    @classmethod
    def of(cls, upload: Upload) -> "UploadOut":
        return cls.model_validate(
            {
                "id": upload.public_id,
                "protocol": upload.protocol,
                "url": f"/api/v1/uploads/{upload.public_id}",
                "state": upload.state,
                "filename": upload.filename,
                "created_at": upload.created_at,
            }
        )


class LessonOut(Schema):
    id: str
    title: str
    state: str


class SameSourceOut(Schema):
    """One's lesson that has the file in question already, or is getting it by an upload that is still started."""

    video: LessonOut
    upload: UploadOut

    @classmethod
    def of(cls, same: SameSource) -> "SameSourceOut":
        video = LessonOut(id=same.video.public_id, title=same.video.title, state=same.video.state)
        return cls(video=video, upload=UploadOut.of(same.upload))


class SameSourcesOut(Schema):
    items: list[SameSourceOut]


class VideoOut(VideoCard):
    """One video with its processing and, as soon as it can be played, its playback."""

    created_at: datetime
    organization: OrganizationOut | None = Field(description="whose lesson it is; for its members and editors")
    publish_requested: bool
    publish_at: datetime | None = Field(description="for editors: when the draft is to be published")
    processing: ProcessingOut
    playback: PlaybackOut | None
    upload: UploadOut | None = Field(description="for editors: the one that is under way")

    @classmethod
    def for_viewer(cls, video: Video, viewer: Viewer) -> "VideoOut":
        """Return what a viewer who may see the video gets; opens a playback session where it is not public."""
        session = open_playback(video, viewer=viewer) if video.asset.current_job else None
        may_edit = is_editor(viewer, video)
        of_organization = may_edit or video.visibility == Visibility.ORGANIZATION
        organization = video.organization if of_organization else None
        playback = media.playback_of(video.asset, session=session)
        told = media.processing_of(video.asset)
        processing = told if may_edit else media.without_renewal(told)
        upload = open_upload(video.asset) if may_edit else None
        return cls.model_validate(
            {
                **_card_fields(video),
                "created_at": video.created_at,
                "organization": OrganizationOut.of(organization) if organization else None,
                "publish_requested": video.publish_requested_at is not None and may_edit,
                "publish_at": video.publish_at if may_edit else None,
                "processing": ProcessingOut.model_validate(processing, from_attributes=True),
                "playback": PlaybackOut.model_validate(playback, from_attributes=True) if playback else None,
                "upload": UploadOut.of(upload) if upload else None,
            }
        )


class DraftOut(Schema):
    id: str
    state: str
    upload: UploadOut


class RecordingIn(Schema):
    filename: str = ""
    size_bytes: int | None = None
    fingerprint: str = Field("", description=FINGERPRINT)
    same_as: str = Field("", description=SAME_AS)


class VideoIn(RecordingIn):
    title: str
    description: str = ""
    subject: str
    grade: str
    language: str
    visibility: VisibilityIn = "public"
    organization: str = Field("", description="id of one in which the owner teaches; needed for its visibility")


class VideoPatch(Schema):
    title: str | None = None
    description: str | None = None
    subject: str | None = None
    grade: str | None = None
    language: str | None = None
    visibility: VisibilityIn | None = None
    organization: str | None = Field(None, description="id of one in which the owner teaches; empty for none")
    publish_at: AwareDatetime | None = Field(
        None, description="when to publish the draft, with its zone; one that has passed means now, null cancels"
    )


class PublishIn(Schema):
    at: AwareDatetime | None = Field(None, description="when, with its zone; without it, or if it has passed, now")


# The body may be missing, or be an empty form as browsers send it, which ninja would refuse.
PUBLISH_IN = {
    "requestBody": {"required": False, "content": {"application/json": {"schema": PublishIn.model_json_schema()}}}
}


def publishing_time(request: HttpRequest) -> datetime | None:
    """Return the time that the JSON body of a request names, if any; raises InvalidInputError for what is no time.

    So it does for a form that says something, whatever that is: without a time a lesson would be published now.
    """
    if request.POST or request.FILES:
        raise InvalidInputError.of("at", _("A form is not taken here, or it is broken."))
    if request.content_type == "multipart/form-data" or not request.body:
        return None
    try:
        return PublishIn.model_validate_json(request.body).at
    except ValidationError as error:
        raise InvalidInputError.of("at", str(error.errors()[0]["msg"])) from error


LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]


class CaptionsIn(Schema):
    language: LanguageTag
    text: str = Field(description="WebVTT or SRT")
    label: str = Field("", max_length=60)


class CaptionTrackOut(Schema):
    language: str
    label: str
    revision: int
    etag: str = Field(description="of this revision, for If-Match")
    url: str
    cues: list[tuple[int, int, str]]

    @classmethod
    def of(cls, track: CaptionTrack, *, playback: PlaybackOut | None) -> "CaptionTrackOut":
        """Return a track with the address that its viewer may fetch; none before the lesson can be played."""
        urls = {link.language: link.url for link in playback.captions} if playback else {}
        return cls(
            language=track.language,
            label=track.label,
            revision=track.revision,
            etag=entity_tag(track),
            url=urls.get(track.language, ""),
            cues=[(start_ms, end_ms, text) for start_ms, end_ms, text in track.cues],
        )


class CueChangeIn(Schema):
    """One cue to change; what is not given stays, an empty text removes it."""

    number: int | None = Field(None, ge=0, description="place among `cues`, from 0; without it a cue is added")
    start_ms: int | None = Field(None, ge=0, le=MAX_CAPTION_MS)
    end_ms: int | None = Field(None, ge=0, le=MAX_CAPTION_MS)
    text: str | None = None


class CueChangesIn(Schema):
    changes: list[CueChangeIn] = Field(min_length=1, max_length=1000)


class CandidateOut(Schema):
    """A picture of the lesson that may become its poster."""

    at_ms: int
    poster_url: str
    thumbnail_url: str


class OfferOut(Schema):
    """How it is with the candidates of a poster."""

    state: Literal["none", "missing", "underway", "failed", "empty", "ready"] = Field(
        description="`missing` and `failed`: they can be asked for; `none`: nothing is there to take pictures of"
    )
    percent: float
    message: str = Field(description="a sentence for whoever edits the lesson")


class PosterOut(Schema):
    origin: Literal["automatic", "candidate", "uploaded"]
    at_ms: int | None = Field(description="moment of the picture that was chosen among the candidates")
    poster_url: str | None
    thumbnail_url: str | None
    candidates: list[CandidateOut]
    offer: OfferOut

    @classmethod
    def of(cls, poster: Poster) -> "PosterOut":
        return cls(
            origin=poster.origin.value,
            at_ms=poster.at_ms,
            poster_url=poster.still.poster_url,
            thumbnail_url=poster.still.thumbnail_url,
            candidates=[
                CandidateOut.model_validate({"at_ms": at_ms, **asdict(still)}) for at_ms, still in poster.candidates
            ],
            offer=OfferOut(state=poster.offer.state.value, percent=poster.offer.percent, message=poster.offer.message),
        )


class PosterIn(Schema):
    at_ms: int = Field(ge=0, lt=2**63, description="of one of the candidates")


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


class PlaylistCard(Schema):
    """A playlist as lists show it; count, duration and thumbnail are of what everyone may see of it."""

    id: str
    title: str
    description: str
    language: str
    state: str
    owner: PersonOut
    revision: int
    item_count: int
    duration_ms: int
    thumbnail_url: str | None
    published_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, playlist: Playlist, summary: PlaylistSummary) -> "PlaylistCard":
        """Return the card; no query when the owner was selected."""
        return cls.model_validate(_playlist_fields(playlist, summary))


class SectionOut(Schema):
    title: str
    description: str


class PlaylistOut(PlaylistCard):
    sections: list[SectionOut]

    @classmethod
    def with_sections(cls, playlist: Playlist, summary: PlaylistSummary) -> "PlaylistOut":
        """Return one playlist; one query, for its sections."""
        texts = playlist.sections.values_list("title", "description")
        sections = [SectionOut(title=title, description=description) for title, description in texts]
        return cls.model_validate({**_playlist_fields(playlist, summary), "sections": sections})


class PlaylistItemOut(Schema):
    """A video at its place. Only editors get items with `is_shown` false, which everyone else does not see.

    `video` is null when its creator has hidden it from the playlist's editor too.
    """

    id: str = Field(description="of the video")
    position: int = Field(description="grows; may have gaps")
    section: int = Field(description="number of its section, from 0")
    is_shown: bool
    video: VideoCard | None

    @classmethod
    def for_viewer(cls, item: PlaylistItem, viewer: Viewer) -> "PlaylistItemOut":
        """Return an item of access.items_for; no query."""
        return cls(
            id=item.video.public_id,
            position=item.position,
            section=item.section.position,
            is_shown=item.is_shown,  # type: ignore[attr-defined]  # queries.all_items adds it
            video=VideoCard.of(item.video) if can_know(viewer, item) else None,
        )


class PlaylistIn(Schema):
    title: str
    description: str = ""
    language: str = Field("", description="Of title and description, for instance zh")


class PlaylistPatch(Schema):
    title: str | None = None
    description: str | None = None
    language: str | None = None


class SectionIn(Schema):
    title: str = ""
    description: str | None = Field(
        None, description="What it is about; plain text. Missing: it stays what it is of the section of that title"
    )
    videos: list[PublicId] = Field(default_factory=list, description="ids of videos, in order")


class OrderIn(Schema):
    """The whole order. With a `revision` it is refused (409) when somebody else has changed the order since."""

    sections: list[SectionIn]
    revision: int | None = Field(None, ge=1, lt=2**63)


class ItemsIn(Schema):
    """Videos to put at the end of a section, of the last one by default."""

    videos: list[PublicId] = Field(min_length=1, description="ids of videos")
    section: int | None = Field(None, description="number of the section, from 0")


class PlaylistPage(Schema):
    items: list[PlaylistCard]
    next: str | None


class PlaylistItemPage(Schema):
    items: list[PlaylistItemOut]
    next: str | None


def _card_fields(video: Video) -> dict[str, object]:
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
        "poster_url": media.poster_url(video.asset) if video.is_open else None,
        "thumbnail_url": media.thumbnail_url(video.asset) if video.is_open else None,
        "published_at": video.published_at,
    }


def _playlist_fields(playlist: Playlist, summary: PlaylistSummary) -> dict[str, object]:
    return {
        "id": playlist.public_id,
        "title": playlist.title,
        "description": playlist.description,
        "language": playlist.language,
        "state": playlist.state,
        "owner": PersonOut.of(playlist.owner),
        "revision": playlist.revision,
        "item_count": summary.count,
        "duration_ms": summary.duration_ms,
        "thumbnail_url": media.thumbnail_url(summary.cover.asset) if summary.cover else None,
        "published_at": playlist.published_at,
        "created_at": playlist.created_at,
    }
