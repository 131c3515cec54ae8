"""What our pages hand out of a video or a playlist: its address, the code of its frame, where its oEmbed answer is."""

from dataclasses import dataclass

from django.conf import settings

from eduvideo.catalog.models import Playlist, Video
from eduvideo.embedding.frames import PLAYLIST_SIZE, VIDEO_SIZE, Size, frame_html
from eduvideo.embedding.oembed import Kind, Target, discovery_url

PAGES = {Kind.VIDEO: "watch", Kind.PLAYLIST: "playlist"}
USUAL_SIZES = {Kind.VIDEO: VIDEO_SIZE, Kind.PLAYLIST: PLAYLIST_SIZE}


@dataclass(frozen=True, slots=True)
class EmbedLinks:
    """Absolute addresses, and the code to copy."""

    page_url: str
    embed_url: str
    code: str
    json_url: str
    xml_url: str


def video_links(video: Video) -> EmbedLinks:
    return _links(Target(Kind.VIDEO, video.public_id), title=video.title)


def playlist_links(playlist: Playlist) -> EmbedLinks:
    return _links(Target(Kind.PLAYLIST, playlist.public_id), title=playlist.title)


def frame_code(target: Target, *, title: str, size: Size) -> str:
    """Return the code of a frame of one of our addresses."""
    return frame_html(absolute(target.embed_path), title=title, size=size)


def absolute(path: str) -> str:
    """Return a path of ours, or an address that is absolute already, as other sites must write it."""
    return path if path.startswith(("http://", "https://")) else f"{settings.EDUVIDEO.base_url}{path}"


def _links(target: Target, *, title: str) -> EmbedLinks:
    base_url = settings.EDUVIDEO.base_url
    page_url = f"{base_url}/{PAGES[target.kind]}/{target.public_id}"
    return EmbedLinks(
        page_url=page_url,
        embed_url=absolute(target.embed_path),
        code=frame_code(target, title=title, size=USUAL_SIZES[target.kind]),
        json_url=discovery_url(base_url, page_url, form="json"),
        xml_url=discovery_url(base_url, page_url, form="xml"),
    )
