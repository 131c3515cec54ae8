"""Reactions to events."""

from eduvideo.core.events import on
from eduvideo.uploads import services
from eduvideo.uploads.events import UploadDiscarded


@on(UploadDiscarded)
def remove_bytes(event: UploadDiscarded) -> None:
    services.remove_bytes(event)
