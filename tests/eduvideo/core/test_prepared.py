from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.test.utils import CaptureQueriesContext

from eduvideo.catalog.models import Chapter, Video
from eduvideo.core.prepared import Prepared
from tests.factories.catalog import a_video

pytestmark = pytest.mark.django_db


def of_subject(subject: object, since: object) -> QuerySet[Video, Video]:
    found = Video.objects.filter(subject=subject, published_at__gte=since).order_by("pk")
    return found.select_related("owner", "asset__current_job", "organization").annotate(chapter_count=Count("chapters"))


def by_pk(pks: object) -> QuerySet[Video, Video]:
    return Video.objects.filter(pk__in=pks).order_by("pk")


def test_models_come_with_their_relations_and_columns_in_one_query() -> None:
    first, second, *_ = (a_video(subject=subject) for subject in ("physics", "physics", "art"))
    Chapter.objects.create(video=second, start_ms=0, title="Start")
    prepared = Prepared(of_subject)
    for since, expected in ((first.published_at, [first, second]), (second.published_at, [second])):
        with CaptureQueriesContext(connection) as queries:
            found = prepared(subject="physics", since=since)
            assert [video.asset.current_job for video in found] == [video.asset.current_job for video in expected]
            assert [video.owner.email for video in found] == [video.owner.email for video in expected]
            assert {video.organization for video in found} == {None}
        assert len(queries) == 1
        assert found == expected == list(of_subject("physics", since))
        assert [vars(video).keys() for video in found] == [vars(video).keys() for video in of_subject("physics", since)]
        assert found[-1].chapter_count == 1  # type: ignore[attr-defined]  # annotated above
        assert found[-1].published_at == second.published_at
    assert prepared(subject="law", since=first.published_at - timedelta(days=1)) == []


@pytest.mark.parametrize(
    "rows",
    [
        lambda found: found.values("title", "asset__duration_ms", label=F("owner__display_name")),
        lambda found: found.values_list("created_at", "asset__is_public", "asset__current_job__poster_candidates"),
        lambda found: found.values_list("public_id", flat=True),
        lambda found: found.values_list("pk").union(found.values_list("pk")),
        lambda found: found.annotate(has=Exists(Chapter.objects.filter(video=OuterRef("pk")))).values_list("has"),
        lambda found: found.only("title", "asset__state").select_related("asset"),
    ],
    ids=["values", "tuples", "flat", "union", "exists", "deferred"],
)
def test_rows_are_those_of_the_query_set(rows: Any) -> None:  # Any: of each kind
    a_video()
    video = a_video(title="100 %")
    prepared = Prepared(lambda title: rows(Video.objects.filter(title=title)))
    assert prepared(title=video.title) == list(rows(Video.objects.filter(title=video.title)))
    assert prepared.first(title=video.title) == prepared(title=video.title)[0]
    assert prepared.first(title="None of them") is None


def test_a_limit_cuts() -> None:
    videos = [a_video() for _ in range(3)]
    prepared = Prepared(lambda: Video.objects.order_by("-pk"))
    assert prepared(limit=2) == videos[:0:-1]
    assert prepared(limit=1) == [prepared.first()] == videos[2:]
    assert prepared() == videos[::-1]


def test_lists_of_any_length_are_taken() -> None:
    videos = [a_video() for _ in range(5)]
    built: list[int] = []

    def counted(pks: list[object]) -> QuerySet[Video, Video]:
        built.append(len(pks))
        return by_pk(pks)

    prepared = Prepared(counted)
    for _ in range(2):
        for length in range(6):
            assert prepared(pks=[video.pk for video in videos[:length]]) == videos[:length]
    assert built == [0, 1, 2, 4, 8]


def test_nothing_is_asked_where_nothing_can_be_found() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert Prepared(by_pk)(pks=[]) == []
    assert not queries


def test_values_are_never_part_of_the_text() -> None:
    video = a_video(title="x' OR 1=1 --")
    a_video(title="%s")
    prepared = Prepared(lambda title: Video.objects.filter(title=title).values_list("title", flat=True))
    assert prepared(title=video.title) == [video.title]
    assert prepared(title="%s") == ["%s"]
    assert prepared(title=None) == []


@pytest.mark.django_db(transaction=True)
def test_threads_use_connections_of_their_own() -> None:
    videos = [a_video() for _ in range(4)]
    prepared = Prepared(by_pk)

    def asked(video: Video) -> list[Video]:
        try:
            return prepared(pks=[video.pk])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert [*threads.map(asked, videos)] == [[video] for video in videos]
