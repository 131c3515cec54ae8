"""Pages that everyone sees: home, browse, search, watch. They work before any script runs."""

from itertools import islice

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.catalog import queries as catalog
from eduvideo.catalog.access import Action, get_video_for, is_editor, open_playback
from eduvideo.catalog.models import Video
from eduvideo.catalog.taxonomy import GRADE_BY_ID, GRADES, SUBJECT_BY_ID, SUBJECTS
from eduvideo.core.errors import UnavailableError
from eduvideo.core.pagination import page_by_time
from eduvideo.discovery.queries import SearchPage, search_videos
from eduvideo.embedding.access import can_be_framed
from eduvideo.embedding.links import video_links
from eduvideo.media.queries import Playback, playback_of, poster_url, processing_of
from eduvideo.site.cards import cards
from eduvideo.site.playlists import playlist_beside
from eduvideo.study.queries import study_guide_html

NEW_ON_HOME = 12
SHELVES, PER_SHELF = 6, 4
FEWEST_ON_SHELF = 3  # fewer would leave most of the row empty
RELATED, PLAYLISTS = 8, 4
MAX_QUERY = 200


def home(request: HttpRequest) -> HttpResponse:
    """Show what is new and a shelf for each of the fullest subjects, with ways to every subject and grade."""
    newest = list(catalog.listed_videos().order_by("-published_at", "-id")[: NEW_ON_HOME * 4])
    shown = {card.video.pk: card for card in cards(newest)}
    by_subject, by_grade = catalog.subject_counts(), catalog.grade_counts()
    shelves = [
        (subject, [shown[video.pk] for video in islice((v for v in newest if v.subject == subject.id), PER_SHELF)])
        for subject in sorted(SUBJECTS, key=lambda subject: -by_subject.get(subject.id, 0))
    ]
    return render(
        request,
        "site/home.html",
        {
            "newest": [shown[video.pk] for video in newest[:NEW_ON_HOME]],
            "shelves": [(subject, shelf) for subject, shelf in shelves if len(shelf) >= FEWEST_ON_SHELF][:SHELVES],
            "subjects": [(item, by_subject[item.id]) for item in SUBJECTS if by_subject.get(item.id)],
            "grades": [(item, by_grade[item.id]) for item in GRADES if by_grade.get(item.id)],
        },
    )


def browse(request: HttpRequest) -> HttpResponse:
    """List lessons by subject and grade, newest first; each filter shows how many lessons it leaves."""
    subject, grade = request.GET.get("subject", ""), request.GET.get("grade", "")
    subject, grade = subject if subject in SUBJECT_BY_ID else "", grade if grade in GRADE_BY_ID else ""
    found = catalog.listed_videos(subject=subject, grade=grade)
    page = page_by_time(found, field="published_at", cursor=request.GET.get("cursor"))
    by_subject, by_grade = catalog.subject_counts(grade=grade), catalog.grade_counts(subject=subject)
    return render(
        request,
        "site/browse.html",
        {
            "subject": SUBJECT_BY_ID.get(subject),
            "grade": GRADE_BY_ID.get(grade),
            "subjects": [(item, by_subject[item.id]) for item in SUBJECTS if by_subject.get(item.id)],
            "grades": [(item, by_grade[item.id]) for item in GRADES if by_grade.get(item.id)],
            "cards": cards(page.items),
            "next": page.next,
        },
    )


def search(request: HttpRequest) -> HttpResponse:
    """Search lessons, with facets to remove and moments to jump to."""
    text = request.GET.get("q", "")[:MAX_QUERY].strip()
    subject, grade = request.GET.get("subject", ""), request.GET.get("grade", "")
    subject, grade = subject if subject in SUBJECT_BY_ID else "", grade if grade in GRADE_BY_ID else ""
    page: SearchPage | None = None
    problem = ""
    if text:
        try:
            page = search_videos(
                request.user, text=text, subject=subject, grade=grade, cursor=request.GET.get("cursor")
            )
        except UnavailableError as error:
            problem = error.detail
    found = {card.video.pk: card for card in cards([item.video for item in page.items])} if page else {}
    return render(
        request,
        "site/search.html",
        {
            "query": text,
            "page": page,
            "hits": [(found[item.video.pk], item.moments) for item in page.items] if page else [],
            "subject": SUBJECT_BY_ID.get(subject),
            "grade": GRADE_BY_ID.get(grade),
            "problem": problem,
        },
        status=503 if problem else 200,
    )


# The player's controls (media-chrome) bring their styles in shadow roots, which this directive covers too.
@csp_update({"style-src": [UNSAFE_INLINE]})  # type: ignore[arg-type]  # typed for views without arguments
def watch(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a lesson; its creator also sees one that is still being prepared."""
    video = get_video_for(request.user, public_id, to=Action.VIEW)
    playback = _playback(video, request.user)
    related = catalog.listed_videos(subject=video.subject).exclude(pk=video.pk).order_by("-published_at", "-id")
    others = list(related[:RELATED])
    all_cards = cards([video, *others])
    is_framed = can_be_framed(video)
    beside = playlist_beside(video, viewer=request.user, public_id=request.GET.get("list", ""))
    part_of = catalog.playlists_with(video)[:PLAYLISTS] if is_framed else ()
    tracks = list(video.asset.caption_tracks.order_by("pk"))
    transcript = next((track for track in tracks if track.language == video.language), next(iter(tracks), None))
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
            "chapters": list(video.chapters.all()),
            "guide": study_guide_html(video),
            "transcript": transcript,
            "is_editor": is_editor(request.user, video),
            "structured": _structured(video) if video.is_open else None,
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


def _playback(video: Video, viewer: Viewer) -> Playback | None:
    if video.asset.current_job is None:
        return None
    return playback_of(video.asset, session=open_playback(video, viewer=viewer))


def _start_ms(request: HttpRequest) -> int:
    value = request.GET.get("t", "")
    return int(value) * 1000 if value.isascii() and value.isdigit() and len(value) <= 6 else 0  # noqa: PLR2004 - 11 days


def _structured(video: Video) -> dict[str, object]:
    """Return what search engines should know of a public lesson (schema.org)."""
    base = settings.EDUVIDEO.base_url
    still = poster_url(video.asset)
    return {
        "@context": "https://schema.org",
        "@type": ["VideoObject", "LearningResource"],
        "name": video.title,
        "description": video.description or video.title,
        "thumbnailUrl": [still if still and still.startswith("http") else f"{base}{still}"] if still else [],
        "uploadDate": (video.published_at or video.created_at).isoformat(),
        "duration": f"PT{(video.asset.duration_ms or 0) // 1000}S",
        "inLanguage": video.language,
        "educationalLevel": str(GRADE_BY_ID[video.grade].name),
        "about": str(SUBJECT_BY_ID[video.subject].name),
        "learningResourceType": _("Lesson"),
        "url": f"{base}/watch/{video.public_id}",
        "embedUrl": f"{base}/embed/video/{video.public_id}",
    }


def _stamp(time_ms: int) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
