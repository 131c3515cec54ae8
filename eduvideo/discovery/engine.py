"""The engine of this process, and the words that the staff gave it."""

import threading
import time
from collections.abc import Callable
from functools import cache, lru_cache

from django.conf import settings

from eduvideo.discovery.models import VocabularyGroup
from search.engines import SearchEngine, open_engine
from search.spelling import Lexicon
from search.understanding import understand
from search.vocabulary import Vocabulary, seed_vocabulary

VOCABULARY_S = 60  # that a change by the staff may take


@cache
def search_engine() -> SearchEngine:
    """Return the engine of EDUVIDEO_SEARCH_URL; raises search.errors.EngineError when it cannot be opened."""
    return open_engine(settings.EDUVIDEO.search)


def asking_engine() -> SearchEngine:
    """Return the engine for questions, with the staff's words as they were a minute ago at most. A query a minute."""
    engine = search_engine()
    engine.vocabulary = _vocabulary_with(_groups_of(int(time.monotonic() // VOCABULARY_S)))
    return engine


def warm_search(then: Callable[[], None]) -> threading.Thread:
    """Load what the first question would wait for (its dictionaries take about a second) beside other work.

    `then` is called in the returned thread when all is there.
    """

    def load() -> None:
        understand("x 一", vocabulary=seed_vocabulary(), lexicon=Lexicon({}))
        then()

    thread = threading.Thread(target=load, name="warm-search", daemon=True)
    thread.start()
    return thread


@lru_cache(maxsize=1)
def _groups_of(minute: int) -> tuple[tuple[str, ...], ...]:  # noqa: ARG001 - each has its own
    return tuple(group.words for group in VocabularyGroup.objects.order_by("pk"))


@lru_cache(maxsize=1)
def _vocabulary_with(groups: tuple[tuple[str, ...], ...]) -> Vocabulary:
    """Return the same object for the same words: the engine prepares itself for each other one."""
    return seed_vocabulary().with_groups(groups) if groups else seed_vocabulary()
