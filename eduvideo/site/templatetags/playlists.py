"""What the templates of playlists need."""

from collections.abc import Iterable
from html import escape

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from eduvideo.catalog.models import Video
from eduvideo.catalog.outline import OutlineItem
from eduvideo.media.queries import thumbnail_url
from eduvideo.site.templatetags.edu import clock

register = template.Library()


@register.filter
def thumbnail(video: Video) -> str | None:
    """Return a video's small still, if everyone may fetch it; no query with the relations of CARD_RELATIONS."""
    return thumbnail_url(video.asset) if video.is_open else None


@register.simple_tag
def lines_beside(items: Iterable[OutlineItem], playlist_id: str) -> SafeString:
    """Return a line for each lesson of a section beside the player: no template, as a playlist may have hundreds."""
    return SafeString("".join(_line(item, playlist_id) for item in items))


def _line(item: OutlineItem, playlist_id: str) -> str:
    video = item.video
    if video is None:
        return "<li></li>"
    current = ' aria-current="true"' if item.is_current else ""
    mark = "" if item.is_shown else render_to_string("site/playlist_mark.html", {"item": item})
    return (
        f'<li><a href="/watch/{item.public_id}?list={playlist_id}&amp;play=1"{current}>'
        f'<span class="playlist-number">{item.number}</span>'
        f'<span lang="{escape(video.language)}">{escape(video.title)}{mark}</span>'
        f"<time>{clock(video.asset.duration_ms)}</time></a></li>"
    )
