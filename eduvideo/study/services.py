"""Writes of study material."""

from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.catalog.services import touch_video
from eduvideo.core import clock
from eduvideo.core.errors import InvalidInputError
from eduvideo.study.models import StudyGuide, WatchProgress
from eduvideo.study.progress import is_at_end

MAX_CHARACTERS = 100_000


@transaction.atomic
def set_study_guide(video: Video, *, markdown: str) -> StudyGuide:
    """Set a video's study guide; an empty text removes what is shown."""
    if len(markdown) > MAX_CHARACTERS:
        raise InvalidInputError.of("markdown", _("A study guide may have at most %d characters.") % MAX_CHARACTERS)
    text = markdown.replace("\r\n", "\n").replace("\0", "")
    guide, _created = StudyGuide.objects.update_or_create(video=video, defaults={"markdown": text})
    touch_video(video)
    return guide


def save_progress(video: Video, *, user: User, position_ms: int) -> None:
    """Note where a user is in a video; the caller has checked that they may watch it. One query.

    A position behind the end is the end. What comes later counts, wherever it is.
    """
    duration_ms = video.asset.duration_ms
    place_ms = position_ms if duration_ms is None else min(position_ms, duration_ms)
    row = WatchProgress(
        user=user,
        video=video,
        position_ms=place_ms,
        is_finished=duration_ms is not None and is_at_end(place_ms, duration_ms=duration_ms),
        updated_at=clock.now(),
    )
    WatchProgress.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["user", "video"],
        update_fields=["position_ms", "is_finished", "updated_at"],
    )
