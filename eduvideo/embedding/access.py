"""What a frame in somebody's page may show.

Everyone in a frame is anonymous: browsers send no cookies of ours there, so none is read.

A public or unlisted video may be framed by every page, as its address may be opened by everyone. A playlist may be
framed by the sites that its owner lists, or by every site while none is listed. An embed-only video is shown nowhere
but inside a published playlist of its own creator that lists sites, in a frame. One for an organization is shown there
too, and to the organization's members on our own pages.

Who enforces what: `frame-ancestors` is kept by browsers, which know every page around the frame; a server only sees
headers. So the server refuses embed-only videos where a browser itself says that the page is not in a frame
(`Sec-Fetch-Dest`, which pages cannot forge and which is not sent over plain http to other machines: its absence proves
nothing). `Referer` is not checked: pages may withhold it, and inside a listed page another page may honestly lead here.
Whoever writes the headers by hand gets in; the right to fetch the media then still ends with the playback session.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from eduvideo.catalog.access import Action, can_view, get_playlist_for, get_video_for
from eduvideo.catalog.models import Playlist, PlaylistItem, Video, VideoState, Visibility
from eduvideo.catalog.queries import all_items
from eduvideo.core.errors import NotFoundError
from eduvideo.embedding.counting import video_of_seal
from eduvideo.embedding.errors import FramesOnlyError
from eduvideo.embedding.queries import allowed_domains

ANYONE = AnonymousUser()
FRAME_DESTINATIONS = frozenset({"", "iframe", "frame", "embed", "object"})  # "" of clients that do not say


@dataclass(frozen=True, slots=True)
class FramedPlaylist:
    """A playlist as one request may see it: the items in order, the one that plays, and the sites that may frame it."""

    playlist: Playlist
    domains: Sequence[str]
    items: tuple[PlaylistItem, ...]
    current: PlaylistItem


def get_framed_video(public_id: str) -> Video:
    """Return a video that every page may frame; raises NotFoundError, or FramesOnlyError for an embed-only one."""
    try:
        return get_video_for(ANYONE, public_id, to=Action.VIEW)
    except NotFoundError:
        hidden = Video.objects.filter(state=VideoState.PUBLISHED, visibility=Visibility.EMBED, public_id=public_id)
        if public_id.isalnum() and hidden.exists():
            raise FramesOnlyError(_("Frame a playlist that holds it instead.")) from None
        raise


def get_framed_playlist(public_id: str, *, video_id: str, destination: str) -> FramedPlaylist:
    """Return a published playlist with the video to play: the one that is named, else the first.

    `destination` is the request's Sec-Fetch-Dest. Raises NotFoundError, and FramesOnlyError when all that could be
    shown, or what is named, may only be seen inside a listed page.
    """
    playlist = get_playlist_for(ANYONE, public_id, to=Action.VIEW)
    domains = allowed_domains(playlist)
    framed = tuple(all_items(playlist).shown_in_listed_frames())
    is_listed_frame = bool(domains) and destination in FRAME_DESTINATIONS
    items = framed if is_listed_frame else tuple(item for item in framed if item.is_shown)  # type: ignore[attr-defined]  # all_items adds it
    if video_id:
        current = next((item for item in items if item.video.public_id == video_id), None)
        is_hidden = any(item.video.public_id == video_id for item in framed)
    else:
        current, is_hidden = next(iter(items), None), bool(framed)
    if current:
        return FramedPlaylist(playlist, domains, items, current)
    if is_hidden and domains:
        raise FramesOnlyError(_("Open it there, in the page that has the playlist."))
    raise NotFoundError(_("There is no lesson to show here (any more)."))


def get_described_video(public_id: str) -> Video:
    """Return a video for oEmbed; whoever asks must be able to watch it without an account."""
    return get_video_for(ANYONE, public_id, to=Action.VIEW)


def get_counted_video(seal: str) -> Video:
    """Return the video that a frame of ours plays, by the seal of its page; raises NotFoundError."""
    found = Video.objects.filter(public_id=video_of_seal(seal) or "", state=VideoState.PUBLISHED).first()
    if found is None:
        raise NotFoundError
    return found


def can_be_framed(video: Video) -> bool:
    """Tell whether every page may frame a video."""
    return can_view(ANYONE, video)
