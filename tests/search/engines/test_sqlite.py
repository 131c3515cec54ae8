import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.documents import Cue, Document, Mark
from search.engines import SearchEngine, open_engine
from search.errors import EngineError
from search.query import Query


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    opened = open_engine(str(tmp_path / "index"))
    yield opened
    opened.close()


def ids(engine: SearchEngine, text: str, **asked: object) -> list[str]:
    return [hit.id for hit in engine.search(Query.model_validate({"text": text, **asked})).hits]


PARABOLA = Document(
    id="parabola",
    title="二次函数的图像",
    subject="mathematics",
    grade="9",
    language="zh",
    captions=(
        Cue(start_ms=1000, end_ms=3000, text="同学们好"),
        Cue(start_ms=65_000, end_ms=69_000, text="用配方法求顶点"),
    ),
    chapters=(Mark(start_ms=30_000, title="对称轴"),),
)
LIGHT = Document(id="light", title="Refraction of light", subject="physics", grade="8", language="en")


def test_a_word_of_title_chapter_and_captions_is_found_with_its_second(engine: SearchEngine) -> None:
    engine.upsert([PARABOLA, LIGHT])
    assert ids(engine, "函数") == ["parabola"]
    hit = engine.search(Query(text="配方法")).hits[0]
    assert [(moment.start_ms, moment.text) for moment in hit.moments] == [(65_000, "用配方法求顶点")]
    hit = engine.search(Query(text="对称轴")).hits[0]
    assert hit.moments[0].start_ms == 30_000


def test_words_may_stand_in_different_places(engine: SearchEngine) -> None:
    engine.upsert([PARABOLA, LIGHT])
    assert ids(engine, "二次函数 配方法")[0] == "parabola"


def test_an_exact_title_comes_first(engine: SearchEngine) -> None:
    engine.upsert(
        [Document(id="long", title="Light and more light and light again"), Document(id="exact", title="Light"), LIGHT]
    )
    assert ids(engine, "light")[0] == "exact"


def test_with_few_full_matches_the_partial_ones_follow(engine: SearchEngine) -> None:
    engine.upsert([LIGHT, Document(id="speed", title="Speed of light"), Document(id="acid", title="Acids")])
    assert ids(engine, "refraction light") == ["light", "speed"]


def test_filters_totals_and_facets_agree(engine: SearchEngine) -> None:
    engine.upsert(
        Document(id=f"{subject}{grade}", title="Waves", subject=subject, grade=grade, language="en")
        for subject in ("physics", "music")
        for grade in ("8", "9", "10")
    )
    results = engine.search(Query(text="waves", subject="physics", limit=2))
    assert results.total == 3
    assert len(results.hits) == 2
    assert results.facets["subject"] == {"physics": 3, "music": 3}
    assert results.facets["grade"] == {"8": 1, "9": 1, "10": 1}
    assert engine.search(Query(text="waves", language="zh")).total == 0


def test_an_empty_question_browses(engine: SearchEngine) -> None:
    engine.upsert([PARABOLA, LIGHT])
    assert engine.search(Query(subject="physics")).total == 1


class TestAudience:
    SECRET = Document(id="secret", title="Secret waves", subject="physics", audience=("school-1", "school-2"))

    @pytest.mark.parametrize(("audience", "sees"), [((), False), (("school-3",), False), (("school-2", "x"), True)])
    def test_only_the_audience_sees_it_anywhere(
        self, audience: tuple[str, ...], sees: bool, engine: SearchEngine
    ) -> None:
        engine.upsert([self.SECRET])
        results = engine.search(Query(text="waves", audience=audience))
        assert results.total == len(results.hits) == int(sees)
        assert bool(results.facets["subject"]) is sees
        assert bool(engine.suggest("secret", audience=audience)) is sees


class TestVersions:
    def test_an_older_version_never_replaces_a_newer_one(self, engine: SearchEngine) -> None:
        assert engine.upsert([Document(id="a", title="New", version=2)]) == 1
        assert engine.upsert([Document(id="a", title="Old", version=1)]) == 0
        assert ids(engine, "new") == ["a"]
        assert list(engine.versions()) == [("a", 2)]

    def test_a_late_upsert_does_not_raise_the_dead(self, engine: SearchEngine) -> None:
        engine.upsert([Document(id="a", title="Waves", version=2)])
        assert engine.delete({"a": 3}) == 1
        assert engine.upsert([Document(id="a", title="Waves", version=3)]) == 0
        assert ids(engine, "waves") == []
        assert engine.upsert([Document(id="a", title="Waves", version=4)]) == 1

    def test_a_late_delete_does_not_remove_what_is_newer(self, engine: SearchEngine) -> None:
        engine.upsert([Document(id="a", title="Waves", version=5)])
        assert engine.delete({"a": 4}) == 0
        assert ids(engine, "waves") == ["a"]

    def test_an_edit_leaves_nothing_of_before(self, engine: SearchEngine) -> None:
        engine.upsert([PARABOLA])
        engine.upsert([Document(id="parabola", title="Ellipse", version=1)])
        assert ids(engine, "配方法") == []
        assert ids(engine, "ellipse") == ["parabola"]


def test_suggestions_continue_what_is_typed(engine: SearchEngine) -> None:
    engine.upsert([PARABOLA, LIGHT, Document(id="again", title="Light and shadow")])
    assert engine.suggest("light") == ["Light and shadow", "Refraction of light"]
    assert engine.suggest("二次函數") == ["二次函数的图像"]
    assert engine.suggest(" ") == []


def test_readers_see_the_old_index_until_a_rebuild_is_done(engine: SearchEngine) -> None:
    engine.upsert([LIGHT])
    seen: list[list[str]] = []

    def documents() -> Iterator[Document]:
        yield PARABOLA
        thread = threading.Thread(target=lambda: seen.append(ids(engine, "light")))
        thread.start()
        thread.join(10)

    assert engine.rebuild(documents()) == 1
    assert seen == [["light"]]
    assert ids(engine, "light") == []
    assert ids(engine, "函数") == ["parabola"]


def test_a_rebuild_that_fails_changes_nothing(engine: SearchEngine) -> None:
    engine.upsert([LIGHT])

    def documents() -> Iterator[Document]:
        yield PARABOLA
        raise OSError("no more documents")

    with pytest.raises(OSError, match="no more"):
        engine.rebuild(documents())
    assert ids(engine, "light") == ["light"]


def write_many(place: str, start: int) -> None:
    engine = open_engine(place)
    for number in range(start, start + 40):
        engine.upsert([Document(id=str(number), title=f"Waves {number}")])
    engine.close()


@pytest.mark.slow
def test_many_processes_write_and_read_at_once(tmp_path: Path) -> None:
    place = str(tmp_path / "index")
    engine = open_engine(place)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(place, start)) for start in (0, 1000, 2000)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        results = engine.search(Query(text="waves", limit=100))
        assert len(results.hits) == min(results.total, 100)
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert engine.search(Query(text="waves")).total == 120
    engine.close()


def test_a_damaged_index_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "search.sqlite3").write_bytes(b"this is no database, not at all, whatever its name is" * 100)
    with pytest.raises(EngineError, match="cannot be opened"):
        open_engine(str(folder))


def test_a_place_that_is_no_folder_is_refused() -> None:
    with pytest.raises(EngineError, match="no folder"):
        open_engine("http://127.0.0.1:9200")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=80))
def test_no_question_is_an_error(text: str, engine: SearchEngine) -> None:
    engine.upsert([PARABOLA])
    results = engine.search(Query(text=text))
    assert len(results.hits) <= results.total
    engine.suggest(text)


def test_the_file_is_shared_by_write_ahead_log(tmp_path: Path) -> None:
    open_engine(str(tmp_path)).close()
    with sqlite3.connect(tmp_path / "search.sqlite3") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
