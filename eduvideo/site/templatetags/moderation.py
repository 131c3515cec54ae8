"""What the pages about danmaku need."""

from django import template

from eduvideo.danmaku.models import Danmaku
from eduvideo.danmaku.weight import REPEATED
from eduvideo.moderation.queries import open_thing_count
from eduvideo.site.forms import KIND_NAMES

register = template.Library()


@register.simple_tag
def open_report_count() -> int:
    """Return how many things wait for a decision; for staff."""
    return open_thing_count()


@register.filter
def kind_name(kind: str) -> str:
    return str(dict(KIND_NAMES)[kind])  # type: ignore[index]  # a member of the enum equals its value


@register.filter
def is_light(danmaku: Danmaku) -> bool:
    """Tell whether a danmaku is shown only where there is room."""
    return danmaku.weight <= REPEATED
