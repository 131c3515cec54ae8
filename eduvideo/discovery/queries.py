"""Searching: the index finds, the database decides what may be shown."""

import logging
from dataclasses import dataclass

from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import grade_name, listed_videos, subject_name
from eduvideo.catalog.taxonomy import GRADES, SUBJECTS
from eduvideo.core.errors import InvalidInputError, UnavailableError
from eduvideo.core.pagination import decode_cursor, encode_cursor
from eduvideo.discovery.engine import search_engine
from search.analysis import query_terms
from search.errors import EngineError
from search.query import MAX_OFFSET, Query
from search.results import Moment, Results

logger = logging.getLogger(__name__)

PAGE_SIZE = 20
MAX_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class FacetValue:
    id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class FoundVideo:
    video: Video
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found; facets in the order of the curriculum, only with values that give something."""

    total: int
    items: list[FoundVideo]
    facets: dict[str, list[FacetValue]]
    next: str | None


def search_videos(
    viewer: Viewer,  # noqa: ARG001 - public lessons only, until organizations have their own
    *,
    text: str,
    subject: str | None = None,
    grade: str | None = None,
    language: str | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> SearchPage:
    """Search what the viewer may see. One database query.

    Raises InvalidInputError for a forged cursor or an unknown subject or grade, UnavailableError when search is away.
    """
    _check_known(subject=subject, grade=grade)
    offset = _offset(cursor)
    query = Query(
        text=text[:MAX_TEXT], subject=subject or None, grade=grade or None, language=language or None, limit=size,
        offset=offset,
    )  # fmt: skip
    results = _ask(query)
    shown = {video.public_id: video for video in listed_videos().filter(public_id__in=[hit.id for hit in results.hits])}
    items = [FoundVideo(shown[hit.id], hit.moments) for hit in results.hits if hit.id in shown]
    reached = offset + len(results.hits)
    more = results.hits and reached < min(results.total, MAX_OFFSET)
    return SearchPage(
        total=results.total,
        items=items,
        facets=_facets(results),
        next=encode_cursor([reached]) if more else None,
    )


def suggestions(text: str, *, limit: int = 10) -> list[str]:
    """Return titles that continue or hold the text, of published lessons only."""
    try:
        return search_engine().suggest(text[:100], limit=limit)
    except EngineError as error:
        logger.error("No suggestions: %s", error)  # noqa: TRY400 - one line
        raise UnavailableError(_("Search is away for a moment.")) from error


def words_of(text: str) -> list[str]:
    """Return what of a query to mark in what was found, longest first: words as typed, and the parts searched for."""
    parts = {token for group in query_terms(text) for token in group}
    return sorted(parts | set(text.split()), key=len, reverse=True)


def _ask(query: Query) -> Results:
    try:
        return search_engine().search(query)
    except EngineError as error:
        logger.error("No search: %s", error)  # noqa: TRY400 - one line
        raise UnavailableError(_("Search is away for a moment. Browsing by subject and grade still works.")) from error


def _facets(results: Results) -> dict[str, list[FacetValue]]:
    subjects, grades = results.facets.get("subject", {}), results.facets.get("grade", {})
    return {
        "subject": [FacetValue(s.id, subject_name(s.id), subjects[s.id]) for s in SUBJECTS if subjects.get(s.id)],
        "grade": [FacetValue(g.id, grade_name(g.id), grades[g.id]) for g in GRADES if grades.get(g.id)],
    }


def _check_known(*, subject: str | None, grade: str | None) -> None:
    if subject and subject not in {known.id for known in SUBJECTS}:
        raise InvalidInputError.of("subject", _("Please choose a subject of the list."))
    if grade and grade not in {known.id for known in GRADES}:
        raise InvalidInputError.of("grade", _("Please choose a grade of the list."))


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    values = decode_cursor(cursor)
    if len(values) != 1 or not isinstance(values[0], int) or not 0 <= values[0] <= MAX_OFFSET:
        raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page."))
    return values[0]
