"""How documents lie in SQLite, and how they get there.

A document's rowid in `words` (FTS5, contentless) is made of the number of its facets' values and a number of its own,
negative where it is not for everyone: what is counted and filtered is read from the full-text index itself, without a
look at any other row. `stored` has the document, from which its tokens are made again when it goes.
"""

import sqlite3
import zlib

from search.documents import Document, Entry, entry_of
from search.query import WEIGHTS, duration_of

# Tokens are what stands between spaces, as in every engine: ours have no other ASCII signs than these.
TOKENIZER = "tokenize = \"ascii tokenchars '^_.|'\""
SHIFT = 32
FACETS = ("subject", "grade", "language", "duration", "captions")  # whose values are part of the rowid
SCHEMA = f"""
CREATE TABLE facets (
  code INTEGER PRIMARY KEY, {", ".join(f"{name} TEXT NOT NULL" for name in FACETS)}, UNIQUE ({", ".join(FACETS)}));
CREATE TABLE document (
  pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, title TEXT NOT NULL, folded TEXT NOT NULL,
  terms TEXT NOT NULL, creator TEXT NOT NULL, popularity REAL NOT NULL, published_s INTEGER NOT NULL);
CREATE INDEX document_folded ON document (folded);
CREATE INDEX document_published ON document (published_s DESC, id);
CREATE INDEX document_creator ON document (creator) WHERE creator != '';
CREATE TABLE stored (pk INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE audience (member TEXT NOT NULL, pk INTEGER NOT NULL, PRIMARY KEY (member, pk)) WITHOUT ROWID;
CREATE INDEX audience_pk ON audience (pk);
CREATE TABLE title_word (word TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tombstone (id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5({", ".join(WEIGHTS)}, content = '', {TOKENIZER});
CREATE VIRTUAL TABLE typed USING fts5(body, content = '', columnsize = 0, {TOKENIZER});
"""
_WORDS = ", ".join(WEIGHTS)
_MARKS = ", ".join("?" * len(WEIGHTS))


def store(connection: sqlite3.Connection, document: Document) -> bool:
    """Write one document unless a newer version is there or was deleted."""
    newest = connection.execute(
        "SELECT max(version) FROM (SELECT version FROM document WHERE id = :id UNION ALL "
        "SELECT version + 1 FROM tombstone WHERE id = :id)",
        {"id": document.id},
    ).fetchone()[0]
    if newest is not None:
        if newest > document.version:
            return False
        _erase(connection, document.id)
        connection.execute("DELETE FROM tombstone WHERE id = ?", [document.id])
    entry = entry_of(document)
    pk = _new_pk(connection, document)
    connection.execute(
        "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            pk, document.id, document.version, document.title, entry.title, entry.terms, document.creator,
            document.popularity, document.published_s,
        ],
    )  # fmt: skip
    connection.execute("INSERT INTO stored VALUES (?, ?)", [pk, packed(document)])
    connection.execute(f"INSERT INTO words (rowid, {_WORDS}) VALUES (?, {_MARKS})", [pk, *_texts(entry)])
    connection.execute("INSERT INTO typed (rowid, body) VALUES (?, ?)", [pk, entry.typed])
    if document.audience:
        connection.executemany(
            "INSERT OR IGNORE INTO audience VALUES (?, ?)", [(member, pk) for member in document.audience]
        )
    else:
        connection.executemany(
            "INSERT INTO title_word VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            [(word,) for word in entry.words],
        )
    return True


def bury(connection: sqlite3.Connection, key: str, version: int) -> bool:
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


def packed(document: Document) -> bytes:
    """Return a document as `stored` has it, in a third of the space."""
    return zlib.compress(document.model_dump_json(exclude_defaults=True).encode(), level=1)


def unpacked(body: bytes) -> Document:
    return Document.model_validate_json(zlib.decompress(body))


def facets_of(document: Document) -> tuple[str, ...]:
    """Return the values of FACETS."""
    return (
        document.subject, document.grade, document.language, duration_of(document.duration_s),
        "yes" if document.captions else "",
    )  # fmt: skip


def _new_pk(connection: sqlite3.Connection, document: Document) -> int:
    values = facets_of(document)
    row = connection.execute(
        f"SELECT code FROM facets WHERE {' AND '.join(f'{name} = ?' for name in FACETS)}", values
    ).fetchone()
    if row is None:
        code = connection.execute(
            f"INSERT INTO facets ({', '.join(FACETS)}) VALUES ({', '.join('?' * len(FACETS))})", values
        ).lastrowid
    else:
        code = row[0]
    first = int(code or 0) << SHIFT
    if document.audience:
        least = connection.execute(
            "SELECT min(pk) FROM document WHERE pk BETWEEN ? AND ?", [-(first + (1 << SHIFT) - 1), -first]
        ).fetchone()[0]
        return (-first if least is None else least) - 1
    most = connection.execute(
        "SELECT max(pk) FROM document WHERE pk BETWEEN ? AND ?", [first, first + (1 << SHIFT) - 1]
    ).fetchone()[0]
    return int(first if most is None else most) + 1


def _erase(connection: sqlite3.Connection, key: str) -> None:
    row = connection.execute(
        "SELECT d.pk, s.body FROM document d JOIN stored s ON s.pk = d.pk WHERE d.id = ?", [key]
    ).fetchone()
    if row is None:
        return
    pk, body = row
    document = unpacked(body)
    entry = entry_of(document)
    connection.execute(
        f"INSERT INTO words (words, rowid, {_WORDS}) VALUES ('delete', ?, {_MARKS})", [pk, *_texts(entry)]
    )
    connection.execute("INSERT INTO typed (typed, rowid, body) VALUES ('delete', ?, ?)", [pk, entry.typed])
    if document.audience:
        connection.execute("DELETE FROM audience WHERE pk = ?", [pk])
    else:
        marks = ", ".join("?" * len(entry.words))
        connection.execute(f"UPDATE title_word SET count = count - 1 WHERE word IN ({marks})", entry.words)
        connection.execute(f"DELETE FROM title_word WHERE count <= 0 AND word IN ({marks})", entry.words)
    connection.execute("DELETE FROM stored WHERE pk = ?", [pk])
    connection.execute("DELETE FROM document WHERE pk = ?", [pk])


def _texts(entry: Entry) -> list[str]:
    return [entry.tokens[name] for name in WEIGHTS]
