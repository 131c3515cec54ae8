from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import MemberRole, Membership, Organization, Role, User
from eduvideo.catalog import services
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core.models import OutboxEvent
from eduvideo.core.relay import relay_due_events
from eduvideo.media.models import Asset, AssetState, PlaybackSession, Priority
from eduvideo.uploads.models import Upload
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person, a_token_of

pytestmark = pytest.mark.django_db

NEW = {"title": "Newton's second law", "subject": "physics", "grade": "10", "language": "en"}
VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\nForce equals mass times acceleration.\n"


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def fields(answer: object) -> set[str]:
    return {item["field"] for item in answer.json()["errors"]}  # type: ignore[attr-defined]


class TestCreating:
    def test_a_draft_comes_with_its_own_upload(self, creator: User) -> None:
        answer = asking(creator).post(
            "/api/v1/videos", {**NEW, "filename": "力学 🚀.mp4", "size_bytes": 1000}, content_type="application/json"
        )
        assert answer.status_code == 201
        draft = answer.json()
        upload = Upload.objects.get()
        assert draft["state"] == "draft"
        assert draft["upload"] == {
            "id": upload.public_id,
            "protocol": "tus",
            "url": f"/api/v1/uploads/{upload.public_id}",
            "state": "started",
            "filename": "力学 🚀.mp4",
            "created_at": draft["upload"]["created_at"],
        }
        assert (upload.owner, upload.filename, upload.size_bytes) == (creator, "力学 🚀.mp4", 1000)
        assert Video.objects.get().asset.upload == upload

    def test_a_program_creates_with_a_token_and_no_csrf(self, creator: User) -> None:
        client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {a_token_of(creator)}"})
        assert client.post("/api/v1/videos", NEW, content_type="application/json").status_code == 201

    def test_a_page_needs_the_csrf_token(self, creator: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(creator)
        assert client.post("/api/v1/videos", NEW, content_type="application/json").status_code == 403
        assert not Video.objects.exists()

    def test_a_student_is_told_how_to_become_a_creator(self) -> None:
        answer = asking(a_person()).post("/api/v1/videos", NEW, content_type="application/json")
        assert answer.status_code == 403
        assert "I teach" in answer.json()["detail"]

    def test_nobody_creates_without_an_account(self) -> None:
        assert asking(None).post("/api/v1/videos", NEW, content_type="application/json").status_code in {401, 403}

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ({"title": " \u200b "}, {"title"}),
            ({"title": "x" * 121}, {"title"}),
            ({"subject": "magic", "grade": "99"}, {"subject", "grade"}),
            ({"language": "xx"}, {"language"}),
            ({"size_bytes": 0}, {"size_bytes"}),
        ],
    )
    def test_every_wrong_field_is_named(self, wrong: dict[str, object], named: set[str], creator: User) -> None:
        answer = asking(creator).post("/api/v1/videos", {**NEW, **wrong}, content_type="application/json")
        assert answer.status_code == 422
        assert fields(answer) == named
        assert not Video.objects.exists()


class TestWhoSeesWhat:
    @pytest.mark.parametrize(
        ("state", "visibility", "listed", "by_address"),
        [
            (VideoState.PUBLISHED, Visibility.PUBLIC, True, True),
            (VideoState.PUBLISHED, Visibility.UNLISTED, False, True),
            (VideoState.PUBLISHED, Visibility.ORGANIZATION, False, False),
            (VideoState.PUBLISHED, Visibility.EMBED, False, False),
            (VideoState.DRAFT, Visibility.PUBLIC, False, False),
            (VideoState.WITHDRAWN, Visibility.PUBLIC, False, False),
        ],
    )
    def test_lists_and_addresses(
        self, state: VideoState, visibility: Visibility, listed: bool, by_address: bool, creator: User
    ) -> None:
        video = a_video(owner=creator, state=state, visibility=visibility)
        path = f"/api/v1/videos/{video.public_id}"
        for person in (None, a_person(), a_person(Role.CREATOR)):
            assert bool(asking(person).get("/api/v1/videos").json()["items"]) is listed
            assert (asking(person).get(path).status_code == 200) is by_address
        for person in (creator, a_person(Role.STAFF)):
            assert asking(person).get(path).status_code == 200

    def test_media_of_what_is_not_public_go_by_a_playback_session(self, creator: User) -> None:
        video = a_video(owner=creator, state=VideoState.DRAFT)
        playback = asking(creator).get(f"/api/v1/videos/{video.public_id}").json()["playback"]
        assert playback["hls_url"].startswith("/media/s/")
        public = a_video()
        playback = asking(None).get(f"/api/v1/videos/{public.public_id}").json()["playback"]
        assert playback["hls_url"].startswith(f"/media/assets/{public.asset.public_id}/")
        assert playback["duration_ms"] == 60_000

    def test_nothing_of_an_unplayable_one_is_offered(self, creator: User) -> None:
        video = a_video(owner=creator, state=VideoState.DRAFT, asset_state=AssetState.PROCESSING)
        shown = asking(creator).get(f"/api/v1/videos/{video.public_id}").json()
        assert shown["playback"] is None
        assert shown["processing"]["state"] == "processing"


WRITES: list[Callable[[Client, str], object]] = [
    lambda client, path: client.patch(path, {"title": "Mine"}, content_type="application/json"),
    lambda client, path: client.delete(path),
    lambda client, path: client.post(f"{path}/publish"),
    lambda client, path: client.post(f"{path}/unpublish"),
    lambda client, path: client.post(f"{path}/retry"),
    lambda client, path: client.put(
        f"{path}/captions", {"language": "en", "text": VTT}, content_type="application/json"
    ),
    lambda client, path: client.post(
        f"{path}/captions", {"language": "en", "text": VTT}, content_type="application/json"
    ),
    lambda client, path: client.delete(f"{path}/captions?language=en"),
    lambda client, path: client.put(f"{path}/chapters", {"items": []}, content_type="application/json"),
    lambda client, path: client.post(
        f"{path}/chapters", {"start_ms": 0, "title": "A"}, content_type="application/json"
    ),
    lambda client, path: client.delete(f"{path}/chapters"),
    lambda client, path: client.put(f"{path}/study-guide", {"markdown": "x"}, content_type="application/json"),
    lambda client, path: client.post(f"{path}/study-guide", {"markdown": "x"}, content_type="application/json"),
    lambda client, path: client.delete(f"{path}/study-guide"),
]


@pytest.mark.parametrize("write", WRITES, ids=range(len(WRITES)))
class TestOnlyTheOwnerAndStaffChange:
    def test_others_are_refused_and_change_nothing(self, write: Callable[[Client, str], object]) -> None:
        public, draft = a_video(title="Theirs"), a_video(title="Theirs", state=VideoState.DRAFT)
        for person in (None, a_person(), a_person(Role.CREATOR)):
            answer = write(asking(person), f"/api/v1/videos/{public.public_id}")
            assert answer.status_code in {401, 403}  # type: ignore[attr-defined]
            hidden = write(asking(person), f"/api/v1/videos/{draft.public_id}")
            assert hidden.status_code in {401, 403, 404}  # type: ignore[attr-defined]
        assert set(Video.objects.values_list("title", "revision")) == {("Theirs", 1)}

    def test_the_owner_and_staff_may(self, write: Callable[[Client, str], object]) -> None:
        video = a_video()
        for person in (video.owner, a_person(Role.STAFF)):
            if Video.objects.exists():
                assert write(asking(person), f"/api/v1/videos/{video.public_id}").status_code not in {401, 403, 405}  # type: ignore[attr-defined]


class TestPublishing:
    def test_what_can_be_played_is_published_at_once_and_only_once(self, creator: User) -> None:
        video = a_video(owner=creator, state=VideoState.DRAFT)
        for _ in range(2):
            answer = asking(creator).post(f"/api/v1/videos/{video.public_id}/publish")
            assert answer.json()["state"] == "published"
        assert OutboxEvent.objects.filter(name="catalog.VideoPublished").count() == 1
        assert Asset.objects.get(pk=video.asset_id).is_public

    def test_the_wish_is_remembered_until_it_can_be_played(self, creator: User) -> None:
        from eduvideo.catalog.handlers import publish_playable, publish_ready
        from eduvideo.media.events import AssetPlayable, AssetReady

        video = a_video(owner=creator, state=VideoState.DRAFT, asset_state=AssetState.PROCESSING)
        answer = asking(creator).post(f"/api/v1/videos/{video.public_id}/publish").json()
        assert (answer["state"], answer["publish_requested"]) == ("draft", True)
        assert Asset.objects.get(pk=video.asset_id).priority == Priority.WAITED_FOR
        Asset.objects.filter(pk=video.asset_id).update(state=AssetState.PLAYABLE)
        publish_playable(AssetPlayable(asset_id=video.asset_id))
        publish_playable(AssetPlayable(asset_id=video.asset_id))
        publish_ready(AssetReady(asset_id=video.asset_id))
        video.refresh_from_db()
        assert video.state == VideoState.PUBLISHED
        assert OutboxEvent.objects.filter(name="catalog.VideoPublished").count() == 1

    def test_unpublishing_hides_the_media_and_forgets_the_wish(self, creator: User) -> None:
        video = a_video(owner=creator)
        assert asking(creator).post(f"/api/v1/videos/{video.public_id}/unpublish").json()["state"] == "draft"
        video.refresh_from_db()
        assert video.publish_requested_at is None
        assert not Asset.objects.get(pk=video.asset_id).is_public

    @pytest.mark.parametrize("how", ["unpublish", "hide"])
    def test_what_is_hidden_ends_the_sessions_of_those_who_watched(self, how: str, creator: User) -> None:
        video = a_video(owner=creator, visibility=Visibility.UNLISTED)
        path = f"/api/v1/videos/{video.public_id}"
        asking(None).get(path)
        assert PlaybackSession.objects.exists()
        if how == "unpublish":
            services.unpublish_video(video, by=creator)
        else:
            services.update_video(video, by=creator, changes=services.VideoChanges(visibility="embed"))
        assert not PlaybackSession.objects.exists()

    def test_who_watches_goes_on_where_nothing_changes_about_who_may(self, creator: User) -> None:
        video = a_video(owner=creator, visibility=Visibility.UNLISTED)
        path = f"/api/v1/videos/{video.public_id}"
        asking(None).get(path)
        session = PlaybackSession.objects.get()
        changes = {"title": "Halves", "visibility": "unlisted", "organization": ""}
        assert asking(creator).patch(path, changes, content_type="application/json").status_code == 200
        assert session in PlaybackSession.objects.all()

    def test_a_withdrawn_lesson_stays_withdrawn(self, creator: User) -> None:
        video = a_video(owner=creator, state=VideoState.WITHDRAWN)
        assert asking(creator).post(f"/api/v1/videos/{video.public_id}/publish").status_code == 409

    def test_making_it_unlisted_hides_its_public_media(self, creator: User) -> None:
        video = a_video(owner=creator)
        path = f"/api/v1/videos/{video.public_id}"
        answer = asking(creator).patch(path, {"visibility": "unlisted"}, content_type="application/json")
        assert answer.json()["visibility"] == "unlisted"
        assert not Asset.objects.get(pk=video.asset_id).is_public


class TestChangingAndDeleting:
    def test_only_what_is_given_changes(self, creator: User) -> None:
        video = a_video(owner=creator)
        path = f"/api/v1/videos/{video.public_id}"
        answer = asking(creator).patch(path, {"title": "  Halves \u202eand thirds "}, content_type="application/json")
        assert answer.json()["title"] == "Halves and thirds"
        assert answer.json()["subject"] == "mathematics"
        assert OutboxEvent.objects.filter(name="catalog.VideoChanged").count() == 1

    def test_deleting_removes_it_everywhere(self, creator: User) -> None:
        video = a_video(owner=creator)
        assert asking(creator).delete(f"/api/v1/videos/{video.public_id}").status_code == 204
        assert not Video.objects.exists()
        assert not Asset.objects.exists()
        assert asking(creator).get(f"/api/v1/videos/{video.public_id}").status_code == 404
        assert set(OutboxEvent.objects.values_list("name", flat=True)) >= {"catalog.VideoDeleted", "media.AssetDeleted"}
        assert relay_due_events() >= 2

    def test_captions_come_back_with_their_seconds(self, creator: User) -> None:
        video = a_video(owner=creator)
        path = f"/api/v1/videos/{video.public_id}/captions"
        asking(creator).put(path, {"language": "en", "text": VTT}, content_type="application/json")
        tracks = asking(None).get(path).json()["items"]
        assert tracks[0]["cues"] == [[1000, 3000, "Force equals mass times acceleration."]]
        assert tracks[0]["url"].endswith(".vtt")
        wrong = asking(creator).put(path, {"language": "en", "text": "no captions"}, content_type="application/json")
        assert (wrong.status_code, fields(wrong)) == (422, {"text"})
        assert len(asking(None).get(path).json()["items"]) == 1

    def test_chapters_are_kept_in_the_order_of_time(self, creator: User) -> None:
        video = a_video(owner=creator)
        path = f"/api/v1/videos/{video.public_id}/chapters"
        items = [{"start_ms": 30_000, "title": "Thirds"}, {"start_ms": 0, "title": "Halves"}]
        asking(creator).put(path, {"items": items}, content_type="application/json")
        assert [item["title"] for item in asking(None).get(path).json()["items"]] == ["Halves", "Thirds"]
        double = [{"start_ms": 0, "title": "A"}, {"start_ms": 0, "title": "B"}]
        assert asking(creator).put(path, {"items": double}, content_type="application/json").status_code == 422
        for start_ms in (2**63, 10**30, 100 * 3_600_000 + 1):
            late = {"start_ms": start_ms, "title": "A"}
            refused = asking(creator).put(path, {"items": [late]}, content_type="application/json")
            assert (refused.status_code, fields(refused)) == (422, {"start_ms"})
            assert asking(creator).post(path, late, content_type="application/json").status_code == 422
        assert video.chapters.count() == 2


class TestLists:
    @pytest.mark.parametrize("path", ["/api/v1/videos", "/api/v1/subjects", "/api/v1/grades"])
    def test_the_number_of_queries_does_not_grow(self, path: str) -> None:
        counts = []
        for more in (1, 19):
            for _ in range(more):
                a_video()
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert asking(None).get(path).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 2

    def test_pages_follow_one_another_without_a_gap(self) -> None:
        made = {a_video().public_id for _ in range(30)}
        first = asking(None).get("/api/v1/videos").json()
        second = asking(None).get(f"/api/v1/videos?cursor={first['next']}").json()
        assert {item["id"] for item in first["items"] + second["items"]} == made
        assert second["next"] is None
        assert asking(None).get("/api/v1/videos?cursor=forged").status_code == 422

    def test_filters_and_counts_agree(self) -> None:
        a_video(subject="physics", grade="8")
        a_video(subject="physics", grade="9")
        a_video(subject="chemistry", grade="9", state=VideoState.DRAFT)
        counts = {row["id"]: row["count"] for row in asking(None).get("/api/v1/subjects").json()["items"]}
        assert (counts["physics"], counts["chemistry"]) == (2, 0)
        assert len(asking(None).get("/api/v1/videos?subject=physics&grade=9").json()["items"]) == 1

    def test_names_are_in_the_readers_language(self) -> None:
        rows = asking(None).get("/api/v1/grades", headers={"Accept-Language": "zh-CN"}).json()["items"]
        assert {row["id"]: row["name"] for row in rows}["12"] == "高三"


class TestOrganizations:
    """Lessons for the members of an organization."""

    @pytest.fixture
    def organization(self, creator: User) -> Organization:
        return an_organization(teacher=creator)

    def test_members_watch_whatever_their_role_and_nobody_else(self, creator: User, organization: Organization) -> None:
        video = a_video(owner=creator, visibility=Visibility.ORGANIZATION, organization=organization)
        path = f"/api/v1/videos/{video.public_id}"
        others_manager = a_person()
        an_organization(name="Ash", manager=others_manager)
        for role in MemberRole:
            person = a_person()
            a_membership(organization, person, role=role)
            shown = asking(person).get(path)
            assert shown.status_code == 200
            assert shown.json()["organization"] == {"id": organization.public_id, "name": organization.name}
            assert shown.json()["playback"]["hls_url"].startswith("/media/s/")
        for stranger in (None, a_person(Role.CREATOR), others_manager):
            assert asking(stranger).get(path).status_code == 404

    @pytest.mark.parametrize("state", [VideoState.DRAFT, VideoState.WITHDRAWN])
    def test_members_do_not_see_what_is_not_published(self, state: VideoState, organization: Organization) -> None:
        video = a_video(state=state, visibility=Visibility.ORGANIZATION, organization=organization)
        member = a_person()
        a_membership(organization, member)
        assert asking(member).get(f"/api/v1/videos/{video.public_id}").status_code == 404

    def test_its_list_is_for_members_and_staff(self, creator: User, organization: Organization) -> None:
        theirs = a_video(owner=creator, visibility=Visibility.ORGANIZATION, organization=organization)
        public = a_video(owner=creator, organization=organization)
        a_video(owner=creator, visibility=Visibility.UNLISTED, organization=organization)
        a_video(owner=creator, visibility=Visibility.ORGANIZATION, organization=organization, state=VideoState.DRAFT)
        a_video(visibility=Visibility.ORGANIZATION)
        a_video()
        path, member = f"/api/v1/videos?organization={organization.public_id}", a_person()
        a_membership(organization, member)
        for person in (member, creator, a_person(Role.STAFF)):
            items = asking(person).get(path).json()["items"]
            assert [item["id"] for item in items] == [public.public_id, theirs.public_id]
            assert items[1]["thumbnail_url"] is None
        for stranger in (None, a_person()):
            assert asking(stranger).get(path).status_code == 404
        assert asking(member).get(f"{path}&grade=6").json()["items"] == []
        assert asking(member).get("/api/v1/videos?organization=%00").status_code == 404

    def test_elsewhere_it_is_neither_found_nor_counted(self, creator: User, organization: Organization) -> None:
        a_video(owner=creator, visibility=Visibility.ORGANIZATION, organization=organization)
        for person in (None, creator):
            assert asking(person).get("/api/v1/videos").json()["items"] == []
            assert not any(item["count"] for item in asking(person).get("/api/v1/subjects").json()["items"])

    def test_a_draft_may_be_made_for_it(self, creator: User, organization: Organization) -> None:
        body = {**NEW, "visibility": "organization", "organization": organization.public_id}
        answer = asking(creator).post("/api/v1/videos", body, content_type="application/json")
        assert answer.status_code == 201
        video = Video.objects.get()
        assert (video.visibility, video.organization) == (Visibility.ORGANIZATION, organization)

    @pytest.mark.parametrize("role", ["none", "student"])
    def test_only_who_teaches_there_may_make_one_for_it(self, role: str, creator: User) -> None:
        organization = an_organization(student=creator) if role == "student" else an_organization()
        body = {**NEW, "organization": organization.public_id}
        answer = asking(creator).post("/api/v1/videos", body, content_type="application/json")
        assert (answer.status_code, fields(answer)) == (422, {"organization"})
        assert not Video.objects.exists()

    def patched(self, person: User, video: Video, **changes: str) -> int:
        path = f"/api/v1/videos/{video.public_id}"
        return asking(person).patch(path, changes, content_type="application/json").status_code

    def test_it_counts_who_owns_the_lesson_not_who_changes_it(self, creator: User, organization: Organization) -> None:
        staff, theirs = a_person(Role.STAFF), a_video()
        a_membership(organization, staff, role=MemberRole.MANAGER)
        assert self.patched(staff, theirs, organization=organization.public_id) == 422
        mine = a_video(owner=creator)
        assert self.patched(a_person(Role.STAFF), mine, organization=organization.public_id) == 200

    def test_its_visibility_needs_an_organization(self, creator: User, organization: Organization) -> None:
        video = a_video(owner=creator)
        assert self.patched(creator, video, visibility="organization") == 422
        wanted = {"visibility": "organization", "organization": organization.public_id}
        assert self.patched(creator, video, **wanted) == 200
        assert self.patched(creator, video, organization="") == 422
        video.refresh_from_db()
        assert (video.visibility, video.organization) == (Visibility.ORGANIZATION, organization)
        assert self.patched(creator, video, visibility="public", organization="") == 200
        video.refresh_from_db()
        assert video.organization is None

    def test_who_has_left_keeps_what_was_opened_and_opens_nothing_more(
        self, creator: User, organization: Organization
    ) -> None:
        opened = a_video(owner=creator, visibility=Visibility.ORGANIZATION, organization=organization)
        hidden = a_video(owner=creator, visibility=Visibility.UNLISTED, organization=organization)
        Membership.objects.filter(user=creator).delete()
        same = {"visibility": "organization", "organization": organization.public_id, "title": "Thirds"}
        assert self.patched(creator, opened, **same) == 200
        assert self.patched(creator, hidden, visibility="organization") == 422

    def test_another_organization_ends_the_sessions(self, creator: User, organization: Organization) -> None:
        other, member = an_organization(teacher=creator), a_person()
        a_membership(organization, member)
        video = a_video(owner=creator, visibility=Visibility.ORGANIZATION, organization=organization)
        asking(member).get(f"/api/v1/videos/{video.public_id}")
        assert PlaybackSession.objects.get().organization == organization
        assert self.patched(creator, video, organization=other.public_id) == 200
        assert not PlaybackSession.objects.filter(viewer=member).exists()

    def test_an_organization_with_lessons_cannot_be_removed(self, organization: Organization) -> None:
        a_video(visibility=Visibility.ORGANIZATION, organization=organization)
        with pytest.raises(ProtectedError):
            organization.delete()

    def test_of_a_public_lesson_only_editors_are_told_whose_it_is(
        self, creator: User, organization: Organization
    ) -> None:
        video = a_video(owner=creator, organization=organization)
        path = f"/api/v1/videos/{video.public_id}"
        assert asking(creator).get(path).json()["organization"]["id"] == organization.public_id
        assert asking(a_person()).get(path).json()["organization"] is None


class TestWithdrawing:
    def test_staff_take_a_lesson_off_and_return_it_to_draft(self, creator: User) -> None:
        video, staff = a_video(owner=creator), asking(a_person(Role.STAFF))
        path = f"/api/v1/videos/{video.public_id}"
        assert staff.post(f"{path}/withdraw").json()["state"] == "withdrawn"
        assert not Asset.objects.get().is_public
        assert asking(None).get(path).status_code == 404
        assert asking(creator).post(f"{path}/unpublish").json()["state"] == "withdrawn"
        assert asking(creator).post(f"{path}/publish").status_code == 409
        assert staff.post(f"{path}/unpublish").json()["state"] == "draft"
        assert asking(creator).post(f"{path}/publish").json()["state"] == "published"

    def test_it_is_for_staff_only(self, creator: User) -> None:
        path = f"/api/v1/videos/{a_video(owner=creator).public_id}"
        assert [asking(who).post(f"{path}/withdraw").status_code for who in (creator, a_person())] == [403, 403]
        assert asking(None).get(path).json()["state"] == "published"

    def test_it_is_announced_once(self, creator: User) -> None:
        video = a_video(owner=creator)
        for _ in range(2):
            services.withdraw_video(video, by=a_person(Role.STAFF))
        assert OutboxEvent.objects.filter(name="catalog.VideoUnpublished").count() == 1
