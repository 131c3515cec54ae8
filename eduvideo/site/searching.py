"""The page of search: what was found, what the question was taken for, and ways on from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eduvideo.catalog.queries import subject_counts
from eduvideo.catalog.taxonomy import SUBJECTS
from eduvideo.core.errors import UnavailableError
from eduvideo.discovery.queries import (
    FacetValue,
    Question,
    SearchPage,
    search_videos,
    title_marks,
    value_name,
    ways_out,
)
from eduvideo.site.cards import cards

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
    """A way to another search; `count` is how many lessons lie there."""

    name: str
    url: str
    count: int = 0
    is_chosen: bool = False


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
            page = search_videos(request.user, question, cursor=request.GET.get("cursor"))
            ways = _ways(request, question, asked) if not page.total else []
        except UnavailableError as error:
            problem = error.detail
    found = {card.video.pk: card for card in cards([item.video for item in page.items])} if page else {}
    return render(
        request,
        "site/search.html",
        {
            "query": question.text,
            "page": page,
            "chips": _chips(page, question, asked),
            "groups": _groups(page, question, asked) if page else [],
            "hits": [
                (found[item.video.pk], marks, item.moments)
                for item, marks in zip(page.items, title_marks(page), strict=True)
            ]
            if page
            else [],
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


def _chips(page: SearchPage | None, question: Question, asked: Parameters) -> list[Link]:
    """Return what narrows the search, each with the way without it: what was chosen, and what was read in the text."""
    chips = [
        Link(_chosen_name(page, facet, value), _address(asked, **{facet: ""}))
        for facet, value in question.filters.items()
    ]
    read = page.understood if page else None
    if not read:
        return chips
    named = {"subject": read.subject, "grade": read.grade}
    kept = {name: one.id for name, one in named.items() if one}
    for name, one in named.items():
        if one:
            others = {other: value for other, value in kept.items() if other != name}
            # Nothing but the name of one filter: without it, lessons that have it as a word.
            text = read.text if read.text or others or question.filters else question.text
            chips.append(Link(one.name, _address(asked, q=text, literal="1" if text else "", **others)))
    return chips


def _groups(page: SearchPage, question: Question, asked: Parameters) -> list[Group]:
    """Return the facets that offer a choice: not those where each lesson has the same value."""
    read = page.understood
    chosen = {**question.filters}
    chosen |= {name: one.id for name, one in (("subject", read.subject), ("grade", read.grade)) if one}
    groups = []
    for facet, title in FACET_TITLES.items():
        values = page.facets[facet]
        if facet in chosen or any(value.count < page.total for value in values):
            links = [_link(facet, value, asked, chosen=chosen.get(facet, "")) for value in values]
            groups.append(Group(str(title), links))
    return [group for group in groups if group.links]


def _link(facet: str, value: FacetValue, asked: Parameters, *, chosen: str) -> Link:
    is_chosen = value.id == chosen
    return Link(value.name, _address(asked, **{facet: value.id}), value.count, is_chosen=is_chosen)


def _corrected(page: SearchPage, asked: Parameters) -> Link:
    """Return the way to the question without typing errors, with the filters that were read in it."""
    read = {"subject": page.understood.subject, "grade": page.understood.grade}
    filters = {name: one.id for name, one in read.items() if one}
    return Link(page.did_you_mean or "", _address(asked, q=page.did_you_mean or "", **filters))


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
