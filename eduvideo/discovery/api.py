"""HTTP of search."""

from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import Field

from eduvideo.accounts.auth import ViewerRequest
from eduvideo.catalog.schemas import VideoCard
from eduvideo.discovery import queries
from search.query import FACETS

router = Router(tags=["discovery"])


class MomentOut(Schema):
    start_ms: int
    text: str
    marks: list[tuple[int, int]] = Field(description="first and last character of each word of the question in `text`")


class HitOut(Schema):
    video: VideoCard
    moments: list[MomentOut]
    why: dict[str, float] | None = Field(None, description="factors of its place, for staff who ask to explain")

    @classmethod
    def of(cls, item: queries.FoundVideo) -> "HitOut":
        moments = [MomentOut(start_ms=one.start_ms, text=one.text, marks=list(one.marks)) for one in item.moments]
        return cls(video=VideoCard.of(item.video), moments=moments, why=dict(item.why) or None)


class FacetOut(Schema):
    id: str
    name: str
    count: int


class FacetsOut(Schema):
    """How many lessons each value leaves, beside the other filters; values that leave none are not named."""

    subject: list[FacetOut]
    grade: list[FacetOut]
    language: list[FacetOut]
    duration: list[FacetOut]
    captions: list[FacetOut]
    creator: list[FacetOut]


class NamedOut(Schema):
    id: str
    name: str


class UnderstoodOut(Schema):
    """What was made of the question: a subject and a grade that were read in it, and the rest."""

    text: str
    subject: NamedOut | None
    grade: NamedOut | None


class SearchOut(Schema):
    total: int
    complete: int = Field(description="lessons of the total that hold all words; the others hold some")
    items: list[HitOut]
    facets: FacetsOut
    understood: UnderstoodOut
    did_you_mean: str | None = Field(description="the understood text without typing errors, which was searched too")
    next: str | None


class SuggestionOut(Schema):
    text: str


class SuggestOut(Schema):
    items: list[SuggestionOut]


class SearchIn(Schema):
    """A question, and which page of its answer. An empty text browses what the filters leave."""

    q: str = ""
    subject: str = ""
    grade: str = ""
    language: str = ""
    duration: str = Field("", description="short, medium, long or hours: up to 5, 20, 60 minutes, and longer")
    captions: str = Field("", description="yes")
    creator: str = Field("", description="id of a person")
    literal: bool = Field(default=False, description="read no subject and no grade in the text")
    explain: bool = Field(default=False, description="why each lesson is where it is; for staff, ignored for others")
    cursor: str | None = None

    def question(self) -> queries.Question:
        filters = {name: getattr(self, name) for name in FACETS}
        return queries.Question(text=self.q, is_literal=self.literal, **filters)


@router.get("/search", response=SearchOut)
def search(request: ViewerRequest, wanted: Annotated[SearchIn, Query()]) -> SearchOut:
    """Find lessons by title, description, chapters, study guide and what is said in them."""
    page = queries.search_videos(request.user, wanted.question(), cursor=wanted.cursor, explain=wanted.explain)
    return SearchOut(
        total=page.total,
        complete=page.complete,
        items=[HitOut.of(item) for item in page.items],
        facets=FacetsOut.model_validate(page.facets, from_attributes=True),
        understood=UnderstoodOut.model_validate(page.understood, from_attributes=True),
        did_you_mean=page.did_you_mean,
        next=page.next,
    )


@router.get("/suggest", response=SuggestOut)
def suggest(request: ViewerRequest, q: Annotated[str, Query()] = "") -> SuggestOut:
    """Continue what is being typed, with words and titles of lessons that one may find."""
    return SuggestOut(items=[SuggestionOut(text=text) for text in queries.suggestions(request.user, q)])
