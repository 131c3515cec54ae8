from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog import arrangement, playlists, services
from eduvideo.catalog.bulk import BulkChange, Step, change_lessons
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.catalog.queries import arrangement_of
from eduvideo.core import clock
from eduvideo.core.models import OutboxEvent
from eduvideo.media.models import AssetState
from tests.factories.accounts import an_organization
from tests.factories.catalog import a_playlist, a_video
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db

LATER = (clock.now() + timedelta(days=30)).replace(second=0, microsecond=0)


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def ids(*videos: Video) -> list[str]:
    return [video.public_id for video in videos]


def events(name: str) -> int:
    return OutboxEvent.objects.filter(name=f"catalog.{name}").count()


def test_each_lesson_is_changed_once_with_one_event_and_told(creator: User) -> None:
    first, second = a_video(owner=creator), a_video(owner=creator)
    already = a_video(owner=creator, subject="physics")
    theirs, hidden = a_video(title="Theirs"), a_video(title="Hidden", state=VideoState.DRAFT)
    change = BulkChange(Step.SUBJECT, "physics")
    tally = change_lessons(ids(first, already, theirs, hidden, second), change, by=creator)
    assert (tally.changed, tally.same) == (2, 1)
    # What may not be changed is not named either.
    assert set(tally.problems) == {"Only the creator of this lesson may change it.", "Not found"}
    assert list(tally.problems.values()) == [[theirs.public_id], [hidden.public_id]]
    assert events("VideoChanged") == 2
    assert set(Video.objects.filter(subject="physics")) == {first, second, already}
    again = change_lessons(ids(first, second), change, by=creator)
    assert (again.changed, again.same, events("VideoChanged")) == (0, 2, 2)


def test_one_that_is_deleted_meanwhile_stops_no_other(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, left = a_video(owner=creator, title="Gone"), a_video(owner=creator)
    update = services.update_video

    def updated(video: Video, **more: Any) -> Video:
        if video == gone:
            services.delete_video(Video.objects.get(pk=gone.pk), by=creator)  # as another request does now
        return update(video, **more)

    monkeypatch.setattr(services, "update_video", updated)
    tally = change_lessons(ids(gone, left), BulkChange(Step.GRADE, "9"), by=creator)
    assert (tally.changed, dict(tally.problems)) == (1, {"Not found": ["Gone"]})


@pytest.mark.parametrize(
    ("step", "value"),
    [(Step.GRADE, "9"), (Step.LANGUAGE, "zh"), (Step.VISIBILITY, Visibility.UNLISTED), (Step.VISIBILITY, "embed")],
)
def test_every_field_can_be_set(creator: User, step: Step, value: str) -> None:
    video = a_video(owner=creator)
    assert change_lessons(ids(video), BulkChange(step, value), by=creator).changed == 1
    video.refresh_from_db()
    assert getattr(video, step) == value


def test_an_organization_comes_before_its_members(creator: User) -> None:
    school = an_organization(teacher=creator)
    video = a_video(owner=creator)
    to_members = BulkChange(Step.VISIBILITY, Visibility.ORGANIZATION)
    assert list(change_lessons(ids(video), to_members, by=creator).problems.values()) == [["Fractions"]]
    assert change_lessons(ids(video), BulkChange(Step.ORGANIZATION, school.public_id), by=creator).changed == 1
    assert change_lessons(ids(video), to_members, by=creator).changed == 1
    assert change_lessons(ids(video), BulkChange(Step.ORGANIZATION, ""), by=creator).problems


def test_publishing_unpublishing_and_a_time(creator: User) -> None:
    draft = a_video(owner=creator, state=VideoState.DRAFT)
    waiting = a_video(owner=creator, state=VideoState.DRAFT, asset_state=AssetState.PROCESSING)
    withdrawn = a_video(owner=creator, state=VideoState.WITHDRAWN, title="Withdrawn")
    chosen = ids(draft, waiting, withdrawn)
    at = BulkChange(Step.SCHEDULE, LATER.isoformat())
    tally = change_lessons(chosen, at, by=creator)
    assert (tally.changed, list(tally.problems.values())) == (2, [["Withdrawn"]])
    assert Video.objects.filter(publish_at=LATER).count() == 2
    assert change_lessons(chosen, at, by=creator).same == 2
    assert change_lessons(chosen, BulkChange(Step.PUBLISH), by=creator).changed == 2
    waiting.refresh_from_db()
    assert waiting.publish_requested_at
    assert change_lessons(chosen, BulkChange(Step.PUBLISH), by=creator).same == 2
    tally = change_lessons(chosen, BulkChange(Step.UNPUBLISH), by=creator)
    assert (tally.changed, list(tally.problems.values())) == (2, [["Withdrawn"]])
    assert (events("VideoPublished"), events("VideoUnpublished")) == (1, 1)


def test_deleting_takes_one_s_own_only(creator: User) -> None:
    mine, theirs = a_video(owner=creator), a_video()
    tally = change_lessons(ids(mine, theirs), BulkChange(Step.DELETE), by=creator)
    assert (tally.changed, len(tally.problems)) == (1, 1)
    assert list(Video.objects.all()) == [theirs]


def test_a_playlist_takes_what_it_has_room_for_in_one_change(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third, fourth = (a_video(owner=creator, title=f"No. {n}") for n in range(4))
    playlist = a_playlist(first)
    monkeypatch.setattr(playlists, "MAX_VIDEOS", 3)
    change = BulkChange(Step.PLAYLIST, playlist.public_id)
    tally = change_lessons(ids(first, second, third, fourth), change, by=creator)
    assert (tally.changed, tally.same, list(tally.problems.values())) == (2, 1, [["No. 3"]])
    assert list(arrangement.video_ids(arrangement_of(playlist))) == ids(first, second, third)
    playlist.refresh_from_db()
    assert playlist.revision == 3  # made with one, changed once
    foreign = BulkChange(Step.PLAYLIST, a_playlist().public_id)
    assert change_lessons(ids(first), foreign, by=creator).problems


def test_a_lesson_more_costs_the_same_again(creator: User) -> None:
    costs = []
    for count in (1, 3):
        chosen = ids(*(a_video(owner=creator) for _ in range(count)))
        with CaptureQueriesContext(connection) as queries:
            change_lessons(chosen, BulkChange(Step.GRADE, "9"), by=creator)
        costs.append(len(queries))
    assert costs[1] == 3 * costs[0]
