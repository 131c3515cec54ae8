"""Which comments say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.danmaku.sameness import HAS_STRETCHED, NOT_SAID, STRETCHED, own_key, text_key


@pytest.mark.parametrize(
    "texts",
    [
        ("2333", "23333", "２３３３", "233 33", "2333!"),
        ("哈哈哈", "哈哈哈哈哈哈！", "哈 哈 哈"),
        ("Nice!", "nice", "ＮＩＣＥ…"),
        ("???", "????"),
        ("666", "6666666"),
        ("😂😂😂", "😂😂😂😂😂"),
    ],
)
def test_texts_that_are_heard_alike_have_one_key(texts: tuple[str, ...]) -> None:
    assert len({text_key(text) for text in texts}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("23", "2333"), ("为什么", "为什么不"), ("f(x)", "g(x)"), ("x+1", "x-1"), ("12", "21"), ("?", "!")],
)
def test_texts_that_say_something_else_have_another(one: str, other: str) -> None:
    assert text_key(one) != text_key(other)


def test_a_key_fits_the_column_of_every_database() -> None:
    keys = [own_key(str(n)) for n in range(1_000)]
    assert len(set(keys)) == 1_000
    assert all(-(2**63) <= key < 2**63 for key in keys)


@given(st.text(alphabet="ab1哈\n", max_size=14))
def test_the_quick_look_finds_whatever_is_stretched(text: str) -> None:
    assert bool(HAS_STRETCHED.search(text)) == bool(STRETCHED.search(text))


@given(st.text())
def test_letters_and_digits_alone_are_all_heard(text: str) -> None:
    assert not (text.isalnum() and NOT_SAID.search(text))
