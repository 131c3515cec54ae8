import sqlite3
from pathlib import Path

import pytest

from search.documents import Document
from search.engines import open_engine
from search.errors import EngineError
from search.query import Query


def test_a_damaged_index_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "search.sqlite3").write_bytes(b"this is no database, not at all, whatever its name is" * 100)
    with pytest.raises(EngineError, match="cannot be opened"):
        open_engine(str(folder))


def test_the_file_is_shared_by_write_ahead_log(tmp_path: Path) -> None:
    open_engine(str(tmp_path)).close()
    with sqlite3.connect(tmp_path / "search.sqlite3") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_a_rebuild_gives_an_older_index_the_tables_of_now(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path))
    with sqlite3.connect(tmp_path / "search.sqlite3") as database:
        database.execute("DROP TABLE words")
        database.execute("CREATE VIRTUAL TABLE words USING fts5(title)")
    database.close()
    engine.rebuild([Document(id="a", title="Waves", description="of light")])
    assert engine.search(Query(text="light")).total == 1
    engine.close()
