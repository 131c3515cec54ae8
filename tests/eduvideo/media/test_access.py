import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Membership, Role, User
from eduvideo.core.objects import open_objects
from eduvideo.media import access, captioning, services
from eduvideo.media.models import Asset, PlaybackSession, session_id_of
from eduvideo.media.queries import playback_of
from tests.factories.accounts import an_organization
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset
from tests.factories.uploads import ask

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


class TestPlaylists:
    MEDIA = b'#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:4,\nseg_00001.m4s\n#EXT-X-ENDLIST\n'

    def uris(self, url: str, text: str) -> set[str]:
        """Return the absolute path of everything that a playlist names (RFC 8216, section 4.1 and 4.3.4)."""
        named = re.findall(r'URI="([^"]+)"', text) + [line for line in text.splitlines() if line and line[0] != "#"]
        return {urljoin(url, name) for name in named}

    @pytest.mark.django_db(transaction=True)
    def test_all_that_a_private_one_names_stays_in_the_session_and_needs_no_header(self) -> None:
        asset = a_played_asset(is_public=False)
        for name in ("720p", "audio"):
            key = f"{asset.played_prefix}{name}/index.m3u8"
            open_objects().write(key, self.MEDIA, content_type="application/vnd.apple.mpegurl")
        captioning.put_captions(asset, language="en", text="WEBVTT\n\n00:01.000 --> 00:03.000\nForce.\n")
        playback = playback_of(asset, session=services.open_playback(asset, viewer=AnonymousUser()))
        assert playback
        base, waiting, seen = playback.hls_url.partition("assets/")[0], {playback.hls_url}, set[str]()
        while waiting:
            url = waiting.pop()
            seen.add(url)
            assert url.startswith(base)
            answer = ask("GET", url)
            # The fixture has not all segments; what is not there is not found, and never refused.
            assert answer.status_code in {200, 404}, url
            if url.endswith(".m3u8"):
                assert answer.status_code == 200, url
                waiting |= self.uris(url, answer.text) - seen
        assert {url.rpartition("/")[2] for url in seen} >= {"master.m3u8", "index.m3u8", "init.mp4", "seg_00001.m4s"}
        assert any(url.endswith(".vtt") for url in seen)
