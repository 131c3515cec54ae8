"""HTTP of embedding: who may frame a playlist."""

from django.http import HttpRequest
from ninja import Router, Status

from eduvideo.accounts.auth import AuthedRequest, signed_in
from eduvideo.catalog.access import Action, get_playlist_for
from eduvideo.catalog.models import Playlist
from eduvideo.community.services import count_framed_view
from eduvideo.embedding import queries, services
from eduvideo.embedding.access import get_counted_video
from eduvideo.embedding.links import playlist_links
from eduvideo.embedding.schemas import EmbeddingIn, EmbeddingOut, FramedViewIn

router = Router(tags=["embedding"])


@router.get("/playlists/{public_id}/embedding", response=EmbeddingOut, auth=signed_in)
def get_embedding(request: AuthedRequest, public_id: str) -> EmbeddingOut:
    """Show a playlist's code for other pages and the sites that may use it; for its editors."""
    return _shown(get_playlist_for(request.user, public_id, to=Action.EDIT))


@router.put("/playlists/{public_id}/embedding", response=EmbeddingOut, auth=signed_in)
def put_embedding(request: AuthedRequest, public_id: str, body: EmbeddingIn) -> EmbeddingOut:
    """Set the sites that may frame a playlist; an empty list lets every site do so."""
    playlist = get_playlist_for(request.user, public_id, to=Action.EDIT)
    services.allow_domains(playlist, by=request.user, lines=body.allowed_domains)
    return _shown(playlist)


@router.post("/embed/views", response={204: None}, auth=None)
def post_framed_view(request: HttpRequest, body: FramedViewIn) -> Status[None]:  # noqa: ARG001 - ninja passes it
    """Say that somebody watches a lesson in a frame: its player does after ten seconds. Each counts once a day.

    No cookie is read. `seal` is the page's own, `viewer` a number that the browser made up for the day.
    """
    count_framed_view(get_counted_video(body.seal), viewer=f"frame {body.viewer}")
    return Status(204, None)


def _shown(playlist: Playlist) -> EmbeddingOut:
    links = playlist_links(playlist)
    domains = list(queries.allowed_domains(playlist))
    return EmbeddingOut(allowed_domains=domains, embed_url=links.embed_url, code=links.code)
