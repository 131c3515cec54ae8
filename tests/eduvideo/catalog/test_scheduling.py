from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog import scheduling, services
from eduvideo.catalog.models import Video, VideoState
from eduvideo.core import clock
from eduvideo.core.events import emit
from eduvideo.core.models import OutboxEvent
from eduvideo.core.relay import relay_due_events
from eduvideo.media.events import AssetPlayable, AssetReady
from eduvideo.media.models import Asset, AssetState, Priority
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person, a_token_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the clock at a moment; it is noon at first."""

    def stop(at: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: at)

    stop(NOON)
    return stop


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def a_draft(creator: User, *, at: datetime | None = None, asset_state: AssetState = AssetState.READY) -> Video:
    video = a_video(owner=creator, state=VideoState.DRAFT, asset_state=asset_state)
    return scheduling.schedule_video(video, by=creator, at=at) if at else video


def again(video: Video) -> Video:
    return Video.objects.select_related("asset", "owner").get(pk=video.pk)


def published_events() -> int:
    return OutboxEvent.objects.filter(name="catalog.VideoPublished").count()


class TestTask:
    def test_publishes_what_is_due_once_and_nothing_before(
        self, creator: User, set_clock: Callable[[datetime], None]
    ) -> None:
        video, later = a_draft(creator, at=NOON + HOUR), a_draft(creator, at=NOON + 2 * HOUR)
        set_clock(NOON + HOUR - timedelta(seconds=1))
        assert scheduling.publish_due() == 0
        assert not Video.objects.listed().exists()
        set_clock(NOON + HOUR)
        assert [scheduling.publish_due(), scheduling.publish_due()] == [1, 0]
        video = again(video)
        assert (video.state, video.published_at, video.publish_at) == (VideoState.PUBLISHED, NOON + HOUR, None)
        assert video.asset.is_public
        assert again(later).state == VideoState.DRAFT
        assert published_events() == 1

    def test_two_tasks_that_saw_the_same_lesson_publish_it_once(
        self, creator: User, set_clock: Callable[[datetime], None]
    ) -> None:
        video = a_draft(creator, at=NOON + HOUR)
        set_clock(NOON + HOUR)
        assert [scheduling._publish_if_due(video.pk), scheduling._publish_if_due(video.pk)] == [True, False]
        assert published_events() == 1

    def test_a_lesson_that_cannot_be_played_yet_is_published_when_it_can(
        self, creator: User, set_clock: Callable[[datetime], None]
    ) -> None:
        video = a_draft(creator, at=NOON + HOUR, asset_state=AssetState.PROCESSING)
        set_clock(NOON + 2 * HOUR)
        assert scheduling.publish_due() == 1
        video = again(video)
        assert (video.state, video.publish_requested_at) == (VideoState.DRAFT, NOON + 2 * HOUR)
        assert video.asset.priority == Priority.WAITED_FOR
        video.asset.state = AssetState.PLAYABLE
        video.asset.save(update_fields=["state"])
        assert services.fulfil_publish_request(video.asset)
        assert again(video).state == VideoState.PUBLISHED

    def test_one_that_ends_half_way_leaves_the_lesson_due(
        self, creator: User, set_clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        video, other = a_draft(creator, at=NOON + HOUR), a_draft(creator, at=NOON + HOUR)
        set_clock(NOON + HOUR)
        with monkeypatch.context() as broken:
            publish = services.publish_video

            def fail_once(lesson: Video, *, by: User) -> Video:
                if lesson.pk == video.pk:
                    raise OSError("killed here")
                return publish(lesson, by=by)

            broken.setattr(services, "publish_video", fail_once)
            assert scheduling.publish_due() == 1
        assert (again(video).publish_at, again(video).publish_requested_at) == (NOON + HOUR, None)
        assert again(other).state == VideoState.PUBLISHED
        assert scheduling.publish_due() == 1

    def test_a_lesson_whose_owner_was_deactivated_stays_a_draft(
        self, creator: User, set_clock: Callable[[datetime], None]
    ) -> None:
        video, other = a_draft(creator, at=NOON + HOUR), a_draft(a_person(Role.CREATOR), at=NOON + HOUR)
        User.objects.filter(pk=creator.pk).update(is_active=False)
        set_clock(NOON + HOUR)
        scheduling.publish_due()
        video = again(video)
        assert (video.state, video.publish_at, video.publish_requested_at) == (VideoState.DRAFT, None, None)
        assert not video.asset.is_public
        assert again(other).state == VideoState.PUBLISHED
        assert scheduling.publish_due() == 0
        User.objects.filter(pk=creator.pk).update(is_active=True)
        assert services.publish_video(again(video), by=creator).state == VideoState.PUBLISHED

    @pytest.mark.parametrize("event", [AssetPlayable, AssetReady])
    def test_so_does_one_that_can_be_played_only_then(
        self, creator: User, set_clock: Callable[[datetime], None], event: type[AssetPlayable | AssetReady]
    ) -> None:
        video, other = (
            a_draft(person, at=NOON + HOUR, asset_state=AssetState.PROCESSING)
            for person in (creator, a_person(Role.CREATOR))
        )
        set_clock(NOON + HOUR)
        assert scheduling.publish_due() == 2
        User.objects.filter(pk=creator.pk).update(is_active=False)
        Asset.objects.update(state=AssetState.READY)
        for asset in (video.asset, other.asset):
            emit(event(asset_id=asset.pk))
        relay_due_events()
        assert again(other).state == VideoState.PUBLISHED
        assert (again(video).state, again(video).publish_requested_at) == (VideoState.DRAFT, None)
        assert services.publish_video(again(video), by=a_person(Role.STAFF)).state == VideoState.PUBLISHED

    def test_a_clock_that_goes_back_takes_nothing_back(
        self, creator: User, set_clock: Callable[[datetime], None]
    ) -> None:
        video = a_draft(creator, at=NOON + HOUR)
        set_clock(NOON + HOUR)
        scheduling.publish_due()
        set_clock(NOON - 3 * HOUR)
        assert scheduling.publish_due() == 0
        assert again(video).state == VideoState.PUBLISHED

    def test_looking_is_one_query_by_the_index(self, creator: User, set_clock: Callable[[datetime], None]) -> None:
        a_draft(creator, at=NOON + HOUR)
        with CaptureQueriesContext(connection) as queries:
            scheduling.publish_due()
        (asked,) = queries
        if connection.vendor == "sqlite":  # PostgreSQL goes by how many there are
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {asked['sql']}")
                assert "video_due" in str(cursor.fetchall())


class TestWish:
    def test_time_is_changed_and_cancelled(self, creator: User, set_clock: Callable[[datetime], None]) -> None:
        video = a_draft(creator, at=NOON + HOUR)
        scheduling.schedule_video(video, by=creator, at=NOON + 2 * HOUR)
        assert again(video).publish_at == NOON + 2 * HOUR
        scheduling.cancel_schedule(video, by=creator)
        set_clock(NOON + 3 * HOUR)
        assert scheduling.publish_due() == 0
        assert again(video).state == VideoState.DRAFT

    def test_publishing_unpublishing_and_withdrawing_take_the_time_away(
        self, creator: User, set_clock: Callable[[datetime], None]
    ) -> None:
        first, second, third = (a_draft(creator, at=NOON + HOUR) for _ in range(3))
        services.publish_video(first, by=creator)
        services.unpublish_video(second, by=creator)
        services.withdraw_video(third, by=a_person(Role.STAFF))
        set_clock(NOON + HOUR)
        assert scheduling.publish_due() == 0
        assert [again(video).state for video in (first, second, third)] == ["published", "draft", "withdrawn"]

    def test_only_a_draft_has_a_time(self, creator: User) -> None:
        video = a_video(owner=creator)
        with pytest.raises(IntegrityError), transaction.atomic():
            Video.objects.filter(pk=video.pk).update(publish_at=NOON)


class TestApi:
    def test_a_time_is_set_told_to_editors_only_and_taken_back(
        self, creator: User, set_clock: Callable[[datetime], None]
    ) -> None:
        video = a_draft(creator)
        client, path = asking(creator), f"/api/v1/videos/{video.public_id}"
        at = "2026-12-01T21:30:00+08:00"
        answer = client.post(f"{path}/publish", {"at": at}, content_type="application/json").json()
        assert (answer["state"], answer["publish_at"]) == ("draft", "2026-12-01T13:30:00Z")
        assert asking(None).get(path).status_code == 404
        answer = client.patch(path, {"publish_at": None, "title": "Halves"}, content_type="application/json").json()
        assert (answer["publish_at"], answer["title"]) == (None, "Halves")
        answer = client.patch(path, {"publish_at": at}, content_type="application/json").json()
        assert answer["publish_at"] == "2026-12-01T13:30:00Z"
        set_clock(NOON + 2 * HOUR)
        scheduling.publish_due()
        assert asking(None).get(path).json()["publish_at"] is None

    @pytest.mark.parametrize("body", ["", "{}", '{"at": null}', '{"at": "2026-11-30T00:00:00Z"}'])
    def test_without_a_time_or_with_one_that_has_passed_it_is_now(
        self,
        creator: User,
        set_clock: Callable[[datetime], None],
        body: str,
    ) -> None:
        path = f"/api/v1/videos/{a_draft(creator, at=NOON + HOUR).public_id}/publish"
        answer = by_token(creator).post(path, body, content_type="application/json")
        assert (answer.status_code, answer.json()["state"]) == (200, "published")

    @pytest.mark.parametrize(
        "at", ["2026-12-01T13:30:00", "tomorrow", 10**30, "2030-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00"]
    )
    def test_what_is_no_time_with_a_zone_or_too_far_is_refused(
        self,
        creator: User,
        set_clock: Callable[[datetime], None],
        at: object,
    ) -> None:
        path = f"/api/v1/videos/{a_draft(creator).public_id}/publish"
        answer = asking(creator).post(path, {"at": at}, content_type="application/json")
        assert answer.status_code == 422
        assert answer.json()["errors"]

    @pytest.mark.parametrize(
        ("kind", "form"),
        [
            ("application/x-www-form-urlencoded", '{"at": "2026-12-02T00:00:00Z"}'),  # as curl -d sends it
            ("application/x-www-form-urlencoded", "at=2026-12-02T00:00:00Z"),
            (
                "multipart/form-data; boundary=x",
                '--x\r\nContent-Disposition: form-data; name="at"\r\n\r\n2\r\n--x--\r\n',
            ),
            ("text/plain", "at=2026-12-02T00:00:00Z"),
        ],
    )
    def test_a_time_that_is_not_read_publishes_nothing(
        self, creator: User, set_clock: Callable[[datetime], None], kind: str, form: str
    ) -> None:
        video = a_draft(creator)
        answer = by_token(creator).post(f"/api/v1/videos/{video.public_id}/publish", form, content_type=kind)
        assert (answer.status_code, again(video).state) == (422, VideoState.DRAFT)

    @pytest.mark.parametrize(
        ("kind", "form"),
        [("application/x-www-form-urlencoded", ""), ("multipart/form-data; boundary=x", "--x--\r\n"), ("", "")],
    )
    def test_an_empty_form_means_now(
        self, creator: User, set_clock: Callable[[datetime], None], kind: str, form: str
    ) -> None:
        video = a_draft(creator)
        answer = by_token(creator).post(f"/api/v1/videos/{video.public_id}/publish", form, content_type=kind)
        assert (answer.status_code, again(video).state) == (200, VideoState.PUBLISHED)

    def test_others_and_published_lessons_are_refused(
        self,
        creator: User,
        set_clock: Callable[[datetime], None],
    ) -> None:
        body = {"at": "2026-12-02T00:00:00Z"}
        published, draft = a_video(owner=creator), a_draft(creator)
        for person, video, status in (
            (creator, published, 409), (a_person(Role.CREATOR), published, 403), (a_person(Role.CREATOR), draft, 404),
        ):  # fmt: skip
            path = f"/api/v1/videos/{video.public_id}/publish"
            assert asking(person).post(path, body, content_type="application/json").status_code == status
        assert again(published).state == VideoState.PUBLISHED


def by_token(person: User) -> Client:
    return Client(headers={"authorization": f"Bearer {a_token_of(person)}"})
