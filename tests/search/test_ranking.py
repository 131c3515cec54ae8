"""The order of the best answers."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query import Expression, Query, Strictness
from search.ranking import (
    DAY_S,
    FRESHNESS,
    NEIGHBOURHOOD,
    OWN_GRADE,
    OWN_LANGUAGE,
    POPULARITY,
    Candidate,
    Ranked,
    rank,
)
from search.understanding import Alternative, Concept

NOW_S = 1_800_000_000.0
FORCE = Concept("force", (Alternative(("forc",), 1.0), Alternative(("力",), 0.6)))
LAW = Concept("law", (Alternative(("law",), 1.0),))
BOTH = Expression((FORCE, LAW), Strictness.ANY)


def lesson(key: str, title: str = "force", *, terms: str | None = None, base: float = 1.0, **more: object) -> Candidate:
    return Candidate(key, base, title, f" {terms if terms is not None else title} ", **more)  # type: ignore[arg-type]


def ranked(
    *candidates: Candidate, expression: Expression = BOTH, complete: frozenset[str] = frozenset(), **asked: str
) -> list[Ranked]:
    text = "force law"
    grades = Counter(candidate.grade for candidate in candidates if candidate.grade)
    query = Query.model_validate({"text": text, **asked})
    return rank(candidates, query, expression, text=text, grades=grades, now_s=NOW_S, complete=complete)


def keys(found: list[Ranked]) -> list[str]:
    return [one.id for one in found]


def test_the_lesson_whose_title_is_the_question_comes_first() -> None:
    long = lesson("long", "force law and what it says", terms="forc law and what it say", base=1.6)
    exact = lesson("exact", "force law", terms="forc law")
    other = lesson("other", "law of the force", terms="law of the forc", base=1.2)
    assert keys(ranked(other, long, exact)) == ["exact", "long", "other"]


def test_all_words_come_before_some() -> None:
    some = lesson("some", "force", terms="forc", base=3.0, popularity=1.0, published_s=int(NOW_S))
    every = lesson("every", "law, force", terms="law forc")
    assert keys(ranked(some, every)) == ["every", "some"]


def test_words_in_the_captions_count_where_a_lesson_is_known_to_hold_all() -> None:
    spoken, silent = lesson("spoken", "law", terms="law"), lesson("silent", "law", terms="law", base=1.3)
    assert keys(ranked(spoken, silent, complete=frozenset(["spoken"]))) == ["spoken", "silent"]
    assert keys(ranked(spoken, silent)) == ["silent", "spoken"]


def test_the_word_itself_comes_before_another_name_of_it() -> None:
    found = ranked(
        lesson("other", "力", terms="力"),
        lesson("own", "forces", terms="forc"),
        expression=Expression((FORCE,), Strictness.ALL),
    )
    assert keys(found) == ["own", "other"]


def test_words_that_stand_together_as_in_the_question_come_before_words_apart() -> None:
    asked = Expression((FORCE, LAW), Strictness.ALL, joints=("力定", "律的"))
    found = ranked(lesson("apart", terms="forc law"), lesson("near", terms="forc law 力定"), expression=asked)
    assert keys(found) == ["near", "apart"]


def test_a_preference_moves_up_by_so_much_and_removes_nobody() -> None:
    lessons = [
        lesson("a", grade="7", language="en"), lesson("b", grade="8", language="en"),
        lesson("c", grade="9", language="zh"), lesson("d", grade="k", language="zh"), lesson("e"),
    ]  # fmt: skip
    plain = {one.id: one.why["preference"] for one in ranked(*lessons)}
    assert set(plain.values()) == {1.0}
    found = {one.id: one.why["preference"] for one in ranked(*lessons, prefer_grade="9", prefer_language="zh")}
    assert found["c"] == max(found.values()) == pytest.approx(OWN_GRADE * OWN_LANGUAGE)
    assert 1.0 == found["a"] == found["e"] < found["b"] < OWN_GRADE
    assert found.keys() == plain.keys()
    assert (
        keys(
            ranked(
                lesson("far", base=4.0),
                lesson("mine", grade="9", language="zh"),
                prefer_grade="9",
                prefer_language="zh",
            )
        )[0]
        == "far"
    )


def test_how_liked_and_how_new_a_lesson_is_counts_within_bounds() -> None:
    liked, new, old, early = ranked(
        lesson("a", popularity=1.0), lesson("b", published_s=int(NOW_S)), lesson("c", published_s=int(NOW_S) - 3000 * DAY_S),
        lesson("d", published_s=int(NOW_S) + 10**6),
    )[:4]  # fmt: skip
    why = {one.id: one.why for one in (liked, new, old, early)}
    assert why["a"]["popularity"] == pytest.approx(1 + POPULARITY)
    assert why["b"]["freshness"] == why["d"]["freshness"] == pytest.approx(1 + FRESHNESS)
    assert 1.0 <= why["c"]["freshness"] < 1.001
    assert why["a"]["freshness"] == 1.0


def test_the_grade_that_teaches_a_topic_draws_its_lessons_up() -> None:
    near = [lesson(f"n{number}", grade="9") for number in range(5)]
    found = {one.id: one.why["neighbourhood"] for one in ranked(*near, lesson("far", grade="3"), lesson("none"))}
    assert found["n0"] == pytest.approx(1 + NEIGHBOURHOOD)
    assert 1.0 < found["far"] < found["n0"]
    assert found["none"] == 1.0


def test_equal_lessons_are_in_the_order_of_their_ids() -> None:
    lessons = [lesson(key) for key in "cabd"]
    assert keys(ranked(*lessons)) == keys(ranked(*reversed(lessons))) == ["a", "b", "c", "d"]


@given(
    st.lists(
        st.builds(
            Candidate, st.uuids().map(str), st.floats(0, 100), st.sampled_from(["force law", "law", ""]),
            st.sampled_from([" forc law ", " law ", "  "]), grade=st.sampled_from(["", "8", "9", "k"]),
            popularity=st.floats(0, 1), published_s=st.integers(0, 2**62),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_every_candidate_is_kept_once_and_its_score_is_the_product_of_its_factors(candidates: list[Candidate]) -> None:
    found = ranked(*candidates, prefer_grade="8")
    assert sorted(keys(found)) == sorted(candidate.id for candidate in candidates)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    for one in found:
        assert one.score == pytest.approx(math.prod(one.why.values()))
        assert all(factor >= 1 for name, factor in one.why.items() if name != "text")
