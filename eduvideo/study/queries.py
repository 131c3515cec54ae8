"""Reads of study material."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.models import Playlist, Video
from eduvideo.catalog.queries import CARD_RELATIONS, watchable_by
from eduvideo.core.prepared import Given
from eduvideo.danmaku.models import Danmaku
from eduvideo.danmaku.queries import AnsweredQuestion, answered_questions
from eduvideo.study.guide import guide_html
from eduvideo.study.models import StudyGuide, WatchProgress


@dataclass(frozen=True, slots=True)
class StudyDesk:
    """What lies beside a video for one viewer: its study guide, and where to go on watching.

    The guide is what its creator wrote, as safe HTML, and the questions from class that were answered, as plain text.
    """

    guide_html: str
    questions: list[AnsweredQuestion]
    resume_ms: int


def study_guide_of(video: Video) -> str:
    """Return a video's study guide in Markdown, empty if there is none. One query."""
    return StudyGuide.objects.filter(video=video).values_list("markdown", flat=True).first() or ""


def desk_columns(viewer: Given) -> dict[str, Any]:  # Any: expressions have no common public type
    """Return expressions over Video for `desk_of`: other apps' are asked for with them, in one query.

    `viewer` is the pk of who asks, None of the anonymous, or a slot for it.
    """
    left_at = WatchProgress.objects.filter(video=OuterRef("pk"), user=viewer, is_finished=False)
    return {
        "desk_guide": F("study_guide__markdown"),
        "desk_resume_ms": Subquery(left_at.values("position_ms")[:1]),
        "desk_is_answered": Exists(Danmaku.objects.answers().filter(video=OuterRef("pk"))),
    }


def desk_of(video: Video, row: Mapping[str, Any]) -> StudyDesk:  # Any: values of the columns
    """Return what lies beside a video, from its row with `desk_columns`.

    Who has finished it, or is anonymous, begins at 0. No query, and one where questions were answered.
    """
    questions = answered_questions(video) if row["desk_is_answered"] else []
    return StudyDesk(guide_html(row["desk_guide"] or ""), questions, row["desk_resume_ms"] or 0)


def unfinished(user: Given) -> QuerySet[WatchProgress]:
    """Return where a user, or the one of a slot, stopped in what they have not finished, the latest first."""
    return WatchProgress.objects.filter(user=user, is_finished=False).order_by("-updated_at")


def history_of(user: User) -> QuerySet[WatchProgress]:
    """Return what a user has watched and may still watch, each with all that a card shows; unordered."""
    relations = (f"video__{name}" for name in CARD_RELATIONS)
    return WatchProgress.objects.filter(watchable_by(user), user=user).select_related(*relations)


def progress_in(playlist: Playlist, *, viewer: Viewer) -> dict[int, WatchProgress]:
    """Return how far a viewer is in the videos of a playlist, by the video's pk. One query; none for the anonymous."""
    if not viewer.is_authenticated:
        return {}
    found = WatchProgress.objects.filter(user=viewer.pk, video__playlist_items__playlist=playlist)
    return {one.video_id: one for one in found}
