"""The page of an organization: what its members find there, and that others find nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import MemberRole, Organization, User
from eduvideo.catalog.models import VideoState, Visibility
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Organization:
    return an_organization(name="育才中学")


@pytest.fixture
def pupil(school: Organization) -> User:
    person = a_person()
    a_membership(school, person, role=MemberRole.STUDENT)
    return person


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_of(school: Organization, client: Client) -> str:
    answer = client.get(f"/organizations/{school.public_id}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_members_find_its_published_lessons_and_nothing_else(school: Organization, pupil: User) -> None:
    shown = [Visibility.ORGANIZATION, Visibility.PUBLIC]
    for visibility in (*shown, Visibility.UNLISTED, Visibility.EMBED):
        a_video(title=f"its {visibility}", organization=school, visibility=visibility)
    a_video(title="its draft", organization=school, visibility=Visibility.ORGANIZATION, state=VideoState.DRAFT)
    a_video(title="of another one", visibility=Visibility.ORGANIZATION)
    page = page_of(school, signed_in(pupil))
    found = {
        name for name in ("its public", "its organization", "its unlisted", "its embed", "its draft") if name in page
    }
    assert found == {"its public", "its organization"}
    assert "of another one" not in page
    assert "育才中学" in page


def test_it_does_not_exist_for_others(school: Organization) -> None:
    assert signed_in(a_person()).get(f"/organizations/{school.public_id}").status_code == 404
    assert Client().get(f"/organizations/{school.public_id}").status_code == 302


def test_stills_that_nobody_may_fetch_are_not_asked_for(school: Organization, pupil: User) -> None:
    a_video(organization=school, visibility=Visibility.ORGANIZATION)
    assert "/media/" not in page_of(school, signed_in(pupil))


def test_an_empty_one_says_how_that_changes(school: Organization, pupil: User) -> None:
    assert "No lesson here yet" in page_of(school, signed_in(pupil))


def test_ways_lead_there_from_the_account_and_from_a_lesson(school: Organization, pupil: User) -> None:
    video = a_video(organization=school, visibility=Visibility.ORGANIZATION)
    way = f'href="/organizations/{school.public_id}"'
    for path in ("/accounts/me", f"/watch/{video.public_id}"):
        assert way in signed_in(pupil).get(path).content.decode()
    assert way not in signed_in(a_person()).get("/accounts/me").content.decode()


def test_it_costs_the_same_with_many(school: Organization, pupil: User) -> None:
    client, counts = signed_in(pupil), []
    for more in (1, 19):
        for _ in range(more):
            a_video(organization=school, visibility=Visibility.ORGANIZATION)
        with CaptureQueriesContext(connection) as queries:
            page_of(school, client)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8
