"""Notes of learners: private, plain text, at a second of the lesson or about it as a whole.

Whoever writes a note names it, so that sending it twice makes one; every change names the version that it changes, so
that two devices cannot undo each other.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import watchable_by
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, InvalidInputError, NotFoundError, PreconditionFailedError
from eduvideo.moderation.text import GRAPHEME
from eduvideo.study.models import Note

MOST_CHARACTERS = 10_000  # as people count them
MOST_CODE_POINTS = 40_000
MOST_NOTES = 500  # on one lesson
MOST_OF_ALL = 10_000  # of one account
LATEST_MS = 100 * 3_600_000
# Nothing that no database keeps, or that nobody can see; what stays is exactly what was written.
_UNKEPT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_ID = re.compile(r"[A-Za-z0-9-]{8,36}")


@dataclass(frozen=True, slots=True)
class NoteContent:
    """What a note says, and at which moment of the lesson; None is the lesson as a whole."""

    text: str
    position_ms: int | None = None


@dataclass(frozen=True, slots=True)
class NotedLesson:
    """A lesson that somebody has notes on; may be gone or not be for them any more, then `language` is empty."""

    id: str
    title: str
    language: str
    note_count: int
    updated_at: datetime

    @property
    def is_watchable(self) -> bool:
        return bool(self.language)


def notes_on(lesson: str, *, user: User) -> QuerySet[Note]:
    """Return a user's notes on a lesson, given by its public id, in its order; those about the whole come first."""
    place = F("position_ms").asc(nulls_first=True)
    return Note.objects.filter(user=user, lesson=lesson).order_by(place, "created_at", "pk")


def noted_lessons(user: User) -> list[NotedLesson]:
    """Return the lessons that a user has notes on, the one with the latest change first. Two queries."""
    own = Note.objects.filter(user=user)
    rows = own.values("lesson").annotate(n=Count("pk"), latest=Max("updated_at"), title=Max("lesson_title"))
    watchable = own.filter(watchable_by(user)).values_list("lesson", "video__title", "video__language").distinct()
    names = {lesson: (title, language) for lesson, title, language in watchable}
    lessons = []
    for row in rows.order_by("-latest", "lesson"):
        title, language = names.get(row["lesson"], (row["title"], ""))
        lessons.append(NotedLesson(row["lesson"], title, language, row["n"], row["latest"]))
    return lessons


def all_notes(user: User, *, lesson: str = "") -> QuerySet[Note]:
    """Return all notes of a user, or those on one lesson, lesson by lesson, each in its order."""
    place = F("position_ms").asc(nulls_first=True)
    own = Note.objects.filter(user=user, **({"lesson": lesson} if lesson else {}))
    return own.order_by("lesson_title", "lesson", place, "created_at", "pk")


def add_note(video: Video, content: NoteContent, *, user: User, public_id: str) -> tuple[Note, bool]:
    """Keep a note under a name of the writer's choice; returns it and whether it is new.

    A name that is there already is the note as it is now, whatever is sent: somebody did not hear our answer. Raises
    InvalidInputError, and ConflictError for more than MOST_NOTES on a lesson or MOST_OF_ALL on all.
    """
    if not _ID.fullmatch(public_id):
        raise InvalidInputError.of("id", _("The id of a note is 8 to 36 letters, digits and hyphens."))
    checked = _checked(content)
    known = Note.objects.filter(user=user, public_id=public_id).first()
    if known is not None:
        return known, False
    _check_room(video.public_id, user=user)
    note = Note(
        user=user,
        video=video,
        lesson=video.public_id,
        lesson_title=video.title,
        public_id=public_id,
        text=checked.text,
        position_ms=checked.position_ms,
    )
    Note.objects.bulk_create([note], ignore_conflicts=True)  # the same may come twice at once
    return Note.objects.get(user=user, public_id=public_id), True


def change_note(note: Note, content: NoteContent, *, version: int) -> Note:
    """Change a note from a version; raises PreconditionFailedError when it is another by now, NotFoundError when gone.

    One that says this already is left as it is: somebody did not hear our answer.
    """
    checked = _checked(content)
    now = clock.now()
    changed = Note.objects.filter(pk=note.pk, version=version).update(
        text=checked.text, position_ms=checked.position_ms, version=F("version") + 1, updated_at=now
    )
    try:
        note.refresh_from_db()
    except Note.DoesNotExist as error:  # deleted on another device since it was looked at
        raise NotFoundError from error
    if not changed and (note.text, note.position_ms) != (checked.text, checked.position_ms):
        raise PreconditionFailedError(_("This note was changed on another device in the meantime."))
    return note


def keep_beside(note: Note, content: NoteContent) -> Note:
    """Keep what could not be written over a note as a note of its own beside it; raises as add_note does."""
    checked = _checked(content)
    _check_room(note.lesson, user=note.user)
    return Note.objects.create(
        user_id=note.user_id,
        video_id=note.video_id,
        lesson=note.lesson,
        lesson_title=note.lesson_title,
        public_id=str(uuid4()),
        text=checked.text,
        position_ms=checked.position_ms,
    )


def delete_note(note: Note, *, version: int) -> None:
    """Delete a note as it is at a version; raises PreconditionFailedError when it is another by now."""
    if not Note.objects.filter(pk=note.pk, version=version).delete()[0] and Note.objects.filter(pk=note.pk).exists():
        raise PreconditionFailedError(_("This note was changed on another device in the meantime."))


def _check_room(lesson: str, *, user: User) -> None:
    """Raise ConflictError where there is none. One query."""
    counts = Note.objects.filter(user=user).aggregate(here=Count("pk", filter=Q(lesson=lesson)), all=Count("pk"))
    if counts["all"] >= MOST_OF_ALL:
        raise ConflictError(_("You have %d notes on all lessons together; delete some first.") % MOST_OF_ALL)
    if counts["here"] >= MOST_NOTES:
        raise ConflictError(_("You have %d notes on this lesson; delete one first.") % MOST_NOTES)


def _checked(content: NoteContent) -> NoteContent:
    text = _UNKEPT.sub("", content.text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > MOST_CODE_POINTS or len(GRAPHEME.findall(text)) > MOST_CHARACTERS:
        raise InvalidInputError.of("text", _("A note may have at most %d characters.") % MOST_CHARACTERS)
    return NoteContent(text, content.position_ms)
