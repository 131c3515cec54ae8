"""Pages around an account, in our own words and both languages."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from eduvideo.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]  # passwords are hashed slowly

EMAIL, PASSWORD = "new@example.org", "correct horse 7"
CHINESE = {"Accept-Language": "zh-CN"}


@pytest.fixture
def member() -> Client:
    """Somebody who has just signed up."""
    client = Client()
    client.post("/accounts/signup/", {"email": EMAIL, "password1": PASSWORD})
    return client


def heading(client: Client, path: str) -> str:
    """Return a page's heading in Chinese."""
    found = re.search(r"<h1[^>]*>([^<]+)</h1>", client.get(path, headers=CHINESE, follow=True).content.decode())
    assert found, path
    return found[1]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/accounts/login/", "登录"),
        ("/accounts/signup/", "注册账号"),
        ("/accounts/password/reset/", "忘记密码"),
        ("/accounts/password/reset/done/", "请查收邮件"),
        ("/accounts/password/reset/key/1-wrong/", "链接已失效"),
        ("/accounts/confirm-email/wrong/", "链接已失效"),
        ("/accounts/inactive/", "此账号已停用"),
    ],
)
def test_a_visitor_reads_our_own_words(path: str, words: str) -> None:
    assert heading(Client(), path) == words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/accounts/me", "我的账号"),
        ("/accounts/password/change/", "修改密码"),
        ("/accounts/email/", "邮箱"),
        ("/accounts/logout/", "退出登录"),
    ],
)
def test_a_member_reads_our_own_words(member: Client, path: str, words: str) -> None:
    assert heading(member, path) == words


def test_a_refused_form_names_the_field_and_keeps_what_was_typed() -> None:
    answer = Client().post("/accounts/signup/", {"email": EMAIL, "password1": "123"}, headers=CHINESE)
    page = answer.content.decode()
    assert f'value="{EMAIL}"' in page
    assert re.search(r'<div class="field wrong"><label for="id_password1">密码</label>', page)
    assert 'role="alert"' in page
    assert not User.objects.exists()


def test_where_one_came_from_is_kept_from_signing_in_to_signing_up() -> None:
    page = Client().get("/accounts/login/?next=/watch/abc").content.decode()
    assert 'href="/accounts/signup/?next=%2Fwatch%2Fabc"' in page
    assert '<input type="hidden" name="next" value="/watch/abc">' in page
    answer = Client().post("/accounts/signup/", {"email": EMAIL, "password1": PASSWORD, "next": "/browse"})
    assert answer["Location"] == "/browse"


def test_addresses_are_added_verified_chosen_and_removed(member: Client) -> None:
    member.post("/accounts/email/", {"action_add": "", "email": "second@example.org"})
    link = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert link
    assert heading(member, link[1]) == "这是你的邮箱吗？"
    member.post(link[1])
    assert EmailAddress.objects.get(email="second@example.org").verified
    member.post("/accounts/email/", {"action_primary": "", "email": "second@example.org"})
    assert User.objects.get().email == "second@example.org"
    page = member.get("/accounts/email/").content.decode()
    assert page.count('name="action_remove"') == 1  # not the one that one signs in with
    member.post("/accounts/email/", {"action_remove": "", "email": EMAIL})
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["second@example.org"]


def test_the_password_is_changed_from_the_account_page(member: Client) -> None:
    form = {"oldpassword": PASSWORD, "password1": "another one 9", "password2": "another one 9"}
    member.post("/accounts/password/change/", form)
    assert User.objects.get().check_password("another one 9")
