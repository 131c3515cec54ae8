"""The index beside the database: compared, repaired and built anew."""

from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.community.models import PopularVideo
from eduvideo.discovery import services, tasks
from eduvideo.discovery.engine import search_engine
from eduvideo.media.captioning import put_captions
from search.query import Query
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)


def reconcile(*arguments: str) -> tuple[str, str]:
    """Return what the command says, and what it complains of."""
    out = StringIO()
    try:
        call_command("search_reconcile", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_the_index_can_be_compared_and_repaired() -> None:
    kept, gone, other = a_video(), a_video(), a_video(visibility=Visibility.ORGANIZATION)
    services.reindex()
    missing = a_video()
    Video.objects.filter(pk=gone.pk).update(state=VideoState.DRAFT)
    Video.objects.filter(pk=kept.pk).update(revision=9)
    said, complaint = reconcile()
    assert "differs" in complaint
    assert set(said.split()) == {
        "missing", missing.public_id, "stale", kept.public_id, "orphaned", gone.public_id,
    }  # fmt: skip
    assert "equal" in reconcile("--fix")[0]
    assert set(dict(search_engine().versions())) == {video.public_id for video in (kept, other, missing)}


def test_what_few_or_nobody_may_find_is_not_indexed() -> None:
    for visibility in (Visibility.UNLISTED, Visibility.EMBED):
        a_video(visibility=visibility)
    for state in (VideoState.DRAFT, VideoState.WITHDRAWN):
        a_video(state=state)
    assert services.reindex() == 0
    assert not services.difference()


def test_many_lessons_are_read_with_as_many_queries_as_one() -> None:
    def queries_of(lessons: list[Video]) -> int:
        for lesson in lessons:
            put_captions(lesson.asset, language="zh", text="WEBVTT\n\n00:01.000 --> 00:02.000\nwaves\n")
        with CaptureQueriesContext(connection) as queries:
            services.index_videos([lesson.pk for lesson in lessons])
        return len(queries)

    assert queries_of([a_video()]) == queries_of([a_video() for _ in range(20)])
    assert search_engine().search(Query(text="waves")).total == 21


def test_an_empty_index_is_said_plainly_and_built_anew_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a_video()
    a_video()
    said, complaint = reconcile()
    assert said == ""
    assert "empty, or of another format" in complaint
    assert "search_reindex" in complaint
    monkeypatch.setattr(services, "index_videos", lambda _pks: pytest.fail("not anew"))
    cache.set(services.REBUILDING, "")  # by another worker
    services.mend_index()
    assert services.difference()
    cache.delete(services.REBUILDING)
    services.mend_index()
    assert not services.difference()
    assert cache.get(services.REBUILDING) is None


def test_what_is_watched_much_moves_up_and_down_again() -> None:
    liked, other = a_video(title="Waves"), a_video(title="Waves")
    services.reindex()

    def popularity() -> dict[str, float]:
        answer = asking(a_person(Role.STAFF)).get("/api/v1/search?q=waves&explain=1").json()
        return {item["video"]["id"]: item["why"]["popularity"] for item in answer["items"]}

    popular = PopularVideo.objects.create(video=liked, grade=liked.grade, views=1000)
    tasks.mend_index()
    assert popularity()[liked.public_id] > popularity()[other.public_id] == 1
    PopularVideo.objects.update(views=1010)
    assert services.follow_popularity() == 0
    popular.delete()
    assert services.follow_popularity() == 1
    assert popularity()[liked.public_id] == 1


def test_the_command_builds_the_index_anew() -> None:
    a_video()
    out = StringIO()
    call_command("search_reindex", stdout=out, stderr=StringIO())
    assert out.getvalue() == "1 lessons indexed\n"
