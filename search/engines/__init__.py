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
        """Store documents, visible when this returns; return how many were new enough to be taken.

        One of the version that is there is taken too; one of a version that was deleted is not.
        """

    def delete(self, versions: dict[str, int]) -> int:
        """Remove documents by id and version; return how many of these were new enough to be taken.

        A tombstone keeps a late upsert of this or an older version out, until the next rebuild.
        """

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Replace everything by these documents, at once for readers, who see the old ones until then.

        Writes of others meanwhile are not lost, provided that the documents are read when they are asked for. An error,
        also one that the documents raise, leaves everything as it was. Returns how many were stored.
        """

    def search(self, query: Query) -> Results: ...

    def suggest(self, text: str, *, limit: int = 10, audience: tuple[str, ...] = ()) -> list[str]:
        """Return titles that hold the text: those that begin with it first, shorter first; only what is visible."""

    def versions(self) -> Iterator[tuple[str, int]]:
        """Yield the id and version of every stored document, for reconciling."""

    def check(self) -> None:
        """Raise EngineError with a sentence unless the engine answers."""

    def close(self) -> None: ...


def open_engine(place: str, *, kind: str | None = None) -> SearchEngine:
    """Return the engine of a place: a folder is the embedded one, an http(s) URL an Elasticsearch.

    A server is not asked yet, so it may be away. Raises EngineError for any other place, and for one that is not of
    the `kind` asked for ("sqlite" or "elasticsearch"); the place itself, which may hold a password, is never repeated.
    """
    scheme, is_url, _rest = place.partition("://")
    if kind == "sqlite" and is_url:
        raise EngineError("The engine sqlite needs a folder, and this place is the URL of a server")
    if kind == "elasticsearch" and not is_url:
        raise EngineError(f"The engine elasticsearch needs the http(s) URL of a server, not the folder {place}")
    if not is_url:
        from search.engines.sqlite import SqliteEngine

        return SqliteEngine(Path(place))
    if scheme not in {"http", "https"}:
        raise EngineError(f"There is no search engine at {scheme}:// places; give a folder, or an http(s) URL")
    from search.engines.elasticsearch import ElasticsearchEngine

    return ElasticsearchEngine(place)
