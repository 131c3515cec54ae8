"""Both engines, each at a place of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.engines import SearchEngine, open_engine
from tests.search.lessons import LESSONS
from tests.servers.elasticsearch import ElasticsearchServer

ENGINES = ["sqlite", pytest.param("elasticsearch", marks=pytest.mark.servers)]


@pytest.fixture(params=ENGINES, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    """The engine that a test is about; each test is made on both."""
    return str(request.param)


@pytest.fixture
def place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for an index."""
    if kind == "elasticsearch":
        return str(request.getfixturevalue("elasticsearch_place"))
    return str(tmp_path / "index")


@pytest.fixture
def engine(place: str) -> Iterator[SearchEngine]:
    opened = open_engine(place)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def school(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchEngine]:
    """An engine that has LESSONS, to be read only."""
    server: ElasticsearchServer | None = None
    place = str(tmp_path_factory.mktemp("school"))
    if kind == "elasticsearch":
        server = request.getfixturevalue("elasticsearch_server")
        if not server.is_running:
            server.start()
        place = server.place()
    opened = open_engine(place)
    opened.upsert(LESSONS)
    yield opened
    opened.close()
    if server:
        server.forget(place)
