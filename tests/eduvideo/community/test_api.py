import pytest
from django.test import Client

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, Visibility
from eduvideo.community.models import DailyViews
from eduvideo.core.broker import broker
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_person
from tests.servers.valkey import ValkeyServer

pytestmark = pytest.mark.django_db


def a_browser(person: User | None = None) -> Client:
    """Return a client with a CSRF secret of its own, as a page gives it."""
    client = Client(enforce_csrf_checks=True)
    if person:
        client.force_login(person)
    client.get("/")
    return client


def watch(client: Client, video: Video) -> int:
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value} if "csrftoken" in client.cookies else {}
    return client.post(f"/api/v1/videos/{video.public_id}/views", headers=headers).status_code


def views(video: Video) -> int:
    return sum(DailyViews.objects.filter(video=video).values_list("people", flat=True))


def test_one_person_counts_once_a_day_and_lesson() -> None:
    video, other = a_video(), a_video()
    person, guest, another_guest = a_browser(a_person()), a_browser(), a_browser()
    for client in (person, person, guest, guest, another_guest):
        assert watch(client, video) == 204
    assert watch(guest, other) == 204
    assert (views(video), views(other)) == (3, 1)


def test_creators_staff_and_programs_without_a_page_do_not_count() -> None:
    video = a_video()
    assert watch(a_browser(video.owner), video) == 204
    assert watch(a_browser(a_person(Role.STAFF)), video) == 204
    assert watch(Client(enforce_csrf_checks=True), video) == 403
    hidden = a_video(visibility=Visibility.ORGANIZATION)
    assert watch(a_browser(), hidden) == 404
    assert not DailyViews.objects.exists()


def test_who_it_was_is_kept_nowhere() -> None:
    watch(a_browser(), a_video())
    (key,) = broker().keys("*views:*")
    assert broker().pfcount(key) == 1  # registers of a HyperLogLog, and no list of people
    assert 0 < broker().ttl(key) <= 2 * 86_400
    assert {field.name for field in DailyViews._meta.get_fields()} == {"id", "video", "day", "people"}


def test_without_the_broker_nothing_is_counted_and_nothing_breaks(valkey: ValkeyServer) -> None:
    video, client = a_video(), a_browser(a_person())
    valkey.kill()
    assert watch(client, video) == 503
    assert not DailyViews.objects.exists()
