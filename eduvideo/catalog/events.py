"""News of the catalogue. `revision` is the video's at that moment, so that late news can be told from early."""

from dataclasses import dataclass

from eduvideo.core.events import Event


@dataclass(frozen=True, slots=True)
class VideoPublished(Event):
    video_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class VideoChanged(Event):
    """Something that people or search see of it is different: texts, captions, chapters, visibility."""

    video_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class VideoUnpublished(Event):
    video_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class VideoDeleted(Event):
    video_id: int
    public_id: str
    revision: int
