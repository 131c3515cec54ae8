import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from eduvideo.catalog.models import Video, Visibility
from eduvideo.site import notes as pages
from eduvideo.study import notes
from eduvideo.study.models import Note
from eduvideo.study.notes import NoteContent, add_note, change_note
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script>\n" onload=x'


def on(video: Video, *more: str) -> str:
    return "/".join([f"/me/notes/{video.public_id}", *more])


def post(client: Client, path: str, **fields: object) -> Any:
    return client.post(path, fields, follow=True)


def pieces_of(answer: Any) -> list[str]:
    async def read() -> list[str]:
        return [piece.decode() async for piece in answer.streaming_content]

    return async_to_sync(read)()


def test_a_note_is_written_changed_and_deleted_without_scripts() -> None:
    video, client = a_video(title="Parabolas"), asking(a_person())
    assert "Parabolas" in client.get(on(video)).content.decode()
    page = post(client, on(video, "add"), text=HOSTILE, at="1:23").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>" in page
    assert "<script>alert" not in page
    assert f'href="/watch/{video.public_id}?t=83">1:23</a>' in page
    note = Note.objects.get()
    post(client, on(video, note.public_id, "save"), text="Vertex", at="", version=1)
    note.refresh_from_db()
    assert (note.text, note.position_ms, note.version) == ("Vertex", None, 2)
    mine = client.get("/me/notes").content.decode()
    assert "Parabolas" in mine
    assert "1 note" in mine
    gone = post(client, on(video, note.public_id, "delete"), version=2)
    assert gone.redirect_chain[-1][0] == "/me/notes"
    assert "You have no notes yet" in gone.content.decode()


@pytest.mark.parametrize(("at", "text"), [("1", "x"), ("x:yy", "x"), ("0:99999", "x"), ("1:00", "")])
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(at: str, text: str) -> None:
    video, client = a_video(), asking(a_person())
    answer = post(client, on(video, "add"), text=text or " ", at=at)
    page = answer.content.decode()
    if text:
        assert answer.status_code == 422
        assert f'value="{at}"' in page
        assert ">\nx</textarea>" in page
    note, _ = add_note(video, NoteContent("old"), user=a_person(), public_id="somebody-elses")
    assert post(client, on(video, note.public_id, "save"), text="x", at="", version=1).status_code == 404


def test_what_another_device_wrote_is_kept_with_ones_own() -> None:
    video, person = a_video(), a_person()
    note, _ = add_note(video, NoteContent("First"), user=person, public_id="note-0001")
    change_note(note, NoteContent("Theirs"), version=1)
    page = post(asking(person), on(video, "note-0001", "save"), text="Mine", at="0:05", version=1).content.decode()
    assert "Both are kept" in page
    assert sorted(Note.objects.values_list("text", flat=True)) == ["Mine", "Theirs"]
    page = post(asking(person), on(video, "note-0001", "delete"), version=1).content.decode()
    assert "changed on another device" in page
    assert Note.objects.count() == 2


def test_what_there_is_no_room_for_still_stands_in_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    video, person = a_video(), a_person()
    note, _ = add_note(video, NoteContent("First"), user=person, public_id="note-0001")
    change_note(note, NoteContent("Theirs"), version=1)
    monkeypatch.setattr(notes, "MOST_NOTES", 1)
    answer = post(asking(person), on(video, "note-0001", "save"), text="Mine", at="0:05", version=1)
    assert answer.status_code == 409
    assert "delete one first" in answer.content.decode()
    assert "Mine</textarea>" in answer.content.decode()


def test_an_account_that_is_full_is_told_in_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    person = a_person()
    add_note(a_video(), NoteContent("First"), user=person, public_id="note-0001")
    monkeypatch.setattr(notes, "MOST_OF_ALL", 1)
    answer = post(asking(person), on(a_video(), "add"), text="Second", at="")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "You have 1 notes on all lessons together; delete some first." in page
    assert ">\nSecond</textarea>" in page


def test_notes_on_a_lesson_that_is_closed_can_be_read_and_changed_but_not_added() -> None:
    video, person = a_video(title="Parabolas"), a_person()
    add_note(video, NoteContent("Kept"), user=person, public_id="note-0001")
    Video.objects.filter(pk=video.pk).update(visibility=Visibility.EMBED, title="A secret name")
    client = asking(person)
    page = client.get(on(video)).content.decode()
    assert "Kept" in page
    assert "Parabolas" in page
    assert "A secret name" not in page + client.get("/me/notes").content.decode()
    assert on(video, "add") not in page
    assert client.post(on(video, "add"), {"text": "x", "at": ""}).status_code == 404
    post(client, on(video, "note-0001", "save"), text="Changed", at="", version=1)
    assert Note.objects.get().text == "Changed"
    assert asking(a_person()).get(on(video)).status_code == 404


def test_all_notes_or_those_on_a_lesson_can_be_taken_along() -> None:
    person = a_person()
    first, second = a_video(title="First"), a_video(title="Second")
    for i, video in enumerate((first, second)):
        add_note(video, NoteContent(f"About {i}", i * 1000), user=person, public_id=f"note-{i:04}")
    add_note(first, NoteContent("Not mine"), user=a_person(), public_id="note-0000")
    client = asking(person)
    answer = client.get("/me/notes/export?format=md")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="notes.md"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    text = "".join(pieces_of(answer))
    assert "# [First](" in text
    assert f"- [0:01](http://127.0.0.1:8000/watch/{second.public_id}?t=1) About 1" in text
    assert "Not mine" not in text
    one = json.loads("".join(pieces_of(client.get(f"/me/notes/export?format=json&lesson={second.public_id}"))))
    assert [note["text"] for note in one["notes"]] == ["About 1"]
    assert client.get("/me/notes/export?format=exe").status_code == 422
    assert client.get("/me/notes/export?lesson=../x").status_code == 404


def test_the_file_is_never_in_memory_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "EXPORTED_AT_ONCE", 2)
    person, video = a_person(), a_video()
    for i in range(5):
        add_note(video, NoteContent(f"About {i}", i), user=person, public_id=f"note-{i:04}")
    pieces = pieces_of(asking(person).get("/me/notes/export?format=json"))
    assert len(pieces) == 4
    assert [note["text"] for note in json.loads("".join(pieces))["notes"]] == [f"About {i}" for i in range(5)]


@pytest.mark.parametrize("path", ["/me/notes", "/me/notes/export", "/me/notes/abcdefgh1234"])
def test_notes_ask_for_an_account(path: str) -> None:
    answer = asking(None).get(path)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize("n", [1, 20])
def test_twenty_lessons_and_notes_take_as_many_queries_as_one(n: int, django_assert_max_num_queries: Any) -> None:
    person, video = a_person(), a_video()
    for i in range(n):
        add_note(video, NoteContent("x", i), user=person, public_id=f"note-{i:04}")
        add_note(a_video(owner=person), NoteContent("x", i), user=person, public_id=f"more-{i:04}")
    client = asking(person)
    for path in ("/me/notes", on(video)):
        with django_assert_max_num_queries(5):
            assert client.get(path).status_code == 200
