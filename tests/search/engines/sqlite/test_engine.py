"""The engine in a folder, beside what every engine promises (tests/search/test_engines.py)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from search.documents import Cue, Document
from search.engines.sqlite import SqliteEngine
from search.engines.sqlite.files import POINTER, Files
from search.errors import EngineError
from search.query import FACETS, Query

WAVES = [Document(id=f"{number:02}", title=f"Waves {number}", subject="physics") for number in range(3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def engine(folder: Path) -> Iterator[SqliteEngine]:
    with closing(SqliteEngine(folder)) as opened:
        yield opened


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm")))


def test_the_file_is_shared_by_write_ahead_log(engine: SqliteEngine, folder: Path) -> None:
    with closing(sqlite3.connect(folder / (folder / POINTER).read_text())) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_two_engines_at_one_place_see_the_same(engine: SqliteEngine, folder: Path) -> None:
    with closing(SqliteEngine(folder)) as second:
        engine.upsert(WAVES)
        assert second.search(Query(text="waves")).total == 3
        second.rebuild(WAVES[:1])
        assert engine.search(Query(text="waves")).total == 1
        engine.upsert(WAVES[1:])
        assert list(second.versions()) == [("00", 0), ("01", 0), ("02", 0)]
    assert len(files_of(folder)) == 2


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EngineError, match="cannot be opened"):
        SqliteEngine(tmp_path / "file")


def test_a_damaged_index_says_what_to_do_and_a_rebuild_mends_it(engine: SqliteEngine, folder: Path) -> None:
    engine.upsert(WAVES)
    engine.close()
    (folder / (folder / POINTER).read_text()).write_bytes(b"this is no database, whatever its name is" * 200)
    for use in (
        engine.check,
        lambda: engine.search(Query(text="waves")),
        lambda: engine.upsert(WAVES),
        lambda: engine.delete({"00": 1}),
    ):
        with pytest.raises(EngineError, match="damaged, rebuild it"):
            use()
        engine.close()
    assert engine.rebuild(WAVES) == 3
    assert engine.search(Query(text="waves")).total == 3
    assert len(files_of(folder)) == 2


def test_an_index_whose_file_is_gone_begins_anew(engine: SqliteEngine, folder: Path) -> None:
    engine.upsert(WAVES)
    engine.close()
    for path in folder.glob("*.sqlite3*"):
        path.unlink()
    assert engine.search(Query(text="waves")).total == 0
    assert engine.upsert(WAVES) == 3


def test_an_index_of_another_format_begins_anew_and_goes_with_the_next_rebuild(folder: Path) -> None:
    folder.mkdir()
    (folder / POINTER).write_text("index-1-old.sqlite3")
    (folder / "index-1-old.sqlite3").write_bytes(b"old")
    with closing(SqliteEngine(folder)) as engine:
        assert engine.search(Query(text="waves")).total == 0
        assert "index-1-old.sqlite3" in files_of(folder)
        engine.rebuild(WAVES)
        assert engine.search(Query(text="waves")).total == 3
        assert len(files_of(folder)) == 2


def test_a_killed_rebuild_hinders_no_write_and_leaves_nothing(engine: SqliteEngine, folder: Path) -> None:
    files = Files(folder)
    killed = files.begin()
    files.announce(killed)
    engine.upsert(WAVES)  # the file was never made
    assert engine.search(Query(text="waves")).total == 3
    assert engine.rebuild(WAVES) == 3
    assert len(files_of(folder)) == 2


def test_a_write_while_a_rebuild_makes_its_tables_is_no_error(
    engine: SqliteEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = engine._make

    def make_slowly(path: Path) -> None:
        path.touch()
        with closing(SqliteEngine(folder)) as second:
            assert second.upsert(WAVES) == 3
        make(path)

    monkeypatch.setattr(engine, "_make", make_slowly)
    assert engine.rebuild(iter(WAVES)) == 3


@pytest.mark.parametrize("count", [1, 60])
def test_a_rebuild_that_another_one_takes_over_ends_with_an_error_and_leaves_nothing(
    count: int, engine: SqliteEngine, folder: Path
) -> None:
    """In its first batch of documents, before it wrote anything, or later."""

    def documents() -> Iterator[Document]:
        for number in range(100):
            if number == count:
                with closing(SqliteEngine(folder)) as second:
                    second.rebuild(WAVES)
            yield Document(id=str(number), title="Old")

    with pytest.raises(EngineError, match="Another rebuild") as caught:
        engine.rebuild(documents())
    assert caught.value.retryable
    assert engine.search(Query(text="waves")).total == 3
    assert engine.search(Query(text="old")).total == 0
    assert len(files_of(folder)) == 2


def test_a_rebuild_that_fails_leaves_no_file(engine: SqliteEngine, folder: Path) -> None:
    def documents() -> Iterator[Document]:
        yield from WAVES
        raise OSError("no more")

    before = files_of(folder)
    with pytest.raises(OSError, match="no more"):
        engine.rebuild(documents())
    assert files_of(folder) == before


def test_after_many_edits_and_deletes_it_answers_as_one_that_is_built_anew(engine: SqliteEngine) -> None:
    def lesson(number: int, version: int) -> Document:
        words = ("waves", "光合作用", "x² of H₂O", "三角函數的圖像", "sound of waves")
        text = words[(number * 7 + version * 3) % 5]
        return Document(
            id=f"{number:02}", version=version, title=f"{text} {number}", description=words[number % 5],
            subject=("physics", "biology", "")[(number + version) % 3], creator=("ann", "")[number % 2],
            audience=("school",) if (number + version) % 4 == 0 else (), captions=(Cue(start_ms=0, end_ms=1, text=words[version]),),
        )  # fmt: skip

    engine.upsert(lesson(number, 0) for number in range(50))
    engine.upsert(lesson(number, 1) for number in range(0, 50, 2))
    engine.delete({f"{number:02}": 2 for number in range(0, 50, 5)})
    engine.upsert(lesson(number, 3) for number in range(0, 50, 10))
    questions = [
        Query(text=text, audience=audience, facets=FACETS, limit=100)
        for text in ("waves", "三角函数", "光合作用", "x^2", "图", "sound 作用", "sjhs", "")
        for audience in ((), ("school",))
    ]

    def answers() -> list[object]:
        found = [engine.search(question) for question in questions]
        return [
            (one.total, one.complete, one.facets, {(hit.id, hit.score, hit.moments) for hit in one.hits})
            for one in found
        ]

    before = answers()
    suggested = [engine.suggest(text) for text in ("wa", "三", "gh", "sound")]
    living = dict(engine.versions())
    assert len(living) == 45
    assert engine.rebuild(lesson(int(key), version) for key, version in living.items()) == 45
    assert answers() == before
    assert [engine.suggest(text) for text in ("wa", "三", "gh", "sound")] == suggested
