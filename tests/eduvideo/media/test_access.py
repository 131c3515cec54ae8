from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Membership, Role, User
from eduvideo.media import access, services
from eduvideo.media.models import Asset, PlaybackSession, session_id_of
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def asset() -> Asset:
    return Asset.objects.create()


def status(session: PlaybackSession) -> int:
    return access.ask_status(session.asset.public_id, session=session.token)


def use_after(session: PlaybackSession, rest: timedelta) -> int:
    """Use a session when this time has passed since it was last used."""
    session.refresh_from_db()
    session.created_at -= rest
    session.expires_at -= rest
    session.save(update_fields=["created_at", "expires_at"])
    return status(session)


class TestHowLong:
    def test_three_hours_with_rests_are_one_session(self, asset: Asset) -> None:
        session = services.open_playback(asset, viewer=a_person())
        for minutes in (45, 109, 10, 60, 109):
            assert use_after(session, timedelta(minutes=minutes)) == 200

    def test_two_hours_without_use_end_it(self, asset: Asset) -> None:
        session = services.open_playback(asset, viewer=a_person())
        assert use_after(session, 2 * HOUR) == 403

    def test_it_never_lasts_longer_than_twelve_hours(self, asset: Asset) -> None:
        session = services.open_playback(asset, viewer=a_person())
        assert [use_after(session, HOUR) for _ in range(12)] == [200] * 11 + [403]

    def test_steady_use_writes_once_in_ten_minutes(self, asset: Asset) -> None:
        session = services.open_playback(asset, viewer=a_person())
        writes = 0
        for _ in range(60):
            with CaptureQueriesContext(connection) as queries:
                use_after(session, timedelta(minutes=1))
            writes += sum('SET "expires_at" = ' in query["sql"] for query in queries)
        assert 5 <= writes <= 6


class TestWhatItRestsOn:
    def test_an_active_account(self, asset: Asset) -> None:
        person = a_person()
        session = services.open_playback(asset, viewer=person)
        User.objects.filter(pk=person.pk).update(is_active=False)
        assert status(session) == 403

    def test_a_membership(self, asset: Asset) -> None:
        person = a_person()
        here, elsewhere = an_organization(student=person), an_organization(student=person)
        session = services.open_playback(asset, viewer=person, organization_id=here.pk)
        Membership.objects.filter(organization=elsewhere).delete()
        assert status(session) == 200
        Membership.objects.filter(organization=here).delete()
        assert status(session) == 403

    @pytest.mark.parametrize(("is_superuser", "after"), [(False, 403), (True, 200)])
    def test_running_the_platform(self, asset: Asset, is_superuser: bool, after: int) -> None:
        person = a_person(Role.STAFF)
        session = services.open_playback(asset, viewer=person, as_staff=True)
        assert status(session) == 200
        User.objects.filter(pk=person.pk).update(role=Role.CREATOR, is_superuser=is_superuser)
        assert status(session) == after

    @pytest.mark.parametrize("who", [a_person, AnonymousUser])
    def test_an_asset_that_was_not_closed_since_the_viewer_was_let_in(
        self, asset: Asset, who: Callable[[], User | AnonymousUser]
    ) -> None:
        as_it_was = Asset.objects.get(pk=asset.pk)
        services.close_playback(asset)
        late = services.open_playback(as_it_was, viewer=who())
        assert status(late) == 403
        assert status(services.open_playback(asset, viewer=who())) == 200

    def test_who_watches_by_another_right_gets_another_session(self, asset: Asset) -> None:
        person = a_person(Role.STAFF)
        organization = an_organization(student=person)
        by_role = services.open_playback(asset, viewer=person, as_staff=True)
        by_membership = services.open_playback(asset, viewer=person, organization_id=organization.pk)
        assert by_role != by_membership
        assert services.open_playback(asset, viewer=person, as_staff=True) == by_role


class TestTokens:
    def test_the_database_does_not_hold_them(self, asset: Asset) -> None:
        session = services.open_playback(asset, viewer=a_person())
        kept = PlaybackSession.objects.values().get()
        assert session.token not in map(str, kept.values())
        assert access.ask_status(asset.public_id, session=session.public_id) == 403

    @pytest.mark.parametrize("forged", ["", ".", "x", "{id}.", "{id}.AAAA", "{other}.{mac}", "{id}.{mac}x", "\0.\0"])
    def test_one_that_we_did_not_make_costs_no_query(self, asset: Asset, forged: str) -> None:
        session = services.open_playback(asset, viewer=a_person())
        other = services.open_playback(asset, viewer=a_person())
        mac = session.token.partition(".")[2]
        token = forged.format(id=session.public_id, other=other.public_id, mac=mac)
        assert session_id_of(token) is None
        with CaptureQueriesContext(connection) as queries:
            assert token == "" or access.ask_status(asset.public_id, session=token) == 403
        assert len(queries) == 0

    def test_the_check_is_one_query(self, asset: Asset) -> None:
        session = services.open_playback(asset, viewer=a_person())
        with CaptureQueriesContext(connection) as queries:
            assert status(session) == 200
        assert len(queries) == 1
