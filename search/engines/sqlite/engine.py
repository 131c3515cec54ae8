"""The engine: one file that serves, one connection per thread, many processes at once (WAL)."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from search.documents import Document
from search.engines.base import Matches, SearchEngine
from search.engines.sqlite.files import Files
from search.engines.sqlite.matching import Codes, exists, match, more, titles
from search.engines.sqlite.storing import SCHEMA, bury, store, unpacked
from search.errors import EngineError
from search.query import Expression, Query
from search.ranking import Candidate
from search.suggesting import Typed

BUSY_S = 20
BATCH = 50  # documents between two looks at where to write
FILLED = 1000  # documents of one transaction of a rebuild: each makes a segment of the full-text index
CACHE_KIB = 32 * 1024


class SqliteEngine(SearchEngine):
    """See SearchEngine. An upsert or delete that ends with an error may have written a part; repeating it is safe."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._files = Files(folder)
        self._local = threading.local()
        self._codes: tuple[Path, Codes] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._serving()
        except (OSError, sqlite3.Error) as error:
            raise EngineError(f"The search index at {folder} cannot be opened: {error}") from error

    def upsert(self, documents: Iterable[Document]) -> int:
        iterator = iter(documents)
        taken = 0
        while batch := list(islice(iterator, BATCH)):
            taken += self._write(partial(_store_all, batch))
        return taken

    def delete(self, versions: dict[str, int]) -> int:
        rows = sorted(versions.items())
        return self._write(lambda connection: sum(bury(connection, key, version) for key, version in rows))

    def rebuild(self, documents: Iterable[Document]) -> int:
        path = self._files.begin()
        try:
            self._make(path)
            self._files.announce(path)
            count = self._fill(path, documents)
            self._serve(path)
        except BaseException:
            self._forget(path)
            self._files.remove(path)
            raise
        return count

    def versions(self) -> Iterator[tuple[str, int]]:
        with self._reading() as connection:
            rows = connection.execute("SELECT id, version FROM document ORDER BY id").fetchall()
        yield from rows

    def check(self) -> None:
        with self._reading() as connection:
            connection.execute("SELECT count(*) FROM (SELECT 1 FROM document LIMIT 1)").fetchone()

    def close(self) -> None:
        """Close this thread's connections."""
        for path in list(self._connections):
            self._forget(path)

    def _match(self, query: Query, expression: Expression | None) -> Matches:
        with self._reading() as connection:
            return match(connection, query, expression, self._codes_of_serving())

    def _more(self, query: Query, expression: Expression | None, *, but: Sequence[str], offset: int) -> list[Candidate]:
        with self._reading() as connection:
            return more(connection, query, expression, but=but, offset=offset)

    def _documents(self, ids: Sequence[str]) -> dict[str, Document]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT d.id, s.body FROM document d JOIN stored s ON s.pk = d.pk "
                f"WHERE d.id IN ({', '.join('?' * len(ids))})",
                list(ids),
            ).fetchall()
        return {key: unpacked(body) for key, body in rows}

    def _title_words(self, only: Sequence[str] | None = None) -> dict[str, int]:
        where = "" if only is None else f" WHERE word IN ({', '.join('?' * len(only))})"
        with self._reading() as connection:
            return dict(connection.execute(f"SELECT word, count FROM title_word{where}", list(only or ())).fetchall())

    def _exists(self, token: str) -> bool:
        with self._reading() as connection:
            return exists(connection, token)

    def _titles(self, text: str, ways: Sequence[Typed], audience: tuple[str, ...]) -> list[str]:
        with self._reading() as connection:
            return titles(connection, text, ways, audience)

    @contextmanager
    def _at_one_moment(self) -> Iterator[None]:
        with self._reading():
            yield

    def _fill(self, path: Path, documents: Iterable[Document]) -> int:
        iterator = iter(documents)
        count = 0
        with self._writing(path) as connection:
            connection.execute("INSERT INTO words (words, rank) VALUES ('automerge', 0)")
        while batch := list(islice(iterator, FILLED)):
            with self._writing(path) as connection:
                count += _store_all(batch, connection)
            if self._files.is_taken_over(path):
                break
        with self._writing(path) as connection:
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            connection.execute("INSERT INTO words (words, rank) VALUES ('automerge', 4)")
        self._connection(path).execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def _serve(self, path: Path) -> None:
        if self._files.is_taken_over(path):
            raise EngineError("Another rebuild of the search index has begun and replaces this one", retryable=True)
        self._files.serve(path)

    def _write(self, work: Callable[[sqlite3.Connection], int]) -> int:
        """Write to the files that rebuilds are filling, then to the one that serves; return what that one took."""
        for path in self._files.building():
            with suppress(FileNotFoundError), self._writing(path) as connection:
                work(connection)
        for _attempt in range(2):
            with suppress(FileNotFoundError), self._writing(self._serving()) as connection:
                return work(connection)
        raise EngineError("The search index is replaced again and again", retryable=True)

    def _serving(self) -> Path:
        path = self._files.serving()
        if path is None or not path.exists():
            first = self._files.new()
            self._make(first)
            self._files.serve_first(first)
            return self._files.serving() or first
        return path

    def _make(self, path: Path) -> None:
        with sqlite3.connect(path, isolation_level=None) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)
        connection.close()

    @property
    def _connections(self) -> dict[Path, sqlite3.Connection]:
        if not hasattr(self._local, "connections"):
            self._local.connections = {}
        found: dict[Path, sqlite3.Connection] = self._local.connections
        return found

    def _connection(self, path: Path) -> sqlite3.Connection:
        """Return this thread's connection to a file; raises FileNotFoundError where it was replaced."""
        found = self._connections.get(path)
        if found is not None:
            return found
        for other in [other for other in self._connections if not other.exists()]:
            self._forget(other)
        if not path.exists():
            raise FileNotFoundError(path)
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._connections[path] = connection
        return connection

    def _forget(self, path: Path) -> None:
        if connection := self._connections.pop(path, None):
            connection.close()

    def _codes_of_serving(self) -> Codes:
        path = self._local.reading
        known = self._codes
        if known is None or known[0] != path:
            self._codes = known = (path, {})
        return known[1]

    @contextmanager
    def _writing(self, path: Path) -> Iterator[sqlite3.Connection]:
        with _errors("written"):
            connection = self._connection(path)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection inside one read transaction, the outermost one's: all that is read is of one moment."""
        if getattr(self._local, "reading", None):
            yield self._connections[self._local.reading]
            return
        with _errors("read"):
            path, connection = self._opened()
            connection.execute("BEGIN")
            self._local.reading = path
            try:
                yield connection
            finally:
                self._local.reading = None
                connection.execute("ROLLBACK")

    def _opened(self) -> tuple[Path, sqlite3.Connection]:
        """Return the file that serves and a connection to it; once more if it was replaced in this moment."""
        try:
            path = self._serving()
            return path, self._connection(path)
        except FileNotFoundError:
            path = self._serving()
            return path, self._connection(path)


def _store_all(documents: Sequence[Document], connection: sqlite3.Connection) -> int:
    return sum(store(connection, document) for document in documents)


@contextmanager
def _errors(done: str) -> Iterator[None]:
    """Turn what SQLite raises into an EngineError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise EngineError(f"The search index cannot be {done}: {error}", retryable=True) from error
    except sqlite3.DatabaseError as error:
        raise EngineError(f"The search index is damaged, rebuild it: {error}") from error
