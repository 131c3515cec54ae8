"""HTTP of search."""

from typing import Annotated

from ninja import Query, Router, Schema

from eduvideo.accounts.auth import ViewerRequest
from eduvideo.catalog.schemas import VideoCard
from eduvideo.discovery import queries

router = Router(tags=["discovery"])


class MomentOut(Schema):
    start_ms: int
    text: str


class HitOut(Schema):
    video: VideoCard
    moments: list[MomentOut]


class FacetOut(Schema):
    id: str
    name: str
    count: int


class FacetsOut(Schema):
    subject: list[FacetOut]
    grade: list[FacetOut]


class SearchOut(Schema):
    total: int
    items: list[HitOut]
    facets: FacetsOut
    next: str | None


class SuggestionOut(Schema):
    text: str


class SuggestOut(Schema):
    items: list[SuggestionOut]


@router.get("/search", response=SearchOut)
def search(
    request: ViewerRequest,
    q: Annotated[str, Query()] = "",
    subject: Annotated[str | None, Query()] = None,
    grade: Annotated[str | None, Query()] = None,
    language: Annotated[str | None, Query()] = None,
    cursor: Annotated[str | None, Query()] = None,
) -> SearchOut:
    """Find lessons by title, description, chapters, study guide and what is said in them."""
    page = queries.search_videos(request.user, text=q, subject=subject, grade=grade, language=language, cursor=cursor)
    items = [
        HitOut(
            video=VideoCard.of(item.video),
            moments=[MomentOut(start_ms=moment.start_ms, text=moment.text) for moment in item.moments],
        )
        for item in page.items
    ]
    return SearchOut(
        total=page.total,
        items=items,
        next=page.next,
        facets=FacetsOut.model_validate(page.facets, from_attributes=True),
    )


@router.get("/suggest", response=SuggestOut)
def suggest(request: ViewerRequest, q: Annotated[str, Query()] = "") -> SuggestOut:  # noqa: ARG001 - the same for everyone
    """Continue what is being typed, with titles of published lessons."""
    return SuggestOut(items=[SuggestionOut(text=text) for text in queries.suggestions(q)])
