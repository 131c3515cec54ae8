from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.catalog.models import Video, Visibility
from eduvideo.catalog.services import delete_video
from eduvideo.core.errors import ConflictError, NotFoundError
from eduvideo.study import notes
from eduvideo.study.models import Note
from eduvideo.study.notes import NoteContent, add_note, change_note, delete_note, keep_beside, noted_lessons
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db
ID = "0b8f9a1e-5d55-4a5c-9d6c-3c5a2f4f7c11"


def send(client: Client, method: str, path: str, body: object = None, *, version: object = None) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return getattr(client, method)(path, body, content_type="application/json", headers=headers)


def path_of(video: Video, note: str = "") -> str:
    return f"/api/v1/videos/{video.public_id}/notes{note and f'/{note}'}"


class TestOverHttp:
    def test_a_note_is_written_read_changed_and_deleted(self) -> None:
        video, client = a_video(), asking(a_person())
        made = send(client, "post", path_of(video), {"id": ID, "text": "顶点 👩‍🏫\n  x < y", "position_ms": 61_500})
        assert made.status_code == 201
        assert (made.json()["id"], made.json()["version"]) == (ID, 1)
        send(client, "post", path_of(video), {"id": "about-it-all", "text": "All of it"})
        listed = client.get(path_of(video)).json()["items"]
        assert [(note["text"], note["position_ms"]) for note in listed] == [
            ("All of it", None), ("顶点 👩‍🏫\n  x < y", 61_500),
        ]  # fmt: skip
        changed = send(client, "patch", path_of(video, ID), {"text": "Vertex", "position_ms": 62_000}, version=1)
        assert (changed.json()["text"], changed.json()["version"]) == ("Vertex", 2)
        assert send(client, "delete", path_of(video, ID), version=2).status_code == 204
        assert send(client, "delete", path_of(video, ID), version=2).status_code == 404
        assert len(client.get(path_of(video)).json()["items"]) == 1

    def test_what_is_sent_twice_is_one_note_and_one_change(self) -> None:
        video, client = a_video(), asking(a_person())
        body = {"id": ID, "text": "Once", "position_ms": None}
        assert [send(client, "post", path_of(video), body).status_code for _ in range(2)] == [201, 200]
        for _ in range(2):
            answer = send(client, "patch", path_of(video, ID), {"text": "Twice"}, version=1)
            assert (answer.status_code, answer.json()["version"]) == (200, 2)
        assert send(client, "post", path_of(video), body).json()["text"] == "Twice"
        assert Note.objects.count() == 1

    def test_another_devices_change_is_not_written_over(self) -> None:
        video, client = a_video(), asking(a_person())
        send(client, "post", path_of(video), {"id": ID, "text": "First"})
        send(client, "patch", path_of(video, ID), {"text": "Theirs"}, version=1)
        for method, body in (("patch", {"text": "Mine"}), ("delete", None)):
            assert send(client, method, path_of(video, ID), body, version=1).status_code == 412
            assert send(client, method, path_of(video, ID), body, version="W/x").status_code == 412
            assert send(client, method, path_of(video, ID), body).status_code == 428
        assert Note.objects.get().text == "Theirs"

    def test_nobody_else_sees_a_note_or_its_name(self) -> None:
        video, mine, other = a_video(), asking(a_person()), a_person()
        send(mine, "post", path_of(video), {"id": ID, "text": "Mine"})
        for client in (asking(other), asking(video.owner)):
            assert client.get(path_of(video)).json() == {"items": []}
            assert send(client, "patch", path_of(video, ID), {"text": "x"}, version=1).status_code == 404
            assert send(client, "delete", path_of(video, ID), version=1).status_code == 404
        assert send(asking(other), "post", path_of(video), {"id": ID, "text": "Another"}).status_code == 201
        assert Note.objects.get(user=other).text == "Another"
        nobody = asking(None)
        assert nobody.get(path_of(video)).status_code == 401
        assert send(nobody, "post", path_of(video), {"id": ID, "text": "x"}).status_code == 401

    def test_one_who_may_not_watch_writes_none_but_keeps_and_changes_what_is_there(self) -> None:
        organization = an_organization()
        person = a_person()
        membership = a_membership(organization, person)
        video = a_video(visibility=Visibility.ORGANIZATION, organization=organization)
        client = asking(person)
        assert send(client, "post", path_of(video), {"id": ID, "text": "In class"}).status_code == 201
        membership.delete()
        assert client.get(path_of(video)).status_code == 404
        assert send(client, "post", path_of(video), {"id": "another-one", "text": "x"}).status_code == 404
        assert send(client, "patch", path_of(video, ID), {"text": "At home"}, version=1).status_code == 200
        assert send(client, "delete", path_of(a_video(), ID), version=2).status_code == 404
        assert send(client, "delete", path_of(video, ID), version=2).status_code == 204

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"id": ID, "text": "👩‍🏫" * 10_001}, "text"),
            ({"id": ID, "text": "e\u0301" * 20_001}, "text"),
            ({"id": "short", "text": "x"}, "id"),
            ({"id": "x" * 37, "text": "x"}, "id"),
            ({"id": "../../etc", "text": "x"}, "id"),
            ({"id": ID, "text": "x", "position_ms": -1}, "position_ms"),
            ({"id": ID, "text": "x", "position_ms": 10**12}, "position_ms"),
        ],
    )
    def test_what_is_no_note_is_refused_by_name(self, body: dict[str, object], field: str) -> None:
        answer = send(asking(a_person()), "post", path_of(a_video()), body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
        assert not Note.objects.exists()

    def test_a_lesson_takes_so_many_and_no_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(notes, "MOST_NOTES", 1)
        video, client = a_video(), asking(a_person())
        assert send(client, "post", path_of(video), {"id": ID, "text": "x"}).status_code == 201
        assert send(client, "post", path_of(video), {"id": ID, "text": "x"}).status_code == 200
        assert send(client, "post", path_of(video), {"id": "another-one", "text": "x"}).status_code == 409

    def test_so_does_an_account_on_all_lessons(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(notes, "MOST_OF_ALL", 1)
        first, second, client = a_video(), a_video(), asking(a_person())
        add_note(second, NoteContent("x"), user=a_person(), public_id=ID)
        assert send(client, "post", path_of(first), {"id": ID, "text": "x"}).status_code == 201
        assert send(client, "post", path_of(first), {"id": ID, "text": "x"}).status_code == 200
        answer = send(client, "post", path_of(second), {"id": "another-one", "text": "x"})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
        assert "all lessons together" in answer.json()["detail"]

    @pytest.mark.parametrize("n", [1, 20])
    def test_twenty_take_as_many_queries_as_one(self, n: int, django_assert_num_queries: Any) -> None:
        video, person = a_video(), a_person()
        for i in range(n):
            add_note(video, NoteContent("x", i), user=person, public_id=f"note-{i:04}")
        client = asking(person)
        with django_assert_num_queries(4):  # session, user, lesson, notes
            assert len(client.get(path_of(video)).json()["items"]) == n


class TestLessons:
    def test_notes_stay_when_the_lesson_goes_and_go_with_the_account(self) -> None:
        video, person = a_video(title="Parabolas"), a_person()
        note, _ = add_note(video, NoteContent("Keep me"), user=person, public_id=ID)
        delete_video(video, by=video.owner)
        (lesson,) = noted_lessons(person)
        assert (lesson.id, lesson.title, lesson.is_watchable) == (note.lesson, "Parabolas", False)
        person.delete()
        assert not Note.objects.exists()

    def test_a_lesson_that_may_be_watched_has_the_name_of_today_and_another_that_of_then(self) -> None:
        person = a_person()
        open_, hidden = a_video(title="Old"), a_video(title="Old")
        for i, video in enumerate((open_, hidden)):
            add_note(video, NoteContent("x"), user=person, public_id=f"note-{i:04}")
            Video.objects.filter(pk=video.pk).update(title="New")
        Video.objects.filter(pk=hidden.pk).update(visibility=Visibility.EMBED)
        assert [(lesson.id, lesson.title) for lesson in noted_lessons(person)] == [
            (hidden.public_id, "Old"), (open_.public_id, "New"),
        ]  # fmt: skip

    @pytest.mark.parametrize("n", [1, 20])
    def test_twenty_lessons_take_as_many_queries_as_one(self, n: int, django_assert_num_queries: Any) -> None:
        person = a_person()
        for i in range(n):
            add_note(a_video(owner=person), NoteContent("x"), user=person, public_id=f"note-{i:04}")
        with django_assert_num_queries(2):
            assert len(noted_lessons(person)) == n


def test_what_could_not_be_written_over_is_kept_beside() -> None:
    note, _ = add_note(a_video(), NoteContent("First", 5), user=a_person(), public_id=ID)
    change_note(note, NoteContent("Theirs", 5), version=1)
    copy = keep_beside(note, NoteContent("Mine", 5))
    assert [row.text for row in Note.objects.order_by("pk")] == ["Theirs", "Mine"]
    assert (copy.lesson, copy.user, copy.position_ms) == (note.lesson, note.user, 5)


def test_a_note_that_is_gone_meanwhile_is_not_found() -> None:
    note, _ = add_note(a_video(), NoteContent("x"), user=a_person(), public_id=ID)
    Note.objects.all().delete()
    with pytest.raises(NotFoundError):
        change_note(note, NoteContent("y"), version=1)


def test_what_is_kept_beside_takes_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_NOTES", 1)
    note, _ = add_note(a_video(), NoteContent("First"), user=a_person(), public_id=ID)
    with pytest.raises(ConflictError):
        keep_beside(note, NoteContent("Mine"))


def test_a_note_that_is_gone_can_be_deleted_again() -> None:
    note, _ = add_note(a_video(), NoteContent("x"), user=a_person(), public_id=ID)
    delete_note(note, version=1)
    delete_note(Note(pk=note.pk or 1), version=1)


@given(st.text(st.characters(), max_size=200))
def test_any_text_that_can_be_kept_is_kept_as_it_is(text: str) -> None:
    kept = notes._checked(NoteContent(text)).text
    assert notes._checked(NoteContent(kept)).text == kept
    kept.encode()
    if text.isprintable():
        assert kept == text
