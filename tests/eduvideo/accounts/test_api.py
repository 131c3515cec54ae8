"""Organizations and their members over HTTP: who may see and change what."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import MemberRole, Membership, Organization, Role, User
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return a_person()


@pytest.fixture
def organization(manager: User) -> Organization:
    return an_organization(manager=manager)


def members_path(organization: Organization) -> str:
    return f"/api/v1/organizations/{organization.public_id}/members"


def put(client: Client, organization: Organization, **body: str) -> int:
    return client.post(members_path(organization), body, content_type="application/json").status_code


def roles(organization: Organization) -> dict[str, str]:
    return dict(Membership.objects.filter(organization=organization).values_list("user__email", "role"))


class TestMine:
    def test_each_comes_with_my_role(self, manager: User, organization: Organization) -> None:
        other = an_organization(name="Ash", student=manager)
        an_organization(student=a_person())
        assert asking(manager).get("/api/v1/organizations").json()["items"] == [
            {"id": other.public_id, "name": "Ash", "role": "student"},
            {"id": organization.public_id, "name": "Elm Street School", "role": "manager"},
        ]

    def test_they_need_an_account(self) -> None:
        assert asking(None).get("/api/v1/organizations").status_code == 401


class TestMembers:
    def test_a_manager_adds_changes_lists_and_removes_by_address(
        self, manager: User, organization: Organization
    ) -> None:
        person, client = a_person(), asking(manager)
        assert put(client, organization, email=f" {person.email.upper()} ", role="teacher") == 201
        assert put(client, organization, email=person.email, role="student") == 200
        shown = client.get(members_path(organization)).json()["items"]
        assert shown[0] == {
            "id": person.public_id, "name": person.display_name, "email": person.email, "role": "student",
        }  # fmt: skip
        assert client.delete(f"{members_path(organization)}?email={person.email}").status_code == 204
        assert roles(organization) == {manager.email: "manager"}

    @pytest.mark.parametrize(
        "body", [{"email": "nobody@example.org"}, {"email": "nobody@example.org", "role": "owner"}, {"role": "student"}]
    )
    def test_what_is_wrong_is_named_and_adds_nobody(
        self, manager: User, organization: Organization, body: dict[str, str]
    ) -> None:
        assert put(asking(manager), organization, **body) == 422
        assert roles(organization) == {manager.email: "manager"}

    def test_who_is_no_member_cannot_be_removed(self, manager: User, organization: Organization) -> None:
        answer = asking(manager).delete(f"{members_path(organization)}?email={a_person().email}")
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        ("who", "status"), [("nobody", 401), ("stranger", 404), ("student", 403), ("teacher", 403), ("staff", None)]
    )
    def test_only_managers_and_staff_see_and_change_them(
        self, organization: Organization, who: str, status: int | None
    ) -> None:
        person = None if who == "nobody" else a_person(Role.STAFF if who == "staff" else Role.CREATOR)
        if person and who in {"student", "teacher"}:
            an_organization(manager=person)  # elsewhere
            a_membership(organization, person, role=MemberRole(who))
        before, other = roles(organization), a_person()
        client, path = asking(person), members_path(organization)
        answers = [
            client.get(path).status_code,
            put(client, organization, email=other.email),
            client.delete(f"{path}?email={other.email}").status_code,
        ]
        assert answers == ([200, 201, 204] if status is None else [status] * 3)
        assert roles(organization) == before

    def test_the_number_of_queries_does_not_grow(self, manager: User, organization: Organization) -> None:
        client, counts = asking(manager), []
        for more in (0, 19):
            for _ in range(more):
                a_membership(organization, a_person())
            with CaptureQueriesContext(connection) as queries:
                assert len(client.get(members_path(organization)).json()["items"]) == 1 + more
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_pages_follow_one_another(self, manager: User, organization: Organization) -> None:
        for _ in range(30):
            a_membership(organization, a_person())
        client, found = asking(manager), []
        cursor: str | None = ""
        while cursor is not None:
            page = client.get(members_path(organization), {"cursor": cursor}).json()
            found += [item["email"] for item in page["items"]]
            cursor = page["next"]
        assert sorted(found) == sorted(roles(organization))
