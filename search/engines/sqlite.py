"""The embedded engine: SQLite FTS5 over tokens that analysis.py has made; one file, many processes (WAL).

`document` holds what filters, facets and titles need, `words` (FTS5) one row of tokens per document in weighted
columns, `moment` and `moment_words` one row per caption or chapter, `tombstone` the deleted ids with their versions.
A rebuild is one transaction: readers see the old index until it commits, other writers wait for it.
"""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from search.analysis import folded_title
from search.documents import Document, entry_of
from search.errors import EngineError
from search.query import (
    MOMENTS_PER_HIT,
    TITLE_HOLDS_QUESTION,
    TITLE_IS_QUESTION,
    WEIGHTS,
    Expression,
    Query,
    Strictness,
    best_results,
)
from search.results import Hit, Moment, Results

FILE = "search.sqlite3"
BUSY_S = 20
# Tokens are what stands between spaces, as in every engine: ours have no other ASCII signs than these.
TOKENIZER = """tokenize = "ascii tokenchars '^_.'" """.strip()
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS document (
  pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, title TEXT NOT NULL, folded TEXT NOT NULL,
  subject TEXT NOT NULL, grade TEXT NOT NULL, language TEXT NOT NULL, is_public INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS audience (
  document INTEGER NOT NULL, member TEXT NOT NULL, PRIMARY KEY (document, member)) WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5({", ".join(WEIGHTS)}, {TOKENIZER});
CREATE TABLE IF NOT EXISTS moment (
  pk INTEGER PRIMARY KEY, document INTEGER NOT NULL, start_ms INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS moment_document ON moment (document);
CREATE VIRTUAL TABLE IF NOT EXISTS moment_words USING fts5(body, {TOKENIZER});
CREATE TABLE IF NOT EXISTS tombstone (id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
"""
TABLES = ("document", "audience", "words", "moment", "moment_words", "tombstone")


class SqliteEngine:
    """See the Protocol SearchEngine. One connection per thread; all of them may be used at once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._local = threading.local()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise EngineError(f"The search index at {self.path} cannot be opened: {error}") from error

    def upsert(self, documents: Iterable[Document]) -> int:
        with self._writing() as connection:
            return sum(_store(connection, document) for document in documents)

    def delete(self, versions: dict[str, int]) -> int:
        with self._writing() as connection:
            return sum(_bury(connection, key, version) for key, version in versions.items())

    def rebuild(self, documents: Iterable[Document]) -> int:
        with self._writing() as connection:
            for table in TABLES:  # made anew, so that an index of an older version of this program ends here
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            count = sum(_store(connection, document) for document in documents)
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        return count

    def search(self, query: Query) -> Results:
        began = time.perf_counter()
        with self._reading() as connection:
            results = best_results(query, lambda expression: _page(connection, query, expression))
        took_ms = round((time.perf_counter() - began) * 1000, 3)
        return Results(total=results.total, hits=results.hits, facets=results.facets, took_ms=took_ms)

    def suggest(self, text: str, *, limit: int = 10, audience: tuple[str, ...] = ()) -> list[str]:
        folded = folded_title(text)
        if not folded:
            return []
        visible, parameters = _visible(audience)
        with self._reading() as connection:
            rows = connection.execute(
                # Of equal titles, SQLite takes the one with the smallest id (bare columns beside min()).
                f"SELECT title, min(id) FROM document d WHERE instr(folded, ?) AND {visible} "
                "GROUP BY folded ORDER BY instr(folded, ?) > 1, length(folded), folded LIMIT ?",
                [folded, *parameters, folded, limit],
            )
            return [title for title, _id in rows]

    def versions(self) -> Iterator[tuple[str, int]]:
        with self._reading() as connection:
            rows = connection.execute("SELECT id, version FROM document ORDER BY id").fetchall()
        yield from rows

    def check(self) -> None:
        with self._reading() as connection:
            connection.execute("SELECT count(*) FROM (SELECT 1 FROM document LIMIT 1)").fetchone()

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    @property
    def _connection(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
        return connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise EngineError(f"The search index cannot be written: {error}", retryable=True) from error
        except sqlite3.DatabaseError as error:
            raise EngineError(f"The search index is damaged, rebuild it: {error}") from error

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection inside one read transaction: counts, hits and facets are of the same moment."""
        try:
            connection = self._connection
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise EngineError(f"The search index cannot be read: {error}", retryable=True) from error
        except sqlite3.DatabaseError as error:
            raise EngineError(f"The search index is damaged, rebuild it: {error}") from error


def _store(connection: sqlite3.Connection, document: Document) -> bool:
    """Write one document unless a newer version is there or was deleted."""
    newest = connection.execute(
        "SELECT max(version) FROM (SELECT version FROM document WHERE id = :id UNION ALL "
        "SELECT version + 1 FROM tombstone WHERE id = :id)",
        {"id": document.id},
    ).fetchone()[0]
    if newest is not None and newest > document.version:
        return False
    _erase(connection, document.id)
    connection.execute("DELETE FROM tombstone WHERE id = ?", [document.id])
    entry = entry_of(document)
    pk = connection.execute(
        "INSERT INTO document (id, version, title, folded, subject, grade, language, is_public) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            document.id, document.version, document.title, entry.title, document.subject, document.grade,
            document.language, not document.audience,
        ],
    ).lastrowid  # fmt: skip
    connection.executemany(
        "INSERT OR IGNORE INTO audience VALUES (?, ?)", [(pk, member) for member in document.audience]
    )
    marks = ", ".join("?" * len(WEIGHTS))
    connection.execute(
        f"INSERT INTO words (rowid, {', '.join(WEIGHTS)}) VALUES (?, {marks})",
        [pk, *(entry.tokens[name] for name in WEIGHTS)],
    )
    for moment in entry.moments:
        key = connection.execute(
            "INSERT INTO moment (document, start_ms, text) VALUES (?, ?, ?)", [pk, moment.start_ms, moment.text]
        ).lastrowid
        connection.execute("INSERT INTO moment_words (rowid, body) VALUES (?, ?)", [key, moment.tokens])
    return True


def _bury(connection: sqlite3.Connection, key: str, version: int) -> bool:
    """Leave a tombstone in place of a document unless a newer version is there or was deleted."""
    newest = connection.execute(
        "SELECT max(version) FROM (SELECT version FROM document WHERE id = :id UNION ALL "
        "SELECT version FROM tombstone WHERE id = :id)",
        {"id": key},
    ).fetchone()[0]
    if newest is not None and newest > version:
        return False
    _erase(connection, key)
    connection.execute("INSERT OR REPLACE INTO tombstone VALUES (?, ?)", [key, version])
    return True


def _erase(connection: sqlite3.Connection, key: str) -> None:
    row = connection.execute("SELECT pk FROM document WHERE id = ?", [key]).fetchone()
    if row is None:
        return
    connection.execute("DELETE FROM words WHERE rowid = ?", row)
    connection.execute("DELETE FROM moment_words WHERE rowid IN (SELECT pk FROM moment WHERE document = ?)", row)
    connection.execute("DELETE FROM moment WHERE document = ?", row)
    connection.execute("DELETE FROM audience WHERE document = ?", row)
    connection.execute("DELETE FROM document WHERE pk = ?", row)


def _page(connection: sqlite3.Connection, query: Query, expression: Expression | None) -> Results:
    visible, parameters = _visible(query.audience)
    source = "document d"
    if expression:
        source, visible = "words JOIN document d ON d.pk = words.rowid", f"words MATCH ? AND {visible}"
        parameters = [_match(expression), *parameters]
    counts = connection.execute(
        f"SELECT subject, grade, language, count(*) FROM {source} WHERE {visible} GROUP BY 1, 2, 3",
        parameters,
    ).fetchall()
    total, facets = _facets(counts, query)
    if not total or not query.limit:
        return Results(total=total, hits=(), facets=facets)
    wanted = {name: value for name in ("subject", "grade", "language") if (value := getattr(query, name))}
    filters = "".join(f" AND d.{name} = ?" for name in wanted)
    folded = folded_title(query.text)
    rank = f"bm25(words, {', '.join(map(str, WEIGHTS.values()))})" if expression else "0.0"
    boosts = f"{TITLE_IS_QUESTION} * (d.folded = ?) + {TITLE_HOLDS_QUESTION} * (instr(d.folded, ?) > 0)"
    rows = connection.execute(
        f"SELECT d.pk, d.id, {rank} - (length(?) > 0) * ({boosts}) AS rank "
        f"FROM {source} WHERE {visible}{filters} ORDER BY rank, d.id LIMIT ? OFFSET ?",
        [folded, folded, folded, *parameters, *wanted.values(), query.limit, query.offset],
    ).fetchall()
    moments = _moments(connection, expression, [row[0] for row in rows]) if expression else {}
    hits = tuple(Hit(id=key, score=round(-score, 4), moments=moments.get(pk, ())) for pk, key, score in rows)
    return Results(total=total, hits=hits, facets=facets)


def _facets(counts: Sequence[tuple[str, str, str, int]], query: Query) -> tuple[int, dict[str, dict[str, int]]]:
    """Return the total under all filters, and each facet's counts under all filters but its own."""
    total = 0
    facets: dict[str, Counter[str]] = {"subject": Counter(), "grade": Counter()}
    for subject, grade, language, count in counts:
        if query.language and language != query.language:
            continue
        fits_subject, fits_grade = query.subject in {None, "", subject}, query.grade in {None, "", grade}
        total += count if fits_subject and fits_grade else 0
        if subject and fits_grade:
            facets["subject"][subject] += count
        if grade and fits_subject:
            facets["grade"][grade] += count
    return total, {name: dict(counter) for name, counter in facets.items()}


def _moments(connection: sqlite3.Connection, expression: Expression, pks: list[int]) -> dict[int, tuple[Moment, ...]]:
    """Return up to three moments of each document, in the order of time.

    They are the best that hold one whole part of the question, or else the best that hold some token of it.
    """
    found = _matching_moments(connection, _match_part(expression), pks)
    missing = [pk for pk in pks if pk not in found]
    if missing and expression.strictness is Strictness.ANY:
        found |= _matching_moments(connection, _match(expression), missing)
    return {pk: tuple(sorted(kept, key=lambda moment: moment.start_ms)) for pk, kept in found.items()}


def _matching_moments(connection: sqlite3.Connection, match: str, pks: list[int]) -> dict[int, list[Moment]]:
    marks = ", ".join("?" * len(pks))
    rows = connection.execute(
        "SELECT m.document, m.start_ms, m.text FROM moment_words JOIN moment m ON m.pk = moment_words.rowid "
        f"WHERE moment_words MATCH ? AND m.document IN ({marks}) ORDER BY bm25(moment_words), m.start_ms",
        [match, *pks],
    )
    found: dict[int, list[Moment]] = {}
    for document, start_ms, text in rows:
        kept = found.setdefault(document, [])
        if len(kept) < MOMENTS_PER_HIT:
            kept.append(Moment(start_ms, text))
    return found


def _visible(audience: tuple[str, ...]) -> tuple[str, list[object]]:
    if not audience:
        return "d.is_public", []
    marks = ", ".join("?" * len(audience))
    return (
        f"(d.is_public OR EXISTS (SELECT 1 FROM audience a WHERE a.document = d.pk AND a.member IN ({marks})))",
        list(audience),
    )


def _match(expression: Expression) -> str:
    """Return the expression in FTS5's language; every token is quoted, so nothing typed is an operator."""
    joint = " AND " if expression.strictness is Strictness.ALL else " OR "
    return joint.join(_quoted(token) for token in expression.tokens)


def _match_part(expression: Expression) -> str:
    """Return what a single caption must hold: every token of one group of the question."""
    groups = [" AND ".join(_quoted(token) for token in group) for group in expression.groups]
    return " OR ".join(f"({group})" for group in groups)


def _quoted(token: str) -> str:
    return '"' + token.replace('"', '""') + '"'
