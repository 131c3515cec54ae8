"""Notes as files to take along: Markdown to read, JSON for programs. Pure."""

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby

from eduvideo.study.models import Note


class NoteFormat(StrEnum):
    MARKDOWN = "md"
    JSON = "json"


CONTENT_TYPES = {NoteFormat.MARKDOWN: "text/markdown; charset=utf-8", NoteFormat.JSON: "application/json"}


def note_lines(notes: Iterable[Note], *, form: NoteFormat, base_url: str) -> Iterator[str]:
    """Yield notes, which come lesson by lesson, as the text of a file; its links begin with `base_url`."""
    return _markdown(notes, base_url) if form is NoteFormat.MARKDOWN else _json(notes, base_url)


def _markdown(notes: Iterable[Note], base_url: str) -> Iterator[str]:
    """A heading for each lesson and an item for each note; its further lines are part of the item."""
    gap = ""
    for (lesson, title), group in groupby(notes, key=lambda note: (note.lesson, note.lesson_title)):
        yield f"{gap}# [{_plain(title)}]({base_url}/watch/{lesson})\n\n"
        gap = "\n"
        for note in group:
            at = f"[{_clock(note.position_ms)}]({_place(note, base_url)}) " if note.position_ms is not None else ""
            text = note.text.strip().replace("\n", "\n  ")
            yield f"- {at}{text}\n"


def _json(notes: Iterable[Note], base_url: str) -> Iterator[str]:
    """A note a line."""
    yield '{"notes": ['
    comma = ""
    for note in notes:
        item = {
            "id": note.public_id,
            "lesson": {"id": note.lesson, "title": note.lesson_title, "url": f"{base_url}/watch/{note.lesson}"},
            "position_ms": note.position_ms,
            "text": note.text,
            "created_at": note.created_at.isoformat(),
            "updated_at": note.updated_at.isoformat(),
        }
        yield f"{comma}\n{json.dumps(item, ensure_ascii=False)}"
        comma = ","
    yield "\n]}\n"


def _place(note: Note, base_url: str) -> str:
    return f"{base_url}/watch/{note.lesson}?t={(note.position_ms or 0) // 1000}"


def _clock(position_ms: int) -> str:
    minutes, seconds = divmod(position_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _plain(title: str) -> str:
    """Return a title as Markdown takes it for text inside a link."""
    return "".join(f"\\{character}" if character in "\\[]*_`<" else character for character in title)
