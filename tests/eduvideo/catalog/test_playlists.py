import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.models import Role, User
from eduvideo.catalog import arrangement, playlists
from eduvideo.catalog import services as catalog
from eduvideo.catalog.models import Playlist, PlaylistItem, PlaylistState, Video, VideoState, Visibility
from eduvideo.catalog.queries import arrangement_of
from eduvideo.core.errors import ConflictError
from eduvideo.media.models import PlaybackSession
from eduvideo.media.services import open_playback
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

JSON = {"content_type": "application/json"}
HIDDEN = [
    (VideoState.DRAFT, Visibility.PUBLIC),
    (VideoState.WITHDRAWN, Visibility.PUBLIC),
    (VideoState.PUBLISHED, Visibility.ORGANIZATION),
    (VideoState.PUBLISHED, Visibility.EMBED),
]


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def path_of(playlist: Playlist, rest: str = "") -> str:
    return f"/api/v1/playlists/{playlist.public_id}{rest}"


def titles(client: Client, playlist: Playlist) -> list[str | None]:
    items = client.get(path_of(playlist, "/items")).json()["items"]
    return [item["video"]["title"] if item["video"] else None for item in items]


def order_of(playlist: Playlist) -> list[tuple[str, list[str]]]:
    names = dict(Video.objects.values_list("public_id", "title"))
    return [(section.title, [names[video] for video in section.videos]) for section in arrangement_of(playlist)]


def fields(answer: object) -> set[str]:
    return {item["field"] for item in answer.json()["errors"]}  # type: ignore[attr-defined]


class TestMaking:
    def test_a_creator_makes_orders_publishes_and_deletes_one(self, creator: User) -> None:
        client = asking(creator)
        one, two = (a_video(owner=creator, title=title) for title in ("One", "Two"))
        answer = client.post("/api/v1/playlists", {"title": "  Frac\u202etions ", "language": "en"}, **JSON)
        assert answer.status_code == 201
        made = answer.json()
        assert (made["title"], made["state"], made["item_count"]) == ("Fractions", "draft", 0)
        assert made["sections"] == [{"title": "", "description": ""}]
        path = f"/api/v1/playlists/{made['id']}"
        added = client.post(f"{path}/items", {"videos": [one.public_id, two.public_id]}, **JSON)
        assert (added.status_code, added.json()["item_count"], added.json()["duration_ms"]) == (201, 2, 120_000)
        sections = [
            {"title": "Later", "description": "What <b>is</b> left", "videos": [two.public_id]},
            {"title": "First", "videos": [one.public_id]},
        ]
        ordered = client.put(f"{path}/items", {"sections": sections, "revision": added.json()["revision"]}, **JSON)
        assert ordered.json()["sections"] == [
            {"title": "Later", "description": "What <b>is</b> left"},
            {"title": "First", "description": ""},
        ]
        items = client.get(f"{path}/items").json()["items"]
        assert [(item["id"], item["section"], item["is_shown"]) for item in items] == [
            (two.public_id, 0, True), (one.public_id, 1, True)]  # fmt: skip
        silent = [{"title": "First", "videos": [one.public_id]}, {"title": " Later ", "videos": [two.public_id]}]
        assert client.put(f"{path}/items", {"sections": silent}, **JSON).json()["sections"][1] == {
            "title": "Later", "description": "What <b>is</b> left"}  # fmt: skip
        client.put(f"{path}/items", {"sections": [*silent[:1], {**silent[1], "description": ""}]}, **JSON)
        assert arrangement_of(Playlist.objects.get())[1].description == ""
        client.put(f"{path}/items", {"sections": sections}, **JSON)
        assert asking(None).get(path).status_code == 404
        assert client.post(f"{path}/publish").json()["state"] == "published"
        assert asking(None).get(path).json()["thumbnail_url"].endswith("thumbnail.jpg")
        assert client.patch(path, {"description": "All of them"}, **JSON).json()["title"] == "Fractions"
        assert client.delete(f"{path}/items/{one.public_id}").status_code == 204
        assert client.post(f"{path}/unpublish").json()["item_count"] == 1
        assert client.delete(path).status_code == 204
        assert Video.objects.count() == 2

    def test_a_student_is_told_how_to_become_a_creator(self) -> None:
        answer = asking(a_person()).post("/api/v1/playlists", {"title": "Mine"}, **JSON)
        assert answer.status_code == 403
        assert "I teach" in answer.json()["detail"]
        assert asking(None).post("/api/v1/playlists", {"title": "Mine"}, **JSON).status_code in {401, 403}

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [({"title": " \u200b "}, {"title"}), ({"title": "x" * 121, "language": "xx"}, {"title", "language"}),
         ({"description": "x" * 10_001}, {"description"})],
    )  # fmt: skip
    def test_every_wrong_field_is_named(self, wrong: dict[str, str], named: set[str], creator: User) -> None:
        answer = asking(creator).post("/api/v1/playlists", {"title": "Fractions", **wrong}, **JSON)
        assert (answer.status_code, fields(answer)) == (422, named)
        assert not Playlist.objects.exists()


WRITES: list[Callable[[Client, str], object]] = [
    lambda client, path: client.patch(path, {"title": "Mine"}, **JSON),
    lambda client, path: client.delete(path),
    lambda client, path: client.post(f"{path}/publish"),
    lambda client, path: client.post(f"{path}/unpublish"),
    lambda client, path: client.put(f"{path}/items", {"sections": [{}]}, **JSON),
    lambda client, path: client.post(f"{path}/items", {"videos": ["abc"]}, **JSON),
    lambda client, path: client.delete(f"{path}/items/abc"),
]


@pytest.mark.parametrize("write", WRITES, ids=range(len(WRITES)))
class TestOnlyTheOwnerAndStaffChange:
    def test_others_are_refused_and_change_nothing(self, write: Callable[[Client, str], object]) -> None:
        public, draft = a_playlist(a_video()), a_playlist(a_video(), is_published=False)
        before = list(Playlist.objects.order_by("pk").values_list("title", "state", "revision"))
        for person in (None, a_person(), a_person(Role.CREATOR)):
            assert write(asking(person), path_of(public)).status_code in {401, 403}  # type: ignore[attr-defined]
            assert write(asking(person), path_of(draft)).status_code in {401, 403, 404}  # type: ignore[attr-defined]
        assert list(Playlist.objects.order_by("pk").values_list("title", "state", "revision")) == before

    def test_the_owner_and_staff_may(self, write: Callable[[Client, str], object]) -> None:
        playlist = a_playlist(a_video())
        for person in (a_person(Role.STAFF), playlist.owner):
            if Playlist.objects.exists():
                assert write(asking(person), path_of(playlist)).status_code not in {401, 403, 404, 405}  # type: ignore[attr-defined]


class TestWhatViewersSee:
    @pytest.mark.parametrize(("state", "visibility"), HIDDEN)
    def test_what_is_hidden_shows_in_no_way(self, state: VideoState, visibility: Visibility, creator: User) -> None:
        hidden = a_video(owner=creator, title="Secret", state=state, visibility=visibility)
        playlist = a_playlist(hidden, a_video(owner=creator, title="Open"))
        for person in (None, a_person(), a_person(Role.CREATOR)):
            client = asking(person)
            assert titles(client, playlist) == ["Open"]
            shown = client.get(path_of(playlist)).json()
            assert (shown["item_count"], shown["duration_ms"]) == (1, 60_000)
            assert hidden.asset.public_id not in json.dumps(client.get("/api/v1/playlists").json())
        items = asking(creator).get(path_of(playlist, "/items")).json()["items"]
        assert [(item["video"]["title"], item["is_shown"]) for item in items] == [("Secret", False), ("Open", True)]

    def test_an_unlisted_lesson_is_shown_in_its_own_creators_playlists_only(self, creator: User) -> None:
        mine = a_video(owner=creator, title="Mine", visibility=Visibility.UNLISTED)
        theirs = a_video(title="Theirs")
        playlist = a_playlist(mine, theirs)
        assert titles(asking(None), playlist) == ["Mine", "Theirs"]
        catalog.update_video(theirs, by=theirs.owner, changes=catalog.VideoChanges(visibility="unlisted"))
        assert titles(asking(None), playlist) == ["Mine"]
        assert asking(None).get(path_of(playlist)).json()["item_count"] == 1

    def test_the_editor_of_a_playlist_does_not_see_what_others_have_hidden(self, creator: User) -> None:
        theirs = a_video(title="Theirs")
        playlist = a_playlist(theirs, owner=creator)
        catalog.unpublish_video(theirs, by=theirs.owner)
        items = asking(creator).get(path_of(playlist, "/items")).json()["items"]
        assert [(item["id"], item["video"], item["is_shown"]) for item in items] == [(theirs.public_id, None, False)]
        # It can be kept where it is, and taken out.
        arranged = asking(creator).put(
            path_of(playlist, "/items"), {"sections": [{"title": "A", "videos": [theirs.public_id]}]}, **JSON
        )
        assert arranged.status_code == 200
        assert asking(creator).delete(path_of(playlist, f"/items/{theirs.public_id}")).status_code == 204

    def test_a_deleted_lesson_leaves_every_playlist(self, creator: User) -> None:
        video = a_video(owner=creator)
        first, second = a_playlist(video, a_video(owner=creator, title="Stays")), a_playlist(video)
        catalog.delete_video(video, by=creator)
        assert (titles(asking(None), first), titles(asking(None), second)) == (["Stays"], [])

    def test_drafts_are_for_their_owner_and_staff(self, creator: User) -> None:
        playlist = a_playlist(a_video(owner=creator), is_published=False)
        for person, status in ((None, 404), (a_person(Role.CREATOR), 404), (creator, 200), (a_person(Role.STAFF), 200)):
            assert asking(person).get(path_of(playlist)).status_code == status
            assert asking(person).get(path_of(playlist, "/items")).status_code == status
        assert asking(creator).get("/api/v1/playlists").json()["items"] == []
        assert len(asking(creator).get("/api/v1/playlists?owner=me").json()["items"]) == 1
        assert asking(a_person()).get("/api/v1/playlists?owner=me").json()["items"] == []
        assert asking(None).get("/api/v1/playlists?owner=me").status_code == 401
        assert asking(None).get(f"/api/v1/playlists?owner={creator.public_id}").json()["items"] == []
        playlists.publish_playlist(playlist, by=creator)
        assert len(asking(None).get(f"/api/v1/playlists?owner={creator.public_id}").json()["items"]) == 1


class TestOrdering:
    def test_a_lesson_comes_once_also_for_the_database(self, creator: User) -> None:
        video = a_video(owner=creator)
        playlist = a_playlist(video)
        again = asking(creator).post(path_of(playlist, "/items"), {"videos": [video.public_id]}, **JSON)
        assert (again.status_code, fields(again)) == (422, {"videos"})
        item = PlaylistItem.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            PlaylistItem.objects.create(playlist=playlist, section=item.section, video=video, position=9)

    @pytest.mark.parametrize(
        ("sections", "named"),
        [
            ([], "sections"),
            ([{}] * 51, "sections"),
            ([{"title": "x" * 121}], "title"),
            ([{"videos": ["A" * 12]}], "videos"),
            ([{"videos": [f"{n:012}" for n in range(301)]}], "videos"),
        ],
    )
    def test_what_no_playlist_may_be_is_refused_whole(self, sections: list[object], named: str, creator: User) -> None:
        playlist = a_playlist(a_video(owner=creator, title="Kept"))
        answer = asking(creator).put(path_of(playlist, "/items"), {"sections": sections}, **JSON)
        assert (answer.status_code, fields(answer)) == (422, {named})
        assert order_of(playlist) == [("", ["Kept"])]

    @pytest.mark.parametrize("wrong", ["\x00", "../x", "x" * 17, ""])
    def test_what_is_no_id_is_refused(self, wrong: str, creator: User) -> None:
        playlist = a_playlist(owner=creator)
        client, sections = asking(creator), [{"title": "", "videos": [wrong]}]
        assert client.post(path_of(playlist, "/items"), {"videos": [wrong]}, **JSON).status_code == 422
        assert client.put(path_of(playlist, "/items"), {"sections": sections}, **JSON).status_code == 422
        assert client.post(f"/studio/playlists/{playlist.public_id}/add", {"videos": wrong}).status_code == 422

    def test_only_own_and_listed_lessons_can_be_added(self, creator: User) -> None:
        playlist = a_playlist(owner=creator)
        good = [a_video(), a_video(owner=creator, state=VideoState.DRAFT)]
        bad = [a_video(state=state, visibility=visibility) for state, visibility in HIDDEN]
        bad.append(a_video(visibility=Visibility.UNLISTED))
        for videos, status in ((good, 201), *(([video], 422) for video in bad)):
            body = {"videos": [video.public_id for video in videos]}
            assert asking(creator).post(path_of(playlist, "/items"), body, **JSON).status_code == status
        assert PlaylistItem.objects.count() == 2

    def test_an_editor_who_is_late_is_told_so(self, creator: User) -> None:
        one, two = (a_video(owner=creator, title=title) for title in ("One", "Two"))
        playlist = a_playlist(one, two)
        seen = playlist.revision
        body = {"sections": [{"videos": [two.public_id, one.public_id]}], "revision": seen}
        assert asking(creator).put(path_of(playlist, "/items"), body, **JSON).status_code == 200
        late = asking(creator).put(path_of(playlist, "/items"), {"sections": [{}], "revision": seen}, **JSON)
        assert late.status_code == 409
        assert order_of(playlist) == [("", ["Two", "One"])]

    def test_embed_only_playback_ends_with_the_playlist(self, creator: User) -> None:
        video = a_video(owner=creator, visibility=Visibility.EMBED)
        other = a_video(owner=creator, visibility=Visibility.UNLISTED)
        playlist = a_playlist(video, other)
        for end in ("remove", "unpublish", "delete"):
            for asset in (video.asset, other.asset):
                open_playback(asset, viewer=creator)
            if end == "remove":
                playlists.arrange_playlist(playlist, by=creator, change=lambda _: arrangement.EMPTY)
                playlists.arrange_playlist(
                    playlist, by=creator, change=lambda order: arrangement.with_videos(order, [video.public_id])
                )
            elif end == "unpublish":
                playlists.unpublish_playlist(playlist, by=creator)
            else:
                playlists.delete_playlist(playlist, by=creator)
            assert set(PlaybackSession.objects.values_list("asset", flat=True)) == {other.asset_id}, end


@pytest.mark.django_db(transaction=True)
class TestTwoEditorsAtOnce:
    def both(self, *works: Callable[[], object]) -> list[object]:
        together = threading.Barrier(len(works))

        def attempt(work: Callable[[], object]) -> list[object]:
            try:
                return [work()]
            except ConflictError as error:
                return [error]
            except OperationalError:  # SQLite in memory refuses to begin where a file or a server waits for the lock
                return []

        def run(work: Callable[[], object]) -> object:
            try:
                together.wait(10)
                return wait_until(lambda: attempt(work), timeout_s=20, message="the lock was never free", every_s=0.01)[
                    0
                ]
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(works)) as pool:
            return [future.result(timeout=30) for future in [pool.submit(run, work) for work in works]]

    def test_both_additions_are_kept(self, creator: User) -> None:
        playlist = a_playlist(owner=creator)
        videos = [a_video(owner=creator, title=title) for title in ("One", "Two")]

        def add(video: Video) -> Callable[[], object]:
            change = lambda order: arrangement.with_videos(order, [video.public_id])  # noqa: E731
            return lambda: playlists.arrange_playlist(Playlist.objects.get(), by=creator, change=change)

        self.both(*(add(video) for video in videos))
        [(_, names)] = order_of(playlist)
        assert sorted(names) == ["One", "Two"]

    def test_of_two_orders_from_one_revision_one_wins_whole(self, creator: User) -> None:
        videos = [a_video(owner=creator, title=str(n)) for n in range(6)]
        playlist = a_playlist(*videos)
        ids = tuple(video.public_id for video in videos)

        def put(order: tuple[str, ...], title: str) -> Callable[[], object]:
            whole = (arrangement.ArrangedSection(title, order),)
            return lambda: playlists.arrange_playlist(
                Playlist.objects.get(), by=creator, change=lambda _: whole, revision=playlist.revision
            )

        results = self.both(put(ids[::-1], "A"), put(ids[3:] + ids[:3], "B"))
        assert sum(isinstance(result, ConflictError) for result in results) == 1
        winner = [("A", list("543210"))] if isinstance(results[1], ConflictError) else [("B", list("345012"))]
        assert order_of(playlist) == winner

    def test_a_lesson_that_is_deleted_while_it_is_added_is_in_no_playlist(self, creator: User) -> None:
        video = a_video(owner=creator)
        playlist = a_playlist(owner=creator)
        change = lambda order: arrangement.with_videos(order, [video.public_id])  # noqa: E731

        def add() -> object:
            try:
                return playlists.arrange_playlist(Playlist.objects.get(), by=creator, change=change)
            except playlists.InvalidInputError as error:
                return error

        self.both(add, lambda: catalog.delete_video(Video.objects.select_related("asset__upload").get(), by=creator))
        assert not Video.objects.exists()
        assert order_of(playlist) == [("", [])]


class TestLists:
    @pytest.mark.parametrize("path", ["/api/v1/playlists", "/api/v1/playlists?owner=me"])
    def test_the_number_of_queries_does_not_grow_with_playlists(self, path: str, creator: User) -> None:
        client, counts = asking(creator), []
        for more in (1, 19):
            for _ in range(more):
                a_playlist(a_video(owner=creator), a_video(owner=creator))
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 5

    @pytest.mark.parametrize("as_editor", [True, False])
    def test_the_number_of_queries_does_not_grow_with_lessons(self, as_editor: bool, creator: User) -> None:
        client, counts = asking(creator if as_editor else None), []
        for number in (1, 20):
            playlist = a_playlist(*(a_video(owner=creator) for _ in range(number)))
            client.get("/api/v1/grades")
            with CaptureQueriesContext(connection) as queries:
                assert len(client.get(path_of(playlist, "/items")).json()["items"]) == number
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 4

    def test_pages_follow_one_another_without_a_gap(self, creator: User) -> None:
        playlist = a_playlist(*(a_video(owner=creator, title=str(n)) for n in range(30)))
        first = asking(None).get(path_of(playlist, "/items")).json()
        second = asking(None).get(path_of(playlist, f"/items?cursor={first['next']}")).json()
        assert [item["video"]["title"] for item in first["items"] + second["items"]] == [str(n) for n in range(30)]
        assert second["next"] is None
        for forged in ("x", "W10", "WyJhIl0", "WzFlMzBd", "Wy0xXQ", "W3RydWVd"):
            assert asking(None).get(path_of(playlist, f"/items?cursor={forged}")).status_code == 422

    def test_playlists_are_listed_from_the_newest(self, creator: User) -> None:
        made = [a_playlist(owner=creator, title=str(n)) for n in range(30)]
        a_playlist(owner=creator, is_published=False)
        first = asking(None).get("/api/v1/playlists").json()
        second = asking(None).get(f"/api/v1/playlists?cursor={first['next']}").json()
        assert [item["id"] for item in first["items"] + second["items"]] == [one.public_id for one in made[::-1]]
        assert set(Playlist.objects.values_list("state", flat=True)) == {PlaylistState.PUBLISHED, PlaylistState.DRAFT}
