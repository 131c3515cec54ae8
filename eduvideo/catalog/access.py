"""The one door to videos and playlists: fetch and permission in one call."""

import re
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus

from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.queries import is_member_of
from eduvideo.catalog.models import (
    Playlist,
    PlaylistItem,
    PlaylistItemQuerySet,
    PlaylistState,
    Video,
    VideoQuerySet,
    VideoState,
    Visibility,
)
from eduvideo.catalog.queries import CARD_RELATIONS, all_items, shown_items
from eduvideo.core.errors import ForbiddenError, NotFoundError, SignInRequiredError
from eduvideo.core.prepared import Given, Prepared
from eduvideo.media import access as media
from eduvideo.media import services as media_services
from eduvideo.media.models import PlaybackSession

# Whoever has the address may watch these; only `public` ones are in lists.
OPEN_BY_ADDRESS = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
_TOKEN = re.compile("[A-Za-z0-9._-]{1,64}")


class Action(StrEnum):
    """What somebody wants to do with a video or a playlist."""

    VIEW = "view"
    DANMAKU = "danmaku"
    EDIT = "edit"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    DELETE = "delete"


def video_of(public_id: Given) -> VideoQuerySet:
    """Return what `get_video_for` reads: a video with its owner, organization, asset and the asset's current job."""
    return Video.objects.select_related(*CARD_RELATIONS, "organization").filter(public_id=public_id)


_VIDEO = Prepared(video_of)


def read_video(public_id: str) -> Video | None:
    """Return a video, whoever asks: for `get_video_for`, which decides. One query."""
    return _VIDEO.first(public_id=public_id)


def get_video_for(
    viewer: Viewer,
    public_id: str,
    *,
    to: Action,
    playback: str = "",
    read: Callable[[str], Video | None] = read_video,
) -> Video:
    """Return a video for an action, or raise.

    NotFoundError when the viewer may not even know of it, SignInRequiredError and ForbiddenError when they may know but
    not do this. Owner, organization, asset and its current job come with it: one query, and one for a membership
    where that is the right. Whoever was given a playback session (its token is `playback`) may view what it is for as
    long as it lasts; asking for that is one query more. With another `read` more columns come with it.
    """
    video = read(public_id) if public_id.isalnum() else None  # PostgreSQL fails on some of what a path may hold
    if video is None or not (can_view(viewer, video) or (to is Action.VIEW and _is_playing(video, playback))):
        raise NotFoundError
    if to is Action.VIEW:
        return video
    if not viewer.is_authenticated:
        raise SignInRequiredError
    if to is Action.WITHDRAW and not viewer.is_staff:
        raise ForbiddenError(_("Only the staff may withdraw a lesson."))
    if to is Action.DANMAKU or is_editor(viewer, video):
        return video
    raise ForbiddenError(_("Only the creator of this lesson may change it."))


def can_view(viewer: Viewer, video: Video) -> bool:
    """Tell whether a viewer may watch a video, or prepare it. One query where it is an organization's."""
    if is_editor(viewer, video) or _is_open_by_address(video):
        return True
    is_for_members = video.state == VideoState.PUBLISHED and video.visibility == Visibility.ORGANIZATION
    return is_for_members and is_member_of(viewer, video.organization_id)


def open_playback(video: Video, *, viewer: Viewer) -> PlaybackSession | None:
    """Return the right to fetch a video's media, for a viewer who was let in; None where everyone has it.

    It ends when what it rests on does; see media.services.
    """
    if video.is_open:
        return None
    is_owner = viewer.is_authenticated and viewer.pk == video.owner_id
    as_staff = not is_owner and viewer.is_authenticated and viewer.is_staff
    is_member = viewer.is_authenticated and not is_owner and not as_staff
    is_by_membership = is_member and video.visibility == Visibility.ORGANIZATION
    return media_services.open_playback(
        video.asset,
        viewer=viewer,
        organization_id=video.organization_id if is_by_membership else None,
        as_staff=as_staff,
    )


def _is_open_by_address(video: Video) -> bool:
    return video.state == VideoState.PUBLISHED and video.visibility in OPEN_BY_ADDRESS


def is_editor(viewer: Viewer, video: Video) -> bool:
    """Tell whether a viewer may change a video: its owner and staff."""
    return viewer.is_authenticated and (viewer.pk == video.owner_id or viewer.is_staff)


def _is_playing(video: Video, playback: str) -> bool:
    is_a_token = _TOKEN.fullmatch(playback) is not None
    return is_a_token and media.ask_status(video.asset.public_id, session=playback) == HTTPStatus.OK


def get_playlist_for(viewer: Viewer, public_id: str, *, to: Action) -> Playlist:
    """Return a playlist with its owner for an action, or raise as get_video_for does. One query."""
    playlist = _PLAYLIST.first(public_id=public_id) if public_id.isalnum() else None
    if playlist is None:
        raise NotFoundError
    if is_playlist_editor(viewer, playlist):
        return playlist
    if playlist.state != PlaylistState.PUBLISHED:
        raise NotFoundError
    if to is Action.VIEW:
        return playlist
    if not viewer.is_authenticated:
        raise SignInRequiredError
    raise ForbiddenError(_("Only the creator of this playlist may change it."))


_PLAYLIST = Prepared(lambda public_id: Playlist.objects.select_related("owner").filter(public_id=public_id))


def items_for(viewer: Viewer, playlist: Playlist) -> PlaylistItemQuerySet:
    """Return the items that a viewer may know of, in order: all of them for an editor, else what is shown to all."""
    return all_items(playlist) if is_playlist_editor(viewer, playlist) else shown_items(playlist)


def named_items_for(viewer: Viewer, playlist: Playlist) -> list[PlaylistItem]:
    """Return the same with no more than an outline names: the videos' titles and lengths. One query."""
    read = _ALL_NAMED if is_playlist_editor(viewer, playlist) else _SHOWN_NAMED
    return read(playlist=playlist.pk)


def _named(items: PlaylistItemQuerySet) -> PlaylistItemQuerySet:
    """What is small comes whole: models with deferred fields take longer to make."""
    of_section = ("playlist", "position", "title", "description")
    of_video = ("public_id", "title", "language", "state", "visibility", "owner", "asset__duration_ms")
    named = items.select_related(None).select_related("section", "video__asset")
    fields = [*(f"section__{name}" for name in of_section), *(f"video__{name}" for name in of_video)]
    return named.only("playlist", "position", *fields)


_ALL_NAMED = Prepared(lambda playlist: _named(all_items(playlist)))
_SHOWN_NAMED = Prepared(lambda playlist: _named(shown_items(playlist)))


def can_know(viewer: Viewer, item: PlaylistItem) -> bool:
    """Tell whether a viewer of items_for may see what an item is.

    The editor of a playlist may not, when somebody else's video was hidden after it had been added, even if they still
    may watch it as a member of its organization (that would be a query for each item).
    """
    return is_editor(viewer, item.video) or _is_open_by_address(item.video)


def is_playlist_editor(viewer: Viewer, playlist: Playlist) -> bool:
    """Tell whether a viewer may change a playlist: its owner and staff."""
    return viewer.is_authenticated and (viewer.pk == playlist.owner_id or viewer.is_staff)


def check_may_create_playlist(viewer: Viewer) -> None:
    """Raise unless the viewer may make playlists."""
    if not viewer.is_authenticated:
        raise SignInRequiredError
    if not viewer.is_creator:
        raise ForbiddenError(_("To make playlists, choose “I teach” on your account page first."))


def check_may_create(viewer: Viewer) -> None:
    """Raise unless the viewer may upload lessons."""
    if not viewer.is_authenticated:
        raise SignInRequiredError
    if not viewer.is_creator:
        raise ForbiddenError(_("To upload lessons, choose “I teach” on your account page first."))
