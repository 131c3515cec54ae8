"""Both engines answer alike: the same totals, facets, hits, moments and suggestions, in whatever order of hits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.documents import Cue, Document, Mark
from search.engines import SearchEngine, open_engine
from search.query import Query

pytestmark = [pytest.mark.servers, pytest.mark.slow]

WORDS = [
    "light", "lights", "wave", "Waves", "the", "x^2", "x^2+1", "a_b", "don't", "3.14", "二次函数", "二次", "函数", "函",
    "數", "图像", "的", "光", "ＷＡＶＥ", "é", "мир", "・", "２", "カタカナ",
]  # fmt: skip
ODD = st.text(max_size=12)
TEXTS = st.one_of(st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join), st.lists(st.sampled_from(WORDS), max_size=3).map("".join), ODD)  # fmt: skip
SUBJECTS, GRADES, LANGUAGES = ["", "physics", "music"], ["", "8", "9"], ["", "en", "zh"]
AUDIENCES = st.lists(st.sampled_from(["school-1", "school-2", ""]), max_size=2).map(tuple)
SECONDS = st.integers(min_value=0, max_value=3).map(lambda second: second * 1000)
DOCUMENTS = st.builds(
    Document,
    id=st.sampled_from([*"abcdefghijklmnopqrst", "二", "B"]),
    title=TEXTS,
    description=TEXTS,
    study_guide=TEXTS,
    subject=st.sampled_from(SUBJECTS),
    grade=st.sampled_from(GRADES),
    language=st.sampled_from(LANGUAGES),
    audience=AUDIENCES,
    captions=st.lists(st.builds(Cue, start_ms=SECONDS, end_ms=SECONDS, text=TEXTS), max_size=2).map(tuple),
    chapters=st.lists(st.builds(Mark, start_ms=SECONDS, title=TEXTS), max_size=1).map(tuple),
    version=st.integers(min_value=0, max_value=2),
)
QUERIES = st.builds(
    Query,
    text=TEXTS,
    subject=st.sampled_from([None, *SUBJECTS]),
    grade=st.sampled_from([None, *GRADES]),
    language=st.sampled_from([None, *LANGUAGES]),
    audience=AUDIENCES,
    limit=st.just(100),
)


@pytest.fixture
def engines(tmp_path: Path, elasticsearch_place: str) -> Iterator[tuple[SearchEngine, SearchEngine]]:
    both = open_engine(str(tmp_path)), open_engine(elasticsearch_place)
    yield both
    for engine in both:
        engine.close()


def answer(engine: SearchEngine, query: Query) -> dict[str, object]:
    results = engine.search(query)
    return {
        "total": results.total,
        "facets": results.facets,
        "hits": {hit.id: sorted((moment.start_ms, moment.text) for moment in hit.moments) for hit in results.hits},
        "suggestions": engine.suggest(query.text, audience=query.audience),
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    first=st.lists(DOCUMENTS, max_size=15),
    later=st.lists(DOCUMENTS, max_size=5),
    deleted=st.dictionaries(st.sampled_from("abcdef"), st.integers(min_value=0, max_value=2), max_size=3),
    queries=st.lists(QUERIES, min_size=1, max_size=8),
)
def test_both_engines_find_and_count_the_same(
    engines: tuple[SearchEngine, SearchEngine],
    first: list[Document],
    later: list[Document],
    deleted: dict[str, int],
    queries: list[Query],
) -> None:
    embedded, server = engines
    assert embedded.rebuild(first) == server.rebuild(first)
    assert embedded.delete(deleted) == server.delete(deleted)
    assert embedded.upsert(later) == server.upsert(later)
    assert list(embedded.versions()) == list(server.versions())
    for query in queries:
        assert answer(embedded, query) == answer(server, query), query
