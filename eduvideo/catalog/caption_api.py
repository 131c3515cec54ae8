"""HTTP of captions: all of a lesson at once, and one language as a file. Mounted by api.py."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Path, Query, Router, Status

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.auth import AuthedRequest, ViewerRequest, signed_in
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.catalog.caption_files import (
    CAPTION_FILE_IN,
    CAPTION_FILE_OUT,
    CaptionFormat,
    caption_file_response,
    caption_text,
    entity_tag,
    replaced_versions,
    request_body,
    required_versions,
)
from eduvideo.catalog.models import Video
from eduvideo.catalog.schemas import CaptionsIn, CaptionsOut, CaptionTrackOut, CueChangesIn, LanguageTag, VideoOut
from eduvideo.media import captioning
from eduvideo.media.captioning import CueChange
from eduvideo.media.models import CaptionTrack
from eduvideo.media.queries import caption_tracks

router = Router()


@router.get("/videos/{public_id}/captions", response=CaptionsOut)
def list_captions(request: ViewerRequest, public_id: str) -> CaptionsOut:
    """List the captions of a lesson, with their cues as [start_ms, end_ms, text]."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    return _captions(video, request.user)


@router.put("/videos/{public_id}/captions", response=CaptionsOut, auth=signed_in)
def put_captions(request: AuthedRequest, public_id: str, body: CaptionsIn) -> CaptionsOut:
    """Set the captions of one language, from WebVTT or SRT. With If-Match only in the place of that revision."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    captioning.put_captions(video.asset, **body.model_dump(), replaces=replaced_versions(request.headers))
    return _captions(video, request.user)


@router.post("/videos/{public_id}/captions", response={201: CaptionsOut}, auth=signed_in)
def post_captions(request: AuthedRequest, public_id: str, body: CaptionsIn) -> Status[CaptionsOut]:
    """Add the captions of one language; those that are there are replaced."""
    return Status(201, put_captions(request, public_id, body))


@router.delete("/videos/{public_id}/captions", response={204: None}, auth=signed_in)
def delete_captions(request: AuthedRequest, public_id: str, language: str) -> Status[None]:
    """Remove the captions of one language. With If-Match only that revision."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    captioning.delete_captions(video.asset, language=language, replaces=replaced_versions(request.headers))
    return Status(204, None)


@router.get("/videos/{public_id}/captions/{language}", openapi_extra=CAPTION_FILE_OUT)
def get_caption_file(
    request: ViewerRequest,
    public_id: str,
    language: Annotated[LanguageTag, Path()],
    form: Annotated[CaptionFormat, Query(alias="format")] = CaptionFormat.VTT,
) -> HttpResponse:
    """Return the captions of one language as WebVTT or SRT."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    track = captioning.captions_of(video.asset, language=language)
    return caption_file_response(track, form=form, headers=request.headers)


@router.put(
    "/videos/{public_id}/captions/{language}",
    response=CaptionTrackOut,
    auth=signed_in,
    openapi_extra=CAPTION_FILE_IN,
)
def put_caption_file(
    request: AuthedRequest,
    response: HttpResponse,
    public_id: str,
    language: Annotated[LanguageTag, Path()],
    label: Annotated[str, Query(max_length=60)] = "",
) -> CaptionTrackOut:
    """Set the captions of one language from the bytes of a WebVTT or SRT file. With If-Match only that revision."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    text = caption_text(request_body(request), language=language)
    track = captioning.put_captions(
        video.asset, language=language, text=text, label=label, replaces=replaced_versions(request.headers)
    )
    return _caption_track(response, video, request.user, track)


@router.patch("/videos/{public_id}/captions/{language}", response=CaptionTrackOut, auth=signed_in)
def edit_captions(
    request: AuthedRequest,
    response: HttpResponse,
    public_id: str,
    language: Annotated[LanguageTag, Path()],
    body: CueChangesIn,
) -> CaptionTrackOut:
    """Change, add or remove single cues of the revision that If-Match names; the others stay."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    changes = [CueChange(**change.model_dump()) for change in body.changes]
    replaces = required_versions(request.headers)
    track = captioning.edit_cues(video.asset, language=language, changes=changes, replaces=replaces)
    return _caption_track(response, video, request.user, track)


@router.delete("/videos/{public_id}/captions/{language}", response={204: None}, auth=signed_in)
def delete_caption_file(
    request: AuthedRequest, public_id: str, language: Annotated[LanguageTag, Path()]
) -> Status[None]:
    """Remove the captions of one language. With If-Match only that revision."""
    return delete_captions(request, public_id, language)


def _captions(video: Video, viewer: Viewer) -> CaptionsOut:
    playback = VideoOut.for_viewer(video, viewer).playback
    tracks = caption_tracks(video.asset)
    return CaptionsOut(items=[CaptionTrackOut.of(track, playback=playback) for track in tracks])


def _caption_track(response: HttpResponse, video: Video, viewer: Viewer, track: CaptionTrack) -> CaptionTrackOut:
    response["ETag"] = entity_tag(track)
    return CaptionTrackOut.of(track, playback=VideoOut.for_viewer(video, viewer).playback)
