"""A video as a search document."""

import math

from eduvideo.catalog.models import Video, Visibility
from eduvideo.media.queries import cues_of
from eduvideo.study.guide import guide_marks, guide_text
from search.documents import Cue, Document, Mark

RELATIONS = ("asset", "owner", "organization", "popularity", "study_guide")
FETCHED = ("chapters", "asset__caption_tracks")
MOST_VIEWS = 10_000  # in a month; more of them say no more


def video_document(video: Video) -> Document:
    """Return what search knows of a findable video; its version is the video's revision.

    No query where RELATIONS were selected and FETCHED before. How popular it is counts as of this moment;
    services.follow_popularity tells when that has changed.
    """
    cues = [
        Cue(start_ms=start, end_ms=end, text=text)
        for _language, rows in cues_of(video.asset)
        for start, end, text in rows
    ]
    known = getattr(video, "study_guide", None)
    guide = known.markdown if known else ""
    marks = [Mark(start_ms=mark.start_ms, title=mark.title) for mark in video.chapters.all()]
    marks += [Mark(start_ms=second * 1000, title=title) for second, title in guide_marks(guide)]
    return Document(
        id=video.public_id,
        title=video.title,
        description=video.description,
        subject=video.subject,
        grade=video.grade,
        language=video.language,
        creator=video.owner.public_id,
        audience=_audience(video),
        captions=tuple(sorted(cues, key=lambda cue: cue.start_ms)),
        chapters=tuple(sorted(marks, key=lambda mark: mark.start_ms)),
        study_guide=guide_text(guide),
        duration_s=round((video.asset.duration_ms or 0) / 1000),
        popularity=_popularity(video),
        published_s=int(video.published_at.timestamp()) if video.published_at else 0,
        version=video.revision,
    )


def member_of(organization: str) -> str:
    """Return what stands in an audience for the members of an organization, given by its public id."""
    return f"org:{organization}"


def popularity_of(views: int) -> float:
    """Return how popular so many views in a month make a lesson, 0 to 1, in tenths."""
    return round(min(1.0, math.log1p(views) / math.log1p(MOST_VIEWS)), 1)


def _audience(video: Video) -> tuple[str, ...]:
    if video.visibility == Visibility.PUBLIC:
        return ()
    # Nobody is "org:": a lesson whose organization were missing would be found by no one.
    return (member_of(video.organization.public_id if video.organization else ""),)


def _popularity(video: Video) -> float:
    known = getattr(video, "popularity", None)
    return popularity_of(known.views) if known else 0.0
