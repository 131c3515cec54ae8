"""What people are shown without searching: new, popular, by subject and grade, related, left unfinished.

All of it is read from the database, so that it works while search is away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import IntegerField, Q, QuerySet, Value
from rapidfuzz import fuzz, process, utils

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.accounts.queries import organizations_of
from eduvideo.catalog.models import Playlist, Video, VideoQuerySet, VideoState, Visibility
from eduvideo.catalog.queries import CARD_RELATIONS, listed_videos
from eduvideo.catalog.taxonomy import GRADES
from eduvideo.community.queries import popular_videos
from eduvideo.core.pagination import Page, page_by_time
from eduvideo.study.queries import unfinished

NEWEST_FIRST = ("-published_at", "-id")
OF_ITS_PLAYLISTS, OF_ITS_GRADE, OF_ITS_SUBJECT = 60, 150, 100
GRADE_PLACE = {grade.id: place for place, grade in enumerate(GRADES)}
# What two titles without a word in common reach by chance, in percent.
CHANCE = 50.0
Row = tuple[int, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What decides whether a lesson is shown beside another; `is_beside` in one of its playlists."""

    pk: int
    title: str
    grade: str
    language: str
    is_beside: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A lesson that somebody has begun, and where they stopped."""

    video: Video
    position_ms: int


def new_lessons(*, limit: int) -> list[Video]:
    """Return what was published last and anyone may find. One query."""
    return list(listed_videos().order_by(*NEWEST_FIRST)[:limit])


def browsed_lessons(*, subject: str, grade: str, cursor: str | None) -> Page[Video]:
    """Return one page of a subject, a grade, both or all, newest first. One query.

    Raises InvalidInputError for a forged cursor.
    """
    return page_by_time(listed_videos(subject=subject, grade=grade), field="published_at", cursor=cursor)


def popular_lessons(*, grade: str, limit: int) -> list[Video]:
    """Return what most people watched in the last weeks, of a grade or, without one, of all. One query."""
    return popular_videos(grade=grade, limit=limit)


def begun_lessons(viewer: Viewer, *, limit: int) -> list[Begun]:
    """Return what a viewer has begun and not finished, the latest first. One query, none for the anonymous.

    What they may not watch any more is left out.
    """
    if not isinstance(viewer, User):
        return []
    is_by_address = Q(video__visibility__in=(Visibility.PUBLIC, Visibility.UNLISTED))
    is_for_members = Q(video__visibility=Visibility.ORGANIZATION, video__organization__in=organizations_of(viewer))
    rows = unfinished(viewer).filter(is_by_address | is_for_members, video__state=VideoState.PUBLISHED)
    found = rows.select_related(*(f"video__{name}" for name in CARD_RELATIONS))[:limit]
    return [Begun(row.video, row.position_ms) for row in found]


def related_lessons(video: Video, *, playlists: Iterable[Playlist], limit: int) -> list[Video]:
    """Return what to watch after a video: of these playlists of it, of its subject and grade, with words of its title.

    Two queries, whose cost does not grow with the catalogue: the newest few hundred are compared.
    """
    best = ranked(video, _candidates(video, playlists))[:limit]
    found = {one.pk: one for one in listed_videos().filter(pk__in=best)}
    return [found[pk] for pk in best if pk in found]


def ranked(video: Video, candidates: Iterable[Candidate]) -> list[int]:
    """Return the pks of candidates, the nearest to a video first; equals stay in their order. Pure."""
    known = list(candidates)
    titles = [one.title for one in known]
    scores = process.extract(
        video.title, titles, scorer=fuzz.token_set_ratio, processor=utils.default_process, limit=None
    )
    alike = {place: max(0.0, score - CHANCE) / (100 - CHANCE) for _title, score, place in scores}

    def nearness(place: int) -> float:
        one = known[place]
        years = abs(GRADE_PLACE[one.grade] - GRADE_PLACE[video.grade])
        return 3 * alike[place] + 2 * one.is_beside + 2 / (1 + years) + (one.language == video.language)

    return [known[place].pk for place in sorted(range(len(known)), key=nearness, reverse=True)]


def _candidates(video: Video, playlists: Iterable[Playlist]) -> list[Candidate]:
    """One query. Each part is cut where it can use an index; SQLite takes no limit inside a union itself."""
    listed = Video.objects.listed().exclude(pk=video.pk).order_by(*NEWEST_FIRST)
    same_subject = listed.filter(subject=video.subject)
    parts = [
        _part(same_subject.filter(grade=video.grade)[:OF_ITS_GRADE], is_beside=False),
        _part(same_subject[:OF_ITS_SUBJECT], is_beside=False),
    ]
    lists = [playlist.pk for playlist in playlists]
    if lists:
        beside = Video.objects.listed().exclude(pk=video.pk).filter(playlist_items__playlist__in=lists)
        parts.append(_part(beside.distinct()[:OF_ITS_PLAYLISTS], is_beside=True))
    rows = sorted(parts[0].union(*parts[1:]), key=lambda row: (-row[0], -row[4]))
    first_of_each = (next(same) for _pk, same in groupby(rows, key=lambda row: row[0]))
    return [Candidate(pk, title, grade, language, bool(beside)) for pk, title, grade, language, beside in first_of_each]


def _part(cut: VideoQuerySet, *, is_beside: bool) -> QuerySet[Video, Row]:
    rows = Video.objects.filter(pk__in=cut.values("pk")).annotate(beside=Value(int(is_beside), IntegerField()))
    return rows.values_list("pk", "title", "grade", "language", "beside")
