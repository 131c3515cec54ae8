"""Reactions to events: the index follows the catalogue. While search is away the relay tries them again."""

from collections.abc import Iterator
from contextlib import contextmanager

from eduvideo.catalog.events import VideoChanged, VideoDeleted, VideoPublished, VideoUnpublished
from eduvideo.core.errors import UnavailableError
from eduvideo.core.events import on
from eduvideo.core.health import register_check
from eduvideo.discovery import services
from eduvideo.discovery.engine import search_engine
from search.errors import EngineError


@on(VideoPublished)
def index_published(event: VideoPublished) -> None:
    with _indexing():
        services.index_video(event.video_id)


@on(VideoChanged)
def index_changed(event: VideoChanged) -> None:
    with _indexing():
        services.index_video(event.video_id)


@on(VideoUnpublished)
def drop_unpublished(event: VideoUnpublished) -> None:
    with _indexing():
        services.index_video(event.video_id)


@on(VideoDeleted)
def drop_deleted(event: VideoDeleted) -> None:
    with _indexing():
        services.forget_video(event.public_id, revision=event.revision)


@contextmanager
def _indexing() -> Iterator[None]:
    """Turn the engine's error into one of a part that is away, which the log has in one line, with its sentence."""
    try:
        yield
    except EngineError as error:
        raise UnavailableError(str(error)) from error


register_check("search", lambda: search_engine().check())
