"""How documents lie in SQLite, and that nothing is left of what goes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.documents import Cue, Document, Mark, entry_of
from search.engines.sqlite.storing import SCHEMA, SOURCES, Prepared, bury, facets_of, prepared, store

TABLES = ("document", "stored", "audience", "title_word")
TEXTS = ("浮力与压强", "Waves and light", "x² of H₂O", "三角函數", "waves")


def opened() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    return connection


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(opened()) as connection:
        yield connection


def number_of(database: sqlite3.Connection, key: str) -> int:
    return int(database.execute("SELECT pk FROM document WHERE id = ?", [key]).fetchone()[0])


def held(database: sqlite3.Connection) -> dict[str, set[tuple[object, ...]]]:
    """Return what is stored, without the numbers of documents, which depend on the past."""
    names: dict[int, str] = dict(database.execute("SELECT pk, id FROM document").fetchall())
    found = {"word": set(database.execute("SELECT * FROM title_word"))}
    for table in (*SOURCES, "typed"):
        database.execute(f"CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, {table}, 'instance')")
        rows = database.execute("SELECT term, doc, col, offset FROM temp.terms").fetchall()
        found[table] = {(term, names[doc], column, offset) for term, doc, column, offset in rows}
        database.execute("DROP TABLE temp.terms")
    found["audience"] = {(names[pk], member) for member, pk in database.execute("SELECT member, pk FROM audience")}
    found["stored"] = {(names[pk], *body) for pk, *body in database.execute("SELECT * FROM stored")}
    found["documents"] = {row[1:] for row in database.execute("SELECT * FROM document")}
    return found


def test_a_number_is_never_used_twice(database: sqlite3.Connection) -> None:
    lesson = Document(id="a", title="Waves")
    store(database, [prepared(lesson)])
    first = number_of(database, "a")
    bury(database, "a", 1)
    store(database, [prepared(lesson.model_copy(update={"version": 2}))])
    second = number_of(database, "a")
    store(database, [prepared(lesson.model_copy(update={"version": 3}))])
    assert first < second < number_of(database, "a")
    assert [pk for (pk,) in database.execute("SELECT pk FROM gone ORDER BY number")] == [first, second]


def test_of_one_batch_the_newest_stays_and_of_equal_ones_the_last(database: sqlite3.Connection) -> None:
    def made(title: str, version: int, subject: str) -> Prepared:
        return prepared(Document(id="a", title=title, version=version, subject=subject))

    store(database, [made("Tides", 1, "physics")])
    batch = [made("Waves", 2, "physics"), made("Old", 1, "art"), made("Light", 2, "art"), made("Late", 0, "music")]
    assert store(database, batch) == 2
    assert database.execute("SELECT title, version, subject FROM document").fetchall() == [("Light", 2, "art")]
    assert dict(database.execute("SELECT * FROM title_word")) == {"light": 1}


def test_facets_of_a_lesson() -> None:
    said = (Cue(start_ms=0, end_ms=1, text="x"),)
    lesson = Document(id="a", title="x", subject="art", grade="3", language="en", duration_s=400, captions=said)
    assert facets_of(lesson) == ("art", "3", "en", "medium", "yes")
    assert facets_of(Document(id="a", title="x")) == ("", "", "", "", "")


documents = st.builds(
    Document,
    id=st.sampled_from("abc"),
    title=st.sampled_from(TEXTS) | st.text(max_size=12),
    description=st.sampled_from(["", *TEXTS]),
    subject=st.sampled_from(["", "physics", "music"]),
    creator=st.sampled_from(["", "ann"]),
    audience=st.sampled_from([(), ("school",), ("school", "class", "school")]),
    captions=st.sampled_from(
        [(), (Cue(start_ms=0, end_ms=1, text="用配方法"), Cue(start_ms=1, end_ms=2, text="waves"))]
    ),
    chapters=st.sampled_from([(), (Mark(start_ms=0, title="对称轴"),)]),
    duration_s=st.sampled_from([0, 100]),
    version=st.integers(0, 3),
)
writes = st.lists(documents | st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=12)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(writes)
def test_after_any_writes_all_that_is_stored_is_that_of_the_lessons_that_stayed(
    done: list[Document | tuple[str, int]],
) -> None:
    """Versions decide: a newer or equal write wins, and a deleted version does not come back."""
    living: dict[str, Document] = {}
    dead: dict[str, int] = {}
    with closing(opened()) as database, closing(opened()) as fresh:
        for write in done:
            if isinstance(write, Document):
                there = living.get(write.id)
                is_new = (there is None or there.version <= write.version) and dead.get(write.id, -1) < write.version
                assert store(database, [prepared(write)]) == is_new
                if is_new:
                    living[write.id] = write
                    dead.pop(write.id, None)
            else:
                key, version = write
                newest = max(living[key].version if key in living else -1, dead.get(key, -1))
                assert bury(database, key, version) is (newest <= version)
                if newest <= version:
                    living.pop(key, None)
                    dead[key] = version
        for document in living.values():
            store(fresh, [prepared(document)])
        assert held(database) == held(fresh)
        assert dict(database.execute("SELECT id, version FROM tombstone")) == dead


def test_when_all_lessons_are_gone_no_row_and_no_token_is_left(database: sqlite3.Connection) -> None:
    for number, text in enumerate(TEXTS * 4):
        audience = ("school",) if number % 2 else ()
        store(database, [prepared(Document(id=str(number), title=text, description=text, audience=audience))])
    for number in range(len(TEXTS) * 4):
        bury(database, str(number), 1)
    assert all(not rows for rows in held(database).values())
    assert [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES] == [0] * len(TABLES)


@pytest.mark.parametrize(
    "token", ["h2o", "x^2", "三角", "三", "_sj", "san_jiao", "3.14", "физика", "naiv", "dont", "a_1"]
)
def test_every_token_stays_whole(token: str, database: sqlite3.Connection) -> None:
    lesson = Document(id="a", title="x² of H₂O: 三角函數 3.14 Физика naïve don't a_1")
    entry = entry_of(lesson)
    assert token in " ".join(entry.tokens.values()).split()
    store(database, [prepared(lesson)])
    assert database.execute("SELECT count(*) FROM heads WHERE heads MATCH ?", [f'"{token}"']).fetchone() == (1,)
