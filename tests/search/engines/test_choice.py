"""Which engine a place is for."""

from pathlib import Path

import pytest

from search.engines import open_engine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.sqlite import SqliteEngine
from search.errors import EngineError


def test_a_folder_is_the_embedded_engine(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "index"))
    assert isinstance(engine, SqliteEngine)
    engine.close()


@pytest.mark.parametrize("place", ["http://127.0.0.1:9", "https://user:secret@search.example:9243/school"])
def test_a_url_is_a_server_which_may_be_away_for_now(place: str) -> None:
    engine = open_engine(place)
    assert isinstance(engine, ElasticsearchEngine)
    engine.close()


@pytest.mark.parametrize(
    ("place", "kind", "says"),
    [
        ("ftp://user:secret@127.0.0.1", None, "ftp://"),
        ("http://user:secret@127.0.0.1:9200", "sqlite", "needs a folder"),
        ("/srv/index", "elasticsearch", "needs the http"),
    ],
)
def test_another_place_is_refused_without_repeating_a_password(place: str, kind: str | None, says: str) -> None:
    with pytest.raises(EngineError, match=says) as caught:
        open_engine(place, kind=kind)
    assert "secret" not in str(caught.value)
