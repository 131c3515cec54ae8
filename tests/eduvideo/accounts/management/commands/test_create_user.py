import io
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from eduvideo.accounts.models import User

pytestmark = pytest.mark.django_db


def create(email: str, password: str, monkeypatch: pytest.MonkeyPatch, **options: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    call_command("create_user", email, "--password-stdin", stdout=io.StringIO(), **options)


def test_an_account_of_the_shell_can_sign_in_and_has_its_role(monkeypatch: pytest.MonkeyPatch) -> None:
    create("New@Example.org", "correct horse 7", monkeypatch, role="creator")
    user = User.objects.get()
    assert (user.email, user.is_creator, user.is_staff) == ("new@example.org", True, False)
    answer = Client().post("/accounts/login/", {"login": "new@example.org", "password": "correct horse 7"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("nobody", "correct horse 7", "valid email"),
        ("a@example.org", "123", "too short"),
        ("a@example.org", "12345678", "common"),
    ],
)
def test_bad_input_is_told_and_makes_nothing(
    email: str, password: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=told):
        create(email, password, monkeypatch)
    assert not User.objects.exists()


def test_an_address_has_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    create("a@example.org", "correct horse 7", monkeypatch)
    with pytest.raises(CommandError, match="already"):
        create("A@example.org", "correct horse 7", monkeypatch)


def test_a_token_works_and_is_printed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    create("a@example.org", "correct horse 7", monkeypatch)
    out = io.StringIO()
    call_command("create_token", "a@example.org", stdout=out)
    token = out.getvalue().strip()
    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["email"] == "a@example.org"
    with pytest.raises(CommandError, match="no account"):
        call_command("create_token", "b@example.org")
