"""Pages that everyone sees: home, browse, watch. They work before any script runs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog import queries as catalog
from eduvideo.catalog.access import Action, get_video_for, is_editor, open_playback
from eduvideo.catalog.models import Video
from eduvideo.catalog.taxonomy import GRADE_BY_ID, GRADES, SUBJECT_BY_ID, SUBJECTS, Subject
from eduvideo.danmaku.access import may_send
from eduvideo.discovery import feeds
from eduvideo.embedding.access import can_be_framed
from eduvideo.embedding.links import video_links
from eduvideo.media.models import CaptionTrack
from eduvideo.media.queries import Playback, playback_of, processing_of
from eduvideo.site.addresses import browse_path, page_address, watch_path
from eduvideo.site.cards import cards, cards_by_pk
from eduvideo.site.facts import get_lesson_for
from eduvideo.site.playlists import playlist_beside
from eduvideo.site.social import lesson_card
from eduvideo.site.structured_data import lesson_graph
from eduvideo.site.transcripts import Transcript, transcript_of

NEW_ON_HOME = 12
SHELVES, PER_SHELF = 6, 4
FEWEST_ON_SHELF = 3  # fewer would leave most of the row empty
RELATED = 8


def home(request: HttpRequest) -> HttpResponse:
    """Show what one has begun and follows, what is new and popular, and a shelf for each of the fullest subjects."""
    newest = feeds.new_lessons(limit=NEW_ON_HOME * 4)
    begun = feeds.begun_lessons(request.user, limit=PER_SHELF)
    grade = GRADE_BY_ID.get(request.user.grade) if isinstance(request.user, User) else None
    popular = feeds.popular_lessons(grade=grade.id if grade else "", limit=PER_SHELF)
    followed = feeds.followed_lessons(request.user, limit=PER_SHELF)
    counts = catalog.taxonomy_counts()
    shelves = _shelves(newest, counts)
    on_shelves = [pk for _subject, pks in shelves for pk in pks]
    fresh = [pk for pk, _subject in newest[:NEW_ON_HOME]]
    found = feeds.lessons_of([*fresh, *on_shelves])
    shown = cards_by_pk([*found.values(), *popular, *followed, *(item.video for item in begun)])
    return render(
        request,
        "site/home.html",
        {
            "address": page_address(request, "/"),
            "begun": [replace(shown[item.video.pk], position_ms=item.position_ms) for item in begun],
            "followed": [shown[video.pk] for video in followed],
            "popular": [shown[video.pk] for video in popular] if len(popular) >= FEWEST_ON_SHELF else [],
            "grade": grade,
            "newest": [shown[pk] for pk in fresh if pk in shown],
            "shelves": [(subject, [shown[pk] for pk in pks if pk in shown]) for subject, pks in shelves],
            **_choices(counts),
        },
    )


def _shelves(newest: list[tuple[int, str]], counts: catalog.TaxonomyCounts) -> list[tuple[Subject, list[int]]]:
    """Return the newest lessons of the fullest subjects, without loading those that have no place."""
    by_subject: dict[str, list[int]] = defaultdict(list)
    for pk, subject in newest:
        by_subject[subject].append(pk)
    fullest = sorted(SUBJECTS, key=lambda subject: -counts.subjects.get(subject.id, 0))
    shelves = [(subject, by_subject[subject.id][:PER_SHELF]) for subject in fullest]
    return [(subject, pks) for subject, pks in shelves if len(pks) >= FEWEST_ON_SHELF][:SHELVES]


def browse(request: HttpRequest) -> HttpResponse:
    """List lessons by subject and grade, newest first; each filter shows how many lessons it leaves."""
    subject, grade = request.GET.get("subject", ""), request.GET.get("grade", "")
    subject, grade = subject if subject in SUBJECT_BY_ID else "", grade if grade in GRADE_BY_ID else ""
    cursor = request.GET.get("cursor")
    page = feeds.browsed_lessons(subject=subject, grade=grade, cursor=cursor)
    counts = catalog.taxonomy_counts(subject=subject, grade=grade)
    # Later pages move with every new lesson: engines follow their links and keep the lessons, not the pages.
    is_lasting = bool(page.items) and not cursor
    return render(
        request,
        "site/browse.html",
        {
            "address": page_address(request, browse_path(subject=subject, grade=grade)) if is_lasting else None,
            "subject": SUBJECT_BY_ID.get(subject),
            "grade": GRADE_BY_ID.get(grade),
            "cards": cards(page.items),
            "next": page.next,
            # Where there is nothing, what each of the two has without the other.
            "subject_total": sum(counts.grades.values()) if subject else 0,
            "grade_total": sum(counts.subjects.values()) if grade else 0,
            **_choices(counts, subject=subject, grade=grade),
        },
    )


# The player's controls (media-chrome) bring their styles in shadow roots, which this directive covers too.
@csp_update({"style-src": [UNSAFE_INLINE]})  # type: ignore[arg-type]  # typed for views without arguments
def watch(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a lesson; its creator also sees one that is still being prepared."""
    video, facts = get_lesson_for(request.user, public_id)
    playback = _playback(video, request.user, facts.captions)
    is_framed = can_be_framed(video)
    beside = playlist_beside(video, viewer=request.user, public_id=request.GET.get("list", ""))
    part_of = facts.part_of if is_framed else []
    others = feeds.related_lessons(video, playlists=[found.pk for found in part_of], limit=RELATED)
    is_open = video.is_open and playback is not None
    response = render(
        request,
        "site/watch.html" if playback else "site/preparing.html",
        {
            "video": video,
            "danmaku_count": facts.danmaku_count,
            "reception": facts.reception,
            "related": cards(others),
            "playback": playback,
            "poster_url": playback and (playback.thumbnail_url if _saves_data(request) else playback.poster_url),
            "processing": None if playback else processing_of(video.asset),
            "start_ms": _start_ms(request),
            "resume_ms": None if "t" in request.GET else facts.desk.resume_ms,
            "chapters": facts.chapters,
            "guide": facts.desk.guide_html,
            "questions": facts.desk.questions,
            "may_send": may_send(request.user, video, policy=facts.danmaku_policy),
            "transcript": _transcript(video, facts.captions),
            "is_editor": is_editor(request.user, video),
            "address": page_address(request, watch_path(video.public_id)) if is_open else None,
            "social": lesson_card(video) if is_open else None,
            "structured": lesson_graph(video, chapters=facts.chapters) if is_open else None,
            "links": video_links(video) if is_framed else None,
            "beside": beside,
            "part_of": [found for found in part_of if not beside or found.pk != beside.playlist.pk],
        },
    )
    if not video.is_open:
        response["Cache-Control"] = "private, no-store"  # holds the right to watch of one viewer
    patch_vary_headers(response, ["Save-Data"])
    return response


def _transcript(video: Video, tracks: Sequence[CaptionTrack]) -> Transcript | None:
    """Return what is said, in the lesson's own language where there is a track in it."""
    track = next((track for track in tracks if track.language == video.language), next(iter(tracks), None))
    return transcript_of(track) if track else None


def _saves_data(request: HttpRequest) -> bool:
    """Whether the browser asks for little (WICG Save-Data)."""
    return request.headers.get("Save-Data", "").lower() == "on"


def chapters_track(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give a lesson's chapters as a WebVTT track for players."""
    video = get_video_for(request.user, public_id, to=Action.VIEW, playback=request.GET.get("playback", ""))
    marks = list(video.chapters.all())
    ends = (
        [mark.start_ms for mark in marks[1:]] + [max(video.asset.duration_ms or 0, marks[-1].start_ms + 1)]
        if marks
        else []
    )
    blocks = [
        f"{_stamp(mark.start_ms)} --> {_stamp(end)}\n{mark.title.replace('-->', '→')}"
        for mark, end in zip(marks, ends, strict=True)
    ]
    body = "\n\n".join(["WEBVTT", *blocks]) + "\n"
    return HttpResponse(body, content_type="text/vtt; charset=utf-8", headers={"Cache-Control": "private, no-cache"})


def _choices(counts: catalog.TaxonomyCounts, *, subject: str = "", grade: str = "") -> dict[str, object]:
    """Return what gives something, and what is chosen, in the order of the curriculum, with their numbers."""
    subjects, grades = {subject: 0, **counts.subjects}, {grade: 0, **counts.grades}
    return {
        "subjects": [(item, subjects[item.id]) for item in SUBJECTS if item.id in subjects],
        "grades": [(item, grades[item.id]) for item in GRADES if item.id in grades],
    }


def _playback(video: Video, viewer: Viewer, tracks: Sequence[CaptionTrack]) -> Playback | None:
    if video.asset.current_job is None:
        return None
    return playback_of(video.asset, session=open_playback(video, viewer=viewer), tracks=tracks)


def _start_ms(request: HttpRequest) -> int:
    value = request.GET.get("t", "")
    return int(value) * 1000 if value.isascii() and value.isdigit() and len(value) <= 6 else 0  # noqa: PLR2004 - 11 days


def _stamp(time_ms: int) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
