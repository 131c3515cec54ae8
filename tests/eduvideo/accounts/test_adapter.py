import re

import pytest
from django.test import Client

from eduvideo.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "name"), [("en", r"Learner \d{4}"), ("zh-CN", r"同学 \d{4}")])
def test_nothing_of_the_address_is_shown_to_others(language: str, name: str) -> None:
    sent = {"email": "li.ming.2014@example.org", "password1": "correct horse 7"}
    Client().post("/accounts/signup/", sent, headers={"Accept-Language": language})
    assert re.fullmatch(name, User.objects.get().display_name)
