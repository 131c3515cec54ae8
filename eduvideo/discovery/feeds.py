"""What people are shown without searching: new, popular, by subject and grade, related, left unfinished.

All of it is read from the database, so that it works while search is away. Lessons come with all that a card shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from django.db.models import IntegerField, QuerySet, Value
from rapidfuzz import fuzz, process, utils

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video, VideoQuerySet
from eduvideo.catalog.queries import CARD_RELATIONS, listed_videos, watchable_by
from eduvideo.catalog.taxonomy import GRADES
from eduvideo.community.queries import lessons_of_followed, popular_videos
from eduvideo.core.pagination import Page, page_by_time
from eduvideo.core.prepared import Given, Prepared
from eduvideo.study.models import WatchProgress
from eduvideo.study.queries import unfinished

NEWEST_FIRST = ("-published_at", "-id")
COUNTER = "danmaku_counter"  # so that cards need no query for the counts of danmaku
# All that cards show. Dozens are on a page, and the rows of assets and jobs are wide.
SHOWN = (
    "public_id", "title", "language", "subject", "grade", "owner__public_id", "owner__display_name",
    "asset__public_id", "asset__is_public", "asset__duration_ms", "asset__poster_prefix",
    "asset__current_job__public_id", "asset__current_job__playable_token", "asset__current_job__poster",
    "asset__current_job__thumbnail", "danmaku_counter__visible_count",
)  # fmt: skip
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


def new_lessons(*, limit: int) -> list[tuple[int, str]]:
    """Return the pk and the subject of what was published last and anyone may find. One query."""
    return _NEWEST(limit=limit)


_NEWEST = Prepared(lambda: Video.objects.listed().order_by(*NEWEST_FIRST).values_list("pk", "subject"))


def lessons_of(pks: Iterable[int]) -> dict[int, Video]:
    """Return those that anyone may find by their pk, with the counts of their danmaku. One query."""
    return {video.pk: video for video in _LISTED(pks=list(set(pks)))}


_LISTED = Prepared(lambda pks: _shown(listed_videos().filter(pk__in=pks)))


def browsed_lessons(*, subject: str, grade: str, cursor: str | None) -> Page[Video]:
    """Return one page of a subject, a grade, both or all, newest first. One query.

    Raises InvalidInputError for a forged cursor.
    """
    return page_by_time(listed_videos(subject=subject, grade=grade), field="published_at", cursor=cursor)


def popular_lessons(*, grade: str, limit: int) -> list[Video]:
    """Return what most people watched in the last weeks, of a grade or, without one, of all. One query."""
    return _most_popular(limit)(grade=grade) if grade else _most_popular(limit)()


@cache
def _most_popular(limit: int) -> Prepared[Video]:
    return Prepared(lambda **grade: _shown(popular_videos(limit=limit, **grade)))


def begun_lessons(viewer: Viewer, *, limit: int) -> list[Begun]:
    """Return what a viewer has begun and not finished, the latest first. One query, none for the anonymous.

    What they may not watch any more is left out.
    """
    if not isinstance(viewer, User):
        return []
    return [Begun(row.video, row.position_ms) for row in _BEGUN(viewer=viewer.pk, limit=limit)]


def _begun_rows(viewer: Given) -> QuerySet[WatchProgress]:
    rows = unfinished(viewer).filter(watchable_by(viewer))
    rows = rows.select_related(*(f"video__{name}" for name in (*CARD_RELATIONS, COUNTER)))
    return rows.only("position_ms", *(f"video__{name}" for name in SHOWN))


_BEGUN = Prepared(_begun_rows)


def followed_lessons(viewer: Viewer, *, limit: int) -> list[Video]:
    """Return what those whom a viewer follows published last. One query, none for the anonymous."""
    if not isinstance(viewer, User):
        return []
    return _FOLLOWED(viewer=viewer.pk, limit=limit)


_FOLLOWED = Prepared(lambda viewer: _shown(lessons_of_followed(viewer).order_by(*NEWEST_FIRST)))


def _shown(videos: VideoQuerySet) -> VideoQuerySet:
    return videos.select_related(COUNTER).only(*SHOWN)


def related_lessons(video: Video, *, playlists: Sequence[int], limit: int) -> list[Video]:
    """Return what to watch after a video: of playlists of it (their pks), of its subject and grade, of like titles.

    Two queries, whose cost does not grow with the catalogue: the newest few hundred are compared. Each comes with its
    count of danmaku, so that its card needs no query.
    """
    best = ranked(video, _candidates(video, playlists))[:limit]
    found = lessons_of(best)
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


def _candidates(video: Video, playlists: Sequence[int]) -> list[Candidate]:
    """One query."""
    found = _CANDIDATES(video=video.pk, subject=video.subject, grade=video.grade, playlists=playlists)
    rows = sorted(found, key=lambda row: (-row[0], -row[4]))
    first_of_each = (next(same) for _pk, same in groupby(rows, key=lambda row: row[0]))
    return [Candidate(pk, title, grade, language, bool(beside)) for pk, title, grade, language, beside in first_of_each]


def _candidate_rows(video: Given, subject: Given, grade: Given, playlists: Sequence[Given]) -> QuerySet[Video, Row]:
    """Each part is cut where it can use an index; SQLite takes no limit inside a union itself."""
    listed = Video.objects.listed().exclude(pk=video).order_by(*NEWEST_FIRST)
    same_subject = listed.filter(subject=subject)
    parts = [
        _part(same_subject.filter(grade=grade)[:OF_ITS_GRADE], is_beside=False),
        _part(same_subject[:OF_ITS_SUBJECT], is_beside=False),
    ]
    if playlists:
        beside = Video.objects.listed().exclude(pk=video).filter(playlist_items__playlist__pk__in=playlists)
        parts.append(_part(beside.distinct()[:OF_ITS_PLAYLISTS], is_beside=True))
    return parts[0].union(*parts[1:])


_CANDIDATES = Prepared(_candidate_rows)


def _part(cut: VideoQuerySet, *, is_beside: bool) -> QuerySet[Video, Row]:
    rows = Video.objects.filter(pk__in=cut.values("pk")).annotate(beside=Value(int(is_beside), IntegerField()))
    return rows.values_list("pk", "title", "grade", "language", "beside")
