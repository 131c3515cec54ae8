"""Which words somebody may have meant."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.spelling import MAX_SIMILAR, Lexicon, Similar

LEXICON = Lexicon(
    {"photosynthesis": 3, "fraction": 5, "fractions": 9, "friction": 1, "函数": 4, "浮力": 2, "light": 1},
    ["三角函数", "光合作用", "trigonometry", "勾股定理"],
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("photosynthsis", ["photosynthesis"]),  # a letter is missing
        ("photosyntehsis", ["photosynthesis"]),  # two are swapped
        ("photosinthisis", ["photosynthesis"]),  # two are wrong
        ("trigonometrie", ["trigonometry"]),
        ("lihgt", ["light"]),
        ("fracton", ["fraction"]),
        ("fractoins", ["fractions", "fraction"]),
    ],
)
def test_a_mistyped_word_is_near_to_what_was_meant(typed: str, meant: list[str]) -> None:
    assert LEXICON.similar_words(typed) == meant


@pytest.mark.parametrize("word", ["light", "fraction", "ligt", "qight", "photo", "x^2ab", "", "elephant", "lights2"])
def test_words_that_are_known_short_or_far_are_left_alone(word: str) -> None:
    assert LEXICON.similar_words(word) == []


@pytest.mark.parametrize(
    ("word", "relatives"),
    [
        ("korea", ["korean"]),
        ("korean", ["korea"]),
        ("embryology", ["embryonic"]),
        ("buddhism", ["buddha", "buddhist"]),
        ("surrealism", []),  # no title has one
        ("organ", []),  # an ending, but of half a word only: organization
        ("korez", []),
        ("kor", []),
        ("x", []),
        ("qi", []),
    ],
)
def test_words_of_one_family_differ_in_their_endings(word: str, relatives: list[str]) -> None:
    titles = ("korea", "korean", "koreans", "embryonic", "buddha", "buddhist", "organizational", "friction")
    assert Lexicon(dict.fromkeys(titles, 1), ["surrealist"]).relatives(word) == relatives


@pytest.mark.parametrize(
    ("run", "near"),
    [
        ("三角涵数", [Similar(0, 4, "三角函数")]),
        ("三角涵数的图像", [Similar(0, 4, "三角函数")]),
        ("光合用", [Similar(0, 3, "光合作用")]),
        ("光和作用与三角函", [Similar(0, 4, "光合作用"), Similar(5, 8, "三角函数")]),
        ("勾股订理", [Similar(0, 4, "勾股定理")]),
    ],
)
def test_a_part_of_a_run_is_near_to_a_term(run: str, near: list[Similar]) -> None:
    assert sorted(LEXICON.similar_terms(run), key=lambda one: one.start) == near


@pytest.mark.parametrize("run", ["三角函数", "三角函数的图像", "力", "", "今天天气很好", "光合" * 20])
def test_runs_that_hold_the_term_or_nothing_like_it_are_left_alone(run: str) -> None:
    assert LEXICON.similar_terms(run) == []


def test_words_of_titles_go_on_from_their_beginning_the_most_frequent_first() -> None:
    assert LEXICON.beginning_with("fr") == ["fractions", "fraction", "friction"]
    assert LEXICON.beginning_with("函") == ["函数"]
    assert LEXICON.beginning_with("trig") == []  # no title has it


@given(st.text(max_size=40) | st.text(alphabet="三角函数涵光合作用", max_size=30))
def test_any_text_is_taken_and_what_is_near_stands_apart(text: str) -> None:
    assert len(LEXICON.similar_words(text)) <= MAX_SIMILAR
    near = sorted(LEXICON.similar_terms(text), key=lambda one: one.start)
    assert len(near) <= MAX_SIMILAR
    assert all(one.end <= after.start for one, after in pairwise(near))
    assert all(0 <= one.start < one.end <= len(text) for one in near)
