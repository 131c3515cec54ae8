import json
from datetime import UTC, datetime

from eduvideo.study.models import Note
from eduvideo.study.note_files import NoteFormat, note_lines

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_note(text: str, position_ms: int | None = None, *, lesson: str = "abc", title: str = "Parabolas") -> Note:
    return Note(
        lesson=lesson, lesson_title=title, public_id="n1", text=text, position_ms=position_ms, created_at=THEN, updated_at=THEN
    )  # fmt: skip


def file_of(notes: list[Note], form: NoteFormat) -> str:
    return "".join(note_lines(notes, form=form, base_url="https://edu.example"))


NOTES = [
    a_note("About it all"),
    a_note("顶点\nand more", 61_500),
    a_note("x", 3_723_000, lesson="def", title="A [b] *c*"),
]


def test_markdown_has_a_heading_for_each_lesson_and_links_to_the_moments() -> None:
    assert file_of(NOTES, NoteFormat.MARKDOWN) == (
        "# [Parabolas](https://edu.example/watch/abc)\n\n"
        "- About it all\n"
        "- [1:01](https://edu.example/watch/abc?t=61) 顶点\n  and more\n\n"
        "# [A \\[b\\] \\*c\\*](https://edu.example/watch/def)\n\n"
        "- [1:02:03](https://edu.example/watch/def?t=3723) x\n"
    )


def test_json_has_everything_as_it_is() -> None:
    found = json.loads(file_of(NOTES, NoteFormat.JSON))["notes"]
    assert [note["text"] for note in found] == ["About it all", "顶点\nand more", "x"]
    assert found[1] == {
        "id": "n1",
        "lesson": {"id": "abc", "title": "Parabolas", "url": "https://edu.example/watch/abc"},
        "position_ms": 61_500,
        "text": "顶点\nand more",
        "created_at": "2026-03-01T12:00:00+00:00",
        "updated_at": "2026-03-01T12:00:00+00:00",
    }


def test_without_notes_both_are_whole() -> None:
    assert file_of([], NoteFormat.MARKDOWN) == ""
    assert json.loads(file_of([], NoteFormat.JSON)) == {"notes": []}
