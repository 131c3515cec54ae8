"""A video as a search document."""

from eduvideo.catalog.models import Video
from eduvideo.media.queries import cues_of
from eduvideo.study.queries import study_guide_of
from search.documents import Cue, Document, Mark


def video_document(video: Video) -> Document:
    """Return what search knows of a listed video; its version is the video's revision. Three queries."""
    cues = [
        Cue(start_ms=start, end_ms=end, text=text)
        for _language, rows in cues_of(video.asset)
        for start, end, text in rows
    ]
    return Document(
        id=video.public_id,
        title=video.title,
        description=video.description,
        subject=video.subject,
        grade=video.grade,
        language=video.language,
        captions=tuple(sorted(cues, key=lambda cue: cue.start_ms)),
        chapters=tuple(Mark(start_ms=mark.start_ms, title=mark.title) for mark in video.chapters.all()),
        study_guide=study_guide_of(video),
        version=video.revision,
    )
