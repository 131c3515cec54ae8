"""Reads of the catalogue."""

from django.db.models import Count

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video, VideoQuerySet
from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID

CARD_RELATIONS = ("owner", "asset", "asset__current_job")


def listed_videos(
    *, subject: str | None = None, grade: str | None = None, language: str | None = None
) -> VideoQuerySet:
    """Return what anyone may find, with all that a card shows, unordered."""
    videos = Video.objects.listed().select_related(*CARD_RELATIONS)
    wanted = {"subject": subject, "grade": grade, "language": language}
    return videos.filter(**{name: value for name, value in wanted.items() if value})


def videos_of(owner: User) -> VideoQuerySet:
    """Return all of a creator's videos, whatever their state, newest first."""
    return Video.objects.filter(owner=owner).select_related(*CARD_RELATIONS).order_by("-created_at", "-id")


def subject_counts(*, grade: str | None = None) -> dict[str, int]:
    """Return how many listed videos each subject has; subjects without any are left out. One query."""
    return _counts("subject", grade=grade)


def grade_counts(*, subject: str | None = None) -> dict[str, int]:
    """Return how many listed videos each grade has; grades without any are left out. One query."""
    return _counts("grade", subject=subject)


def subject_name(subject_id: str) -> str:
    """Return a subject's name in the reader's language."""
    return str(SUBJECT_BY_ID[subject_id].name)


def grade_name(grade_id: str) -> str:
    """Return a grade's name in the reader's language."""
    return str(GRADE_BY_ID[grade_id].name)


def _counts(field: str, **filters: str | None) -> dict[str, int]:
    rows = Video.objects.listed().filter(**{name: value for name, value in filters.items() if value})
    return dict(rows.order_by().values_list(field).annotate(Count("id")))
