"""Recordings over HTTP: the same file again, another file for the same lesson, and the policy for what is published."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import MemberRole, Role, User
from eduvideo.catalog import recordings
from eduvideo.catalog.models import Video, VideoState
from eduvideo.core import clock
from eduvideo.core.relay import relay_due_events
from eduvideo.media.models import Asset, AssetState, TranscodeJob
from eduvideo.uploads.models import Upload, UploadState
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.uploads import an_upload

pytestmark = pytest.mark.django_db
FINGERPRINT = "ab" * 32
NEW = {"title": "Newton's second law", "subject": "physics", "grade": "10", "language": "en"}
FILE = {"filename": "力学 🚀.mp4", "size_bytes": 1000, "fingerprint": FINGERPRINT}
LIKE = f"/api/v1/sources?size_bytes=1000&fingerprint={FINGERPRINT}"


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def post(by: User, path: str, **body: Any) -> Any:
    return asking(by).post(f"/api/v1{path}", body, content_type="application/json")


def a_draft(by: User, **told: Any) -> Video:
    answer = post(by, "/videos", **{**NEW, **FILE, **told})
    assert answer.status_code == 201, answer.content
    return Video.objects.select_related("asset__upload").get(public_id=answer.json()["id"])


def a_recorded_video(creator: User) -> Video:
    """Return a published lesson whose file is there."""
    video, upload = a_video(owner=creator), an_upload(owner=creator)
    Asset.objects.filter(pk=video.asset_id).update(upload=upload, source_key=upload.source_key)
    video.asset.refresh_from_db()
    arrived(video)
    return video


def arrived(video: Video) -> Upload:
    """Let the file of a lesson be there."""
    upload = video.asset.upload
    assert upload
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.COMPLETED, object_key=upload.source_key)
    upload.refresh_from_db()
    return upload


class TestTheSameFile:
    def test_what_is_on_its_way_and_what_is_there_is_found_the_newest_first(self, creator: User) -> None:
        first, second = a_draft(creator, title="one"), a_draft(creator, title="two")
        arrived(first)
        found = asking(creator).get(LIKE).json()["items"]
        assert [(same["video"]["id"], same["upload"]["state"]) for same in found] == [
            (second.public_id, "started"),
            (first.public_id, "completed"),
        ]
        assert found[0]["video"] == {"id": second.public_id, "title": "two", "state": "draft"}
        assert found[0]["upload"]["filename"] == "力学 🚀.mp4"

    def test_nothing_of_others_and_nothing_that_is_over_is_found(self, creator: User) -> None:
        a_draft(a_person(Role.CREATOR))
        late = a_draft(creator)
        Upload.objects.filter(assets=late.asset).update(expires_at=clock.now())
        gone = a_draft(creator)
        Upload.objects.filter(assets=gone.asset).update(state=UploadState.ABORTED)
        assert asking(creator).get(LIKE).json() == {"items": []}
        assert asking(None).get(LIKE).status_code == 401

    @pytest.mark.parametrize("query", ["", "size_bytes=0&fingerprint=x", "size_bytes=9&fingerprint="])
    def test_what_names_no_file_finds_nothing(self, creator: User, query: str) -> None:
        answer = asking(creator).get(f"/api/v1/sources?{query}")
        assert answer.status_code == 422 or answer.json() == {"items": []}

    @pytest.mark.parametrize("count", [1, 20])
    def test_it_costs_the_same_for_one_and_for_many(self, creator: User, count: int) -> None:
        for _ in range(count):
            a_draft(creator)
        client = asking(creator)
        client.get(LIKE)
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(LIKE).json()["items"]) == count
        assert len(queries) == 4  # session, user, uploads, lessons

    def test_a_recording_is_used_again_for_a_new_lesson(self, creator: User) -> None:
        known = arrived(a_draft(creator))
        answer = post(creator, "/videos", **NEW, same_as=known.public_id)
        assert answer.status_code == 201, answer.content
        assert answer.json()["upload"]["state"] == "completed"
        relay_due_events()
        video = Video.objects.select_related("asset__upload").get(public_id=answer.json()["id"])
        assert (video.asset.source_key, video.asset.source_name) == (known.object_key, "力学 🚀.mp4")
        assert TranscodeJob.objects.filter(asset=video.asset).count() == 1

    def test_not_that_of_somebody_else(self, creator: User) -> None:
        known = arrived(a_draft(a_person(Role.CREATOR)))
        assert post(creator, "/videos", **NEW, same_as=known.public_id).status_code == 404
        assert Video.objects.filter(owner=creator).count() == 0

    def test_a_fingerprint_that_is_none_is_named(self, creator: User) -> None:
        answer = post(creator, "/videos", **{**NEW, **FILE, "fingerprint": "x"})
        assert [item["field"] for item in answer.json()["errors"]] == ["fingerprint"]


class TestRoom:
    def test_a_lesson_of_an_organization_takes_its_room_wherever_it_moves(self, creator: User) -> None:
        school = an_organization(quota_bytes=1500)
        a_membership(school, creator, role=MemberRole.TEACHER)
        video = a_draft(creator, organization=school.public_id)
        assert Upload.objects.get().organization == school
        room = asking(creator).get("/api/v1/storage").json()
        assert (room["used_bytes"], room["organizations"][0]["used_bytes"]) == (0, 1000)
        assert room["organizations"][0] | {"used_bytes": 0} == {
            "id": school.public_id, "name": school.name, "used_bytes": 0, "quota_bytes": 1500,
        }  # fmt: skip
        assert post(creator, "/videos", **NEW, **FILE, organization=school.public_id).status_code == 413
        own = a_draft(creator)
        change = {"organization": school.public_id}
        path = f"/api/v1/videos/{own.public_id}"
        assert asking(creator).patch(path, change, content_type="application/json").status_code == 413
        moved = {"organization": ""}
        path = f"/api/v1/videos/{video.public_id}"
        assert asking(creator).patch(path, moved, content_type="application/json").status_code == 200
        room = asking(creator).get("/api/v1/storage").json()
        assert (room["used_bytes"], room["organizations"][0]["used_bytes"]) == (2000, 0)

    def test_all_recordings_of_a_lesson_move_with_it(self, creator: User) -> None:
        school = an_organization(teacher=creator)
        video = a_recorded_video(creator)
        path = f"/api/v1/videos/{video.public_id}"
        assert post(creator, f"/videos/{video.public_id}/upload", **FILE).status_code == 201
        Asset.objects.update(former_upload=an_upload(owner=creator))
        for organization in (school, None):
            change = {"organization": organization.public_id if organization else ""}
            assert asking(creator).patch(path, change, content_type="application/json").status_code == 200
            assert [upload.organization for upload in Upload.objects.all()] == [organization] * 3


class TestReplacing:
    @pytest.fixture
    def video(self, creator: User) -> Video:
        return a_recorded_video(creator)

    def test_another_file_for_the_same_lesson(self, creator: User, video: Video) -> None:
        answer = post(creator, f"/videos/{video.public_id}/upload", **FILE)
        assert (answer.status_code, answer.json()["state"]) == (201, "started")
        shown = asking(creator).get(f"/api/v1/videos/{video.public_id}").json()
        assert (shown["id"], shown["upload"]["id"]) == (video.public_id, answer.json()["id"])
        assert shown["playback"]
        assert post(creator, f"/videos/{video.public_id}/upload", **FILE).status_code == 409
        assert Upload.objects.filter(state=UploadState.STARTED).count() == 1
        assert asking(creator).delete(f"/api/v1/videos/{video.public_id}/upload").status_code == 204
        assert asking(creator).get(f"/api/v1/videos/{video.public_id}").json()["upload"] is None
        assert asking(creator).delete(f"/api/v1/videos/{video.public_id}/upload").status_code == 409

    def test_only_by_those_who_may_change_it(self, video: Video) -> None:
        for method in ("post", "delete"):
            ask = getattr(asking(a_person(Role.CREATOR)), method)
            path = f"/api/v1/videos/{video.public_id}/upload"
            assert ask(path, FILE, content_type="application/json").status_code == 403

    def test_only_by_the_creator_whose_upload_it_is(self, video: Video) -> None:
        assert post(a_person(Role.STAFF), f"/videos/{video.public_id}/upload", **FILE).status_code == 403
        assert Upload.objects.count() == 1

    def test_nobody_else_hears_of_it(self, creator: User, video: Video) -> None:
        path = f"/api/v1/videos/{video.public_id}"
        post(creator, f"/videos/{video.public_id}/upload", **FILE)
        assert asking(a_person()).get(path).json()["upload"] is None
        Upload.objects.update(state=UploadState.COMPLETED)
        told = [asking(person).get(path).json()["processing"] for person in (creator, a_person(), None)]
        assert [processing["renewal"] for processing in told] == ["underway", None, None]
        assert [processing["message"] for processing in told[1:]] == ["Ready to watch."] * 2

    def test_a_file_that_is_there_already(self, creator: User, video: Video) -> None:
        known = arrived(a_draft(creator))
        answer = post(creator, f"/videos/{video.public_id}/upload", same_as=known.public_id)
        assert (answer.status_code, answer.json()["state"]) == (201, "completed")
        relay_due_events()
        video.asset.refresh_from_db()
        assert (video.asset.source_key, video.asset.state) == (known.object_key, AssetState.READY)


class TestPolicy:
    @pytest.fixture
    def published(self, creator: User) -> Video:
        return a_recorded_video(creator)

    def age(self, video: Video, *, days: int, encoded_days: int | None = None) -> None:
        Video.objects.filter(pk=video.pk).update(published_at=clock.now() - timedelta(days=days))
        ended = clock.now() - timedelta(days=days if encoded_days is None else encoded_days)
        TranscodeJob.objects.filter(asset=video.asset).update(finished_at=ended)

    def test_files_are_kept_where_nothing_is_said(self, published: Video) -> None:
        self.age(published, days=4000)
        assert recordings.delete_published_sources() == 0

    def test_files_go_some_days_after_publishing(self, published: Video, settings: Any) -> None:
        settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"source_kept_days": 7})
        self.age(published, days=6)
        assert recordings.delete_published_sources() == 0
        self.age(published, days=8, encoded_days=6)
        assert recordings.delete_published_sources() == 0
        self.age(published, days=8)
        assert recordings.delete_published_sources() == 1
        assert recordings.delete_published_sources() == 0
        published.asset.refresh_from_db()
        assert (published.asset.source_key, published.asset.state) == ("", AssetState.READY)

    def test_those_of_drafts_stay(self, published: Video, settings: Any) -> None:
        settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"source_kept_days": 0})
        self.age(published, days=1)
        Video.objects.update(state=VideoState.DRAFT)
        assert recordings.delete_published_sources() == 0
