"""HTTP of posters: what is shown, what may be chosen, pictures of one's own. Mounted by api.py."""

from ninja import Router, Status

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.auth import AuthedRequest, signed_in
from eduvideo.catalog.access import Action, get_video_for, open_playback
from eduvideo.catalog.models import Video
from eduvideo.catalog.poster_files import PICTURE_IN, picture_body
from eduvideo.catalog.schemas import PosterIn, PosterOut
from eduvideo.media import candidates, posters

router = Router()


@router.get("/videos/{public_id}/poster", response=PosterOut, auth=signed_in)
def get_poster(request: AuthedRequest, public_id: str) -> PosterOut:
    """Show a lesson's poster and the pictures that may be chosen in its place; for its editors."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    return _poster(video, request.user)


@router.put("/videos/{public_id}/poster", response=PosterOut, auth=signed_in)
def choose_poster(request: AuthedRequest, public_id: str, body: PosterIn) -> PosterOut:
    """Make one of the candidates the poster."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    posters.choose_poster(video.asset, at_ms=body.at_ms)
    return _poster(video, request.user)


@router.put("/videos/{public_id}/poster/picture", response=PosterOut, auth=signed_in, openapi_extra=PICTURE_IN)
def upload_poster(request: AuthedRequest, public_id: str) -> PosterOut:
    """Make a picture the poster: the bytes of a JPEG, PNG or WebP file of at most 5 MB."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    posters.upload_poster(video.asset, data=picture_body(request))
    return _poster(video, request.user)


@router.post("/videos/{public_id}/poster/candidates", response={202: PosterOut}, auth=signed_in)
def make_poster_candidates(request: AuthedRequest, public_id: str) -> Status[PosterOut]:
    """Ask for pictures of a lesson that has none to choose a poster among; asking again changes nothing.

    `offer` of the answer, and of every later GET, says how far they are.
    """
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    candidates.make_candidates(video.asset)
    return Status(202, _poster(video, request.user))


@router.delete("/videos/{public_id}/poster", response={204: None}, auth=signed_in)
def reset_poster(request: AuthedRequest, public_id: str) -> Status[None]:
    """Show the picture again that is chosen by itself."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    posters.reset_poster(video.asset)
    return Status(204, None)


def _poster(video: Video, viewer: Viewer) -> PosterOut:
    return PosterOut.of(posters.poster_of(video.asset, session=open_playback(video, viewer=viewer)))
