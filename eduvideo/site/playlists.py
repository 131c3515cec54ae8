"""The page of a playlist, and what a watch page shows of one beside the player."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from eduvideo.accounts.access import Viewer
from eduvideo.catalog.access import Action, can_know, get_playlist_for, is_playlist_editor, items_for, named_items_for
from eduvideo.catalog.models import Playlist, PlaylistState, Video
from eduvideo.catalog.outline import Outline, OutlineItem, OutlineSection, outline_of
from eduvideo.core.errors import DomainError
from eduvideo.embedding.links import playlist_links
from eduvideo.site.addresses import page_address, playlist_path
from eduvideo.site.social import playlist_card
from eduvideo.study.models import WatchProgress
from eduvideo.study.queries import progress_in


@dataclass(frozen=True, slots=True)
class PlanItem:
    """An item with how far its reader is: 0 for who has not begun, or has no account."""

    item: OutlineItem
    position_ms: int
    is_watched: bool


@dataclass(frozen=True, slots=True)
class PlanSection:
    section: OutlineSection
    items: tuple[PlanItem, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A playlist as one reader works through it; `following` is where to begin, or to go on."""

    sections: tuple[PlanSection, ...]
    watched: int
    total: int
    has_begun: bool
    following: OutlineItem | None


@dataclass(frozen=True, slots=True)
class PlaylistBeside:
    """A playlist beside the video that is watched."""

    playlist: Playlist
    outline: Outline


def playlist(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a playlist: its sections with their lessons, and where to begin. Its editor sees what others do not."""
    found = get_playlist_for(request.user, public_id, to=Action.VIEW)
    outline = outline_of((item, can_know(request.user, item)) for item in items_for(request.user, found))
    is_published = found.state == PlaylistState.PUBLISHED
    cover = next((item.video for item in outline.items if item.is_shown and item.video and item.video.is_open), None)
    return render(
        request,
        "site/playlist.html",
        {
            "playlist": found,
            "outline": outline,
            "plan": _plan(outline, progress_in(found, viewer=request.user)),
            "address": page_address(request, playlist_path(found.public_id)) if is_published else None,
            "links": playlist_links(found) if is_published else None,
            "social": playlist_card(found, cover=cover, duration_ms=outline.duration_ms) if is_published else None,
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
    items = named_items_for(viewer, found)
    outline = outline_of(((item, can_know(viewer, item)) for item in items), current=video.public_id)
    return PlaylistBeside(found, outline) if outline.current else None


def _plan(outline: Outline, progress: Mapping[int, WatchProgress]) -> Plan:
    def planned(item: OutlineItem) -> PlanItem:
        place = progress.get(item.video.pk) if item.video else None
        return PlanItem(item, place.position_ms if place else 0, place.is_finished if place else False)

    sections = tuple(PlanSection(one, tuple(planned(item) for item in one.items)) for one in outline.sections)
    items = [one for section in sections for one in section.items if one.item.video]
    following = next((one for one in items if not one.is_watched), next(iter(items), None))
    return Plan(
        sections=sections,
        watched=sum(one.is_watched for one in items),
        total=len(items),
        has_begun=any(one.is_watched or one.position_ms for one in items),
        following=following.item if following else None,
    )


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
