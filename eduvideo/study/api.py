"""HTTP of study material."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from eduvideo.accounts.auth import AuthedRequest, ViewerRequest, signed_in
from eduvideo.catalog.access import Action, check_may_create, get_video_for
from eduvideo.catalog.models import Video
from eduvideo.catalog.poster_files import PICTURE_IN, picture_body
from eduvideo.catalog.schemas import VideoCard
from eduvideo.core.errors import NotFoundError, PreconditionRequiredError
from eduvideo.core.pagination import page_by_time
from eduvideo.danmaku.queries import answered_questions
from eduvideo.study import figures, notes, queries, services
from eduvideo.study.access import get_figure_for, get_note_for
from eduvideo.study.guide import guide_html
from eduvideo.study.models import Figure, Note, StudyGuide, WatchProgress

router = Router(tags=["study"])

LONGEST_MS = 100 * 3_600_000
LONGEST_VERSION = 10  # digits
NO_VERSION = -2  # of a tag that is none of ours


class StudyGuideIn(Schema):
    markdown: str


class AnsweredQuestionOut(Schema):
    """A question that was asked as a danmaku, and what the lesson's teachers answered. Plain text."""

    id: str
    position_ms: int
    text: str
    answers: list[str]


class StudyGuideOut(Schema):
    """What the creator wrote, and below it the questions from class in the order of the lesson."""

    markdown: str
    version: int = Field(description="for If-Match, in quotes; 0 where there is no guide yet")
    html: str
    questions: list[AnsweredQuestionOut]


class PreviewOut(Schema):
    html: str


class FigureOut(Schema):
    """A picture for the study guide; `markdown` shows it there, its caption in the brackets."""

    id: str
    url: str
    markdown: str
    width_px: int
    height_px: int


class FigureList(Schema):
    items: list[FigureOut]


class NoteIn(Schema):
    """What a note says, and at which moment of the lesson; null is the lesson as a whole."""

    text: str
    position_ms: int | None = Field(default=None, ge=0, le=notes.LATEST_MS)

    def content(self) -> notes.NoteContent:
        return notes.NoteContent(self.text, self.position_ms)


class NewNoteIn(NoteIn):
    id: str = Field(description="Chosen by you, for instance a UUID: sending a note twice makes one")


class NoteOut(Schema):
    id: str
    text: str
    position_ms: int | None
    version: int = Field(description="for If-Match, in quotes")
    created_at: datetime
    updated_at: datetime


class NoteList(Schema):
    items: list[NoteOut]


class WatchedOut(Schema):
    """A lesson that I have watched: where I stopped, or that I was at its end."""

    video: VideoCard
    position_ms: int
    finished: bool
    watched_at: datetime

    @classmethod
    def of(cls, row: WatchProgress) -> "WatchedOut":
        return cls(
            video=VideoCard.of(row.video),
            position_ms=row.position_ms,
            finished=row.is_finished,
            watched_at=row.updated_at,
        )


class HistoryPage(Schema):
    items: list[WatchedOut]
    next: str | None


class ProgressIn(Schema):
    position_ms: int = Field(ge=0, le=LONGEST_MS)
    ago_ms: int = Field(default=0, ge=0, description="how long ago that was, where it could not be said at once")


@router.get("/videos/{public_id}/study-guide", response=StudyGuideOut)
def get_study_guide(request: ViewerRequest, public_id: str) -> StudyGuideOut:
    """Show a lesson's study guide, as written and as safe HTML, and the questions that were answered."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    return _shown(video, StudyGuide.objects.filter(video=video).first())


@router.put("/videos/{public_id}/study-guide", response=StudyGuideOut, auth=signed_in)
def put_study_guide(request: AuthedRequest, public_id: str, body: StudyGuideIn) -> StudyGuideOut:
    """Set a lesson's study guide: the version that If-Match names, or whichever without it.

    412 when it was changed since, unless what is there is what was sent. If-None-Match: * if there was none.
    """
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    return _shown(video, services.set_study_guide(video, markdown=body.markdown, replaces=_replaced(request)))


@router.post("/videos/{public_id}/study-guide", response={201: StudyGuideOut}, auth=signed_in)
def post_study_guide(request: AuthedRequest, public_id: str, body: StudyGuideIn) -> Status[StudyGuideOut]:
    """Set a lesson's study guide, as PUT does."""
    return Status(201, put_study_guide(request, public_id, body))


@router.delete("/videos/{public_id}/study-guide", response={204: None}, auth=signed_in)
def delete_study_guide(request: AuthedRequest, public_id: str) -> Status[None]:
    """Empty a lesson's study guide."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    services.set_study_guide(video, markdown="", replaces=_replaced(request))
    return Status(204, None)


@router.post("/study-guide/preview", response=PreviewOut, auth=signed_in)
def preview_study_guide(request: AuthedRequest, body: StudyGuideIn) -> PreviewOut:
    """Show creators what a study guide would look like; nothing is kept."""
    check_may_create(request.user)
    return PreviewOut(html=guide_html(services.checked_guide(body.markdown)))


@router.put("/videos/{public_id}/progress", response={204: None}, auth=signed_in)
def put_progress(request: AuthedRequest, public_id: str, body: ProgressIn) -> Status[None]:
    """Remember where I am in a lesson, to go on there. A player says so every ten seconds, and when it stops.

    What is said late counts unless another device has said something since.
    """
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    services.save_progress(video, user=request.user, position_ms=body.position_ms, ago_ms=body.ago_ms)
    return Status(204, None)


@router.get("/me/history", response=HistoryPage, auth=signed_in)
def list_history(
    request: AuthedRequest, response: HttpResponse, cursor: Annotated[str | None, Query()] = None
) -> HistoryPage:
    """List what I have watched and may still watch, the last first, and where I stopped."""
    response["Cache-Control"] = "private, no-store"
    page = page_by_time(queries.history_of(request.user), field="updated_at", cursor=cursor)
    return HistoryPage(items=[WatchedOut.of(row) for row in page.items], next=page.next)


@router.delete("/me/history", response={204: None}, auth=signed_in)
def forget_history(request: AuthedRequest) -> Status[None]:
    """Forget all that I have watched: every lesson begins anew."""
    services.forget_all_progress(request.user)
    return Status(204, None)


@router.delete("/me/history/{video_id}", response={204: None}, auth=signed_in)
def forget_lesson(request: AuthedRequest, video_id: str) -> Status[None]:
    """Take one lesson out of what I have watched; again is once."""
    services.forget_progress(request.user, video_id=video_id)
    return Status(204, None)


@router.get("/videos/{public_id}/figures", response=FigureList, auth=signed_in)
def list_figures(request: AuthedRequest, public_id: str) -> FigureList:
    """List the pictures that were uploaded for a lesson's study guide, the latest first; for its editors."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    return FigureList(items=[_figure(figure) for figure in video.figures.order_by("-pk")])


@router.post("/videos/{public_id}/figures", response={201: FigureOut}, auth=signed_in, openapi_extra=PICTURE_IN)
def add_figure(request: AuthedRequest, public_id: str) -> Status[FigureOut]:
    """Upload a picture for a lesson's study guide: the bytes of a JPEG, PNG or WebP file of at most 5 MB."""
    video = get_video_for(request.user, public_id, to=Action.EDIT)
    return Status(201, _figure(figures.add_figure(video, data=picture_body(request))))


@router.delete("/videos/{public_id}/figures/{figure_id}", response={204: None}, auth=signed_in)
def delete_figure(request: AuthedRequest, public_id: str, figure_id: str) -> Status[None]:
    """Delete a picture of a lesson's study guide."""
    figure = get_figure_for(request.user, figure_id, to=Action.EDIT)
    if figure.video.public_id != public_id:
        raise NotFoundError
    figures.remove_figure(figure)
    return Status(204, None)


@router.get("/videos/{public_id}/notes", response=NoteList, auth=signed_in)
def list_notes(request: AuthedRequest, public_id: str) -> NoteList:
    """List my notes on a lesson in its order, those about it as a whole first; there are at most 500."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    return NoteList(items=[_note(note) for note in notes.notes_on(video.public_id, user=request.user)])


@router.post("/videos/{public_id}/notes", response={200: NoteOut, 201: NoteOut}, auth=signed_in)
def add_note(request: AuthedRequest, public_id: str, body: NewNoteIn) -> Status[NoteOut]:
    """Write a note that only I see: 201 a new one, 200 the one that has this id already, as it is now."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    note, is_new = notes.add_note(video, body.content(), user=request.user, public_id=body.id)
    return Status(201 if is_new else 200, _note(note))


@router.patch("/videos/{public_id}/notes/{note_id}", response=NoteOut, auth=signed_in)
def change_note(request: AuthedRequest, public_id: str, note_id: str, body: NoteIn) -> NoteOut:
    """Change the version of my note that If-Match names; 412 when it was changed elsewhere since."""
    note = get_note_for(request.user, note_id, lesson=public_id)
    return _note(notes.change_note(note, body.content(), version=_version(request)))


@router.delete("/videos/{public_id}/notes/{note_id}", response={204: None}, auth=signed_in)
def delete_note(request: AuthedRequest, public_id: str, note_id: str) -> Status[None]:
    """Delete the version of my note that If-Match names; 412 when it was changed elsewhere since."""
    note = get_note_for(request.user, note_id, lesson=public_id)
    notes.delete_note(note, version=_version(request))
    return Status(204, None)


def _shown(video: Video, guide: StudyGuide | None) -> StudyGuideOut:
    markdown, version = (guide.markdown, guide.version) if guide else ("", 0)
    questions = [AnsweredQuestionOut(**asdict(question)) for question in answered_questions(video)]
    return StudyGuideOut(markdown=markdown, version=version, html=guide_html(markdown), questions=questions)


def _figure(figure: Figure) -> FigureOut:
    url = f"/figures/{figure.name}"
    return FigureOut(
        id=figure.public_id,
        url=url,
        markdown=f"![]({url})",
        width_px=figure.width_px,
        height_px=figure.height_px,
    )


def _note(note: Note) -> NoteOut:
    return NoteOut(
        id=note.public_id,
        text=note.text,
        position_ms=note.position_ms,
        version=note.version,
        created_at=note.created_at,
        updated_at=note.updated_at,
    )


def _version(request: HttpRequest) -> int:
    """Return the version that If-Match names; one that is none of ours is the version before all."""
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags:
        raise PreconditionRequiredError(_("Send If-Match with the version of the note that you are changing."))
    return _version_in(tags[0], other=0)


def _replaced(request: HttpRequest) -> frozenset[int] | None:
    """Return which versions of a study guide a write may replace; None when it does not say."""
    if "If-Match" in request.headers:
        tags = parse_etags(request.headers["If-Match"])
        return frozenset(services.ANY_VERSION if tag == "*" else _version_in(tag, other=NO_VERSION) for tag in tags)
    return frozenset({0}) if request.headers.get("If-None-Match", "").strip() == "*" else None


def _version_in(tag: str, *, other: int) -> int:
    name = tag.strip('"')
    return int(name) if name.isascii() and name.isdigit() and len(name) < LONGEST_VERSION else other
