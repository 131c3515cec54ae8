"""What the templates of comments need."""

import re

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from eduvideo.catalog.models import Video

register = template.Library()

TIME = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?([0-5]?\d):([0-5]\d)(?![\d:])")


@register.filter
def with_times(text: str, video: Video) -> SafeString:
    """Return text, escaped, whose moments of the lesson (1:23, 1:02:03) lead there; line breaks stay."""
    end_ms = video.asset.duration_ms or 0
    parts: list[str] = []
    at = 0
    for found in TIME.finditer(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        time_s = hours * 3600 + minutes * 60 + seconds
        if time_s * 1000 > end_ms:
            continue
        link = '<a href="/watch/{}?t={}" data-start-ms="{}">{}</a>'
        parts += [conditional_escape(text[at : found.start()])]
        parts += [format_html(link, video.public_id, time_s, time_s * 1000, found.group())]
        at = found.end()
    return SafeString("".join([*parts, conditional_escape(text[at:])]).replace("\n", "<br>"))
