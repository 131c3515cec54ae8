import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import Client
from starlette.requests import HTTPConnection

from eduvideo.accounts.access import Viewer
from eduvideo.accounts.asgi import viewer_of
from eduvideo.accounts.models import ApiToken, Role, User
from eduvideo.accounts.services import become_creator, create_token, revoke_tokens
from eduvideo.core.errors import ForbiddenError, SignInRequiredError
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)


def connection(**headers: str) -> HTTPConnection:
    pairs = [
        (name.replace("_", "-").encode(), value.encode()) for name, value in {"host": "testserver", **headers}.items()
    ]
    return HTTPConnection({"type": "http", "scheme": "http", "path": "/", "query_string": b"", "headers": pairs})


def identified(*, unsafe: bool = False, **headers: str) -> Viewer:
    async def ask() -> Viewer:
        return await viewer_of(connection(**headers), unsafe=unsafe)

    return async_to_sync(ask)()


@pytest.fixture
def person() -> User:
    return a_person()


@pytest.fixture
def cookie(person: User) -> str:
    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


class TestViewerOfAPlainEndpoint:
    def test_without_anything_it_is_anonymous(self) -> None:
        assert not identified().is_authenticated

    def test_a_session_is_its_user(self, person: User, cookie: str) -> None:
        assert identified(cookie=cookie) == person

    def test_a_session_that_was_made_up_is_anonymous(self) -> None:
        assert not identified(cookie=f"{settings.SESSION_COOKIE_NAME}=forged").is_authenticated

    def test_a_session_ends_with_the_password(self, person: User, cookie: str) -> None:
        person.set_password("another one 9")
        person.save()
        assert not identified(cookie=cookie).is_authenticated

    def test_a_session_of_a_blocked_account_is_anonymous(self, person: User, cookie: str) -> None:
        User.objects.filter(pk=person.pk).update(is_active=False)
        assert not identified(cookie=cookie).is_authenticated

    def test_writing_by_cookie_needs_the_csrf_token(self, person: User, cookie: str) -> None:
        token = "t" * 32
        with_token = f"{cookie}; {settings.CSRF_COOKIE_NAME}={token}"
        assert identified(unsafe=True, cookie=with_token, x_csrftoken=token) == person
        for headers in ({}, {"x_csrftoken": "u" * 32}, {"x_csrftoken": token, "origin": "https://evil.example"}):
            with pytest.raises(ForbiddenError):
                identified(unsafe=True, cookie=with_token, **headers)
        with pytest.raises(ForbiddenError):
            identified(unsafe=True, cookie=cookie, x_csrftoken="")

    def test_a_token_is_its_user_until_it_is_revoked(self, person: User) -> None:
        token = create_token(person)
        assert identified(unsafe=True, authorization=f"Bearer {token}") == person
        assert ApiToken.objects.get().last_used_at is not None
        assert token not in str(list(ApiToken.objects.values()))
        revoke_tokens(person)
        with pytest.raises(SignInRequiredError):
            identified(authorization=f"Bearer {token}")


def test_becoming_a_creator_lowers_nobody() -> None:
    staff, student = a_person(Role.STAFF), a_person()
    become_creator(staff)
    become_creator(student)
    assert User.objects.get(pk=staff.pk).role == Role.STAFF
    assert User.objects.get(pk=student.pk).is_creator
