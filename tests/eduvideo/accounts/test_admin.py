"""The admin changes organizations and accounts past our services: what was watched by it ends all the same."""

import pytest
from django.test import Client

from eduvideo.accounts.models import Membership, User
from eduvideo.media import access, services
from eduvideo.media.models import Asset
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org"))
    return client


def test_a_membership_that_is_removed_there_ends_playback(admin: Client) -> None:
    person, asset = a_person(), Asset.objects.create()
    organization = an_organization(student=person)
    session = services.open_playback(asset, viewer=person, organization_id=organization.pk)
    path = f"/admin/accounts/organization/{organization.pk}/change/"
    assert person.display_name in admin.get(path).content.decode()
    membership = Membership.objects.get()
    sent = {
        "name": "Elm", "quota_bytes": "", "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": membership.pk, "memberships-0-organization": organization.pk,
        "memberships-0-user": person.pk, "memberships-0-role": "student", "memberships-0-DELETE": "on",
    }  # fmt: skip
    assert access.ask_status(asset.public_id, session=session.token) == 200
    assert admin.post(path, sent).status_code == 302
    assert not Membership.objects.exists()
    assert access.ask_status(asset.public_id, session=session.token) == 403


def test_an_account_that_is_blocked_there_watches_nothing_more(admin: Client) -> None:
    person, asset = a_person(), Asset.objects.create()
    session = services.open_playback(asset, viewer=person)
    sent = {"email": person.email, "display_name": person.display_name, "role": person.role}
    assert admin.post(f"/admin/accounts/user/{person.pk}/change/", sent).status_code == 302
    assert not User.objects.get(pk=person.pk).is_active
    assert access.ask_status(asset.public_id, session=session.token) == 403
