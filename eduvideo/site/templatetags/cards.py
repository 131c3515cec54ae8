"""The card of a lesson. Pages show dozens, and few of them change: each is rendered once for what it shows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from eduvideo.site.cards import Card

register = template.Library()
MOST = 2048  # about 2 kB each


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a card shows, so that another value gives another card."""

    public_id: str
    title: str
    language: str
    subject: str
    grade: str
    duration_ms: int | None
    owner_public_id: str
    owner_display_name: str
    thumbnail_url: str | None
    danmaku_count: int
    position_ms: int


@register.simple_tag
def card_of(card: Card) -> SafeString:
    """Render a card in the reader's language."""
    video = card.video
    shown = Shown(
        public_id=video.public_id,
        title=video.title,
        language=video.language,
        subject=video.subject,
        grade=video.grade,
        duration_ms=video.asset.duration_ms,
        owner_public_id=video.owner.public_id,
        owner_display_name=video.owner.display_name,
        thumbnail_url=card.thumbnail_url,
        danmaku_count=card.danmaku_count,
        position_ms=card.position_ms,
    )
    return _rendered(shown, get_language() or "en")


@register.simple_tag
def cards_of(cards: Iterable[Card]) -> SafeString:
    """Render cards one after another: an include for each would cost more than the cards."""
    return SafeString("".join(card_of(card) for card in cards))


@lru_cache(maxsize=MOST)
def _rendered(shown: Shown, language: str) -> SafeString:  # noqa: ARG001 - the language that is active
    return render_to_string("site/card_body.html", asdict(shown))
