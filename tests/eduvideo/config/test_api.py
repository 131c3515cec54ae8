import pytest
from django.test import Client

from eduvideo.core.models import OutboxEvent

PROBLEM = "application/problem+json"


def test_an_unknown_path_of_the_api_is_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/nothing/here")
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)
    assert answer.json()["type"] == "/problems/not-found"


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
