"""Reads of study material."""

from dataclasses import dataclass

from django.db.models import F, OuterRef, QuerySet, Subquery

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.study.guide import guide_html
from eduvideo.study.models import StudyGuide, WatchProgress


@dataclass(frozen=True, slots=True)
class StudyDesk:
    """What lies beside a video for one viewer: its study guide as safe HTML, and where to go on watching."""

    guide_html: str
    resume_ms: int


def study_guide_of(video: Video) -> str:
    """Return a video's study guide in Markdown, empty if there is none. One query."""
    return StudyGuide.objects.filter(video=video).values_list("markdown", flat=True).first() or ""


def study_desk(video: Video, *, viewer: Viewer) -> StudyDesk:
    """Return what lies beside a video for a viewer; who has finished it, or is anonymous, begins at 0. One query."""
    left_at = WatchProgress.objects.filter(video=OuterRef("pk"), user=viewer.pk, is_finished=False)
    resume_ms = Subquery(left_at.values("position_ms")[:1])
    rows = Video.objects.filter(pk=video.pk).annotate(guide=F("study_guide__markdown"), resume_ms=resume_ms)
    row = rows.values_list("guide", "resume_ms").first() or ("", 0)
    return StudyDesk(guide_html(row[0] or ""), row[1] or 0)


def unfinished(user: User) -> QuerySet[WatchProgress]:
    """Return where a user stopped in what they have not finished, the latest first."""
    return WatchProgress.objects.filter(user=user, is_finished=False).order_by("-updated_at")
