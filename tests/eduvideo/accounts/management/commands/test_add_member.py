import io

import pytest
from django.core.management import CommandError, call_command

from eduvideo.accounts.models import Membership
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


def add(email: str, *arguments: str) -> None:
    call_command("add_member", email, *arguments, stdout=io.StringIO())


def test_a_person_has_the_last_role_that_was_given() -> None:
    person, organization = a_person(), an_organization()
    for role in ("student", "teacher"):
        add(person.email.upper(), "--organization", organization.public_id, "--role", role)
    assert Membership.objects.values_list("user", "organization", "role").get() == (
        person.pk, organization.pk, "teacher",
    )  # fmt: skip


def test_nobody_is_added_anywhere_unknown() -> None:
    with pytest.raises(CommandError, match="create_organization"):
        add(a_person().email, "--organization", "nowhere")
    with pytest.raises(CommandError, match="create_user"):
        add("nobody@example.org", "--organization", an_organization().public_id)
    assert not Membership.objects.exists()
