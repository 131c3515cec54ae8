"""Engines: what stores tokens and evaluates expressions. `open_engine` chooses one by its place."""

from pathlib import Path

from search.engines.base import SearchEngine
from search.errors import EngineError

__all__ = ["SearchEngine", "open_engine"]


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
