"""The page of search: what was found, what the question was taken for, and ways on from there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eduvideo.catalog.queries import subject_counts
from eduvideo.catalog.taxonomy import SUBJECTS
from eduvideo.core.errors import UnavailableError
from eduvideo.discovery.queries import (
    FoundVideo,
    Named,
    Question,
    Reading,
    SearchPage,
    search_videos,
    title_marks,
    value_name,
    ways_out,
)
from eduvideo.site.cards import Card, cards

MAX_QUERY = 200
FACET_TITLES = {
    "subject": gettext_lazy("Subject"),
    "grade": gettext_lazy("Grade"),
    "language": gettext_lazy("Language"),
    "duration": gettext_lazy("Length"),
    "captions": gettext_lazy("Captions"),
    "creator": gettext_lazy("Creator"),
}
Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another search, which has `count` lessons; where a filter is chosen, the way without it."""

    name: str
    url: str
    count: int = 0
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A lesson that was found; `marks` are where its title holds words of the question.

    The addresses narrow the search to its subject and its grade.
    """

    card: Card
    marks: tuple[tuple[int, int], ...]
    found: FoundVideo
    subject_url: str
    grade_url: str


@dataclass(frozen=True, slots=True)
class Group:
    """A facet with the values that make a difference."""

    title: str
    links: list[Link]


def search(request: HttpRequest) -> HttpResponse:
    """Search lessons; without a text, list what the filters leave."""
    asked = {name: value.strip() for name, value in request.GET.dict().items() if name != "cursor"}
    question = _question(asked)
    page: SearchPage | None = None
    problem = ""
    ways: list[Link] = []
    if question.text or question.filters:
        try:
            page = search_videos(request.user, question, cursor=request.GET.get("cursor"), reading=Reading.LINES)
            ways = _ways(request, question, asked) if not page.total else []
        except UnavailableError as error:
            problem = error.detail
    chips = _chips(page, question, asked)
    return render(
        request,
        "site/search.html",
        {
            "query": question.text,
            "page": page,
            "chips": chips,
            "groups": _groups(page, chips, question, asked) if page else [],
            "hits": _hits(page, asked) if page else [],
            "did_you_mean": _corrected(page, asked) if page and page.did_you_mean else None,
            "ways": ways,
            "subjects": [] if page and page.items else _subjects(),
            "problem": problem,
        },
        status=503 if problem else 200,
    )


def _question(asked: Parameters) -> Question:
    filters = {name: value for name, value in asked.items() if name in FACET_TITLES}
    return Question(text=asked.get("q", "")[:MAX_QUERY].strip(), is_literal=asked.get("literal") == "1", **filters)


def _hits(page: SearchPage, asked: Parameters) -> list[Hit]:
    videos = [item.video for item in page.items]
    subjects = {subject: _address(asked, subject=subject) for subject in {video.subject for video in videos}}
    grades = {grade: _address(asked, grade=grade) for grade in {video.grade for video in videos}}
    return [
        Hit(card, marks, item, subjects[item.video.subject], grades[item.video.grade])
        for card, marks, item in zip(cards(videos), title_marks(page), page.items, strict=True)
    ]


def _chips(page: SearchPage | None, question: Question, asked: Parameters) -> dict[str, Link]:
    """Return what narrows the search, by facet, with the way without it: what was chosen, and read in the text."""
    chosen = {
        facet: Link(_chosen_name(page, facet, value), _address(asked, **{facet: ""}), is_chosen=True)
        for facet, value in question.filters.items()
    }
    read = _filters_read(page) if page else {}
    for facet, one in read.items():
        others = {other: named.id for other, named in read.items() if other != facet}
        text = page.understood.text if page else ""
        if not (text or others or question.filters):  # nothing but its name: then lessons that have it as a word
            text = question.text
        url = _address(asked, q=text, literal="1" if text else "", **others)
        chosen[facet] = Link(one.name, url, is_chosen=True)
    return chosen


def _groups(page: SearchPage, chips: Mapping[str, Link], question: Question, asked: Parameters) -> list[Group]:
    """Return the facets that offer a choice: not those where each lesson has the same value."""
    chosen = {**question.filters, **{facet: one.id for facet, one in _filters_read(page).items()}}
    groups = []
    for facet, title in FACET_TITLES.items():
        values = page.facets[facet]
        if values and (facet in chosen or any(value.count < page.total for value in values)):
            links = [
                replace(chips[facet], count=value.count)
                if value.id == chosen.get(facet)
                else Link(value.name, _address(asked, **{facet: value.id}), value.count)
                for value in values
            ]
            groups.append(Group(str(title), links))
    return groups


def _corrected(page: SearchPage, asked: Parameters) -> Link:
    """Return the way to the question without typing errors, with the filters that were read in it."""
    read = {facet: one.id for facet, one in _filters_read(page).items()}
    return Link(page.did_you_mean or "", _address(asked, q=page.did_you_mean or "", **read))


def _filters_read(page: SearchPage) -> dict[str, Named]:
    """Return the filters that were read in the text, by facet."""
    read = {"subject": page.understood.subject, "grade": page.understood.grade}
    return {facet: one for facet, one in read.items() if one}


def _ways(request: HttpRequest, question: Question, asked: Parameters) -> list[Link]:
    """Return where something is found when filters leave nothing."""
    links = []
    for way in ways_out(request.user, question):
        is_all = len(way.dropped) == len(question.filters) > 1
        names = [_chosen_name(None, name, question.filters[name]) for name in way.dropped]
        name = _("Without any filter") if is_all else _("Without “%s”") % names[0]
        links.append(Link(name, _address(asked, **dict.fromkeys(way.dropped, "")), way.total))
    return links


def _chosen_name(page: SearchPage | None, facet: str, value: str) -> str:
    if facet == "creator" and page and page.items:
        return page.items[0].video.owner.display_name
    return value_name(facet, value)


def _subjects() -> list[Link]:
    """Return ways to browse, from the database. One query."""
    counts = subject_counts()
    return [Link(str(one.name), f"/browse?subject={one.id}", counts[one.id]) for one in SUBJECTS if counts.get(one.id)]


def _address(asked: Parameters, **changes: str) -> str:
    """Return the address of this search with some parameters changed, from its first page; empty ones are left out."""
    values = {**asked, **changes}
    return "/search?" + urlencode([(name, value) for name, value in values.items() if value])
