from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from eduvideo.accounts.models import Role
from eduvideo.core.models import OutboxEvent
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person

PROBLEM = "application/problem+json"


def test_an_unknown_path_of_the_api_is_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/nothing/here")
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)
    assert answer.json()["type"] == "/problems/not-found"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_program_is_told_so_too(method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)("/api/v1/videos/x/no-such-thing")
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("delete", "/api/v1/subjects", "GET"),
        ("options", "/api/v1/videos/x/chapters", "DELETE, GET, POST, PUT"),
        ("patch", "/api/v1/videos/x/poster/picture", "PUT"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_a_problem_too(method: str, path: str, allowed: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (405, PROBLEM, allowed)
    assert answer.json()["type"] == "/problems/method-not-allowed"
    assert allowed in answer.json()["detail"]


def test_a_page_has_no_problem_for_programs(client: Client) -> None:
    answer = client.post("/guide/x")
    assert answer.status_code == 405
    assert answer["Content-Type"] != PROBLEM


@pytest.mark.django_db
def test_a_wrong_token_is_told_how_to_get_a_right_one(client: Client) -> None:
    answer = client.get("/api/v1/subjects", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)
    assert "create_token" in answer.json()["detail"]


@pytest.mark.django_db
def test_a_body_that_is_no_json_is_a_problem(client: Client) -> None:
    answer = client.post("/api/v1/videos", data="{", content_type="application/json")
    assert answer.status_code in {401, 422}
    assert answer["Content-Type"] == PROBLEM


@pytest.mark.django_db
def test_a_body_that_is_not_read_into_memory_is_told_so(client: Client) -> None:
    body = '{"markdown": "' + "x" * 7_000_000 + '"}'
    answer = client.post("/api/v1/study-guide/preview", body, content_type="application/json")
    assert answer.status_code == 401  # who asks comes first
    answer = asking(a_person(Role.CREATOR)).post("/api/v1/study-guide/preview", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, PROBLEM)
    assert "6 MB" in answer.json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["comments", "figures", "publish"])
@pytest.mark.parametrize("boundary", ["; boundary=x", ""])
def test_a_form_where_none_is_taken_is_no_fault(path: str, boundary: str) -> None:
    video = a_video()
    page = Client(enforce_csrf_checks=True)  # the check looks into a form before anything else does
    page.force_login(video.owner)
    page.get("/")
    form = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello\r\n--x--\r\n'
    headers = {"X-CSRFToken": page.cookies["csrftoken"].value}
    address, kind = f"/api/v1/videos/{video.public_id}/{path}", f"multipart/form-data{boundary}"
    answer = page.generic("POST", address, form, content_type=kind, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)


@pytest.mark.django_db
def test_half_a_character_that_a_refusal_quotes_is_answered() -> None:
    playlist = a_playlist()
    path = f"/api/v1/playlists/{playlist.public_id}/embedding"
    answer = asking(playlist.owner).put(path, '{"allowed_domains": ["\\ud800"]}', content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    assert "“?”" in answer.json()["detail"]


@pytest.mark.django_db
def test_a_fault_of_ours_is_answered_without_its_details(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("eduvideo.catalog.queries.subject_counts", fail)
    answer = client.get("/api/v1/subjects")
    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_health_names_every_part(client: Client) -> None:
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert answer.json()["checks"].keys() >= {"database", "broker", "objects", "search"}
    assert answer.status_code == 200
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_health_is_503_while_a_part_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("no route to the broker")

    monkeypatch.setitem(__import__("eduvideo.core.health", fromlist=["_checks"])._checks, "broker", fail)
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "no route" in answer.json()["checks"]["broker"]


@pytest.mark.django_db
def test_a_character_that_no_row_can_hold_is_refused(client: Client) -> None:
    answer = client.get("/api/v1/videos/%00")
    assert answer.status_code in {404, 422}
    assert answer["Content-Type"] == PROBLEM


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["connection refused", "attempt to write a readonly database", "disk is full"])
def test_a_database_that_is_away_is_503_in_the_api_and_on_pages(
    said: str, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError(said)

    monkeypatch.setattr("eduvideo.catalog.queries.subject_counts", fail)
    answer = client.get("/api/v1/subjects")
    assert (answer.status_code, answer["Content-Type"]) == (503, PROBLEM)
    assert answer["Retry-After"] == "5"
    page = client.get("/browse?grade=8")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert b"away for a moment" in page.content
    assert said.encode() not in answer.content + page.content


@pytest.mark.django_db
def test_a_page_is_503_even_where_the_session_cannot_be_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    client.cookies["sessionid"] = "anything"
    page = client.get("/studio")
    assert page.status_code == 503


@pytest.mark.django_db
def test_health_says_that_the_database_cannot_be_written(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class ReadOnly:
        def execute(self, execute: Any, sql: str, *rest: object) -> Any:
            if sql.startswith("DELETE"):
                raise OperationalError("attempt to write a readonly database")
            return execute(sql, *rest)

    with connection.execute_wrapper(ReadOnly().execute):
        answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "OperationalError: attempt to write a readonly database"
