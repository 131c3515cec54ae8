"""What can be searched, and what every engine stores of it. Pure.

A document is the engines' only input; its `version` decides which of two writers wins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from search.analysis import caption_tokens, folded_title, index_tokens, is_han, normalize, runs
from search.errors import BadDocumentError
from search.pinyin import pinyin_tokens
from search.segmentation import words_of_run
from search.suggesting import typed_tokens
from search.vocabulary import seed_vocabulary

MAX_ID_BYTES = 512  # what Elasticsearch takes
MAX_WORD = 200  # of a subject, grade, language or member of the audience: names, not texts
MAX_VERSION = 2**62 - 1
MAX_MOMENTS = 50_000  # a day of captions in two languages
MAX_TERMS = 2000  # of one lesson, to be compared with a question
MIN_LATIN_WORD = 3


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
    """A chapter or a heading of the study guide: where it starts, and its title."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_ms: Milliseconds
    title: str


class Document(BaseModel):
    """One lesson. No audience means public; otherwise only queries that share a member see it.

    `popularity` is 0 to 1, `published_s` seconds since 1970, `duration_s` 0 where it is not known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Key
    title: str
    description: str = ""
    subject: Word = ""
    grade: Word = ""
    language: Word = ""
    creator: Word = ""
    audience: tuple[Word, ...] = ()
    captions: tuple[Cue, ...] = ()
    chapters: tuple[Mark, ...] = ()
    study_guide: str = ""
    duration_s: int = Field(default=0, ge=0, le=MAX_VERSION)
    popularity: float = Field(default=0.0, ge=0, le=1)
    published_s: int = Field(default=0, ge=0, le=MAX_VERSION)
    version: int = Field(default=0, ge=0, le=MAX_VERSION)


@dataclass(frozen=True, slots=True)
class Timed:
    """What of a document has a time, as engines store it and moments are looked for in it: captions by column."""

    chapters: tuple[Mark, ...]
    starts_ms: list[int]
    ends_ms: list[int]
    texts: list[str]


TIMED: TypeAdapter[Timed] = TypeAdapter(Timed)


def timed_of(document: Document) -> Timed:
    cues = document.captions
    return Timed(
        document.chapters, [cue.start_ms for cue in cues], [cue.end_ms for cue in cues], [cue.text for cue in cues]
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What engines store of a document besides its facets.

    `tokens` has the texts' tokens with a space between them, by field of query.WEIGHTS; `terms` the title's tokens, a
    bar, and those of the other texts except captions, each once, with which the best answers are put in order; `words`
    and `typed` are of the title, for corrections and suggestions.
    """

    title: str
    tokens: dict[str, str]
    terms: str
    words: tuple[str, ...]
    typed: str


def entry_of(document: Document) -> Entry:
    """Cut a document's texts into tokens; `title` is the one that questions are compared with as a whole."""
    title = index_tokens(document.title)
    places = [document.subject, document.grade] if not document.grade.isdecimal() else [document.subject]
    names = index_tokens("\n".join([*(mark.title for mark in document.chapters[:MAX_MOMENTS]), *places]))
    body = index_tokens(f"{document.description}\n{document.study_guide}")
    captions = caption_tokens("\n".join([cue.text for cue in document.captions[:MAX_MOMENTS]]))
    others = list(dict.fromkeys([*names, *body]))[:MAX_TERMS]
    return Entry(
        title=folded_title(document.title),
        tokens={
            "title": " ".join(title),
            "names": " ".join(names),
            "body": " ".join(body),
            "captions": captions,
            "sounds": " ".join(pinyin_tokens(document.title)),
        },
        terms=f" {' '.join(title)} | {' '.join(others)} ",
        typed=" ".join(typed_tokens(document.title[:MAX_WORD])),
        words=tuple(dict.fromkeys(_title_words(document.title))),
    )


def _title_words(title: str) -> Iterator[str]:
    """Yield the words of a title as they are typed: of Latin letters, and Chinese ones of two characters and more."""
    for run in runs(normalize(title[:MAX_WORD])):
        if is_han(run):
            yield from (part for part in words_of_run(run, seed_vocabulary()) if len(part) > 1)
        elif len(run) >= MIN_LATIN_WORD and run.isalpha():
            yield run


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
