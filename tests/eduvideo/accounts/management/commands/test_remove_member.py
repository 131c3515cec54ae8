import io

import pytest
from django.core.management import CommandError, call_command

from eduvideo.accounts.models import Membership
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


def test_a_membership_ends_and_others_stay() -> None:
    person = a_person()
    left, stays = an_organization(teacher=person, student=a_person()), an_organization(teacher=person)
    arguments = (person.email, "--organization", left.public_id)
    call_command("remove_member", *arguments, stdout=io.StringIO())
    assert set(Membership.objects.filter(user=person).values_list("organization", flat=True)) == {stays.pk}
    assert Membership.objects.filter(organization=left).count() == 1
    with pytest.raises(CommandError, match="no member"):
        call_command("remove_member", *arguments, stdout=io.StringIO())
