"""What chats and social networks show of an address: Open Graph (ogp.me) and the player card of X. Pure."""

from dataclasses import dataclass

from eduvideo.catalog.models import Playlist, Video
from eduvideo.embedding.frames import PLAYLIST_SIZE, VIDEO_SIZE, Size
from eduvideo.embedding.links import absolute
from eduvideo.embedding.queries import CHOSEN_POSTER
from eduvideo.media.queries import poster_url
from eduvideo.site.addresses import playlist_path, watch_path

MAX_DESCRIPTION = 200


@dataclass(frozen=True, slots=True)
class SocialCard:
    """Absolute addresses and plain texts. `image_size` is None where nobody knows it without asking the database."""

    kind: str
    title: str
    description: str
    url: str
    image_url: str | None
    image_size: Size | None
    player_url: str
    player_size: Size
    duration_s: int


def lesson_card(video: Video) -> SocialCard:
    """Return the card of a public lesson; no query when CARD_RELATIONS were selected."""
    return SocialCard(
        kind="video.other",
        title=video.title,
        description=_shortened(video.description or video.title),
        url=absolute(watch_path(video.public_id)),
        image_url=_image(video),
        image_size=CHOSEN_POSTER if video.asset.poster_prefix else None,
        player_url=absolute(f"/embed/video/{video.public_id}"),
        player_size=VIDEO_SIZE,
        duration_s=(video.asset.duration_ms or 0) // 1000,
    )


def playlist_card(playlist: Playlist, *, cover: Video | None, duration_ms: int) -> SocialCard:
    """Return the card of a published playlist; `cover` is its first public lesson."""
    return SocialCard(
        kind="website",
        title=playlist.title,
        description=_shortened(playlist.description or playlist.title),
        url=absolute(playlist_path(playlist.public_id)),
        image_url=_image(cover) if cover else None,
        image_size=CHOSEN_POSTER if cover and cover.asset.poster_prefix else None,
        player_url=absolute(f"/embed/playlist/{playlist.public_id}"),
        player_size=PLAYLIST_SIZE,
        duration_s=duration_ms // 1000,
    )


def _image(video: Video) -> str | None:
    url = poster_url(video.asset)
    return absolute(url) if url else None


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_DESCRIPTION else f"{line[: MAX_DESCRIPTION - 1].rstrip()}…"
