"""What the Protocol SearchEngine promises, on every engine (tests/search/conftest.py), and which one a place is for."""

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.documents import MAX_VERSION, Cue, Document, Mark
from search.engines import SearchEngine, open_engine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.sqlite import SqliteEngine
from search.errors import EngineError
from search.query import MAX_LIMIT, MAX_OFFSET, Query


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

    def test_the_same_version_again_is_taken(self, engine: SearchEngine) -> None:
        engine.upsert([Document(id="a", title="Waves", version=5)])
        assert engine.upsert([Document(id="a", title="Light", version=5)]) == 1
        assert engine.delete({"a": 5}) == 1
        assert engine.delete({"a": 5}) == 1
        assert engine.delete({"a": 4}) == 0
        assert list(engine.versions()) == []

    def test_what_was_never_there_can_be_deleted_before_it_comes(self, engine: SearchEngine) -> None:
        assert engine.delete({"a": 3}) == 1
        assert engine.upsert([Document(id="a", title="Waves", version=2), LIGHT]) == 1
        assert list(engine.versions()) == [("light", 0)]

    def test_the_largest_version_fits(self, engine: SearchEngine) -> None:
        engine.upsert([Document(id="a", title="Waves", version=MAX_VERSION)])
        assert list(engine.versions()) == [("a", MAX_VERSION)]
        assert engine.delete({"a": MAX_VERSION}) == 1

    def test_versions_come_in_the_order_of_ids(self, engine: SearchEngine) -> None:
        engine.upsert(Document(id=key, title="Waves", version=n) for n, key in enumerate(["b", "二", "B", "a"]))
        assert list(engine.versions()) == [("B", 2), ("a", 3), ("b", 0), ("二", 1)]

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
    assert engine.suggest("函") == ["二次函数的图像"]
    assert engine.suggest("像") == ["二次函数的图像"]
    assert engine.suggest("and s") == ["Light and shadow"]
    assert engine.suggest("light", limit=1) == ["Light and shadow"]


def test_equal_titles_are_suggested_once(engine: SearchEngine) -> None:
    engine.upsert(Document(id=key, title=title) for key, title in [("b", "LIGHT"), ("a", "Light"), ("c", "Lights")])
    assert engine.suggest("light") == ["Light", "Lights"]


def test_pages_follow_one_another_to_the_end(engine: SearchEngine) -> None:
    engine.upsert(Document(id=f"{number:03}", title="Waves") for number in range(25))
    pages = [[hit.id for hit in engine.search(Query(text="waves", offset=at)).hits] for at in (0, 10, 20, 30)]
    assert [key for page in pages for key in page] == [f"{number:03}" for number in range(25)]
    last = engine.search(Query(text="waves", limit=MAX_LIMIT, offset=MAX_OFFSET))
    assert (last.total, last.hits) == (25, ())
    assert engine.search(Query(text="waves", limit=0)).total == 25


def test_browsing_is_in_the_order_of_ids(engine: SearchEngine) -> None:
    engine.upsert([PARABOLA, LIGHT, Document(id="acid", title="Acids")])
    assert [(hit.id, hit.score) for hit in engine.search(Query()).hits] == [
        ("acid", 0.0), ("light", 0.0), ("parabola", 0.0)
    ]  # fmt: skip


class TestMoments:
    def test_there_are_three_at_most_in_the_order_of_time(self, engine: SearchEngine) -> None:
        cues = tuple(Cue(start_ms=second * 1000, end_ms=second * 1000 + 900, text="顶点") for second in range(9, 0, -1))
        engine.upsert([Document(id="a", title="抛物线", captions=cues)])
        hit = engine.search(Query(text="顶点")).hits[0]
        assert [moment.start_ms for moment in hit.moments] == [1000, 2000, 3000]

    def test_those_with_a_whole_word_of_the_question_win(self, engine: SearchEngine) -> None:
        cues = (Cue(start_ms=0, end_ms=1, text="二次方程"), Cue(start_ms=5000, end_ms=6000, text="二次函数"))
        engine.upsert([Document(id="a", title="抛物线", captions=cues)])
        assert [moment.start_ms for moment in engine.search(Query(text="二次函数 x")).hits[0].moments] == [5000]

    def test_parts_do_where_there_is_no_whole_word(self, engine: SearchEngine) -> None:
        cues = (Cue(start_ms=0, end_ms=1, text="同学们好"), Cue(start_ms=5000, end_ms=6000, text="二次方程"))
        engine.upsert([Document(id="a", title="抛物线", captions=cues)])
        assert [moment.start_ms for moment in engine.search(Query(text="二次函数")).hits[0].moments] == [5000]

    def test_a_title_alone_has_none(self, engine: SearchEngine) -> None:
        engine.upsert([LIGHT])
        assert engine.search(Query(text="light")).hits[0].moments == ()

    def test_a_long_lesson_has_them_too(self, engine: SearchEngine) -> None:
        cues = tuple(Cue(start_ms=n * 1000, end_ms=n * 1000 + 900, text=f"word{n}") for n in range(12_000))
        assert engine.upsert([Document(id="a", title="Long", captions=cues)]) == 1
        assert engine.search(Query(text="word11999")).hits[0].moments[0].start_ms == 11_999_000


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


def test_what_others_write_during_a_rebuild_is_not_lost(engine: SearchEngine) -> None:
    """Whether a writer goes on at once or waits for the rebuild to end."""
    engine.upsert([Document(id=key, title=f"Waves {key}", version=1) for key in ("edited", "deleted", "gone")])

    def write() -> None:
        engine.upsert([Document(id="edited", title="Light", version=2), Document(id="new", title="Waves new")])
        engine.delete({"deleted": 1})

    writer = threading.Thread(target=write)

    def documents() -> Iterator[Document]:
        writer.start()
        writer.join(1.0)
        yield Document(id="edited", title="Waves edited", version=1)
        yield Document(id="deleted", title="Waves deleted", version=1)

    engine.rebuild(documents())
    writer.join(30)
    assert sorted(engine.versions()) == [("edited", 2), ("new", 0)]
    assert ids(engine, "light") == ["edited"]


def test_a_rebuild_forgets_tombstones(engine: SearchEngine) -> None:
    engine.delete({"light": 7})
    assert engine.rebuild([LIGHT]) == 1
    assert ids(engine, "light") == ["light"]
    assert engine.rebuild([]) == 0
    assert list(engine.versions()) == []


def write_many(place: str, start: int) -> None:
    engine = open_engine(place)
    for number in range(start, start + 40):
        engine.upsert([Document(id=str(number), title=f"Waves {number}")])
    engine.close()


@pytest.mark.slow
def test_many_processes_write_and_read_at_once(place: str, engine: SearchEngine) -> None:
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


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=80))
def test_no_question_is_an_error(text: str, engine: SearchEngine) -> None:
    engine.upsert([PARABOLA])
    results = engine.search(Query(text=text))
    assert len(results.hits) <= results.total
    engine.suggest(text)


@pytest.mark.parametrize("text", ["x" * 10_000, "二次" * 200, "a^b_c.d " * 200, " ".join(f"w{n}" for n in range(500))])
def test_a_passage_is_no_error(text: str, engine: SearchEngine) -> None:
    engine.upsert([Document(id="a", title=text, description=text, captions=(Cue(start_ms=0, end_ms=1, text=text),))])
    assert ids(engine, text) == ["a"]
    engine.suggest(text)


def test_an_engine_tells_that_it_works(engine: SearchEngine) -> None:
    engine.check()


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
