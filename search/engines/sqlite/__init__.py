"""The engine in a folder, without a server: SQLite FTS5, many processes."""

from search.engines.sqlite.engine import SqliteEngine

__all__ = ["SqliteEngine"]
