"""The page of a playlist, and what a watch page shows of one beside the player."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from eduvideo.accounts.access import Viewer
from eduvideo.catalog.access import Action, can_know, get_playlist_for, is_playlist_editor, items_for
from eduvideo.catalog.models import Playlist, PlaylistState, Video
from eduvideo.catalog.outline import Outline, outline_of
from eduvideo.core.errors import DomainError
from eduvideo.embedding.links import playlist_links
from eduvideo.site.addresses import page_address, playlist_path


@dataclass(frozen=True, slots=True)
class PlaylistBeside:
    """A playlist beside the video that is watched."""

    playlist: Playlist
    outline: Outline


def playlist(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a playlist: its sections with their lessons, and where to begin. Its editor sees what others do not."""
    found = get_playlist_for(request.user, public_id, to=Action.VIEW)
    outline = _outline(found, request.user)
    is_published = found.state == PlaylistState.PUBLISHED
    return render(
        request,
        "site/playlist.html",
        {
            "playlist": found,
            "outline": outline,
            "first": next((item for item in outline.items if item.video), None),
            "address": page_address(request, playlist_path(found.public_id)) if is_published else None,
            "links": playlist_links(found) if is_published else None,
            "structured": _structured(found, outline) if is_published else None,
            "is_editor": is_playlist_editor(request.user, found),
        },
    )


def playlist_beside(video: Video, *, viewer: Viewer, public_id: str) -> PlaylistBeside | None:
    """Return the playlist that a video is watched in, or None when the viewer may not see it, or not the video there.

    At most two queries; an address with a list that is gone still shows the video.
    """
    if not public_id:
        return None
    try:
        found = get_playlist_for(viewer, public_id, to=Action.VIEW)
    except DomainError:
        return None
    outline = _outline(found, viewer, current=video.public_id)
    return PlaylistBeside(found, outline) if outline.current else None


def _outline(found: Playlist, viewer: Viewer, *, current: str | None = None) -> Outline:
    return outline_of(((item, can_know(viewer, item)) for item in items_for(viewer, found)), current=current)


def _structured(found: Playlist, outline: Outline) -> dict[str, object]:
    """Return what search engines should know of a published playlist (schema.org): its listed lessons."""
    base = settings.EDUVIDEO.base_url
    videos = [item.video for item in outline.items if item.is_shown and item.video and item.video.is_open]
    return {
        "@context": "https://schema.org",
        "@type": "ItemList",
        "name": found.title,
        "description": found.description or found.title,
        "url": f"{base}/playlist/{found.public_id}",
        "itemListOrder": "https://schema.org/ItemListOrderAscending",
        "numberOfItems": len(videos),
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": number,
                "url": f"{base}/watch/{video.public_id}",
                "name": video.title,
            }
            for number, video in enumerate(videos, 1)
        ],
    }
