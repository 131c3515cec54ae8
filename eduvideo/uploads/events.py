"""News of transfers."""

from dataclasses import dataclass

from eduvideo.core.events import Event


@dataclass(frozen=True, slots=True)
class UploadCompleted(Event):
    """All bytes of an upload are in the object store under object_key."""

    upload_id: int
    object_key: str
