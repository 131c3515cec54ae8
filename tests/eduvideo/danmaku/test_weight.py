from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.danmaku.weight import is_chant, liked_weight, weight_now, weight_of

KINDS = st.sampled_from(["comment", "question", "answer", "teacher"])


@given(KINDS, st.text(max_size=30), st.booleans(), st.booleans())
def test_a_weight_is_between_0_and_10(kind: str, text: str, house: bool, repeated: bool) -> None:
    assert 0 <= weight_of(kind=kind, text=text, is_of_the_house=house, is_repeated=repeated) <= 10


@given(KINDS, st.text(max_size=30), st.booleans())
def test_saying_it_again_never_makes_it_worth_more(kind: str, text: str, house: bool) -> None:
    again = weight_of(kind=kind, text=text, is_of_the_house=house, is_repeated=True)
    assert again <= weight_of(kind=kind, text=text, is_of_the_house=house, is_repeated=False)


def test_the_teacher_comes_before_questions_and_questions_before_comments_and_those_before_repetition() -> None:
    def weight(kind: str, *, house: bool = False, repeated: bool = False) -> int:
        return weight_of(kind=kind, text="why?", is_of_the_house=house, is_repeated=repeated)

    order = [
        weight("teacher", house=True, repeated=True),
        weight("answer", house=True),
        weight("comment", house=True),
        weight("question"),
        weight("comment"),
        weight("comment", repeated=True),
    ]
    assert order == sorted(order, reverse=True)
    assert (order[0], order[3], order[4]) == (10, 7, 5)


@pytest.mark.parametrize("text", ["2333", "666", "哈哈哈哈", "ha ha ha ha", "!!!", "👏👏👏"])
def test_chants(text: str) -> None:
    assert is_chant(text)


@pytest.mark.parametrize("text", ["", "ok", "x = 233", "good good study", "哈哈，好题"])
def test_no_chants(text: str) -> None:
    assert not is_chant(text)


@given(st.integers(0, 10), st.integers(0, 1000), st.integers(0, 1000))
def test_likes_never_take_worth_away_and_never_lift_above_the_teacher(own: int, likes: int, more: int) -> None:
    assert own == liked_weight(own, 0) <= liked_weight(own, likes) <= liked_weight(own, likes + more) <= max(own, 8)


def test_what_is_liked_rises_from_among_the_comments() -> None:
    assert [liked_weight(5, likes) for likes in (0, 1, 2, 5, 15, 1000)] == [5, 5, 6, 7, 8, 8]
    assert liked_weight(2, 1000) == 5  # a chant that everyone likes is as good as any comment
    assert [liked_weight(own, 1000) for own in (8, 9, 10)] == [8, 9, 10]


def test_standing_moves_what_ordinary_people_say_and_nothing_else() -> None:
    def with_standing(standing: int, **about: Any) -> int:
        told = {"kind": "comment", "text": "ok", "is_of_the_house": False, "is_repeated": False, **about}
        return weight_of(**told, standing=standing)

    assert [with_standing(standing) for standing in (1, 0, -2, -4)] == [6, 5, 3, 1]
    assert with_standing(-4, kind="question") == 3
    assert [with_standing(standing, is_repeated=True) for standing in (1, 0, -4)] == [2, 2, 0]
    assert with_standing(-4, kind="answer") == 9


def test_what_was_decided_counts_more_than_likes() -> None:
    assert weight_now(5, 100, care="") > 5
    assert weight_now(5, 100, care="reported") == 1
    assert weight_now(0, 100, care="reported") == 0
    assert weight_now(5, 0, care="protected") == 9
    assert weight_now(10, 0, care="protected") == 10
