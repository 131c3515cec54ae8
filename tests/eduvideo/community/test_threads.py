from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video, VideoState
from eduvideo.community.models import Comment, CommentLike
from eduvideo.community.threads import PAGE_SIZE, REPLIES_PER_PAGE, REPLIES_SHOWN
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


def some(video: Video, n: int, *, author: User, thread: Comment | None = None) -> list[Comment]:
    rows = Comment.objects.bulk_create(
        Comment(video=video, author=author, text=f"No. {i}", likes=i % 7, thread=thread) for i in range(n)
    )
    if thread:
        Comment.objects.filter(pk=thread.pk).update(reply_count=n)
    return rows


def pages(client: Client, path: str) -> list[Any]:
    """Return all items of a list, page by page."""
    items, cursor = [], ""
    while True:
        page = client.get(f"{path}&cursor={cursor}" if cursor else path).json()
        items += page["items"]
        cursor = page["next"]
        if not cursor:
            return items


@pytest.mark.parametrize("order", ["newest", "liked"])
def test_pages_hold_each_once_in_their_order(order: str) -> None:
    video, person = a_video(), a_person()
    rows = some(video, 3 * PAGE_SIZE + 1, author=person)
    Comment.objects.filter(pk=rows[5].pk).update(is_pinned=True)
    rest = [row for row in rows if row.pk != rows[5].pk]
    rest.sort(key=lambda row: (row.likes if order == "liked" else 0, row.pk), reverse=True)
    found = pages(asking(None), f"/api/v1/videos/{video.public_id}/comments?order={order}")
    assert [item["id"] for item in found] == [row.public_id for row in (rows[5], *rest)]


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIl0", "Wy0xXQ", "WzEsMiwzXQ", "W3RydWVd"])
def test_cursors_that_are_not_ours_are_refused(cursor: str) -> None:
    video, person = a_video(), a_person()
    (one,) = some(video, 1, author=person)
    for path in ("", "?order=liked", f"/{one.public_id}"):
        join = "&" if "?" in path else "?"
        answer = asking(None).get(f"/api/v1/videos/{video.public_id}/comments{path}{join}cursor={cursor}")
        assert answer.status_code == 422


def test_a_thread_shows_its_first_replies_and_pages_the_rest() -> None:
    video, person = a_video(), a_person()
    (first,) = some(video, 1, author=person)
    replies = some(video, REPLIES_PER_PAGE + 5, author=person, thread=first)
    path = f"/api/v1/videos/{video.public_id}/comments"
    (shown,) = asking(None).get(path).json()["items"]
    assert [one["id"] for one in shown["replies"]] == [row.public_id for row in replies[:REPLIES_SHOWN]]
    assert shown["reply_count"] == REPLIES_PER_PAGE + 5
    page = asking(None).get(f"{path}/{replies[9].public_id}").json()
    rest = asking(None).get(f"{path}/{first.public_id}", {"cursor": page["next"]}).json()
    found = [one["id"] for one in page["thread"]["replies"] + rest["thread"]["replies"]]
    assert found == [row.public_id for row in replies]
    assert rest["next"] is None


def test_queries_stay_the_same_for_everyone() -> None:
    video, person = a_video(), a_person()
    path = f"/api/v1/videos/{video.public_id}/comments"
    clients = [asking(None), asking(person), asking(video.owner)]
    counts = []
    for more in (1, 19):
        for row in some(video, more, author=a_person()):
            CommentLike.objects.create(comment=row, user=person)
            some(video, 2, author=a_person(), thread=row)
        counts.append([queries_of(client, path) for client in clients])
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 7


@pytest.mark.slow
def test_a_thousand_are_read_by_an_index() -> None:
    video, person = a_video(), a_person()
    some(video, 1_000, author=person)
    for order in ("newest", "liked"):
        path = f"/api/v1/videos/{video.public_id}/comments?order={order}"
        with CaptureQueriesContext(connection) as queries:
            assert len(asking(None).get(path).json()["items"]) == PAGE_SIZE
        (asked,) = [query["sql"] for query in queries if f"LIMIT {PAGE_SIZE + 1}" in query["sql"]]
        if connection.vendor == "sqlite":  # PostgreSQL goes by how many there are
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
                plan = str(cursor.fetchall())
            assert {"newest": "comment_newest", "liked": "comment_most_liked"}[order] in plan
            assert "TEMP B-TREE" not in plan


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_ones_own_comments_tell_no_more_of_a_lesson_that_is_closed() -> None:
    video, open_one, person = a_video(), a_video(title="Fractions"), a_person()
    for one in (video, open_one):
        some(one, 1, author=person)
    Video.objects.filter(pk=video.pk).update(state=VideoState.DRAFT, title="Test for Thursday")
    page = asking(person).get("/me/comments").content.decode()
    assert "Test for Thursday" not in page
    assert "You can no longer watch this lesson." in page
    assert page.count('class="said"') == 2
    assert ">Fractions</a>" in page
