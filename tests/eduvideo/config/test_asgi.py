"""What the application itself answers around its parts."""

import logging
from collections.abc import AsyncIterator

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


def test_no_page_takes_more_than_the_largest_form() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _number in range(100):  # 100 MB, were they all taken
            yield bytes(1024 * 1024)

    for path in ("/", "/api/v1/videos", "/studio/x/poster"):
        assert ask("POST", path, content=b"", headers={"Content-Length": str(100 * 1024 * 1024)}).status_code == 413
    answer = ask("POST", "/search", content=endless())
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The file is larger than 64 MB."
