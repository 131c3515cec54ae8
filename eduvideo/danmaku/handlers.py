"""Reactions to events."""

from eduvideo.catalog.events import VideoDeleted
from eduvideo.core.events import on
from eduvideo.moderation.services import close_reports_on_video


@on(VideoDeleted)
def close_reports(event: VideoDeleted) -> None:
    """Nobody has to decide on what went with its video."""
    close_reports_on_video(event.public_id)
