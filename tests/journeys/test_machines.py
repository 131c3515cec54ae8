"""Two worker machines without a common disk: both encode one recording, and what a dead one had the other does."""

import tempfile
from pathlib import Path
from urllib.parse import urljoin

import psycopg
import pytest

from tests import media_factory
from tests.journeys.conftest import Account, import_lesson
from tests.journeys.watching import Watcher
from tests.servers.deployment import Deployment
from tests.servers.platform import RunningPlatform
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(420)]

LONG_S, FPS = 252, 15


def test_a_long_recording_is_encoded_by_both_machines_and_outlives_one_of_them(deployment: Deployment) -> None:
    platform, account = deployment.platform, Account(deployment.platform, "creator")
    source = media_factory.counted(width=320, height=180, seconds=LONG_S, fps=str(FPS))
    lesson = import_lesson(platform, account, source, title="Long", wait=False)
    watcher = Watcher(platform, lesson, account)
    seen: set[int] = set()  # a machine may be done with its part before the other begins with its own

    def have_both_worked() -> bool:
        seen.update(number for number, machine in enumerate(deployment.machines) if machine.is_encoding())
        return len(seen) == len(deployment.machines)

    wait_until(have_both_worked, timeout_s=120, message="not both machines work")
    wait_until(
        # Published, too: the address that only its creator had before is then another one.
        lambda: platform.get(watcher.path, token=watcher.token)["state"] == "published",
        timeout_s=120,
        message="it did not become playable early",
    )
    assert watcher.look()["state"] == "playable"
    growing = playlist(platform, lesson, watcher.token, name="growing.m3u8")
    dying, other = deployment.machines
    dying.kill()
    try:
        watcher.wait_for_ready()
    finally:
        dying.start()
    assert other.said().count("succeeded in") > 1
    assert published_events(deployment, lesson) == 1
    complete = playlist(platform, lesson, watcher.token, name="index.m3u8")
    assert complete.splitlines()[-1] == "#EXT-X-ENDLIST"
    assert sum(segment_seconds(complete)) == pytest.approx(LONG_S, abs=0.001)
    # What players of the first minutes were told is part of the whole: nothing moved under their feet.
    assert segment_seconds(complete)[: len(segment_seconds(growing))] == segment_seconds(growing)
    assert shown_numbers(platform, lesson, watcher.token) == list(range(LONG_S * FPS))


def test_no_machine_knows_the_database(deployment: Deployment) -> None:
    for machine in deployment.machines:
        assert "EDUVIDEO_DATABASE_URL" not in machine.environment
        assert not (machine.folder / "var").exists()


def playlist(platform: RunningPlatform, lesson: str, token: str, *, name: str) -> str:
    """Return the playlist of the only rung, whose multivariant playlist names it so."""
    hls_url = hls_url_of(platform, lesson, token)
    assert f"180p/{name}" in platform.read(hls_url).decode()
    return platform.read(urljoin(hls_url, f"180p/{name}")).decode()


def hls_url_of(platform: RunningPlatform, lesson: str, token: str) -> str:
    return str(platform.get(f"/api/v1/videos/{lesson}", token=token)["playback"]["hls_url"])


def segment_seconds(text: str) -> list[float]:
    return [float(line[8:].rstrip(",")) for line in text.splitlines() if line.startswith("#EXTINF:")]


def shown_numbers(platform: RunningPlatform, lesson: str, token: str) -> list[int]:
    """Fetch the whole rendition as a player does and read the number of every picture."""
    base = urljoin(hls_url_of(platform, lesson, token), "180p/index.m3u8")
    lines = platform.read(base).decode().splitlines()
    init = next(line for line in lines if line.startswith("#EXT-X-MAP")).split('"')[1]
    files = [init, *(line for line in lines if line and not line.startswith("#"))]
    with tempfile.NamedTemporaryFile(suffix=".mp4") as joined:
        for name in files:
            joined.write(platform.read(urljoin(base, name)))
        joined.flush()
        return media_factory.counts_of(Path(joined.name))


def published_events(deployment: Deployment, lesson: str) -> int:
    return number(
        deployment,
        "SELECT count(*) FROM core_outboxevent e JOIN catalog_video v ON (e.payload->>'video_id')::bigint = v.id"
        " WHERE e.name = 'catalog.VideoPublished' AND v.public_id = %s",
        lesson,
    )


def number(deployment: Deployment, sql: str, *values: str) -> int:
    with psycopg.connect(deployment.platform.environment["EDUVIDEO_DATABASE_URL"]) as connection:
        row = connection.execute(sql, values).fetchone()  # type: ignore[arg-type]  # our own words
    assert row
    return int(row[0])
