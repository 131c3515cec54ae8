import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from tests.servers.s3 import S3Server

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = {"ffmpeg": "/nowhere/ffmpeg", "ffprobe": "/nowhere/ffprobe"}


def doctor(*arguments: str) -> tuple[str, str]:
    """Return what doctor prints, and what it ends with ("" when all is well)."""
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out, no_color=True)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_a_platform_in_order_is_told_so() -> None:
    said, wrong = doctor()
    assert wrong == ""
    assert [line.split()[1] for line in said.splitlines()] == ["ok"] * 7


def test_every_part_that_does_not_work_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ConnectionError("no route\nto host")

    monkeypatch.setitem(__import__("eduvideo.core.health", fromlist=["_checks"])._checks, "broker", refuse)
    said, wrong = doctor()
    assert wrong == "Not working: broker"
    assert "ConnectionError: no route to host" in said
    assert "EDUVIDEO_BROKER_URL" in said


def test_events_that_were_given_up_are_told() -> None:
    OutboxEvent.objects.create(name="catalog.VideoChanged", payload={}, dead_at=clock.now())
    said, wrong = doctor()
    assert wrong == "Not working: events"
    assert re.search(r"events +1 that failed again .* given up\n.*/operations", said)


def test_one_machine_needs_ffmpeg(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eduvideo.core.management.commands.doctor._has_wheel", lambda _program: False)
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update=NOWHERE)
    assert doctor()[1] == "Not working: ffmpeg"


@pytest.mark.servers
def test_a_machine_that_only_serves_needs_no_ffmpeg(
    settings: Any, s3_server: S3Server, bucket: str, objects_in_s3: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eduvideo.core.management.commands.doctor._has_wheel", lambda _program: False)
    settings.EDUVIDEO = s3_server.environment(bucket, **NOWHERE)
    said, wrong = doctor("--fix")
    assert wrong == ""
    assert "those that encode need it" in said
