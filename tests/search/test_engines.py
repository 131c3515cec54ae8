"""What SearchEngine promises, on every engine (tests/search/conftest.py), and which one a place is for.

Totals, facets and moments are told exactly, so that the engines can differ only in the order of hits that are no clear
matter: those are compared as sets.
"""

import math
import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.documents import MAX_VERSION, Cue, Document, Mark
from search.engines import SearchEngine, open_engine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.sqlite import SqliteEngine
from search.errors import EngineError
from search.query import FACETS, MAX_LIMIT, MAX_OFFSET, Query, duration_of
from search.results import Moment, Results, Understood
from tests.search.lessons import LESSONS, TIDES, write_many

MINE = ("school-1", "other")


def ask(engine: SearchEngine, text: str = "", **asked: object) -> Results:
    return engine.search(Query.model_validate({"text": text, **asked}))


def ids(engine: SearchEngine, text: str, **asked: object) -> list[str]:
    return [hit.id for hit in ask(engine, text, **asked).hits]


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


class TestUnderstanding:
    """What finds what: `first` are the hits that hold the whole question, in any order; all that follow hold a part."""

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            # Chinese words of any length, in titles, chapters and captions
            ("函数", {"parabola", "trig"}),
            ("函", {"parabola", "trig"}),
            ("像", {"parabola"}),
            ("力", {"buoyancy", "fractions"}),
            ("顶点", {"parabola"}),
            ("点", {"parabola"}),
            ("轴", {"parabola"}),
            ("对称轴", {"parabola"}),
            ("二次函数 配方法", {"parabola"}),
            ("图像的二次函数", {"parabola"}),
            # scripts and widths
            ("函數", {"parabola", "trig"}),
            ("圖像", {"parabola"}),
            ("电路图", {"circuits"}),
            ("电阻", {"circuits"}),
            ("電阻", {"circuits"}),
            ("ＬＩＧＨＴ　ＲＥＦＲＡＣＴＩＯＮ", {"refraction"}),
            ("elan", {"water"}),
            # pinyin in full and by initials
            ("sanjiaohanshu", {"trig"}),
            ("SanJiaoHanShu", {"trig"}),
            ("hanshu", {"parabola", "trig"}),
            ("fuli", {"buoyancy"}),
            ("sjhs", {"trig"}),
            ("fl", {"buoyancy"}),
            ("chs", {"parabola"}),
            # English words, whatever their form, and formulas
            ("fraction", {"fractions"}),
            ("compared fractions", {"fractions"}),
            ("how do leaves turn light into sugar", {"plants"}),
            ("angles of incidence", {"refraction"}),
            ("H2O", {"water"}),
            ("h₂o", {"water"}),
            ("x^2", {"water"}),
            ("x²", {"water"}),
            ("sin(x)", {"water"}),
            # typing errors
            ("photosynthsis", {"plants"}),
            ("photosyntehsis", {"plants"}),
            ("refracton", {"refraction"}),
            ("三角涵数", {"trig"}),
            ("三角函", {"trig"}),
            ("二次函图像", {"parabola"}),
            # synonyms within a language and across
            ("trig", {"trig"}),
            ("trigonometry", {"trig"}),
            ("光合作用", {"plants"}),
            ("光合用", {"plants"}),
            ("quadratic functions", {"parabola"}),
            ("buoyancy", {"buoyancy"}),
            ("electric circuit", {"circuits"}),
        ],
    )  # fmt: skip
    def test_a_question_finds_its_lessons(self, text: str, first: set[str], school: SearchEngine) -> None:
        results = ask(school, text)
        assert {hit.id for hit in results.hits[: results.complete]} == first
        assert results.complete == len(first) <= results.total == len(results.hits)

    @pytest.mark.parametrize("text", ["配", "方", "法", "用"])
    def test_a_single_character_is_found_anywhere_in_captions_where_few_titles_have_it(
        self, text: str, school: SearchEngine
    ) -> None:
        assert ids(school, text) == ["parabola"]

    @pytest.mark.parametrize("text", ["鲸", "zzzz", "，。！？", "secret", "🦆", '"', "lig*", "(((("])
    def test_what_no_lesson_has_finds_nothing(self, text: str, school: SearchEngine) -> None:
        results = ask(school, text)
        assert (results.total, results.complete, results.hits, results.facets) == (
            0,
            0,
            (),
            {"subject": {}, "grade": {}},
        )

    @pytest.mark.parametrize(
        ("text", "corrected"),
        [
            ("photosynthsis", "photosynthesis"),
            ("photosynthsis in plants", "photosynthesis in plants"),
            ("三角涵数的图像", "三角函数的图像"),
            ("三角涵數", "三角函数"),
            ("fractoins", "fractions"),
            ("fractions", ""),
            ("三角函数", ""),
            ("zymurgi", ""),
            ("fermentatoin", "fermentation"),
        ],
    )
    def test_what_was_probably_meant_is_told(self, text: str, corrected: str, school: SearchEngine) -> None:
        """Lessons that are not for everyone neither offer their words nor stop a correction."""
        assert ask(school, text).understood == Understood(text=text, corrected=corrected)

    def test_an_exact_title_comes_first_then_one_that_holds_the_question(self, engine: SearchEngine) -> None:
        titles = {"long": "Light and more light and light again", "exact": "Light", "holds": "The light of day"}
        engine.upsert([*(Document(id=key, title=title) for key, title in titles.items()), LIGHT])
        assert ids(engine, "light")[0] == "exact"
        assert ids(engine, "light of day")[0] == "holds"

    def test_with_few_full_matches_the_partial_ones_follow(self, engine: SearchEngine) -> None:
        engine.upsert([LIGHT, Document(id="speed", title="Speed of light"), Document(id="acid", title="Acids")])
        results = ask(engine, "refraction light")
        assert ([hit.id for hit in results.hits], results.total, results.complete) == (["light", "speed"], 2, 1)

    def test_with_enough_full_matches_partial_ones_stay_out(self, engine: SearchEngine) -> None:
        engine.upsert(Document(id=f"{number:02}", title=f"Speed of light {number}") for number in range(12))
        engine.upsert([LIGHT])
        assert (ask(engine, "speed of light").total, ask(engine, "light").total) == (12, 13)

    def test_the_vocabulary_can_be_changed_while_serving(self, engine: SearchEngine) -> None:
        engine.upsert([Document(id="cat", title="量子猫态"), LIGHT])
        assert ids(engine, "schroedinger") == []
        engine.vocabulary = engine.vocabulary.with_groups([("量子猫态", "schroedinger")])
        assert ids(engine, "schroedinger") == ["cat"]


class TestFilters:
    @pytest.mark.parametrize(
        ("text", "subject", "grade", "rest", "found"),
        [
            ("初二物理", "physics", "8", "", {"buoyancy", "refraction", *(one.id for one in TIDES if (one.subject, one.grade) == ("physics", "8"))}),
            ("初二物理浮力", "physics", "8", "浮力", {"buoyancy"}),
            ("grade 8 refraction", "", "8", "refraction", {"refraction"}),
            ("3rd grade math", "mathematics", "3", "", {"fractions"}),
            ("高中数学必修一 三角函数", "mathematics", "10", "三角函数", {"trig"}),
            ("chemistry", "chemistry", "", "", {"water"}),
        ],
    )  # fmt: skip
    def test_a_grade_and_a_subject_in_the_text_become_filters(
        self, text: str, subject: str, grade: str, rest: str, found: set[str], school: SearchEngine
    ) -> None:
        results = ask(school, text)
        assert {hit.id for hit in results.hits} == found
        assert results.total == len(found)
        assert results.understood == Understood(text=rest, subject=subject, grade=grade)

    @pytest.mark.parametrize("text", ["grade 5 light", "初三光合作用", "高一历史 函数"])
    def test_they_are_dropped_where_nothing_lies_there(self, text: str, school: SearchEngine) -> None:
        results = ask(school, text)
        assert results.total > 0
        assert results.understood == Understood(text=text)

    def test_a_literal_question_has_none(self, school: SearchEngine) -> None:
        assert ask(school, "chemistry", literal=True).understood == Understood(text="chemistry")
        assert ask(school, "初二物理浮力", literal=True).understood.grade == ""

    def test_a_filter_that_is_set_counts_more_than_the_text(self, school: SearchEngine) -> None:
        assert ids(school, "grade 8 light", grade="7") == ["plants"]
        assert ids(school, "light", grade="8") == ["refraction"]
        assert ask(school, "light", subject="music").total == 0

    def test_filters_leave_what_has_all_of_them(self, school: SearchEngine) -> None:
        asked = {"subject": "physics", "language": "en", "duration": "medium", "creator": "eve"}
        assert ids(school, "tides", **asked) == ids(school, "", **asked) == [
            one.id for one in TIDES if (one.subject, one.language, duration_of(one.duration_s), one.creator) == tuple(asked.values())
        ]  # fmt: skip
        assert set(ids(school, "tides", captions="yes")) == {
            one.id for one in TIDES if one.captions and not one.audience
        }

    @pytest.mark.parametrize("name", FACETS)
    def test_a_value_that_nothing_has_is_no_error(self, name: str, school: SearchEngine) -> None:
        assert ask(school, "tides", **{name: 'x" OR 1=1'}).total == 0


def counted(
    lessons: list[Document], facets: tuple[str, ...], filters: dict[str, str], audience: tuple[str, ...]
) -> tuple[int, dict[str, dict[str, int]]]:
    """Count lessons one by one: how many all filters leave, and by facet what the filters on others leave."""
    rows = [
        {
            "subject": one.subject, "grade": one.grade, "language": one.language, "creator": one.creator,
            "duration": duration_of(one.duration_s), "captions": "yes" if one.captions else "",
        }
        for one in lessons
        if not one.audience or set(one.audience) & set(audience)
    ]  # fmt: skip

    def left(but: str = "") -> list[dict[str, str]]:
        return [row for row in rows if all(row[name] == value for name, value in filters.items() if name != but)]

    return len(left()), {name: dict(Counter(row[name] for row in left(name) if row[name])) for name in facets}


class TestFacets:
    @pytest.mark.parametrize("text", ["tides", "TIDE", ""])
    @pytest.mark.parametrize(
        ("filters", "audience"),
        [
            ({}, ()),
            ({}, MINE),
            ({"subject": "physics"}, ()),
            ({"subject": "music", "grade": "8"}, MINE),
            ({"creator": "eve"}, MINE),
            ({"creator": "eve", "duration": "short"}, ()),
            ({"language": "zh", "captions": "yes"}, ()),
            ({"duration": "hours", "language": "en"}, MINE),
        ],
    )
    def test_six_facets_are_counted_each_without_its_own_filter(
        self, text: str, filters: dict[str, str], audience: tuple[str, ...], school: SearchEngine
    ) -> None:
        results = ask(school, text, facets=FACETS, audience=audience, limit=0, **filters)
        assert (results.total, results.facets) == counted(TIDES if text else LESSONS, FACETS, filters, audience)

    def test_counts_are_plain_numbers_of_lessons(self, school: SearchEngine) -> None:
        results = ask(school, "tides", subject="physics", limit=2)
        assert results.total == results.complete == 6
        assert len(results.hits) == 2
        assert results.facets == {"subject": {"physics": 6, "music": 5}, "grade": {"8": 2, "9": 2, "10": 2}}

    def test_a_facet_is_counted_over_partial_matches_too(self, school: SearchEngine) -> None:
        assert ask(school, "tides zzzz").facets["subject"] == {"physics": 6, "music": 5}

    def test_facets_that_nobody_asks_for_are_not_counted(self, school: SearchEngine) -> None:
        assert ask(school, "tides", facets=()).facets == {}
        assert ask(school, "tides", facets=("creator", "unknown")).facets.keys() >= {"creator"}


class TestAudience:
    @pytest.mark.parametrize(
        ("audience", "sees"), [((), False), (("school-3",), False), (("school-1",), True), (MINE, True)]
    )
    def test_only_the_audience_sees_it_anywhere(
        self, audience: tuple[str, ...], sees: bool, school: SearchEngine
    ) -> None:
        for text in ("zymurgy", "密码学", "mima", "secrets"):
            results = ask(school, text, audience=audience, facets=FACETS)
            assert results.total == len(results.hits) == int(sees)
            assert results.facets["subject"] == ({"other": 1} if sees else {})
            assert results.facets["creator"] == ({"mallory": 1} if sees else {})
        for typed in ("zym", "secr", "密", "密码", "mima", "mmx"):
            suggested = school.suggest(typed, audience=audience)
            assert suggested == (["Zymurgy secrets 密碼學"] if sees else [])

    def test_browsing_leaves_out_what_is_for_others(self, school: SearchEngine) -> None:
        public = [one for one in LESSONS if not one.audience]
        assert ask(school).total == len(public)
        assert ask(school, audience=("school-2",)).total == len(public) + 1
        assert ask(school, audience=("school-1", "school-2")).total == len(LESSONS)
        assert ask(school, creator="mallory", facets=FACETS).facets["creator"].keys() == {"ann", "bob", "eve"}

    def test_a_change_of_audience_counts_at_once(self, engine: SearchEngine) -> None:
        engine.upsert([LIGHT])
        engine.upsert([LIGHT.model_copy(update={"audience": ("school-1",), "version": 1})])
        assert (ids(engine, "light"), ids(engine, "light", audience=MINE)) == ([], ["light"])
        assert engine.suggest("refr") == []
        engine.upsert([LIGHT.model_copy(update={"version": 2})])
        assert ids(engine, "light") == ["light"]


class TestPreference:
    @pytest.mark.parametrize("asked", [{"prefer_grade": "9"}, {"prefer_grade": "10"}, {"prefer_language": "zh"}])
    def test_a_preference_moves_up_and_never_filters(self, asked: dict[str, str], school: SearchEngine) -> None:
        plain, preferred = ask(school, "tides", limit=100), ask(school, "tides", limit=100, **asked)
        assert {hit.id for hit in plain.hits} == {hit.id for hit in preferred.hits}
        assert (plain.total, plain.facets) == (preferred.total, preferred.facets)
        name, value = next(iter(asked.items()))
        mine = {one.id for one in TIDES if getattr(one, name.removeprefix("prefer_")) == value and not one.audience}
        assert {hit.id for hit in preferred.hits[: len(mine)]} == mine

    def test_nothing_is_preferred_to_what_was_asked_for(self, school: SearchEngine) -> None:
        assert ids(school, "refraction of light", prefer_grade="7", prefer_language="zh")[0] == "refraction"

    def test_factors_are_told_where_asked_for_and_multiply_to_the_score(self, school: SearchEngine) -> None:
        hits = ask(school, "light", explain=True, prefer_grade="7").hits
        for hit in hits:
            assert {"text", "words", "title", "preference", "popularity", "freshness"} < hit.why.keys()
            assert math.prod(hit.why.values()) == pytest.approx(hit.score, rel=0.01)
        assert next(hit for hit in hits if hit.id == "plants").why["preference"] > 1
        assert [hit.why for hit in ask(school, "light").hits] == [{}, {}]

    def test_the_better_liked_and_the_newer_of_equal_lessons_come_first(self, engine: SearchEngine) -> None:
        engine.upsert(
            [
                Document(id="a", title="Tides"),
                Document(id="b", title="Tides", published_s=2_000_000_000),
                Document(id="c", title="Tides", popularity=1.0),
            ]
        )
        assert ids(engine, "tides") == ["c", "b", "a"]


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

    def test_the_last_of_one_id_in_one_write_stays(self, engine: SearchEngine) -> None:
        engine.upsert([Document(id="a", title="Waves", version=2), Document(id="a", title="Light", version=1)])
        assert list(engine.versions()) == [("a", 2)]
        assert ids(engine, "waves") == ["a"]


class TestSuggesting:
    @pytest.mark.parametrize(
        ("text", "suggested"),
        [
            ("函", ["三角函数", "二次函数的图像"]),
            ("二次函數", ["二次函数的图像"]),
            ("图", ["二次函数的图像", "串聯與並聯的電路圖"]),
            ("电路", ["电路图", "串聯與並聯的電路圖"]),
            ("sanjiao", ["三角函数"]),
            ("sanj", ["三角函数"]),
            ("sjhs", ["三角函数"]),
            ("hs", ["三角函数", "二次函数的图像"]),
            ("refr", ["refraction", "Refraction of light"]),
            ("ＲＥＦＲ", ["refraction", "Refraction of light"]),
            ("fra", ["fractions", "Comparing Fractions"]),
            ("of li", ["Refraction of light"]),
            ("light", ["Refraction of light"]),
            ("tides", ["Tides"]),
            ("ight", []),
            (" ", []),
            ("，", []),
            ("zzzz", []),
        ],
    )
    def test_words_and_titles_continue_what_is_typed(
        self, text: str, suggested: list[str], school: SearchEngine
    ) -> None:
        assert school.suggest(text) == suggested
        assert school.suggest(text, limit=1) == suggested[:1]

    def test_those_that_begin_with_the_text_come_first_and_equal_ones_once(self, engine: SearchEngine) -> None:
        titles = [("b", "LIGHT"), ("a", "Light"), ("c", "Lights"), ("d", "Low light"), ("e", "The lights")]
        engine.upsert(Document(id=key, title=title) for key, title in titles)
        suggested = [title.casefold() for title in engine.suggest("light")]
        assert suggested == ["light", "lights", "low light", "the lights"]

    def test_what_is_gone_is_suggested_no_more(self, engine: SearchEngine) -> None:
        engine.upsert([LIGHT])
        assert engine.suggest("refr") == ["refraction", "Refraction of light"]
        engine.delete({"light": 1})
        assert engine.suggest("refr") == []


def test_pages_follow_one_another_to_the_end(engine: SearchEngine) -> None:
    engine.upsert(Document(id=f"{number:03}", title="Waves") for number in range(25))
    pages = [[hit.id for hit in engine.search(Query(text="waves", offset=at)).hits] for at in (0, 10, 20, 30)]
    assert [key for page in pages for key in page] == [f"{number:03}" for number in range(25)]
    last = engine.search(Query(text="waves", limit=MAX_LIMIT, offset=MAX_OFFSET))
    assert (last.total, last.hits) == (25, ())
    assert engine.search(Query(text="waves", limit=0)).total == 25


def test_pages_beyond_the_best_hundred_hold_every_lesson_once(engine: SearchEngine) -> None:
    """Some say the word in the title, some only in the captions; a part of a question does where nothing has the whole."""
    said = (Cue(start_ms=0, end_ms=1, text="waves"),)
    engine.upsert(
        Document(
            id=f"{number:03}", title=("Waves and light", "Waves", "Sound")[number % 3], published_s=number,
            captions=said if number % 3 == 2 else (), audience=() if number % 5 else ("school-1",),
        )
        for number in range(250)
    )  # fmt: skip
    every = {f"{number:03}" for number in range(250)}
    for text in ("waves", "waves zzzz", ""):
        pages = [ids(engine, text, audience=MINE, limit=40, offset=at) for at in range(0, 280, 40)]
        assert [len(page) for page in pages] == [40] * 6 + [10]
        assert {key for page in pages for key in page} == every
        assert ids(engine, text, audience=MINE, limit=100, offset=80) == [*pages[2], *pages[3], *pages[4][:20]]


def test_browsing_is_from_new_to_old(engine: SearchEngine) -> None:
    days = {"b": 1, "a": 1, "new": 9, "never": 0}
    engine.upsert(Document(id=key, title="Waves", published_s=day) for key, day in days.items())
    results = ask(engine)
    assert [(hit.id, hit.score) for hit in results.hits] == [("new", 0.0), ("a", 0.0), ("b", 0.0), ("never", 0.0)]
    assert results.total == results.complete == 4


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "key", "moments"),
        [
            ("配方法", "parabola", [(65_000, "用配方法求顶点", ((1, 4),))]),
            ("點", "parabola", [(65_000, "用配方法求顶点", ((6, 7),))]),
            ("对称轴 顶点", "parabola", [(30_000, "对称轴", ((0, 3),)), (65_000, "用配方法求顶点", ((5, 7),))]),
            ("电流", "circuits", [(65_000, "電流和電阻", ((0, 2),))]),
            ("incidence angles", "refraction", [(65_000, "the angle of incidence", ((4, 9), (13, 22)))]),
            ("力", "fractions", [(65_000, "half of 力", ((8, 9),))]),
            ("refraction", "refraction", []),
            ("sjhs", "trig", []),
        ],
    )
    def test_a_hit_has_the_seconds_where_its_words_are_and_the_words_marked(
        self, text: str, key: str, moments: list[tuple[int, str, tuple[tuple[int, int], ...]]], school: SearchEngine
    ) -> None:
        hit = next(hit for hit in ask(school, text).hits if hit.id == key)
        assert hit.moments == tuple(Moment(*moment) for moment in moments)

    def test_a_synonym_that_is_said_is_a_moment(self, engine: SearchEngine) -> None:
        engine.upsert(
            [Document(id="a", title="Plants", captions=(Cue(start_ms=5000, end_ms=6000, text="植物的光合作用"),))]
        )
        assert ask(engine, "photosynthesis").hits[0].moments == (Moment(5000, "植物的光合作用", ((3, 7),)),)

    def test_there_are_three_at_most_in_the_order_of_time(self, engine: SearchEngine) -> None:
        cues = tuple(Cue(start_ms=second * 1000, end_ms=second * 1000 + 900, text="顶点") for second in range(9, 0, -1))
        engine.upsert([Document(id="a", title="抛物线", captions=cues)])
        assert [moment.start_ms for moment in ask(engine, "顶点").hits[0].moments] == [1000, 2000, 3000]

    def test_a_long_lesson_has_them_too(self, engine: SearchEngine) -> None:
        cues = tuple(Cue(start_ms=n * 1000, end_ms=n * 1000 + 900, text=f"word{n}") for n in range(12_000))
        assert engine.upsert([Document(id="a", title="Long", captions=cues)]) == 1
        assert ask(engine, "word11999").hits[0].moments == (Moment(11_999_000, "word11999", ((0, 9),)),)


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


def test_a_rebuild_while_others_write_and_read_differs_in_nothing(place: str, engine: SearchEngine) -> None:
    """Readers always find every lesson that nobody touches, and in the end the index is what was written."""
    steady = {f"{number:03}": Document(id=f"{number:03}", title="Tides", version=1) for number in range(40, 120)}
    database = {f"{number:03}": Document(id=f"{number:03}", title="Waves", version=1) for number in range(40)} | steady
    engine.upsert(database.values())
    is_done = threading.Event()
    wrong: list[object] = []

    def write() -> None:
        with closing(open_engine(place)) as own:
            for number in range(40):
                key = f"{number:03}"
                if number % 4 == 3:
                    del database[key]
                    own.delete({key: 2})
                else:
                    database[key] = Document(id=key, title="Light", version=2)
                    own.upsert([database[key]])

    def read() -> None:
        with closing(open_engine(place)) as own:
            while not is_done.is_set():
                found = ids(own, "tides", limit=100)
                if sorted(found) != sorted(steady):
                    wrong.append(found)

    writer, reader = threading.Thread(target=write), threading.Thread(target=read)
    reader.start()

    def documents() -> Iterator[Document]:
        for number, key in enumerate(sorted(database)):
            if number == 10:
                writer.start()
            if document := database.get(key):
                yield document

    try:
        engine.rebuild(documents())
        writer.join(60)
    finally:
        is_done.set()
        reader.join(60)
    assert wrong == []
    assert dict(engine.versions()) == {key: document.version for key, document in database.items()}
    assert (ask(engine, "light").total, ask(engine, "waves").total) == (30, 0)


@pytest.mark.slow
def test_many_processes_write_and_read_at_once(place: str, engine: SearchEngine) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(place, start, 20)) for start in (0, 1000)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        results = engine.search(Query(text="waves", limit=100))
        assert len(results.hits) == min(results.total, 100)
        writers[0].join(0.05)
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert engine.search(Query(text="waves")).total == 40


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=80) | st.text(alphabet='ab函数"*^:(){}-+<> NOT', max_size=30))
def test_no_question_is_an_error(text: str, school: SearchEngine) -> None:
    results = ask(school, text, limit=100, audience=MINE)
    assert len(results.hits) == results.total
    school.suggest(text)


HOSTILE = [
    "\ud800", "a\udfff", "\x00", "light\x00", "\u202elight", "' OR 1=1 --", '"; DROP TABLE document; --', "NEAR(light of)",
    "title : light", "light*", "^light", "{title body} : light", "\\", "%", "_", "light\n\tlight", "?" * 200,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_an_engine_could_read_as_more_than_text_is_text(text: str, school: SearchEngine) -> None:
    results = ask(school, text, subject=None)
    assert {hit.id for hit in results.hits} <= {"refraction", "plants", "fractions", "water"}
    school.suggest(text)
    for name in ("subject", "creator"):
        assert ask(school, "light", **{name: text}).total == 0


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
