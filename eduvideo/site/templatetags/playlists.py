"""What the templates of playlists need."""

from django import template

from eduvideo.catalog.models import Video
from eduvideo.media.queries import thumbnail_url

register = template.Library()


@register.filter
def thumbnail(video: Video) -> str | None:
    """Return a video's small still, if everyone may fetch it; no query with the relations of CARD_RELATIONS."""
    return thumbnail_url(video.asset) if video.is_open else None
