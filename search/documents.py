"""What can be searched. A document is the engines' only input; its `version` decides which of two writers wins."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from search.errors import BadDocumentError


class Cue(BaseModel):
    """One caption: when it is said, and what."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    text: str


class Mark(BaseModel):
    """A chapter: where it starts, and its title."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start_ms: int = Field(ge=0)
    title: str


class Document(BaseModel):
    """One lesson. No audience means public; otherwise only queries that share a member see it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    title: str
    description: str = ""
    subject: str = ""
    grade: str = ""
    language: str = ""
    audience: tuple[str, ...] = ()
    captions: tuple[Cue, ...] = ()
    chapters: tuple[Mark, ...] = ()
    study_guide: str = ""
    version: int = Field(default=0, ge=0)


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
