"""How documents lie in SQLite, and how they get there.

Two contentless full-text indexes have the tokens: `heads` what a lesson is called and described by, `said` its
captions, which are most of it. A document that is written again gets a new number (pk), and none is used twice: what is
once known of a number stays true until it is in `gone` (postings.py). `stored` has the document, from which its tokens
are made again when it goes.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass

from search.documents import TIMED, Cue, Document, Entry, entry_of, timed_of
from search.query import duration_of

# Tokens are what stands between spaces, as in every engine: ours have no other ASCII signs than these.
TOKENIZER = "tokenize = \"ascii tokenchars '^_.|'\""
HEADS = ("title", "names", "body", "sounds")
SAID = ("captions",)
FACETS = ("subject", "grade", "language", "duration", "captions")
SCHEMA = f"""
CREATE TABLE document (
  pk INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, title TEXT NOT NULL,
  folded TEXT NOT NULL, terms TEXT NOT NULL, {", ".join(f"{name} TEXT NOT NULL" for name in FACETS)},
  creator TEXT NOT NULL, popularity REAL NOT NULL, published_s INTEGER NOT NULL, is_public INTEGER NOT NULL);
CREATE INDEX document_folded ON document (folded);
CREATE INDEX document_published ON document (published_s DESC, id);
CREATE INDEX document_creator ON document (creator) WHERE creator != '';
CREATE TABLE gone (number INTEGER PRIMARY KEY AUTOINCREMENT, pk INTEGER NOT NULL);
CREATE TABLE stored (pk INTEGER PRIMARY KEY, about TEXT NOT NULL, timed BLOB NOT NULL);
CREATE TABLE audience (member TEXT NOT NULL, pk INTEGER NOT NULL, PRIMARY KEY (member, pk)) WITHOUT ROWID;
CREATE INDEX audience_pk ON audience (pk);
CREATE TABLE title_word (word TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tombstone (id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE frequent (source TEXT NOT NULL, match TEXT NOT NULL, upto INTEGER NOT NULL, bits BLOB NOT NULL,
  PRIMARY KEY (source, match));
CREATE VIRTUAL TABLE heads USING fts5({", ".join(HEADS)}, content = '', {TOKENIZER});
CREATE VIRTUAL TABLE said USING fts5({", ".join(SAID)}, content = '', {TOKENIZER});
CREATE VIRTUAL TABLE typed USING fts5(body, content = '', columnsize = 0, {TOKENIZER});
"""
SOURCES = {"heads": HEADS, "said": SAID}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with all that is written of it; making it takes as long as writing it, and needs no lock."""

    document: Document
    entry: Entry
    about: str
    timed: bytes


def prepared(document: Document) -> Prepared:
    return Prepared(
        # Without what is most of it: many wait to be written.
        document=document.model_copy(update={"captions": document.captions[:1]}),
        entry=entry_of(document),
        about=document.model_dump_json(exclude_defaults=True, exclude={"captions", "chapters"}),
        timed=TIMED.dump_json(timed_of(document)),
    )


def unpacked(about: str, timed: bytes) -> Document:
    """Return a document as it was stored."""
    found = TIMED.validate_json(timed)
    cues = (
        Cue.model_construct(start_ms=start_ms, end_ms=end_ms, text=text)
        for start_ms, end_ms, text in zip(found.starts_ms, found.ends_ms, found.texts, strict=True)
    )
    return Document.model_validate_json(about).model_copy(update={"chapters": found.chapters, "captions": tuple(cues)})


def store(connection: sqlite3.Connection, batch: Iterable[Prepared]) -> int:
    """Write documents unless a newer version is there or was deleted; return how many were taken."""
    taken: dict[str, Prepared] = {}
    count = 0
    for made in batch:
        key, version = made.document.id, made.document.version
        is_new = taken[key].document.version <= version if key in taken else _made_room(connection, key, version)
        if is_new:
            taken[key] = made
            count += 1
    # What shares its words lies together: to find the place of a word among many takes most of the time of writing.
    _insert(connection, sorted(taken.values(), key=lambda made: (made.document.language, made.document.subject)))
    return count


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


def facets_of(document: Document) -> tuple[str, ...]:
    """Return the values of FACETS."""
    return (
        document.subject, document.grade, document.language, duration_of(document.duration_s),
        "yes" if document.captions else "",
    )  # fmt: skip


def _made_room(connection: sqlite3.Connection, key: str, version: int) -> bool:
    """Remove a document that is not newer than a version, or its tombstone; return False where a newer one is there."""
    newest = connection.execute(
        "SELECT max(version) FROM (SELECT version FROM document WHERE id = :id UNION ALL "
        "SELECT version + 1 FROM tombstone WHERE id = :id)",
        {"id": key},
    ).fetchone()[0]
    if newest is not None:
        if newest > version:
            return False
        _erase(connection, key)
        connection.execute("DELETE FROM tombstone WHERE id = ?", [key])
    return True


def _insert(connection: sqlite3.Connection, batch: Sequence[Prepared]) -> None:
    """Write documents of which nothing is there, table by table."""
    last = connection.execute("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'document'").fetchone()[0]
    numbered = [*enumerate(batch, last + 1)]
    connection.executemany(
        "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (_row_of(pk, made.document, made.entry) for pk, made in numbered),
    )
    connection.executemany(
        "INSERT INTO stored VALUES (?, ?, ?)", ((pk, made.about, made.timed) for pk, made in numbered)
    )
    for source, columns in SOURCES.items():
        texts = ((pk, *[made.entry.tokens[name] for name in columns]) for pk, made in numbered)
        connection.executemany(
            f"INSERT INTO {source} (rowid, {', '.join(columns)}) VALUES (?, {marks(columns)})",
            (row for row in texts if any(row[1:])),
        )
    connection.executemany(
        "INSERT INTO typed (rowid, body) VALUES (?, ?)", ((pk, made.entry.typed) for pk, made in numbered)
    )
    connection.executemany(
        "INSERT OR IGNORE INTO audience VALUES (?, ?)",
        ((member, pk) for pk, made in numbered for member in made.document.audience),
    )
    words = Counter(word for made in batch if not made.document.audience for word in made.entry.words)
    connection.executemany(
        "INSERT INTO title_word VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count", words.items()
    )


def _row_of(pk: int, document: Document, entry: Entry) -> tuple[object, ...]:
    return (
        pk, document.id, document.version, document.title, entry.title, entry.terms, *facets_of(document),
        document.creator, document.popularity, document.published_s, not document.audience,
    )  # fmt: skip


def _erase(connection: sqlite3.Connection, key: str) -> None:
    row = connection.execute(
        "SELECT d.pk, s.about, s.timed FROM document d JOIN stored s ON s.pk = d.pk WHERE d.id = ?", [key]
    ).fetchone()
    if row is None:
        return
    pk, *body = row
    document = unpacked(*body)
    entry = entry_of(document)
    for source, columns in SOURCES.items():
        if any(texts := [entry.tokens[name] for name in columns]):
            connection.execute(
                f"INSERT INTO {source} ({source}, rowid, {', '.join(columns)}) VALUES ('delete', ?, {marks(columns)})",
                [pk, *texts],
            )
    connection.execute("INSERT INTO typed (typed, rowid, body) VALUES ('delete', ?, ?)", [pk, entry.typed])
    if document.audience:
        connection.execute("DELETE FROM audience WHERE pk = ?", [pk])
    else:
        connection.execute(f"UPDATE title_word SET count = count - 1 WHERE word IN ({marks(entry.words)})", entry.words)
        connection.execute(f"DELETE FROM title_word WHERE count <= 0 AND word IN ({marks(entry.words)})", entry.words)
    connection.execute("DELETE FROM stored WHERE pk = ?", [pk])
    connection.execute("DELETE FROM document WHERE pk = ?", [pk])
    connection.execute("INSERT INTO gone (pk) VALUES (?)", [pk])


def marks(values: Sized) -> str:
    """Return a question mark for each value, for the brackets of a statement."""
    return ", ".join("?" * len(values))
