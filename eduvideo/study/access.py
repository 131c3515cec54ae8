"""Fetch and permission of what belongs to a lesson's guide, and of one's own notes."""

from eduvideo.accounts.access import Viewer
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.core.errors import NotFoundError, SignInRequiredError
from eduvideo.study.models import Figure, Note


def get_figure_for(viewer: Viewer, public_id: str, *, to: Action) -> Figure:
    """Return a figure to whoever may do this with its lesson; raises as get_video_for does. A query besides its."""
    known = Figure.objects.select_related("video").filter(public_id=public_id)
    figure = known.first() if public_id.isalnum() else None
    if figure is None:
        raise NotFoundError
    figure.video = get_video_for(viewer, figure.video.public_id, to=to)
    return figure


def get_note_for(viewer: Viewer, public_id: str, *, lesson: str) -> Note:
    """Return one's own note, also on a lesson that one may not watch any more; NotFoundError for any other."""
    if not viewer.is_authenticated:
        raise SignInRequiredError
    if not lesson.isalnum() or "\0" in public_id:
        raise NotFoundError
    note = Note.objects.filter(user=viewer, lesson=lesson, public_id=public_id).first()
    if note is None:
        raise NotFoundError
    return note
