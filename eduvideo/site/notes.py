"""One's own notes: by lesson, those on one lesson, and all of them to take along. Every form is a plain POST."""

from typing import cast
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from eduvideo.accounts.models import User
from eduvideo.catalog.access import Action, get_video_for
from eduvideo.catalog.models import Video
from eduvideo.core.errors import (
    ConflictError,
    DomainError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
)
from eduvideo.core.streaming import in_pieces
from eduvideo.site.forms import explain
from eduvideo.site.note_forms import NoteForm
from eduvideo.site.templatetags.edu import clock
from eduvideo.study.access import get_note_for
from eduvideo.study.models import Note
from eduvideo.study.note_files import CONTENT_TYPES, NoteFormat, note_lines
from eduvideo.study.notes import (
    add_note,
    all_notes,
    change_note,
    delete_note,
    keep_beside,
    noted_lessons,
    notes_on,
)

PER_PAGE = 24
EXPORTED_AT_ONCE = 20  # a note may have 160 kB
LONGEST_ID = 24


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """List the lessons that one has notes on, the one with the latest change first."""
    page = Paginator(noted_lessons(cast("User", request.user)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "site/my_notes.html", {"page": page})


@login_required
@require_safe
def lesson(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one's notes on a lesson, which stay where it is gone or not for one any more."""
    return _lesson_page(request, public_id)


@login_required
@require_POST
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            add_note(video, form.content(), user=cast("User", request.user), public_id=str(uuid4()))
        except DomainError as error:
            explain(form, error)
        else:
            return redirect("notes-on", public_id=public_id)
    return _lesson_page(request, public_id, form=form, status=422)


@login_required
@require_POST
def save(request: HttpRequest, public_id: str, note_id: str) -> HttpResponse:
    """Change a note; what cannot be written over a newer version is kept beside it."""
    note = get_note_for(request.user, note_id, lesson=public_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _lesson_page(request, public_id, changed=(note, form), status=422)
    try:
        _save_or_keep_beside(request, note, form)
    except (InvalidInputError, ConflictError) as error:
        form.add_error("text", error.detail)
        return _lesson_page(request, public_id, changed=(note, form), status=error.status)
    return redirect("notes-on", public_id=public_id)


def _save_or_keep_beside(request: HttpRequest, note: Note, form: NoteForm) -> None:
    try:
        change_note(note, form.content(), version=_version(request))
        messages.success(request, _("Saved."))
    except PreconditionFailedError:
        keep_beside(note, form.content())
        messages.warning(
            request, _("This note was changed on another device too. Both are kept: yours is a note of its own now.")
        )


@login_required
@require_POST
def delete(request: HttpRequest, public_id: str, note_id: str) -> HttpResponse:
    note = get_note_for(request.user, note_id, lesson=public_id)
    try:
        delete_note(note, version=_version(request))
        messages.success(request, _("The note was deleted."))
    except PreconditionFailedError as error:
        messages.warning(request, error.detail)
    is_last = not notes_on(public_id, user=cast("User", request.user)).exists()
    return redirect("my-notes") if is_last else redirect("notes-on", public_id=public_id)


@login_required
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Give all of one's notes, or those on one lesson, as a file."""
    try:
        form = NoteFormat(request.GET.get("format", NoteFormat.MARKDOWN))
    except ValueError as error:
        raise InvalidInputError.of("format", _("Notes can be had as md or json.")) from error
    public_id = request.GET.get("lesson", "")
    if public_id and not _is_id(public_id):
        raise NotFoundError
    found = all_notes(cast("User", request.user), lesson=public_id)
    lines = note_lines(found.iterator(chunk_size=EXPORTED_AT_ONCE), form=form, base_url=settings.EDUVIDEO.base_url)
    headers = {"Content-Disposition": f'attachment; filename="notes.{form}"', "Cache-Control": "private, no-store"}
    pieces = in_pieces(lines, at_once=EXPORTED_AT_ONCE)
    return StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[form], headers=headers)


def _lesson_page(
    request: HttpRequest,
    public_id: str,
    *,
    form: NoteForm | None = None,
    changed: tuple[Note, NoteForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the page, after a refusal with the form that was filled in."""
    if not _is_id(public_id):
        raise NotFoundError
    notes = list(notes_on(public_id, user=cast("User", request.user)))
    video = _video(request, public_id)
    if video is None and not notes:
        raise NotFoundError
    rows = [(note, changed[1] if changed and changed[0].pk == note.pk else _filled(note)) for note in notes]
    context = {
        "lesson_id": public_id,
        "title": video.title if video else notes[-1].lesson_title,
        "video": video,
        "rows": rows,
        "changed": changed[0].pk if changed else None,
        "form": form or NoteForm(auto_id="new-%s"),
    }
    return render(request, "site/lesson_notes.html", context, status=status)


def _video(request: HttpRequest, public_id: str) -> Video | None:
    try:
        return get_video_for(request.user, public_id, to=Action.VIEW)
    except NotFoundError:
        return None


def _filled(note: Note) -> NoteForm:
    at = "" if note.position_ms is None else clock(note.position_ms)
    return NoteForm(initial={"text": note.text, "at": at}, auto_id=f"{note.public_id}-%s")


def _version(request: HttpRequest) -> int:
    written = request.POST.get("version", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0  # noqa: PLR2004 - digits


def _is_id(public_id: str) -> bool:
    return public_id.isalnum() and public_id.isascii() and len(public_id) <= LONGEST_ID
