from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.listing import Facet, Sort, Wanted, chosen_lessons, facet_counts, lesson_page
from eduvideo.catalog.models import Video, VideoState
from eduvideo.core.errors import InvalidInputError
from eduvideo.core.pagination import encode_cursor
from eduvideo.media.models import Asset, AssetState
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

NOON = datetime(2099, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def titles(creator: User, wanted: Wanted, *, size: int = 2) -> list[str]:
    """Return the titles of all pages."""
    found: list[str] = []
    cursor = None
    while True:
        page = lesson_page(creator, wanted, cursor=cursor, size=size)
        found += [video.title for video in page.items]
        cursor = page.next
        if cursor is None:
            return found


def test_each_kind_is_found_and_counted_in_one_query(creator: User) -> None:
    a_video(owner=creator, title="published")
    a_video(owner=creator, title="draft", state=VideoState.DRAFT)
    a_video(owner=creator, title="withdrawn", state=VideoState.WITHDRAWN)
    a_video(owner=creator, title="preparing", state=VideoState.DRAFT, asset_state=AssetState.PROCESSING)
    a_video(owner=creator, title="failed", state=VideoState.DRAFT, asset_state=AssetState.FAILED)
    scheduled = a_video(owner=creator, title="scheduled", state=VideoState.DRAFT)
    Video.objects.filter(pk=scheduled.pk).update(publish_at=NOON)
    a_video(title="of somebody else")
    expected = {
        Facet.ALL: {"published", "draft", "withdrawn", "preparing", "failed", "scheduled"},
        Facet.DRAFT: {"draft", "preparing", "failed"},
        Facet.SCHEDULED: {"scheduled"},
        Facet.PUBLISHED: {"published"},
        Facet.PREPARING: {"preparing"},
        Facet.FAILED: {"failed"},
        Facet.WITHDRAWN: {"withdrawn"},
    }
    assert {facet: set(titles(creator, Wanted(facet))) for facet in Facet} == expected
    with CaptureQueriesContext(connection) as queries:
        counts = facet_counts(creator)
    assert counts == {facet: len(found) for facet, found in expected.items()}
    assert len(queries) == 1


@pytest.mark.parametrize("sort", [sort for sort in Sort if sort is not Sort.SOONEST])
def test_pages_follow_one_another_in_every_order(creator: User, sort: Sort) -> None:
    moments = [NOON + timedelta(hours=hour) for hour in (3, 1, 1, 2, 1)]
    for number, moment in enumerate(moments):
        video = a_video(owner=creator, title=f"{number % 3} same")
        Video.objects.filter(pk=video.pk).update(created_at=moment, updated_at=moment)
    rows = list(Video.objects.filter(owner=creator))
    keys = {
        Sort.NEWEST: lambda row: (-row.created_at.timestamp(), -row.pk),
        Sort.OLDEST: lambda row: (row.created_at, row.pk),
        Sort.CHANGED: lambda row: (-row.updated_at.timestamp(), -row.pk),
        Sort.TITLE: lambda row: (row.title, row.pk),
    }
    expected = [row.title for row in sorted(rows, key=keys[sort])]
    assert titles(creator, Wanted(sort=sort)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("cursor", [None, [NOON.isoformat(), 2**40]])
def test_what_changed_last_is_read_by_an_index_among_many(creator: User, cursor: list[object] | None) -> None:
    assets = Asset.objects.bulk_create(Asset(state=AssetState.READY) for _ in range(2_000))
    owners = [creator, *(a_person(Role.CREATOR) for _ in range(3))]
    about = {"subject": "physics", "grade": "8", "language": "en"}
    Video.objects.bulk_create(
        Video(owner=owners[number % 4], asset=asset, title=str(number), **about) for number, asset in enumerate(assets)
    )
    with connection.cursor() as database:
        database.execute("ANALYZE")
        if connection.vendor == "postgresql":  # which may as well sort the few of a person
            database.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
    with CaptureQueriesContext(connection) as asked:
        lesson_page(creator, Wanted(sort=Sort.CHANGED), cursor=encode_cursor(cursor) if cursor else None)
    with connection.cursor() as database:
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        database.execute(f"{explain} {asked[0]['sql']}")
        plan = str(database.fetchall())
    assert "video_changed" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_what_comes_soonest_is_first(creator: User) -> None:
    for title, hours in (("late", 5), ("soon", 1), ("then", 3)):
        video = a_video(owner=creator, title=title, state=VideoState.DRAFT)
        Video.objects.filter(pk=video.pk).update(publish_at=NOON + timedelta(hours=hours))
    a_video(owner=creator, state=VideoState.DRAFT)
    assert titles(creator, Wanted(Facet.SCHEDULED, sort=Sort.SOONEST)) == ["soon", "then", "late"]


def test_a_title_is_searched_as_text(creator: User) -> None:
    for title in ("100 % sure", "1000 sure", "二次函数"):
        a_video(owner=creator, title=title)
    assert titles(creator, Wanted(text="100 %")) == ["100 % sure"]
    assert titles(creator, Wanted(text="次函")) == ["二次函数"]
    assert facet_counts(creator, text="SURE")[Facet.ALL] == chosen_lessons(creator, Wanted(text="SURE")).count() == 2


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJ4IiwxXQ", "WzEsMV0", "WyJcdTAwMDAiLCAxXQ", "WyJhIiwgLTFd"])
@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.TITLE])
def test_a_forged_cursor_is_refused_or_harmless(creator: User, cursor: str, sort: Sort) -> None:
    if sort is Sort.TITLE and cursor == "WyJ4IiwxXQ":  # ["x", 1] is one of titles
        assert lesson_page(creator, Wanted(sort=sort), cursor=cursor).items == []
        return
    with pytest.raises(InvalidInputError):
        lesson_page(creator, Wanted(sort=sort), cursor=cursor)


def test_a_time_that_is_none_in_utc_is_refused(creator: User) -> None:
    with pytest.raises(InvalidInputError):
        lesson_page(creator, Wanted(), cursor=encode_cursor(["0001-01-01T00:00:00+14:00", 1]))
