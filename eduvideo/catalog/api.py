"""HTTP of the catalogue: subjects, grades, videos with their chapters, playlists. It mounts captions and posters."""

from dataclasses import fields
from functools import partial
from typing import Annotated

from django.db import transaction
from ninja import Query, Router, Status

from eduvideo.accounts.access import get_organization_for
from eduvideo.accounts.auth import AuthedRequest, ViewerRequest, signed_in
from eduvideo.catalog import access, arrangement, playlists, queries, recordings, scheduling, services
from eduvideo.catalog.access import Action
from eduvideo.catalog.arrangement import WantedSection
from eduvideo.catalog.caption_api import router as captions
from eduvideo.catalog.models import Playlist, Video
from eduvideo.catalog.playlists import PlaylistChanges
from eduvideo.catalog.poster_api import router as posters
from eduvideo.catalog.recordings import NewRecording
from eduvideo.catalog.schemas import (
    PUBLISH_IN,
    ChapterIn,
    ChapterOut,
    ChaptersIn,
    ChaptersOut,
    DraftOut,
    ItemsIn,
    OrderIn,
    PlaylistCard,
    PlaylistIn,
    PlaylistItemOut,
    PlaylistItemPage,
    PlaylistOut,
    PlaylistPage,
    PlaylistPatch,
    RecordingIn,
    SameSourceOut,
    SameSourcesOut,
    TaxonomyList,
    TaxonomyOut,
    UploadOut,
    VideoCard,
    VideoIn,
    VideoOut,
    VideoPage,
    VideoPatch,
    publishing_time,
)
from eduvideo.catalog.services import NewChapter, VideoChanges
from eduvideo.catalog.taxonomy import GRADES, SUBJECTS
from eduvideo.core.errors import SignInRequiredError
from eduvideo.core.pagination import page_by_time
from eduvideo.media import services as media
from eduvideo.media.sources import give_up_replacement
from eduvideo.moderation.text import clean_line
from eduvideo.uploads.schemas import FINGERPRINT

router = Router(tags=["catalog"])
router.add_router("", captions)
router.add_router("", posters)


@router.get("/subjects", response=TaxonomyList)
def subjects(request: ViewerRequest) -> TaxonomyList:  # noqa: ARG001 - ninja passes it
    """List the subjects in the order of the curriculum, with how many lessons each has."""
    counts = queries.subject_counts()
    return TaxonomyList(items=[TaxonomyOut(id=s.id, name=str(s.name), count=counts.get(s.id, 0)) for s in SUBJECTS])


@router.get("/grades", response=TaxonomyList)
def grades(request: ViewerRequest) -> TaxonomyList:  # noqa: ARG001 - ninja passes it
    """List the grades from the youngest, with how many lessons each has."""
    counts = queries.grade_counts()
    return TaxonomyList(items=[TaxonomyOut(id=g.id, name=str(g.name), count=counts.get(g.id, 0)) for g in GRADES])


@router.get("/videos", response=VideoPage)
def list_videos(
    request: ViewerRequest,
    subject: Annotated[str | None, Query()] = None,
    grade: Annotated[str | None, Query()] = None,
    language: Annotated[str | None, Query()] = None,
    organization: Annotated[str | None, Query(description="id of an organization; for its members")] = None,
    cursor: Annotated[str | None, Query()] = None,
) -> VideoPage:
    """List published lessons, newest first: those that everyone may find, or those of an organization."""
    videos = Video.objects.listed()
    if organization is not None:
        videos = Video.objects.listed_in(get_organization_for(request.user, organization))
    found = queries.cards_of(videos, subject=subject, grade=grade, language=language)
    page = page_by_time(found, field="published_at", cursor=cursor)
    return VideoPage(items=[VideoCard.of(video) for video in page.items], next=page.next)


@router.post("/videos", response={201: DraftOut}, auth=signed_in)
def create_video(request: AuthedRequest, body: VideoIn) -> Status[DraftOut]:
    """Make a draft and the upload that its recording comes by; how to send it is said at /uploads/{id}."""
    access.check_may_create(request.user)
    about = VideoChanges(**body.model_dump(include={field.name for field in fields(VideoChanges)}))
    recording = NewRecording(**body.model_dump(include={field.name for field in fields(NewRecording)}))
    draft = services.create_video(owner=request.user, about=about, recording=recording)
    upload = UploadOut.of(draft.upload)
    return Status(201, DraftOut(id=draft.video.public_id, state=draft.video.state, upload=upload))


@router.get("/videos/{public_id}", response=VideoOut)
def get_video(request: ViewerRequest, public_id: str) -> VideoOut:
    """Show one lesson, how far its processing is, and how to play it."""
    video = access.get_video_for(request.user, public_id, to=Action.VIEW)
    return VideoOut.for_viewer(video, request.user)


@router.patch("/videos/{public_id}", response=VideoOut, auth=signed_in)
def update_video(request: AuthedRequest, public_id: str, body: VideoPatch) -> VideoOut:
    """Change texts, subject, grade, language, visibility or the time of publishing; what is not given stays."""
    video = access.get_video_for(request.user, public_id, to=Action.EDIT)
    with transaction.atomic():
        changes = VideoChanges(**body.model_dump(exclude={"publish_at"}))
        services.update_video(video, by=request.user, changes=changes)
        if body.publish_at is not None:
            scheduling.schedule_video(video, by=request.user, at=body.publish_at)
        elif "publish_at" in body.model_fields_set:
            scheduling.cancel_schedule(video, by=request.user)
    return VideoOut.for_viewer(video, request.user)


@router.delete("/videos/{public_id}", response={204: None}, auth=signed_in)
def delete_video(request: AuthedRequest, public_id: str) -> Status[None]:
    """Remove a lesson with its media, captions and danmaku."""
    video = access.get_video_for(request.user, public_id, to=Action.DELETE)
    services.delete_video(video, by=request.user)
    return Status(204, None)


@router.get("/sources", response=SameSourcesOut, auth=signed_in)
def same_sources(
    request: AuthedRequest,
    size_bytes: Annotated[int, Query(gt=0, lt=2**63)],
    fingerprint: Annotated[str, Query(description=FINGERPRINT)],
) -> SameSourcesOut:
    """List one's own lessons that have this very file, or are getting it: it need not be sent again."""
    found = recordings.sources_like(request.user, size_bytes=size_bytes, fingerprint=fingerprint)
    return SameSourcesOut(items=[SameSourceOut.of(same) for same in found])


@router.post("/videos/{public_id}/upload", response={201: UploadOut}, auth=signed_in)
def replace_recording(request: AuthedRequest, public_id: str, body: RecordingIn) -> Status[UploadOut]:
    """Begin another recording for a lesson, which keeps its id, danmaku and notes; what there is plays until then."""
    video = access.get_video_for(request.user, public_id, to=Action.EDIT)
    upload = recordings.replace_recording(video, by=request.user, recording=NewRecording(**body.model_dump()))
    return Status(201, UploadOut.of(upload))


@router.delete("/videos/{public_id}/upload", response={204: None}, auth=signed_in)
def keep_recording(request: AuthedRequest, public_id: str) -> Status[None]:
    """Stay with the recording that plays: the one that was to take its place is given up."""
    video = access.get_video_for(request.user, public_id, to=Action.EDIT)
    give_up_replacement(video.asset)
    return Status(204, None)


@router.post("/videos/{public_id}/publish", response=VideoOut, auth=signed_in, openapi_extra=PUBLISH_IN)
def publish(request: AuthedRequest, public_id: str) -> VideoOut:
    """Publish at a time, or now; where the lesson cannot be played yet, as soon as it can."""
    video = access.get_video_for(request.user, public_id, to=Action.PUBLISH)
    at = publishing_time(request)
    if at is None:
        video = services.publish_video(video, by=request.user)
    else:
        video = scheduling.schedule_video(video, by=request.user, at=at)
    return VideoOut.for_viewer(video, request.user)


@router.post("/videos/{public_id}/unpublish", response=VideoOut, auth=signed_in)
def unpublish(request: AuthedRequest, public_id: str) -> VideoOut:
    """Return a lesson to draft; one that was to be published later stays one."""
    video = access.get_video_for(request.user, public_id, to=Action.PUBLISH)
    return VideoOut.for_viewer(services.unpublish_video(video, by=request.user), request.user)


@router.post("/videos/{public_id}/withdraw", response=VideoOut, auth=signed_in)
def withdraw(request: AuthedRequest, public_id: str) -> VideoOut:
    """Take a lesson off the platform; for staff, who return it to draft by `unpublish`."""
    video = access.get_video_for(request.user, public_id, to=Action.WITHDRAW)
    return VideoOut.for_viewer(services.withdraw_video(video, by=request.user), request.user)


@router.post("/videos/{public_id}/retry", response=VideoOut, auth=signed_in)
def retry(request: AuthedRequest, public_id: str) -> VideoOut:
    """Process a failed recording again."""
    video = access.get_video_for(request.user, public_id, to=Action.EDIT)
    media.retry_asset(video.asset)
    return VideoOut.for_viewer(video, request.user)


@router.get("/videos/{public_id}/chapters", response=ChaptersOut)
def list_chapters(request: ViewerRequest, public_id: str) -> ChaptersOut:
    """List the chapters of a lesson in the order of time."""
    return _chapters(access.get_video_for(request.user, public_id, to=Action.VIEW))


@router.put("/videos/{public_id}/chapters", response=ChaptersOut, auth=signed_in)
def put_chapters(request: AuthedRequest, public_id: str, body: ChaptersIn) -> ChaptersOut:
    """Replace the chapters of a lesson."""
    video = access.get_video_for(request.user, public_id, to=Action.EDIT)
    services.set_chapters(video, [NewChapter(item.start_ms, item.title) for item in body.items])
    return _chapters(video)


@router.post("/videos/{public_id}/chapters", response={201: ChaptersOut}, auth=signed_in)
def post_chapter(request: AuthedRequest, public_id: str, body: ChapterIn) -> Status[ChaptersOut]:
    """Add one chapter."""
    video = access.get_video_for(request.user, public_id, to=Action.EDIT)
    known = [NewChapter(row.start_ms, row.title) for row in video.chapters.all()]
    services.set_chapters(video, [*known, NewChapter(body.start_ms, body.title)])
    return Status(201, _chapters(video))


@router.delete("/videos/{public_id}/chapters", response={204: None}, auth=signed_in)
def delete_chapters(request: AuthedRequest, public_id: str) -> Status[None]:
    """Remove all chapters."""
    video = access.get_video_for(request.user, public_id, to=Action.EDIT)
    services.set_chapters(video, [])
    return Status(204, None)


@router.get("/playlists", response=PlaylistPage)
def list_playlists(
    request: ViewerRequest,
    owner: Annotated[str | None, Query(description="a person's id, or `me` for one's own with the drafts")] = None,
    cursor: Annotated[str | None, Query()] = None,
) -> PlaylistPage:
    """List published playlists, newest first; one's own by the time at which they were made."""
    field = "published_at"
    found = queries.listed_playlists()
    if owner == "me":
        if not request.user.is_authenticated:
            raise SignInRequiredError
        field, found = "created_at", queries.playlists_of(request.user)
    elif owner:
        found = found.filter(owner__public_id=owner) if owner.isalnum() else found.none()
    page = page_by_time(found, field=field, cursor=cursor)
    summaries = queries.playlist_summaries(page.items)
    items = [PlaylistCard.of(playlist, summaries[playlist.pk]) for playlist in page.items]
    return PlaylistPage(items=items, next=page.next)


@router.post("/playlists", response={201: PlaylistOut}, auth=signed_in)
def create_playlist(request: AuthedRequest, body: PlaylistIn) -> Status[PlaylistOut]:
    """Make an empty playlist, as a draft."""
    access.check_may_create_playlist(request.user)
    return Status(201, _playlist(playlists.create_playlist(owner=request.user, **body.model_dump())))


@router.get("/playlists/{public_id}", response=PlaylistOut)
def get_playlist(request: ViewerRequest, public_id: str) -> PlaylistOut:
    """Show one playlist with the titles and descriptions of its sections."""
    return _playlist(access.get_playlist_for(request.user, public_id, to=Action.VIEW))


@router.patch("/playlists/{public_id}", response=PlaylistOut, auth=signed_in)
def update_playlist(request: AuthedRequest, public_id: str, body: PlaylistPatch) -> PlaylistOut:
    """Change title, description or language; what is not given stays."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.EDIT)
    changes = PlaylistChanges(**body.model_dump())
    return _playlist(playlists.update_playlist(playlist, by=request.user, changes=changes))


@router.delete("/playlists/{public_id}", response={204: None}, auth=signed_in)
def delete_playlist(request: AuthedRequest, public_id: str) -> Status[None]:
    """Remove a playlist; its videos stay."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.DELETE)
    playlists.delete_playlist(playlist, by=request.user)
    return Status(204, None)


@router.post("/playlists/{public_id}/publish", response=PlaylistOut, auth=signed_in)
def publish_playlist(request: AuthedRequest, public_id: str) -> PlaylistOut:
    """Let everyone see a playlist."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.PUBLISH)
    return _playlist(playlists.publish_playlist(playlist, by=request.user))


@router.post("/playlists/{public_id}/unpublish", response=PlaylistOut, auth=signed_in)
def unpublish_playlist(request: AuthedRequest, public_id: str) -> PlaylistOut:
    """Return a playlist to draft."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.PUBLISH)
    return _playlist(playlists.unpublish_playlist(playlist, by=request.user))


@router.get("/playlists/{public_id}/items", response=PlaylistItemPage)
def list_items(
    request: ViewerRequest, public_id: str, cursor: Annotated[str | None, Query()] = None
) -> PlaylistItemPage:
    """List the videos of a playlist in order; only what the viewer may see."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.VIEW)
    page = queries.item_page(access.items_for(request.user, playlist), cursor=cursor)
    return PlaylistItemPage(
        items=[PlaylistItemOut.for_viewer(item, request.user) for item in page.items], next=page.next
    )


@router.put("/playlists/{public_id}/items", response=PlaylistOut, auth=signed_in)
def put_items(request: AuthedRequest, public_id: str, body: OrderIn) -> PlaylistOut:
    """Set the whole order: sections and the videos in each."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.EDIT)
    wanted = [WantedSection(clean_line(one.title).text, tuple(one.videos), one.description) for one in body.sections]
    change = partial(arrangement.rearranged, wanted=wanted)
    return _playlist(playlists.arrange_playlist(playlist, by=request.user, change=change, revision=body.revision))


@router.post("/playlists/{public_id}/items", response={201: PlaylistOut}, auth=signed_in)
def post_items(request: AuthedRequest, public_id: str, body: ItemsIn) -> Status[PlaylistOut]:
    """Add videos at the end of a section."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.EDIT)
    add = partial(arrangement.with_videos, videos=body.videos, section=body.section)
    return Status(201, _playlist(playlists.arrange_playlist(playlist, by=request.user, change=add)))


@router.delete("/playlists/{public_id}/items/{video_id}", response={204: None}, auth=signed_in)
def delete_item(request: AuthedRequest, public_id: str, video_id: str) -> Status[None]:
    """Take one video out of a playlist."""
    playlist = access.get_playlist_for(request.user, public_id, to=Action.EDIT)
    remove = partial(arrangement.without_video, video=video_id)
    playlists.arrange_playlist(playlist, by=request.user, change=remove)
    return Status(204, None)


def _playlist(playlist: Playlist) -> PlaylistOut:
    summary = queries.playlist_summaries([playlist])[playlist.pk]
    return PlaylistOut.with_sections(playlist, summary)


def _chapters(video: Video) -> ChaptersOut:
    rows = video.chapters.all()
    return ChaptersOut(items=[ChapterOut(start_ms=row.start_ms, title=row.title) for row in rows])
