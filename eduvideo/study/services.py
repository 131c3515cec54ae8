"""Writes of study material."""

from django.db import transaction
from django.utils.translation import gettext as _

from eduvideo.catalog.models import Video
from eduvideo.catalog.services import touch_video
from eduvideo.core.errors import InvalidInputError
from eduvideo.study.models import StudyGuide

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
