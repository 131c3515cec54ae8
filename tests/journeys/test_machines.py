"""Two worker machines without a common disk: both encode, progress arrives, and a dead one's job moves to the other."""

import psycopg
import pytest

from tests.journeys.test_survival import publish_long_lesson
from tests.journeys.watching import Watcher
from tests.servers.deployment import Deployment
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(420)]


def test_two_machines_encode_and_a_dead_ones_job_moves_to_the_other(deployment: Deployment) -> None:
    lessons = [publish_long_lesson(deployment.platform, title=title) for title in ("First", "Second")]
    watchers = [Watcher(deployment.platform, lesson) for lesson in lessons]
    wait_until(
        lambda: all(machine.is_encoding() for machine in deployment.machines),
        timeout_s=60,
        message="not both machines work",
    )
    for watcher in watchers:
        watcher.wait_for_encode()
    dying, other = deployment.machines
    dying.kill()
    try:
        for watcher in watchers:
            watcher.wait_for_ready()
        for lesson in lessons:
            assert attempts(deployment, lesson) in {1, 2}
        assert sorted(attempts(deployment, lesson) for lesson in lessons) == [1, 2]
        assert other.said().count("succeeded in") >= len(lessons)
        for lesson in lessons:
            assert published_events(deployment, lesson) == 1
    finally:
        dying.start()


def test_no_machine_knows_the_database(deployment: Deployment) -> None:
    for machine in deployment.machines:
        assert "EDUVIDEO_DATABASE_URL" not in machine.environment
        assert not (machine.folder / "var").exists()


def attempts(deployment: Deployment, lesson: str) -> int:
    """Return how often a lesson's job was dispatched."""
    return number(
        deployment,
        "SELECT max(j.token) FROM media_transcodejob j JOIN catalog_video v ON v.asset_id = j.asset_id"
        " WHERE v.public_id = %s",
        lesson,
    )


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
