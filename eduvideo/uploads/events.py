"""News of transfers."""

from dataclasses import dataclass

from eduvideo.core.events import Event


@dataclass(frozen=True, slots=True)
class UploadCompleted(Event):
    """All bytes of an upload are in the object store under object_key."""

    upload_id: int
    object_key: str


@dataclass(frozen=True, slots=True)
class UploadDiscarded(Event):
    """The bytes of an upload have no use any more; its row may be gone. What is here is all that finds them."""

    public_id: str
    protocol: str
    multipart_id: str
    object_key: str
