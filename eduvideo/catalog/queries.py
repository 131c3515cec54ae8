"""Reads of the catalogue."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.accounts.queries import organizations_with
from eduvideo.catalog.arrangement import ArrangedSection, Arrangement
from eduvideo.catalog.models import (
    SHOWN_ON_PAGES,
    Chapter,
    Playlist,
    PlaylistItem,
    PlaylistItemQuerySet,
    PlaylistSection,
    PlaylistState,
    Video,
    VideoQuerySet,
    VideoState,
    Visibility,
)
from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.json_rows import json_rows
from eduvideo.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from eduvideo.core.prepared import Given, Prepared

CARD_RELATIONS = ("owner", "asset", "asset__current_job")
ITEM_RELATIONS = ("section", "playlist", *(f"video__{name}" for name in CARD_RELATIONS))
LAST_POSITION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TaxonomyCounts:
    """How many listed videos each subject and each grade has; those without any are left out."""

    subjects: Mapping[str, int]
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """A chapter as pages show it."""

    start_ms: int
    title: str


@dataclass(frozen=True, slots=True)
class PlaylistLink:
    """A playlist as the pages of its lessons name it."""

    pk: int
    public_id: str
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class PlaylistSummary:
    """What lists say of a playlist: of the videos that everyone may see on our pages. `hidden` counts the others."""

    count: int = 0
    duration_ms: int = 0
    hidden: int = 0
    cover: Video | None = None


def listed_videos(
    *, subject: str | None = None, grade: str | None = None, language: str | None = None
) -> VideoQuerySet:
    """Return what anyone may find, with all that a card shows, unordered."""
    return cards_of(Video.objects.listed(), subject=subject, grade=grade, language=language)


def cards_of(
    videos: VideoQuerySet, *, subject: str | None = None, grade: str | None = None, language: str | None = None
) -> VideoQuerySet:
    """Return those of the videos that are of a kind, with all that a card shows. Empty means any."""
    wanted = {"subject": subject, "grade": grade, "language": language}
    chosen = videos.filter(**{name: value for name, value in wanted.items() if value})
    return chosen.select_related(*CARD_RELATIONS)


def watchable_by(user: Given, *, through: str = "video") -> Q:
    """Return what keeps, of rows that have a video, those whose video somebody may still watch by a plain address.

    `user` may be a slot, `through` is the name of the relation. Staff find here what they would find as anybody else.
    """
    is_by_address = Q(**{f"{through}__visibility__in": (Visibility.PUBLIC, Visibility.UNLISTED)})
    is_for_members = Q(
        **{f"{through}__visibility": Visibility.ORGANIZATION, f"{through}__organization__in": organizations_with(user)}
    )
    is_published = Q(**{f"{through}__state": VideoState.PUBLISHED})
    return Q(**{f"{through}__owner": user}) | (is_published & (is_by_address | is_for_members))


def videos_of(owner: User) -> VideoQuerySet:
    """Return all of a creator's videos, whatever their state, newest first."""
    return Video.objects.filter(owner=owner).select_related(*CARD_RELATIONS).order_by("-created_at", "-id")


def taxonomy_counts(*, subject: str | None = None, grade: str | None = None) -> TaxonomyCounts:
    """Return how many listed videos each subject has in a grade, and each grade in a subject. At most two queries."""
    if subject or grade:
        return TaxonomyCounts(subject_counts(grade=grade), grade_counts(subject=subject))
    subjects: Counter[str] = Counter()
    grades: Counter[str] = Counter()
    for (subject_id, grade_id), count in listed_counts().items():
        subjects[subject_id] += count
        grades[grade_id] += count
    return TaxonomyCounts(subjects, grades)


def listed_counts() -> dict[tuple[str, str], int]:
    """Return how many listed videos each pair of subject and grade has; empty ones are left out. One query."""
    return {(subject_id, grade_id): count for subject_id, grade_id, count in _COUNTS()}


_COUNTS = Prepared(lambda: Video.objects.listed().order_by().values_list("subject", "grade").annotate(Count("id")))


def subject_counts(*, grade: str | None = None) -> dict[str, int]:
    """Return how many listed videos each subject has; subjects without any are left out. One query."""
    return _counts("subject", grade=grade)


def grade_counts(*, subject: str | None = None) -> dict[str, int]:
    """Return how many listed videos each grade has; grades without any are left out. One query."""
    return _counts("grade", subject=subject)


def subject_name(subject_id: str) -> str:
    """Return a subject's name in the reader's language."""
    return str(SUBJECT_BY_ID[subject_id].name)


def grade_name(grade_id: str) -> str:
    """Return a grade's name in the reader's language."""
    return str(GRADE_BY_ID[grade_id].name)


def _counts(field: str, **filters: str | None) -> dict[str, int]:
    rows = Video.objects.listed().filter(**{name: value for name, value in filters.items() if value})
    return dict(rows.order_by().values_list(field).annotate(Count("id")))


def listed_playlists() -> QuerySet[Playlist]:
    """Return what anyone may find, unordered."""
    return Playlist.objects.filter(state=PlaylistState.PUBLISHED).select_related("owner")


def playlists_of(owner: User) -> QuerySet[Playlist]:
    """Return all of a creator's playlists, whatever their state, newest first."""
    return Playlist.objects.filter(owner=owner).select_related("owner").order_by("-created_at", "-id")


def outline_columns(*, playlists: int) -> dict[str, Any]:  # Any: expressions have no common public type
    """Return expressions over Video for `chapters_in` and `playlists_in`, of which there are at most so many."""
    items = PlaylistItem.objects.shown_on_pages().filter(video=OuterRef(OuterRef(OuterRef("pk"))))
    newest = Playlist.objects.filter(state=PlaylistState.PUBLISHED, pk__in=items.values("playlist"))
    first = newest.order_by("-published_at", "-id")[:playlists]
    return {
        "outline_chapters": json_rows(Chapter.objects.filter(video=OuterRef("pk")), "start_ms", "title"),
        "outline_playlists": json_rows(
            Playlist.objects.filter(pk__in=first.values("pk")), "published_at", "pk", "public_id", "title", "language"
        ),
    }


def chapters_in(row: Mapping[str, Any]) -> list[ChapterMark]:  # Any: values of the columns
    """Return a video's chapters in their order, from its row with `outline_columns`."""
    return [ChapterMark(*mark) for mark in sorted(row["outline_chapters"])]


def playlists_in(row: Mapping[str, Any]) -> list[PlaylistLink]:  # Any: values of the columns
    """Return the published playlists on whose page a video is shown, the newest first, from its row as above."""
    found = sorted(row["outline_playlists"], key=lambda link: (link[0] or "", link[1]), reverse=True)
    return [PlaylistLink(*link) for _published_at, *link in found]


def shown_items(playlist: Given) -> PlaylistItemQuerySet:
    """Return what everyone may see of a playlist, or the one of a slot, on our pages: in order, with `is_shown`."""
    return all_items(playlist).shown_on_pages()


def all_items(playlist: Given) -> PlaylistItemQuerySet:
    """Return a playlist's items in order, each with `is_shown`: whether everyone may see it on our pages.

    `playlist` may be a slot.
    """
    is_shown = ExpressionWrapper(SHOWN_ON_PAGES, output_field=BooleanField())
    found: PlaylistItemQuerySet = PlaylistItem.objects.filter(playlist=playlist).annotate(is_shown=is_shown)
    return found.select_related(*ITEM_RELATIONS).order_by("position")


def item_page(items: PlaylistItemQuerySet, *, cursor: str | None, size: int = PAGE_SIZE) -> Page[PlaylistItem]:
    """Return one page of items in the playlist's order; one query. Raises InvalidInputError for a forged cursor."""
    if cursor:
        values = decode_cursor(cursor)
        if len(values) != 1 or type(values[0]) is not int or not 0 <= values[0] <= LAST_POSITION:
            raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page."))
        items = items.filter(position__gt=values[0])
    found = list(items[: size + 1])
    after = encode_cursor([found[size - 1].position]) if len(found) > size else None
    return Page(found[:size], after)


def playlist_summaries(playlists: Iterable[Playlist]) -> dict[int, PlaylistSummary]:
    """Return what lists say of playlists, by their pk. At most two queries."""
    items = PlaylistItem.objects.filter(playlist__in=[playlist.pk for playlist in playlists])
    is_listed = Q(SHOWN_ON_PAGES, video__visibility=Visibility.PUBLIC)
    rows = items.order_by().values("playlist").annotate(
        whole=Count("pk"),
        shown=Count("pk", filter=SHOWN_ON_PAGES),
        duration_ms=Sum("video__asset__duration_ms", filter=SHOWN_ON_PAGES),
        first=Min("position", filter=is_listed),
    )  # fmt: skip
    found = {row["playlist"]: row for row in rows}
    places = [Q(playlist=pk, position=row["first"]) for pk, row in found.items() if row["first"] is not None]
    relations = tuple(name for name in ITEM_RELATIONS if name.startswith("video"))
    covers = PlaylistItem.objects.filter(_any(places)).select_related(*relations) if places else []
    cover_of = {item.playlist_id: item.video for item in covers}
    return {
        playlist.pk: PlaylistSummary()
        if (row := found.get(playlist.pk)) is None
        else PlaylistSummary(
            row["shown"], row["duration_ms"] or 0, row["whole"] - row["shown"], cover_of.get(playlist.pk)
        )
        for playlist in playlists
    }


def arrangement_of(playlist: Playlist) -> Arrangement:
    """Return a playlist's order with the public ids of all its videos. Two queries."""
    videos: dict[int, list[str]] = {}
    places = PlaylistItem.objects.filter(playlist=playlist).order_by("position")
    for section, video in places.values_list("section", "video__public_id"):
        videos.setdefault(section, []).append(video)
    sections = PlaylistSection.objects.filter(playlist=playlist).order_by("position")
    return tuple(ArrangedSection(row.title, tuple(videos.get(row.pk, ())), row.description) for row in sections)


def _any(conditions: list[Q]) -> Q:
    found = conditions[0]
    for condition in conditions[1:]:
        found |= condition
    return found
