"""Videos as lists show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from eduvideo.catalog.models import Video
from eduvideo.danmaku.queries import visible_counts
from eduvideo.media.queries import thumbnail_url


@dataclass(frozen=True, slots=True)
class Card:
    """A video as lists show it."""

    video: Video
    thumbnail_url: str | None
    danmaku_count: int
    position_ms: int = 0  # where the reader stopped, where a list tells of it


def cards(videos: list[Video]) -> list[Card]:
    """Return the cards of videos with the relations of CARD_RELATIONS. One query for all.

    Stills of what is not public are shown on the page of the lesson only, where the right to fetch them is given.
    """
    counts = visible_counts(videos)
    stills = {video.pk: thumbnail_url(video.asset) for video in videos if video.asset.is_public}
    return [Card(video, stills.get(video.pk), counts.get(video.pk, 0)) for video in videos]


def cards_by_pk(videos: Iterable[Video]) -> dict[int, Card]:
    """Return the cards of videos by their pk, each once. One query for all."""
    return {card.video.pk: card for card in cards([*{video.pk: video for video in videos}.values()])}
