"""Engines: what stores tokens and evaluates expressions. `open_engine` chooses one by its place."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from search.documents import Document
from search.errors import EngineError
from search.query import Query
from search.results import Results


class SearchEngine(Protocol):
    """What every engine promises. Writes are versioned: an older version never replaces a newer one."""

    def upsert(self, documents: Iterable[Document]) -> int:
        """Store documents, visible when this returns; return how many were new enough to be taken."""

    def delete(self, versions: dict[str, int]) -> int:
        """Remove documents by id; a tombstone keeps a late upsert of an older version out."""

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Replace everything by these documents, at once for readers, who see the old ones until then."""

    def search(self, query: Query) -> Results: ...

    def suggest(self, text: str, *, limit: int = 10, audience: tuple[str, ...] = ()) -> list[str]:
        """Return titles that continue or hold the text, best first, only of what the audience may see."""

    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield the id and version of every stored document, for reconciling."""

    def check(self) -> None:
        """Raise EngineError with a sentence unless the engine answers."""

    def close(self) -> None: ...


def open_engine(place: str) -> SearchEngine:
    """Return the engine of a place: a folder is the embedded one. Raises EngineError for anything else."""
    from search.engines.sqlite import SqliteEngine

    if "://" in place:
        raise EngineError(f"{place} is no folder; the embedded engine needs one")
    return SqliteEngine(Path(place))
