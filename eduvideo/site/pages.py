"""Pages that everyone sees: home, browse, watch. They work before any script runs."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog import queries as catalog
from eduvideo.catalog.access import Action, get_video_for, is_editor, open_playback
from eduvideo.catalog.models import Video
from eduvideo.catalog.taxonomy import GRADE_BY_ID, GRADES, SUBJECT_BY_ID, SUBJECTS
from eduvideo.discovery import feeds
from eduvideo.embedding.access import can_be_framed
from eduvideo.embedding.links import video_links
from eduvideo.media.models import CaptionTrack
from eduvideo.media.queries import Playback, caption_tracks, playback_of, processing_of
from eduvideo.site.addresses import browse_path, page_address, watch_path
from eduvideo.site.cards import cards, cards_by_pk
from eduvideo.site.playlists import playlist_beside
from eduvideo.site.structured_data import lesson_graph, still_urls
from eduvideo.study.queries import study_desk

NEW_ON_HOME = 12
SHELVES, PER_SHELF = 6, 4
FEWEST_ON_SHELF = 3  # fewer would leave most of the row empty
RELATED, PLAYLISTS = 8, 4


def home(request: HttpRequest) -> HttpResponse:
    """Show what one has begun, what is new and popular, and a shelf for each of the fullest subjects."""
    newest = feeds.new_lessons(limit=NEW_ON_HOME * 4)
    begun = feeds.begun_lessons(request.user, limit=PER_SHELF)
    grade = GRADE_BY_ID.get(request.user.grade) if isinstance(request.user, User) else None
    popular = feeds.popular_lessons(grade=grade.id if grade else "", limit=PER_SHELF)
    shown = cards_by_pk([*newest, *popular, *(item.video for item in begun)])
    counts = catalog.taxonomy_counts()
    shelves = [
        (subject, [shown[video.pk] for video in islice((v for v in newest if v.subject == subject.id), PER_SHELF)])
        for subject in sorted(SUBJECTS, key=lambda subject: -counts.subjects.get(subject.id, 0))
    ]
    return render(
        request,
        "site/home.html",
        {
            "address": page_address(request, "/"),
            "begun": [replace(shown[item.video.pk], position_ms=item.position_ms) for item in begun],
            "popular": [shown[video.pk] for video in popular] if len(popular) >= FEWEST_ON_SHELF else [],
            "grade": grade,
            "newest": [shown[video.pk] for video in newest[:NEW_ON_HOME]],
            "shelves": [(subject, shelf) for subject, shelf in shelves if len(shelf) >= FEWEST_ON_SHELF][:SHELVES],
            **_choices(counts),
        },
    )


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
            **_choices(counts),
        },
    )


# The player's controls (media-chrome) bring their styles in shadow roots, which this directive covers too.
@csp_update({"style-src": [UNSAFE_INLINE]})  # type: ignore[arg-type]  # typed for views without arguments
def watch(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a lesson; its creator also sees one that is still being prepared."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    tracks = caption_tracks(video.asset)
    playback = _playback(video, request.user, tracks)
    is_framed = can_be_framed(video)
    beside = playlist_beside(video, viewer=request.user, public_id=request.GET.get("list", ""))
    part_of = list(catalog.playlists_with(video)[:PLAYLISTS]) if is_framed else []
    others = feeds.related_lessons(video, playlists=part_of, limit=RELATED)
    all_cards = cards([video, *others])
    chapters = list(video.chapters.all())
    desk = study_desk(video, viewer=request.user)
    is_open = video.is_open and playback is not None
    response = render(
        request,
        "site/watch.html" if playback else "site/preparing.html",
        {
            "video": video,
            "card": all_cards[0],
            "related": all_cards[1:],
            "playback": playback,
            "processing": None if playback else processing_of(video.asset),
            "start_ms": _start_ms(request),
            "resume_ms": None if "t" in request.GET else desk.resume_ms,
            "chapters": chapters,
            "guide": desk.guide_html,
            "transcript": next(
                (track for track in tracks if track.language == video.language), next(iter(tracks), None)
            ),
            "is_editor": is_editor(request.user, video),
            "address": page_address(request, watch_path(video.public_id)) if is_open else None,
            "stills": still_urls(video) if is_open else [],
            "structured": lesson_graph(video, chapters=chapters) if is_open else None,
            "links": video_links(video) if is_framed else None,
            "beside": beside,
            "part_of": [found for found in part_of if not beside or found != beside.playlist],
        },
    )
    if not video.is_open:
        response["Cache-Control"] = "private, no-store"  # holds the right to watch of one viewer
    return response


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


def _choices(counts: catalog.TaxonomyCounts) -> dict[str, object]:
    """Return the subjects and grades that give something, in the order of the curriculum, with their numbers."""
    return {
        "subjects": [(item, counts.subjects[item.id]) for item in SUBJECTS if counts.subjects.get(item.id)],
        "grades": [(item, counts.grades[item.id]) for item in GRADES if counts.grades.get(item.id)],
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
