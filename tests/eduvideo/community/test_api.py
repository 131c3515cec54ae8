from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.community.models import DailyViews, Favorite, Follow
from eduvideo.core import clock
from eduvideo.core.broker import broker
from eduvideo.core.pagination import PAGE_SIZE
from eduvideo.study.models import WatchProgress
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person
from tests.servers.valkey import ValkeyServer

pytestmark = pytest.mark.django_db

LISTS = ("/api/v1/me/favorites", "/api/v1/me/follows", "/api/v1/me/history")


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
    assert {field.name for field in DailyViews._meta.get_fields()} == {"id", "video", "day", "people", "framed"}


def test_without_the_broker_nothing_is_counted_and_nothing_breaks(valkey: ValkeyServer) -> None:
    video, client = a_video(), a_browser(a_person())
    valkey.kill()
    assert watch(client, video) == 503
    assert not DailyViews.objects.exists()


def with_everything(person: User, video: Video, *, at: int = 0) -> None:
    """Let somebody have saved and watched a lesson and followed its creator, `at` minutes from now."""
    moment = clock.now() + timedelta(minutes=at)
    Favorite.objects.create(user=person, video=video, created_at=moment)
    Follow.objects.create(user=person, creator=video.owner, created_at=moment)
    WatchProgress.objects.create(user=person, video=video, position_ms=20_000, updated_at=moment)


def ids(client: Client, path: str) -> list[str]:
    """Return the ids of all pages of a list."""
    found: list[str] = []
    cursor = ""
    while True:
        answer = client.get(path, {"cursor": cursor} if cursor else {})
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "private, no-store"
        page = answer.json()
        found += [item.get("video", item.get("creator"))["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        assert len(page["items"]) == PAGE_SIZE
        cursor = page["next"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_goes_on_page_by_page_the_last_first(path: str) -> None:
    person, other = a_person(), a_person()
    videos = [a_video() for _ in range(PAGE_SIZE + 2)]
    for at, video in enumerate(videos):
        with_everything(person, video, at=at)
    with_everything(other, videos[0])
    expected = [video.owner.public_id if path.endswith("follows") else video.public_id for video in reversed(videos)]
    assert ids(asking(person), path) == expected


def test_history_tells_how_far_and_can_be_forgotten() -> None:
    person = a_person()
    client, one, two = asking(person), a_video(), a_video()
    with_everything(person, one)
    with_everything(person, two, at=1)
    WatchProgress.objects.filter(video=two).update(is_finished=True)
    first, second = client.get("/api/v1/me/history").json()["items"]
    assert (first["finished"], second["finished"], second["position_ms"]) == (True, False, 20_000)
    for _ in range(2):
        assert client.delete(f"/api/v1/me/history/{two.public_id}").status_code == 204
    assert ids(client, "/api/v1/me/history") == [one.public_id]
    assert client.delete("/api/v1/me/history").status_code == 204
    assert ids(client, "/api/v1/me/history") == []


def test_what_one_may_not_watch_any_more_is_in_no_list() -> None:
    person, video = a_person(), a_video()
    with_everything(person, video)
    Video.objects.update(state=VideoState.WITHDRAWN)
    for path in ("/api/v1/me/favorites", "/api/v1/me/history"):
        assert ids(asking(person), path) == []


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_for_one_and_for_twenty(path: str) -> None:
    person = a_person()
    client, counts = asking(person), []
    for more in (1, 19):
        for _ in range(more):
            with_everything(person, a_video())
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        counts.append(len(asked))
    assert counts == [3, 3]  # session, account, list


@pytest.mark.parametrize("path", LISTS)
def test_it_is_ones_own_and_takes_no_forged_cursor(path: str) -> None:
    assert asking(None).get(path).status_code == 401
    assert asking(a_person()).get(path, {"cursor": "forged"}).status_code == 422
