"""Writes of study material."""

import re
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.catalog.services import touch_video
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, InvalidInputError, PreconditionFailedError
from eduvideo.study.models import StudyGuide, WatchProgress
from eduvideo.study.progress import is_at_end

MAX_CHARACTERS = 100_000
ANY_VERSION = -1
TRIES = 5
LONGEST_AGO_MS = 365 * 86_400_000
_UNKEPT = re.compile("[\0\ud800-\udfff]")  # no database keeps it: JSON can hold half a character


@transaction.atomic
def set_study_guide(video: Video, *, markdown: str, replaces: Collection[int] | None = None) -> StudyGuide:
    """Set a video's study guide; an empty text removes what is shown.

    With `replaces` one of these versions must be there (0 stands for none, ANY_VERSION for whichever), else
    PreconditionFailedError: no save undoes one that its author has not seen. What is there already is no change.
    """
    text = checked_guide(markdown)
    for _try in range(TRIES):
        there = StudyGuide.objects.filter(video=video).first()
        if there and there.markdown == text:
            return there
        _check_version(there, replaces)
        if _write_guide(video, there, text):
            touch_video(video)
            return StudyGuide.objects.get(video=video)
    raise ConflictError


def _check_version(there: StudyGuide | None, replaces: Collection[int] | None) -> None:
    named = {there.version, ANY_VERSION} if there else {0}
    if replaces is not None and named.isdisjoint(replaces):
        raise PreconditionFailedError(
            _("This study guide was changed since you read it. Load it again, take over what you need, and save again.")
        )


def _write_guide(video: Video, there: StudyGuide | None, text: str) -> bool:
    """Put a text in the place of what is there; False when that has changed since."""
    if there is None:
        return StudyGuide.objects.get_or_create(video=video, defaults={"markdown": text})[1]
    same = StudyGuide.objects.filter(pk=there.pk, version=there.version)
    return bool(same.update(markdown=text, version=there.version + 1, updated_at=clock.now()))


def checked_guide(markdown: str) -> str:
    """Return a guide as it is kept; raises InvalidInputError for one that is too long."""
    if len(markdown) > MAX_CHARACTERS:
        raise InvalidInputError.of("markdown", _("A study guide may have at most %d characters.") % MAX_CHARACTERS)
    return _UNKEPT.sub("", markdown.replace("\r\n", "\n"))


def save_progress(video: Video, *, user: User, position_ms: int, ago_ms: int = 0) -> None:
    """Note where a user is in a video, or was some time ago; the caller has checked that they may watch it.

    A position behind the end is the end. What happened later counts, wherever it is. One query, and one more for what
    is said late.
    """
    at = clock.now() - timedelta(milliseconds=min(ago_ms, LONGEST_AGO_MS))
    if ago_ms and WatchProgress.objects.filter(user=user, video=video, updated_at__gte=at).exists():
        return
    duration_ms = video.asset.duration_ms
    place_ms = position_ms if duration_ms is None else min(position_ms, duration_ms)
    row = WatchProgress(
        user=user,
        video=video,
        position_ms=place_ms,
        is_finished=duration_ms is not None and is_at_end(place_ms, duration_ms=duration_ms),
        updated_at=at,
    )
    WatchProgress.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["user", "video"],
        update_fields=["position_ms", "is_finished", "updated_at"],
    )


def forget_progress(user: User, *, video_id: str) -> None:
    """Take a lesson, by its public id, out of what a user has watched, if it is there: they begin it anew."""
    WatchProgress.objects.filter(user=user, video__public_id=video_id).delete()


def forget_all_progress(user: User) -> None:
    """Forget what a user has watched."""
    WatchProgress.objects.filter(user=user).delete()
