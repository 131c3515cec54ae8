"""The engine of this process."""

from functools import cache

from django.conf import settings

from search.engines import SearchEngine, open_engine


@cache
def search_engine() -> SearchEngine:
    """Return the engine of EDUVIDEO_SEARCH_URL; raises search.errors.EngineError when it cannot be opened."""
    return open_engine(settings.EDUVIDEO.search)
