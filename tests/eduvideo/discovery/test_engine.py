"""The search server goes away and returns, or refuses: search says so, the rest goes on, nothing is lost."""

import logging
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from eduvideo.catalog import services as catalog
from eduvideo.core.models import OutboxEvent
from eduvideo.core.relay import relay_due_events
from eduvideo.discovery import services, tasks
from eduvideo.discovery.engine import search_engine
from tests.factories.catalog import a_video, asking
from tests.search.engines.elasticsearch.standin import answering
from tests.servers.elasticsearch import ElasticsearchServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.servers,
    pytest.mark.parametrize("search_url", ["elasticsearch"], indirect=True),
]


def point_to(settings: Any, url: str) -> None:
    search_engine().close()
    search_engine.cache_clear()
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"search_url": url})


def doctor() -> str:
    out = StringIO()
    try:
        call_command("doctor", stdout=out)
    except CommandError as error:
        out.write(str(error))
    return next(line for line in out.getvalue().splitlines() if line.startswith("search"))


def found(text: str) -> list[str]:
    """Return the titles of what is found."""
    answer = asking(None).get("/api/v1/search", {"q": text})
    assert answer.status_code == 200, answer.content
    return [item["video"]["title"] for item in answer.json()["items"]]


def test_a_server_that_is_away_stops_search_only_and_loses_nothing(
    elasticsearch_server: ElasticsearchServer, caplog: pytest.LogCaptureFixture
) -> None:
    lessons = [a_video(title="Waves of light", subject="physics"), *(a_video(title="Waves") for _ in range(18))]
    for lesson in lessons:
        catalog.touch_video(lesson)
    relay_due_events()
    assert len(found("waves")) == 19
    elasticsearch_server.kill()

    for path in ("/api/v1/search?q=waves", "/api/v1/suggest?q=waves"):
        answer = asking(None).get(path)
        assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
        assert b"127.0.0.1" not in answer.content
    page = asking(None).get("/search?q=waves")
    assert page.status_code == 503
    assert b"away" in page.content
    assert asking(None).get("/browse?subject=physics").status_code == 200
    assert "Waves of light" in asking(None).get("/api/v1/videos?subject=physics").content.decode()
    ready = asking(None).get("/health/ready")
    assert ready.status_code == 503
    assert f"Elasticsearch at {elasticsearch_server.url} is away" in ready.json()["checks"]["search"]
    assert "is away" in doctor()
    for command in ("search_reindex", "search_reconcile"):
        with pytest.raises(CommandError, match="is away"):
            call_command(command, stdout=StringIO(), stderr=StringIO())

    for number, lesson in enumerate(lessons[1:]):
        if number % 2:
            catalog.delete_video(lesson, by=lesson.owner)
        for title in ("Shade", "Shadows") if not number % 2 else ():
            catalog.update_video(lesson, by=lesson.owner, changes=catalog.VideoChanges(title=title))
    caplog.clear()
    relay_due_events()
    waiting = OutboxEvent.objects.filter(done_at=None)
    assert {event.name for event in waiting} == {"catalog.VideoChanged", "catalog.VideoDeleted"}
    assert (waiting.count(), waiting.filter(attempts=0, dead_at=None).count()) == (27, 27)
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "is away" in record.getMessage()
    assert record.exc_info is None

    elasticsearch_server.start()
    assert sorted(found("waves")) == [*["Shadows"] * 9, "Waves of light"]  # the index is of before, and tells no title
    relay_due_events()
    assert not OutboxEvent.objects.filter(done_at=None).exists()
    assert not services.difference()
    assert (found("waves"), found("shadows")) == (["Waves of light"], ["Shadows"] * 9)
    assert asking(None).get("/health/ready").json()["checks"]["search"] == "ok"


def test_news_that_was_given_up_is_mended(elasticsearch_server: ElasticsearchServer) -> None:
    kept, gone = a_video(title="Waves"), a_video(title="Light")
    for video in (kept, gone):
        catalog.touch_video(video)
    relay_due_events()
    elasticsearch_server.kill()
    catalog.touch_video(kept)
    catalog.delete_video(gone, by=gone.owner)
    OutboxEvent.objects.filter(done_at=None).delete()
    tasks.mend_index()  # says that it could not, and is called again
    elasticsearch_server.start()
    assert services.difference()
    tasks.mend_index()
    assert not services.difference()


def test_wrong_credentials_are_told_without_the_password(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    problem = {"type": "security_exception", "reason": "unable to authenticate user [edu] for REST request [/]"}
    with answering({"error": {"root_cause": [problem], **problem}}, status=401) as address:
        point_to(settings, f"http://edu:secret@{address}/school")
        assert "refuses user 'edu': correct user:password@ in the address" in doctor()
        assert asking(None).get("/api/v1/search?q=waves").status_code == 503
    assert "refuses user 'edu'" in caplog.text
    assert "secret" not in caplog.text


def test_an_address_that_cannot_be_read_is_told(settings: Any) -> None:
    point_to(settings, "http://edu:secret@127.0.0.1:port")
    said = doctor()
    assert "wrong host or port" in said
    assert "secret" not in said
    assert asking(None).get("/api/v1/search?q=waves").status_code == 503


def test_a_full_disk_lets_search_go_on(elasticsearch_server: ElasticsearchServer, search_url: str) -> None:
    video = a_video(title="Waves")
    catalog.touch_video(video)
    relay_due_events()
    name = search_url.rpartition("/")[2]
    with elasticsearch_server.client() as client:
        client.indices.put_settings(index=name, settings={"index.blocks.read_only_allow_delete": True})
        catalog.touch_video(video)
        relay_due_events()
        assert OutboxEvent.objects.get(done_at=None).attempts == 0
        assert "too full to write: free space there" in doctor()
        assert found("waves") == ["Waves"]
        client.indices.put_settings(index=name, settings={"index.blocks.read_only_allow_delete": None})
    relay_due_events()
    assert not services.difference()
