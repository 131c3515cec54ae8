"""What is said in a lesson, as its page lists it: an hour of it is a thousand lines, so each is rendered once."""

from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from eduvideo.media.models import CaptionTrack
from eduvideo.media.tracks import cues_at

KEPT = 64  # about 200 kB each for an hour


@dataclass(frozen=True, slots=True)
class Transcript:
    language: str
    lines: SafeString


class _GoneError(Exception):
    """This revision of the captions is no more."""


def transcript_of(track: CaptionTrack) -> Transcript | None:
    """Return the lines of captions that were just read, None if they were changed since; a query for the first."""
    try:
        return Transcript(track.language, _lines(track.pk, track.object_key))
    except _GoneError:
        return None


@lru_cache(maxsize=KEPT)
def _lines(track_pk: int, object_key: str) -> SafeString:
    """Render one revision, which never changes: its key is its own for ever."""
    cues = cues_at(track_pk, object_key=object_key)
    if not cues:
        raise _GoneError
    return render_to_string("site/transcript_lines.html", {"cues": cues})
