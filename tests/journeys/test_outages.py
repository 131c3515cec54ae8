"""Servers go away and come back: what needs them is answered with 503, the rest goes on, and nothing is lost."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.journeys.conftest import Account, import_lesson
from tests.media_factory import make_lesson
from tests.servers.deployment import Deployment
from tests.servers.process import ServerProcess
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.servers, pytest.mark.timeout(300)]
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def teacher(deployment: Deployment) -> Account:
    return Account(deployment.platform, "creator")


@pytest.fixture(scope="module")
def lesson(deployment: Deployment, teacher: Account) -> str:
    return import_lesson(deployment.platform, teacher, make_lesson(seconds=8), title="Outage", wait=True)


def ask(deployment: Deployment, path: str, *, token: str = "", body: object = None) -> tuple[int, str, str]:
    """Return the status, the content type and the text of an answer, whatever it is."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(
        f"{deployment.platform.url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={**headers, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def health(deployment: Deployment) -> dict[str, str]:
    return dict(json.loads(ask(deployment, "/health/ready")[2])["checks"])


@contextmanager
def away(deployment: Deployment, server: ServerProcess, part: str) -> Iterator[None]:
    """Kill a server for the time of the block, and wait until the platform is healthy again."""
    server.kill()
    try:
        outcome = health(deployment)
        assert outcome.pop(part) != "ok"
        yield
    finally:
        server.start()
    wait_until(
        lambda: set(health(deployment).values()) == {"ok"}, timeout_s=30, message=f"{part} is not seen to be back"
    )


def test_the_database_goes_away_and_comes_back(deployment: Deployment, lesson: str) -> None:
    with away(deployment, deployment.database, "database"):
        for path in ("/api/v1/videos", f"/api/v1/videos/{lesson}"):
            status, kind, text = ask(deployment, path)
            assert (status, kind) == (503, PROBLEM), text
        status, kind, text = ask(deployment, f"/watch/{lesson}")
        assert status == 503
        assert "away for a moment" in text
    assert ask(deployment, f"/api/v1/videos/{lesson}")[0] == 200


def test_the_broker_goes_away_and_comes_back(deployment: Deployment, lesson: str, teacher: Account) -> None:
    with away(deployment, deployment.broker, "broker"):
        assert ask(deployment, f"/api/v1/videos/{lesson}")[0] == 200
        late = import_lesson(deployment.platform, teacher, make_lesson(seconds=8), title="Late", wait=False)
    wait_until(
        lambda: json.loads(ask(deployment, f"/api/v1/videos/{late}", token=teacher.token)[2])["state"] == "published",
        timeout_s=120,
        message="the lesson of the outage was not published",
    )


def test_the_object_store_goes_away_and_comes_back(deployment: Deployment, lesson: str) -> None:
    playback = json.loads(ask(deployment, f"/api/v1/videos/{lesson}")[2])["playback"]
    rendition = playback["hls_url"].replace("master.m3u8", "audio/index.m3u8")
    assert ask(deployment, rendition)[0] == 200
    with away(deployment, deployment.objects, "objects"):
        status, kind, text = ask(deployment, rendition)
        assert (status, kind) == (503, PROBLEM), text
        assert ask(deployment, f"/watch/{lesson}")[0] == 200
    assert ask(deployment, rendition)[0] == 200


def test_search_goes_away_and_what_changes_meanwhile_is_found_later(
    deployment: Deployment, lesson: str, teacher: Account
) -> None:
    with away(deployment, deployment.search, "search"):
        status, kind, text = ask(deployment, "/api/v1/search?q=outage")
        assert (status, kind) == (503, PROBLEM), text
        assert ask(deployment, "/browse")[0] == 200
        request = urllib.request.Request(
            f"{deployment.platform.url}/api/v1/videos/{lesson}",
            data=b'{"title": "Zebrafish"}',
            method="PATCH",
            headers={"Authorization": f"Bearer {teacher.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def is_found() -> bool:
        hits = json.loads(ask(deployment, "/api/v1/search?q=zebrafish")[2])["items"]
        return [hit["video"]["id"] for hit in hits] == [lesson]

    wait_until(is_found, timeout_s=60, message="the change of the outage is not found")
    deployment.platform.manage("search_reconcile")


def test_a_database_that_may_not_be_written_is_told_and_reading_goes_on(
    deployment: Deployment, lesson: str, teacher: Account
) -> None:
    root = f"postgresql://eduvideo@127.0.0.1:{deployment.database.port}/postgres"

    def set_read_only(value: str) -> None:
        with psycopg.connect(root, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE eduvideo SET default_transaction_read_only = {value}")
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'eduvideo'")

    set_read_only("on")
    try:
        wait_until(lambda: health(deployment)["database"] != "ok", timeout_s=20, message="nobody notices")
        assert "read-only" in health(deployment)["database"]
        draft = {"title": "x", "subject": "physics", "grade": "8", "language": "en"}
        status, kind, text = ask(deployment, "/api/v1/videos", token=teacher.token, body=draft)
        assert (status, kind) == (503, PROBLEM), text
        assert ask(deployment, f"/watch/{lesson}")[0] == 200
    finally:
        set_read_only("off")
    wait_until(
        lambda: ask(deployment, "/api/v1/videos", token=teacher.token, body=draft)[0] == 201,
        timeout_s=20,
        message="nothing can be written afterwards",
    )
