"""Reactions to events: the index follows the catalogue, and waits for search while that is away."""

from collections.abc import Sequence

from eduvideo.catalog.events import VideoChanged, VideoDeleted, VideoPublished, VideoUnpublished
from eduvideo.core.events import on_many
from eduvideo.core.health import register_check
from eduvideo.discovery import services
from eduvideo.discovery.engine import search_engine

VideoNews = VideoPublished | VideoChanged | VideoUnpublished | VideoDeleted


def check_search() -> None:
    """Raise EngineError with a sentence while search is away."""
    search_engine().check()


@on_many(VideoPublished, VideoChanged, VideoUnpublished, VideoDeleted, needs=check_search)
def follow_catalogue(news: Sequence[VideoNews]) -> None:
    """Bring the entries of all these videos up to date: what is gone first."""
    services.forget_videos({event.public_id: event.revision for event in news if isinstance(event, VideoDeleted)})
    services.index_videos({event.video_id for event in news if not isinstance(event, VideoDeleted)})


register_check("search", check_search)
