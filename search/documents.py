"""What can be searched, and what every engine stores of it. Pure.

A document is the engines' only input; its `version` decides which of two writers wins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from search.analysis import folded_title, index_tokens
from search.errors import BadDocumentError

MAX_ID_BYTES = 512  # what Elasticsearch takes
MAX_WORD = 200  # of a subject, grade, language or member of the audience: names, not texts
MAX_VERSION = 2**62 - 1
MAX_MOMENTS = 50_000  # a day of captions in two languages


def _short(key: str) -> str:
    if len(key.encode()) > MAX_ID_BYTES:
        raise ValueError(f"an id has at most {MAX_ID_BYTES} bytes")
    return key


Key = Annotated[str, Field(min_length=1), AfterValidator(_short)]
Word = Annotated[str, Field(max_length=MAX_WORD)]
Milliseconds = Annotated[int, Field(ge=0, le=MAX_VERSION)]


class Cue(BaseModel):
    """One caption: when it is said, and what."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_ms: Milliseconds
    end_ms: Milliseconds
    text: str


class Mark(BaseModel):
    """A chapter: where it starts, and its title."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_ms: Milliseconds
    title: str


class Document(BaseModel):
    """One lesson. No audience means public; otherwise only queries that share a member see it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Key
    title: str
    description: str = ""
    subject: Word = ""
    grade: Word = ""
    language: Word = ""
    audience: tuple[Word, ...] = ()
    captions: tuple[Cue, ...] = ()
    chapters: tuple[Mark, ...] = ()
    study_guide: str = ""
    version: int = Field(default=0, ge=0, le=MAX_VERSION)


@dataclass(frozen=True, slots=True)
class StoredMoment:
    start_ms: int
    text: str
    tokens: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What an engine stores of a document's texts: tokens with a space between them, by field of query.WEIGHTS."""

    title: str
    tokens: dict[str, str]
    moments: tuple[StoredMoment, ...]


def entry_of(document: Document) -> Entry:
    """Cut a document's texts into tokens; `title` is the one that questions are compared with as a whole."""
    spoken = [StoredMoment(cue.start_ms, cue.text, _tokens(cue.text)) for cue in document.captions[:MAX_MOMENTS]]
    named = [StoredMoment(mark.start_ms, mark.title, _tokens(mark.title)) for mark in document.chapters[:MAX_MOMENTS]]
    return Entry(
        title=folded_title(document.title),
        tokens={
            "title": _tokens(document.title),
            "chapters": " ".join(moment.tokens for moment in named),
            "description": _tokens(document.description),
            "study_guide": _tokens(document.study_guide),
            "captions": " ".join(moment.tokens for moment in spoken),
        },
        moments=(*spoken, *named),
    )


def _tokens(text: str) -> str:
    return " ".join(index_tokens(text))


def read_documents(lines: Iterable[str]) -> Iterator[Document]:
    """Yield the documents of JSON lines; raises BadDocumentError with the number of the first bad line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield Document.model_validate_json(line)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise BadDocumentError(f"line {number}: {place or 'JSON'}: {problem['msg']}") from error
