"""Discovery on both engines, each with an empty index."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eduvideo.discovery import engine
from eduvideo.discovery.engine import search_engine


@pytest.fixture(params=["sqlite", pytest.param("elasticsearch", marks=pytest.mark.servers)])
def search_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What EDUVIDEO_SEARCH_URL is; every test is made on both engines."""
    if request.param == "elasticsearch":
        return str(request.getfixturevalue("elasticsearch_place"))
    return str(tmp_path / "search")


@pytest.fixture(autouse=True)
def _engine(search_url: str, settings: Any) -> Iterator[None]:
    settings.EDUVIDEO = settings.EDUVIDEO.model_copy(update={"search_url": search_url})
    search_engine.cache_clear()
    yield
    if search_engine.cache_info().currsize:
        search_engine().close()
    search_engine.cache_clear()
    engine._groups_of.cache_clear()
