import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.danmaku.weight import is_chant, weight_of

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
