"""The engine: one file that serves, one connection per thread, many processes at once (WAL)."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from search.documents import TIMED, Document, Timed
from search.engines.base import Matches, SearchEngine
from search.engines.sqlite.files import Files
from search.engines.sqlite.matching import exists, match, more, quoted, titles
from search.engines.sqlite.postings import Postings, View, keep_frequent
from search.engines.sqlite.storing import SCHEMA, SOURCES, bury, marks, prepared, store
from search.errors import EngineError
from search.query import Expression, Query
from search.ranking import Candidate
from search.suggesting import Typed

BUSY_S = 20
BATCH = 50  # documents between two looks at where to write
FILLED = 2000  # documents of one transaction of a rebuild: each makes a segment of a full-text index
# How a full-text index is while it is filled, and after: segments are written whole, and all put together at the end.
FILLING = {"automerge": 0, "crisismerge": 2000, "hashsize": 64 * 1024**2}
SERVING = {"automerge": 4, "crisismerge": 16, "hashsize": 1024**2}
MERGED = 2000  # pages that are put together in one transaction
SAMPLE = 16  # of so many documents one is looked at to see which tokens are frequent
FREQUENT = 1 / 32  # of the documents have a token whose bits are left in the file
MIN_FILLED = 5000  # in fewer documents, nothing takes long to read
PAGE_BYTES = 16 * 1024  # of which a lesson of 3 kB leaves little unused
CACHE_KIB = 32 * 1024


class SqliteEngine(SearchEngine):
    """See SearchEngine. An upsert or delete that ends with an error may have written a part; repeating it is safe."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._files = Files(folder)
        self._local = threading.local()
        self._postings: tuple[Path, Postings] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._serving()
        except (OSError, sqlite3.Error) as error:
            raise EngineError(f"The search index at {folder} cannot be opened: {error}") from error

    def upsert(self, documents: Iterable[Document]) -> int:
        iterator = iter(documents)
        taken = 0
        while batch := [prepared(document) for document in islice(iterator, BATCH)]:
            taken += self._write(partial(store, batch=batch))
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

    def _match(self, query: Query, expression: Expression | None, *, enough: int = 0) -> Matches:
        with self._viewing() as view:
            return match(view, query, expression, enough=enough)

    def _more(self, query: Query, expression: Expression | None, *, but: Sequence[str], offset: int) -> list[Candidate]:
        with self._viewing() as view:
            return more(view, query, expression, but=but, offset=offset)

    def _timed(self, ids: Sequence[str]) -> dict[str, Timed]:
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT d.id, s.timed FROM document d JOIN stored s ON s.pk = d.pk WHERE d.id IN ({marks(ids)})",
                list(ids),
            ).fetchall()
        return {key: TIMED.validate_json(timed) for key, timed in rows}

    def _title_words(self, only: Sequence[str] | None = None) -> dict[str, int]:
        where = "" if only is None else f" WHERE word IN ({marks(only)})"
        with self._reading() as connection:
            return dict(connection.execute(f"SELECT word, count FROM title_word{where}", list(only or ())).fetchall())

    def _exists(self, token: str) -> bool:
        with self._viewing() as view:
            return exists(view, token)

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
        seen: dict[str, Counter[str]] = {source: Counter() for source in SOURCES}
        self._connection(path).execute("PRAGMA secure_delete = OFF")
        self._configure(path, FILLING)
        while batch := [prepared(document) for document in islice(iterator, FILLED)]:
            with self._writing(path) as connection:
                count += store(connection, batch)
            for made in batch[::SAMPLE]:
                for source, columns in SOURCES.items():
                    seen[source].update({token for name in columns for token in made.entry.tokens[name].split()})
            if self._files.is_taken_over(path):
                return count
        self._merge(path)
        self._configure(path, SERVING)
        if count >= MIN_FILLED:
            self._keep_frequent(path, seen, least=count / SAMPLE * FREQUENT)
        self._connection(path).execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def _configure(self, path: Path, options: Mapping[str, int]) -> None:
        with self._writing(path) as connection:
            for source in SOURCES:
                for name, value in options.items():
                    connection.execute(f"INSERT INTO {source} ({source}, rank) VALUES (?, ?)", [name, value])

    def _merge(self, path: Path) -> None:
        """Put the segments of the full-text indexes together, in steps between which others write."""
        for source in SOURCES:
            pages, before = -MERGED, 0  # the sign asks for one segment
            while pages < 0 or self._connection(path).total_changes - before > 1:
                with self._writing(path) as connection:
                    before = connection.total_changes
                    connection.execute(f"INSERT INTO {source} ({source}, rank) VALUES ('merge', ?)", [pages])
                pages = MERGED

    def _keep_frequent(self, path: Path, seen: Mapping[str, Counter[str]], *, least: float) -> None:
        rows = [(source, token) for source, counts in seen.items() for token, count in counts.items() if count >= least]
        for start in range(0, len(rows), BATCH):
            with self._writing(path) as connection:
                for source, token in rows[start : start + BATCH]:
                    keep_frequent(connection, source, quoted(token))

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
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
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

    @contextmanager
    def _viewing(self) -> Iterator[View]:
        with self._reading() as connection:
            path = self._local.reading
            known = self._postings
            if known is None or known[0] != path:
                self._postings = known = (path, Postings())
            yield known[1].view(connection)

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


@contextmanager
def _errors(done: str) -> Iterator[None]:
    """Turn what SQLite raises into an EngineError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise EngineError(f"The search index cannot be {done}: {error}", retryable=True) from error
    except sqlite3.DatabaseError as error:
        raise EngineError(f"The search index is damaged, rebuild it: {error}") from error
