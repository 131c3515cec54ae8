import re

import pytest
from django.conf import settings
from django.test import Client

from eduvideo.accounts.models import Role, User
from eduvideo.catalog.models import Playlist, PlaylistState, Video, VideoState, Visibility
from eduvideo.catalog.queries import arrangement_of
from eduvideo.core.errors import UnavailableError
from eduvideo.embedding.queries import allowed_domains
from tests.factories.catalog import a_playlist, a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


@pytest.fixture
def videos(creator: User) -> list[Video]:
    return [a_video(owner=creator, title=title) for title in ("One", "Two", "Three")]


def path_of(playlist: Playlist) -> str:
    return f"/studio/playlists/{playlist.public_id}"


def order_of(playlist: Playlist) -> list[tuple[str, list[str]]]:
    names = dict(Video.objects.values_list("public_id", "title"))
    return [(section.title, [names[video] for video in section.videos]) for section in arrangement_of(playlist)]


def press(client: Client, playlist: Playlist, button: str, **more: str) -> str:
    """Press a button of the order, as the page has it now, and return where it leads."""
    page = client.get(path_of(playlist)).content.decode()
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    assert f'value="{button}"' in page
    answer = client.post(f"{path_of(playlist)}/order", {"revision": revision[1], "do": button, **more})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_a_part_that_is_away_is_no_fault_of_what_was_typed(creator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise UnavailableError

    monkeypatch.setattr("eduvideo.catalog.playlists.update_playlist", fail)
    path = path_of(a_playlist(owner=creator))
    assert asking(creator).post(f"{path}/about", {"title": "Halves"}).status_code == 503


def test_what_is_typed_about_a_playlist_is_kept_until_it_has_arrived(creator: User) -> None:
    playlist = a_playlist(owner=creator)
    for path in ("/studio/playlists", path_of(playlist)):
        page = asking(creator).get(path).content.decode()
        assert re.search(r'<edu-kept-form name="\w+"><form [^>]*>(?:(?!</form>).)*name="description"', page, re.DOTALL)


def test_a_creator_makes_fills_publishes_and_deletes_a_playlist(creator: User, videos: list[Video]) -> None:
    client = asking(creator)
    assert "/studio/playlists" in client.get("/studio").content.decode()
    made = client.post("/studio/playlists", {"title": "Fractions", "description": "", "language": "en"}, follow=True)
    playlist = Playlist.objects.get()
    assert made.redirect_chain[-1][0] == path_of(playlist)
    assert all(video.public_id in made.content.decode() for video in videos)
    client.post(f"{path_of(playlist)}/add", {"videos": [videos[0].public_id, videos[2].public_id], "link": ""})
    theirs = a_video(title="Theirs")
    client.post(f"{path_of(playlist)}/add", {"link": f" {settings.EDUVIDEO.base_url}/watch/{theirs.public_id}?t=9 "})
    assert order_of(playlist) == [("", ["One", "Three", "Theirs"])]
    client.post(f"{path_of(playlist)}/about", {"title": "Halves", "description": "All", "language": ""})
    client.post(f"{path_of(playlist)}/embedding", {"allowed_domains": "school.org\n*.example.org"})
    client.post(f"{path_of(playlist)}/publish")
    playlist.refresh_from_db()
    assert (playlist.title, playlist.description, playlist.state) == ("Halves", "All", PlaylistState.PUBLISHED)
    assert allowed_domains(playlist) == ("school.org", "*.example.org")
    assert "Halves" in client.get("/studio/playlists").content.decode()
    client.post(f"{path_of(playlist)}/unpublish")
    assert Client().get(f"/playlist/{playlist.public_id}").status_code == 404
    client.post(f"{path_of(playlist)}/delete")
    assert not Playlist.objects.exists()
    assert Video.objects.count() == 4


def test_the_buttons_order_lessons_and_sections(creator: User, videos: list[Video]) -> None:
    one, two, three = (video.public_id for video in videos)
    playlist, client = a_playlist(*videos), asking(creator)
    assert press(client, playlist, f"up {three}") == f"{path_of(playlist)}#v-{three}"
    assert order_of(playlist) == [("", ["One", "Three", "Two"])]
    press(client, playlist, "section-add", **{"new-title": "Later", "title-0": "Start"})
    press(client, playlist, f"down {two}")
    assert order_of(playlist) == [("Start", ["One", "Three"]), ("Later", ["Two"])]
    press(client, playlist, "section-down 0")
    assert order_of(playlist) == [("Later", ["Two"]), ("Start", ["One", "Three"])]
    press(client, playlist, f"remove {one}", **{"title-1": "First"})
    press(client, playlist, "section-remove 0")
    assert order_of(playlist) == [("First", ["Two", "Three"])]
    press(client, playlist, "titles", **{"title-0": "  All \u202e of them "})
    assert order_of(playlist) == [("All of them", ["Two", "Three"])]


@pytest.mark.parametrize(
    "button", ["up none", "up", "section-up 7", "section-up x", "section-remove -1", "", "down \x00"]
)
def test_a_forged_button_changes_nothing(button: str, creator: User, videos: list[Video]) -> None:
    playlist, client = a_playlist(*videos), asking(creator)
    answer = client.post(f"{path_of(playlist)}/order", {"revision": playlist.revision, "do": button}, follow=True)
    assert answer.status_code == (422 if button else 200)
    assert order_of(playlist) == [("", ["One", "Two", "Three"])]


@pytest.mark.parametrize("revision", ["1", "", "x", "9" * 40])
def test_a_step_from_an_old_page_is_refused_with_a_sentence(revision: str, creator: User, videos: list[Video]) -> None:
    playlist, client = a_playlist(*videos), asking(creator)
    do = f"up {videos[2].public_id}"
    answer = client.post(f"{path_of(playlist)}/order", {"revision": revision, "do": do}, follow=True)
    assert "changed elsewhere" in answer.content.decode()
    assert order_of(playlist) == [("", ["One", "Two", "Three"])]


@pytest.mark.parametrize(
    ("action", "data", "sentence"),
    [
        ("add", {"link": "https://elsewhere.example/watch/abc"}, "no link of a lesson"),
        ("add", {"link": "http://testserver/watch/nothing"}, "only your own and those that are listed"),
        ("add", {}, "Choose at least one lesson"),
        ("add", {"videos": ["../x"], "section": "7"}, "Section"),
        ("about", {"title": " "}, "required"),
        ("about", {"title": "\u200b"}, "give the playlist a title"),
        ("embedding", {"allowed_domains": "ok.org\nno domain/at all"}, "Line 2"),
    ],
)
def test_what_was_typed_survives_a_mistake(action: str, data: dict[str, str], sentence: str, creator: User) -> None:
    playlist = a_playlist(owner=creator)
    answer = asking(creator).post(f"{path_of(playlist)}/{action}", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert all(value in page for name, value in data.items() if name in {"link", "allowed_domains"})


def test_others_unlisted_lessons_cannot_be_added_by_their_link(creator: User) -> None:
    playlist, video = a_playlist(owner=creator), a_video(visibility=Visibility.UNLISTED)
    link = f"http://testserver/watch/{video.public_id}"
    assert asking(creator).post(f"{path_of(playlist)}/add", {"link": link}).status_code == 422
    assert order_of(playlist) == [("", [])]


def test_lessons_to_add_are_searched_and_those_in_it_are_left_out(creator: User, videos: list[Video]) -> None:
    playlist = a_playlist(videos[0])
    page = asking(creator).get(f"{path_of(playlist)}?q=thr%00ee").content.decode()
    chosen = re.findall(r'name="videos" value="(\w+)"', page)
    assert chosen == [videos[2].public_id]
    assert len(re.findall(r'name="videos"', asking(creator).get(path_of(playlist)).content.decode())) == 2


@pytest.mark.parametrize("action", ["about", "order", "add", "embedding", "publish", "unpublish", "delete"])
def test_others_are_refused(action: str, creator: User, videos: list[Video]) -> None:
    playlist = a_playlist(*videos)
    for person, status in ((None, 302), (a_person(Role.CREATOR), 403)):
        assert asking(person).post(f"{path_of(playlist)}/{action}", {"title": "Mine"}).status_code == status
        assert asking(person).get(path_of(playlist)).status_code == status
        assert asking(person).get(f"{path_of(playlist)}/{action}").status_code == (405 if action else status)
    playlist.refresh_from_db()
    assert (playlist.title, playlist.state) == ("Halves and thirds", PlaylistState.PUBLISHED)


def test_staff_edit_with_the_owners_lessons(creator: User, videos: list[Video]) -> None:
    playlist, staff = a_playlist(videos[0]), a_person(Role.STAFF)
    page = asking(staff).get(path_of(playlist)).content.decode()
    assert videos[1].public_id in page
    asking(staff).post(f"{path_of(playlist)}/add", {"videos": [videos[1].public_id]})
    assert order_of(playlist) == [("", ["One", "Two"])]


def test_a_student_makes_none(creator: User) -> None:
    student = a_person()
    assert asking(student).post("/studio/playlists", {"title": "Mine"}).status_code == 403
    assert not Playlist.objects.exists()


def test_the_embed_panel_tells_what_a_list_is_for(creator: User) -> None:
    hidden = a_video(owner=creator, state=VideoState.PUBLISHED, visibility=Visibility.EMBED)
    playlist = a_playlist(hidden)
    page = asking(creator).get(path_of(playlist)).content.decode()
    assert "as soon as you list a site" in page
    assert f'href="{settings.EDUVIDEO.base_url}/embed/playlist/{playlist.public_id}" target="_blank"' in page
    asking(creator).post(f"{path_of(playlist)}/embedding", {"allowed_domains": "school.org"})
    assert "as soon as you list a site" not in asking(creator).get(path_of(playlist)).content.decode()


def test_what_a_section_is_about_is_kept_with_every_step(creator: User, videos: list[Video]) -> None:
    client, playlist = asking(creator), a_playlist(owner=creator, sections={"A": videos[:2], "B": videos[2:]})
    press(client, playlist, "section-down 0", **{"about-0": "Halves\n<b>and more</b>", "title-0": "A", "title-1": "B"})
    assert list(playlist.sections.values_list("title", "description")) == [("B", ""), ("A", "Halves\n<b>and more</b>")]
    page = client.get(path_of(playlist)).content.decode()
    assert "&lt;b&gt;and more" in page
    press(client, playlist, f"up {videos[1].public_id}")
    assert playlist.sections.get(title="A").description == "Halves\n<b>and more</b>"
    typed = {"title-0": "B and more", "about-1": "x" * 2001, "new-title": "C"}
    Playlist.objects.update(revision=7)
    for revision, status, sentence in ((7, 422, "at most 2000 characters"), (6, 409, "changed elsewhere")):
        answer = client.post(f"{path_of(playlist)}/order", {"revision": revision, "do": "titles", **typed})
        page = answer.content.decode()
        assert answer.status_code == status
        assert sentence in page
        assert 'value="B and more"' in page  # nothing typed is lost
        assert "x" * 2001 in page
        assert 'value="C"' in page
        assert 'name="revision" value="7"' in page
    assert playlist.sections.get(title="A").description.startswith("Halves")


def test_marked_lessons_move_to_another_section_together(creator: User, videos: list[Video]) -> None:
    client, playlist = asking(creator), a_playlist(owner=creator, sections={"A": videos[:2], "B": videos[2:]})
    marked = [videos[0].public_id, videos[2].public_id]
    press(client, playlist, "move", marked=marked, to="0")  # type: ignore[arg-type]  # a field that comes twice
    assert order_of(playlist) == [("A", ["Two", "One", "Three"]), ("B", [])]
    playlist.refresh_from_db()
    for section in ("9", "-1", "x", ""):
        form = {"revision": playlist.revision, "do": "move", "marked": marked, "to": section}
        assert client.post(f"{path_of(playlist)}/order", form).status_code == 422
        assert order_of(playlist) == [("A", ["Two", "One", "Three"]), ("B", [])]
