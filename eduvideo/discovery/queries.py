"""Searching: the index finds, the database decides what may be shown."""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.models import User
from eduvideo.accounts.queries import organizations_with
from eduvideo.catalog.models import Video, VideoQuerySet
from eduvideo.catalog.queries import cards_of, grade_name, subject_name
from eduvideo.catalog.taxonomy import GRADES, LANGUAGES, SUBJECTS
from eduvideo.core.errors import InvalidInputError, UnavailableError
from eduvideo.core.pagination import decode_cursor, encode_cursor
from eduvideo.core.prepared import Given, Prepared
from eduvideo.discovery.documents import member_of
from eduvideo.discovery.engine import asking_engine
from eduvideo.discovery.feeds import COUNTER, SHOWN
from search.errors import EngineError
from search.moments import marks_of
from search.query import DURATIONS, FACETS, MAX_OFFSET, Query, expressions
from search.results import Moment, Results
from search.spelling import Lexicon
from search.understanding import understand

logger = logging.getLogger(__name__)

PAGE_SIZE = 20
MAX_TEXT = 10_000
MAX_TYPED = 100
MOST_CREATORS = 12
DURATION_NAMES = {
    "short": gettext_lazy("Under 5 minutes"),
    "medium": gettext_lazy("5 to 20 minutes"),
    "long": gettext_lazy("20 to 60 minutes"),
    "hours": gettext_lazy("An hour and longer"),
}
LANGUAGE_NAMES = dict(LANGUAGES)
# What a facet may be narrowed to, in the order in which it is shown; creators come with the most lessons first.
VALUES: Mapping[str, Sequence[str]] = {
    "subject": [subject.id for subject in SUBJECTS],
    "grade": [grade.id for grade in GRADES],
    "language": [tag for tag, _name in LANGUAGES],
    "duration": list(DURATIONS),
    "captions": ["yes"],
}


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for; an empty filter leaves nothing out, an empty text browses.

    `is_literal` leaves words for a grade or a subject in the text.
    """

    text: str = ""
    subject: str = ""
    grade: str = ""
    language: str = ""
    duration: str = ""
    captions: str = ""
    creator: str = ""
    is_literal: bool = False

    @property
    def filters(self) -> dict[str, str]:
        """Return the filters that were chosen, by facet."""
        return {name: value for name in FACETS if (value := getattr(self, name))}

    def without(self, facets: Collection[str]) -> "Question":
        """Return the question without the filters on some facets."""
        kept = {name: value for name, value in self.filters.items() if name not in facets}
        return Question(self.text, is_literal=self.is_literal, **kept)


@dataclass(frozen=True, slots=True)
class Named:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class FacetValue:
    id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class ReadText:
    """A question's text without the words that were read as a subject or a grade, unless those were chosen apart."""

    text: str
    subject: Named | None = None
    grade: Named | None = None


@dataclass(frozen=True, slots=True)
class FoundVideo:
    """`why` has the factors of its place by name, where that was asked for."""

    video: Video
    moments: tuple[Moment, ...]
    why: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found.

    Of `total`, `complete` hold all words of the question. Facets are in the order of the curriculum, with values that
    give something only. `did_you_mean` is the understood text without typing errors, None where none was seen.
    """

    total: int
    complete: int
    items: list[FoundVideo]
    facets: dict[str, list[FacetValue]]
    understood: ReadText
    did_you_mean: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class WayOut:
    """Filters without which something is found, and how much."""

    dropped: tuple[str, ...]
    total: int


class Reading(Enum):
    """How much is read of what was found: whole videos with what a card shows, or no more than a line of the page."""

    VIDEOS = "videos"
    LINES = "lines"


def search_videos(
    viewer: Viewer,
    question: Question,
    *,
    cursor: str | None = None,
    explain: bool = False,
    size: int = PAGE_SIZE,
    reading: Reading = Reading.VIDEOS,
) -> SearchPage:
    """Search what the viewer may find. At most three queries: their organizations, the videos, names of creators.

    What they have said of themselves (grade, language of the page) moves lessons up and leaves none out. Raises
    InvalidInputError for a forged cursor or an unknown value of a filter, UnavailableError when search is away.
    """
    _check_known(question)
    offset = _offset(cursor)
    organizations = _organizations_of(viewer)
    results = _ask(_query(question, viewer, organizations, explain=explain, limit=size, offset=offset))
    read = _FOUND if reading is Reading.VIDEOS else _FOUND_LINES
    videos = read(organizations=list(organizations), public_ids=[hit.id for hit in results.hits])
    shown = {video.public_id: video for video in videos}
    items = [FoundVideo(shown[hit.id], hit.moments, hit.why) for hit in results.hits if hit.id in shown]
    reached = offset + len(results.hits)
    more = results.hits and reached < min(results.total, MAX_OFFSET)
    corrected = results.understood.corrected if results.total else ""
    return SearchPage(
        total=results.total,
        complete=results.complete,
        items=items,
        facets=_facets(results),
        understood=_read_text(results, question),
        did_you_mean=corrected if corrected and corrected != results.understood.text else None,
        next=encode_cursor([reached]) if more else None,
    )


def _found_rows(organizations: Sequence[Given], public_ids: Sequence[Given]) -> VideoQuerySet:
    return cards_of(Video.objects.findable_in(organizations)).filter(public_id__in=public_ids)


def _found_lines(organizations: Sequence[Given], public_ids: Sequence[Given]) -> VideoQuerySet:
    found = _found_rows(organizations, public_ids).select_related(COUNTER)
    return found.only("description", *SHOWN)


_FOUND = Prepared(_found_rows)
_FOUND_LINES = Prepared(_found_lines)


def ways_out(viewer: Viewer, question: Question) -> list[WayOut]:
    """Return which filters, dropped alone or all together, let a question without results find something.

    One query, and one to the index for each filter.
    """
    organizations = _organizations_of(viewer)
    chosen = tuple(question.filters)
    found = []
    for dropped in dict.fromkeys([*((name,) for name in chosen), chosen]):
        wider = _query(question.without(dropped), viewer, organizations, limit=0)
        total = _ask(wider.model_copy(update={"facets": ()})).total
        if total and dropped:
            found.append(WayOut(dropped, total))
    return found


def suggestions(viewer: Viewer, text: str, *, limit: int = 10) -> list[str]:
    """Return words and titles that continue or hold the text, of what the viewer may find only."""
    audience = _audience(_organizations_of(viewer))
    try:
        return asking_engine().suggest(text[:MAX_TYPED], limit=limit, audience=audience)
    except EngineError as error:
        logger.error("No suggestions: %s", error)  # noqa: TRY400 - one line
        raise UnavailableError(_("Search is away for a moment.")) from error


def title_marks(page: SearchPage) -> list[tuple[tuple[int, int], ...]]:
    """Return where each title on a page holds words of the question: pairs of first and last character, as moments."""
    text = page.did_you_mean or page.understood.text
    meant = understand(text, vocabulary=asking_engine().vocabulary, lexicon=Lexicon({}))
    expression = next(expressions(meant), None)
    return [marks_of(item.video.title, expression) if expression else () for item in page.items]


def value_name(facet: str, value: str) -> str:
    """Return what a value of a facet is called in the reader's language; creators are known by their lessons only."""
    match facet:
        case "subject":
            return subject_name(value)
        case "grade":
            return grade_name(value)
        case "language":
            return LANGUAGE_NAMES[value]
        case "duration":
            return str(DURATION_NAMES[value])
        case "captions":
            return _("With captions")
    return _("One creator")


def _organizations_of(viewer: Viewer) -> dict[int, str]:
    """Return the public ids of the viewer's organizations by their pk. One query, none for the anonymous."""
    return dict(_ORGANIZATIONS(viewer=viewer.pk)) if viewer.is_authenticated else {}


_ORGANIZATIONS = Prepared(lambda viewer: organizations_with(viewer).values_list("pk", "public_id"))


def _audience(organizations: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(sorted(member_of(public_id) for public_id in organizations.values()))


def _query(
    question: Question,
    viewer: Viewer,
    organizations: Mapping[int, str],
    *,
    limit: int,
    offset: int = 0,
    explain: bool = False,
) -> Query:
    return Query(
        text=question.text[:MAX_TEXT],
        **question.filters,
        literal=question.is_literal,
        audience=_audience(organizations),
        prefer_grade=viewer.grade if isinstance(viewer, User) else "",
        prefer_language=(get_language() or "").partition("-")[0],
        facets=FACETS,
        explain=explain and viewer.is_staff,
        limit=limit,
        offset=offset,
    )


def _ask(query: Query) -> Results:
    try:
        return asking_engine().search(query)
    except EngineError as error:
        logger.error("No search: %s", error)  # noqa: TRY400 - one line
        raise UnavailableError(_("Search is away for a moment. Browsing by subject and grade still works.")) from error


def _read_text(results: Results, question: Question) -> ReadText:
    understood = results.understood
    subject = "" if question.subject else understood.subject
    grade = "" if question.grade else understood.grade
    return ReadText(
        understood.text,
        Named(subject, subject_name(subject)) if subject else None,
        Named(grade, grade_name(grade)) if grade else None,
    )


def _facets(results: Results) -> dict[str, list[FacetValue]]:
    """Return all facets; one query, for the names of creators, where there are any."""
    facets = {
        facet: [FacetValue(value, value_name(facet, value), counts[value]) for value in values if counts.get(value)]
        for facet, values in VALUES.items()
        for counts in [results.facets.get(facet, {})]
    }
    most = Counter(results.facets.get("creator", {})).most_common(MOST_CREATORS)
    names = dict(_NAMES(public_ids=[public_id for public_id, _count in most]))
    facets["creator"] = [FacetValue(key, names[key], count) for key, count in most if count and key in names]
    return facets


_NAMES = Prepared(
    lambda public_ids: User.objects.filter(public_id__in=public_ids).values_list("public_id", "display_name")
)


def _check_known(question: Question) -> None:
    messages = {"subject": _("Please choose a subject of the list."), "grade": _("Please choose a grade of the list.")}
    for facet, values in VALUES.items():
        value = getattr(question, facet)
        if value and value not in values:
            raise InvalidInputError.of(facet, messages.get(facet, _("Please choose one of the list.")))


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    values = decode_cursor(cursor)
    if len(values) != 1 or type(values[0]) is not int or not 0 <= values[0] <= MAX_OFFSET:
        raise InvalidInputError.of("cursor", _("This page cursor is not valid; start from the first page."))
    return values[0]
