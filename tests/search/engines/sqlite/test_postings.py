"""Bits of documents: they are those of the rows, whatever was written since they were read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.documents import Document
from search.engines.sqlite import postings
from search.engines.sqlite.postings import Postings, View, bits_of, flags_of, keep_frequent, numbers_of
from search.engines.sqlite.storing import SCHEMA, bury, prepared, store

numbers = st.sets(st.integers(0, 300)).map(sorted)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SCHEMA)
        yield connection


def write(database: sqlite3.Connection, key: str, title: str, **more: object) -> int:
    """Store a document and return its number."""
    assert store(database, [prepared(Document.model_validate({"id": key, "title": title, **more}))])
    return int(database.execute("SELECT pk FROM document WHERE id = ?", [key]).fetchone()[0])


def holding(view: View, token: str) -> list[int]:
    return numbers_of(view.matching("heads", f'"{token}"') & view.visible(()))


@given(numbers)
def test_numbers_become_bits_and_back(found: list[int]) -> None:
    bits = bits_of(found)
    assert bits == sum(1 << number for number in found)
    assert numbers_of(bits) == found[::-1]
    assert numbers_of(bits, 2) == found[::-1][:2]
    assert [number for number, flag in enumerate(flags_of(bits)) if flag] == found


def test_what_is_written_and_removed_later_is_seen_by_who_read_before(database: sqlite3.Connection) -> None:
    known = Postings()
    first = write(database, "a", "waves", subject="physics")
    assert holding(known.view(database), "wave") == [first]
    second = write(database, "b", "waves", subject="music")
    view = known.view(database)
    assert holding(view, "wave") == [second, first]
    assert view.counts("subject", view.visible(())) == {"physics": 1, "music": 1}
    bury(database, "a", 1)
    third = write(database, "b", "light", subject="music", version=1)
    view = known.view(database)
    assert (holding(view, "wave"), holding(view, "light")) == ([], [third])
    assert view.counts("subject", view.visible(())) == {"music": 1}


def test_who_sees_an_older_moment_takes_nothing_from_who_sees_a_newer_one(database: sqlite3.Connection) -> None:
    """A thread whose transaction began earlier reads a token first: the other one still finds what came since."""
    known = Postings()
    first = write(database, "a", "waves")
    older = known.view(database)
    second = write(database, "b", "waves")
    newer = known.view(database)
    assert first in holding(older, "wave")
    assert holding(newer, "wave") == [second, first]


def test_only_the_audience_sees_what_is_not_for_everyone(database: sqlite3.Connection) -> None:
    public = write(database, "a", "waves")
    ours = write(database, "b", "waves", audience=("school", "class"))
    write(database, "c", "waves", audience=("other",))
    view = Postings().view(database)
    assert numbers_of(view.visible(())) == [public]
    assert numbers_of(view.visible(("school", "class", "nobody"))) == [ours, public]


def test_creators_are_counted_the_most_first_and_not_all(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postings, "MAX_VALUES", 2)
    for number, creator in enumerate(["bob", "", "ann", "eve", "eve"]):
        write(database, str(number), "waves", creator=creator)
    view = Postings().view(database)
    assert list(view.counts("creator", view.visible(())).items()) == [("eve", 2), ("ann", 1)]
    assert numbers_of(view.having("creator", "eve")) == [5, 4]
    assert view.having("creator", "") == 0


def test_bits_in_the_file_are_used_and_what_came_after_them_is_read(database: sqlite3.Connection) -> None:
    first = write(database, "a", "waves")
    keep_frequent(database, "heads", '"wave"')
    bury(database, "a", 1)
    second = write(database, "b", "waves")
    assert numbers_of(Postings().view(database).matching("heads", '"wave"')) == [second, first]
    assert holding(Postings().view(database), "wave") == [second]


def test_what_was_asked_for_first_is_forgotten_first(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(64):
        write(database, str(number), "waves of light")
    monkeypatch.setattr(postings, "CACHE_BYTES", 8)
    known = Postings()
    for token in ("wave", "light", "of", "wave"):
        assert len(holding(known.view(database), token)) == 64
    assert list(known._tokens) == [("heads", '"wave"')]
