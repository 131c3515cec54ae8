import pytest
from django.contrib.auth.models import AnonymousUser

from eduvideo.accounts.models import MemberRole
from eduvideo.accounts.queries import is_member_of, organizations_of, teaching_organizations_of
from tests.factories.accounts import a_membership, an_organization
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


def test_organizations_are_those_of_the_person_by_name() -> None:
    person = a_person()
    oak, ash = an_organization(name="Oak", student=person), an_organization(name="Ash", manager=person)
    an_organization(name="Elm", manager=a_person())
    assert list(organizations_of(person)) == [ash, oak]
    assert list(organizations_of(AnonymousUser())) == []


@pytest.mark.parametrize(("role", "may"), [("student", False), ("teacher", True), ("manager", True)])
def test_teachers_and_managers_may_teach(role: str, may: bool) -> None:
    person = a_person()
    here = an_organization()
    a_membership(here, person, role=MemberRole(role))
    an_organization(manager=a_person())
    assert list(teaching_organizations_of(person)) == ([here] if may else [])


def test_a_role_in_one_organization_gives_nothing_in_another() -> None:
    person = a_person()
    an_organization(manager=person)
    other = an_organization(teacher=a_person())
    a_membership(other, person, role=MemberRole.STUDENT)
    assert other not in teaching_organizations_of(person)


def test_a_blocked_account_belongs_nowhere() -> None:
    person = a_person()
    organization = an_organization(teacher=person)
    assert is_member_of(person, organization.pk)
    person.is_active = False
    assert not is_member_of(person, organization.pk)
    assert organization not in teaching_organizations_of(person)


def test_nobody_is_a_member_of_no_organization() -> None:
    assert not is_member_of(a_person(), None)
