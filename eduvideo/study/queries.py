"""Reads of study material."""

from eduvideo.catalog.models import Video
from eduvideo.study.guide import guide_html
from eduvideo.study.models import StudyGuide


def study_guide_of(video: Video) -> str:
    """Return a video's study guide in Markdown, empty if there is none. One query."""
    return StudyGuide.objects.filter(video=video).values_list("markdown", flat=True).first() or ""


def study_guide_html(video: Video) -> str:
    """Return a video's study guide as safe HTML, empty if there is none. One query."""
    return guide_html(study_guide_of(video))
