"""The object store goes away for real and comes back: what needs it says 503, everything else goes on."""

import logging
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.core.outages import OutageFilter
from eduvideo.core.relay import relay_due_events
from eduvideo.core.s3 import S3ObjectStore
from eduvideo.media import services
from tests.factories.catalog import a_video, asking
from tests.factories.media import a_played_asset
from tests.servers.s3 import S3Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers, pytest.mark.usefixtures("objects_in_s3")]
VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\nHello\n"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """What an operator reads of the errors so far."""
    caplog.handler.addFilter(OutageFilter())
    caplog.set_level(logging.WARNING)
    return lambda: [
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        if record.levelno >= logging.ERROR and record.name.startswith("eduvideo")
    ]


def test_the_api_says_that_a_part_is_away_and_takes_the_captions_when_it_is_back(
    s3_server: S3Server, lines: Any
) -> None:
    video = a_video()
    client, path = asking(video.owner), f"/api/v1/videos/{video.public_id}/captions"
    body: Any = {"language": "en", "text": VTT}
    s3_server.kill()
    answer = client.put(path, body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"]
    assert answer.json()["type"] == "/problems/unavailable"
    assert s3_server.url not in answer.content.decode()
    (line,) = lines()
    assert f"The S3 server at {s3_server.url} does not answer" in line
    assert "\n" not in line
    assert client.get(f"/api/v1/videos/{video.public_id}").status_code == 200
    assert client.get("/health/ready").status_code == 503
    s3_server.start()
    assert client.put(path, body, content_type="application/json").status_code < 300
    assert client.get(path).json()["items"][0]["cues"] == [[1000, 3000, "Hello"]]
    assert client.get("/health/ready").json()["checks"]["objects"] == "ok"


def test_a_page_says_so_too(s3_server: S3Server, lines: Any) -> None:
    video = a_video()
    client, path = asking(video.owner), f"/studio/{video.public_id}/captions"
    s3_server.kill()
    form = {"language": "en", "file": SimpleUploadedFile("a.vtt", VTT.encode())}
    answer = client.post(path, form)
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert len(lines()) == 1
    assert client.get(f"/studio/{video.public_id}").status_code == 200
    s3_server.start()
    form = {"language": "en", "file": SimpleUploadedFile("a.vtt", VTT.encode())}
    assert client.post(path, form).status_code == 302


def test_a_deleted_lessons_objects_go_when_it_is_back(s3_server: S3Server, objects_in_s3: S3ObjectStore) -> None:
    asset = a_played_asset()
    assert list(objects_in_s3.list("assets/"))
    s3_server.kill()
    services.delete_asset(asset)
    relay_due_events()
    assert OutboxEvent.objects.filter(name="media.AssetDeleted", done_at=None).count() == 1
    s3_server.start()
    OutboxEvent.objects.update(due_at=clock.now())
    relay_due_events()
    assert not OutboxEvent.objects.filter(done_at=None).exists()
    assert [info.key for info in objects_in_s3.list("assets/")] == []
