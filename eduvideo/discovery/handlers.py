"""Reactions to events: the index follows the catalogue."""

from eduvideo.catalog.events import VideoChanged, VideoDeleted, VideoPublished, VideoUnpublished
from eduvideo.core.events import on
from eduvideo.core.health import register_check
from eduvideo.discovery import services
from eduvideo.discovery.engine import search_engine


@on(VideoPublished)
def index_published(event: VideoPublished) -> None:
    services.index_video(event.video_id)


@on(VideoChanged)
def index_changed(event: VideoChanged) -> None:
    services.index_video(event.video_id)


@on(VideoUnpublished)
def drop_unpublished(event: VideoUnpublished) -> None:
    services.index_video(event.video_id)


@on(VideoDeleted)
def drop_deleted(event: VideoDeleted) -> None:
    services.forget_video(event.public_id, revision=event.revision)


register_check("search", lambda: search_engine().check())
