"""What the application itself answers around its parts."""

import logging

import pytest
from django.db import OperationalError

from eduvideo.media import access
from tests.factories.uploads import ask


@pytest.mark.django_db
def test_the_log_of_an_outage_names_no_playback_session(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> int:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(access, "ask_status", away)
    caplog.set_level(logging.WARNING, logger="eduvideo")
    answer = ask("GET", "/media/s/a.secret/assets/a1/j1/1/master.m3u8")
    assert answer.status_code == 503
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("eduvideo")]
    assert lines
    assert all("GET /media/s/.../assets/a1/j1/1/master.m3u8 failed" in line for line in lines)
    assert "secret" not in caplog.text
