"""What somebody who types may want."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.suggesting import Typed, ordered, typed_of, typed_tokens


def meets(text: str, title: str) -> bool:
    """Tell whether a title is suggested for a text, as an engine evaluates it."""
    tokens = typed_tokens(title)
    return any(
        set(way.tokens) <= set(tokens) and (not way.prefix or any(token.startswith(way.prefix) for token in tokens))
        for way in typed_of(text)
        if way.tokens or way.prefix
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("函", "二次函数的图像"),
        ("函数", "二次函数的图像"),
        ("函數的圖", "二次函数的图像"),
        ("二次 图像", "二次函数的图像"),
        ("hanshu", "二次函数的图像"),
        ("hansh", "二次函数的图像"),
        ("ercihans", "二次函数的图像"),
        ("chs", "二次函数的图像"),
        ("hs", "二次函数的图像"),
        ("er ci", "二次函数的图像"),
        ("lig", "Refraction of Light"),
        ("refraction of l", "Refraction of Light"),
        ("light ref", "Refraction of Light"),
        ("ＬＩＧ", "Refraction of Light"),
        ("H2", "H2O 的结构"),
    ],
)
def test_a_title_is_suggested_for_what_is_typed_of_it(text: str, title: str) -> None:
    assert meets(text, title)


@pytest.mark.parametrize(
    ("text", "title"),
    [("数函", "二次函数"), ("ight", "Light"), ("shuhan", "二次函数"), ("hh", "二次函数"), ("light x", "Light")],
)
def test_a_title_is_not_suggested_for_anything_else(text: str, title: str) -> None:
    assert not meets(text, title)


@pytest.mark.parametrize("text", ["", " ", "，。！？", "\x00\ud800"])
def test_a_text_without_words_asks_for_nothing(text: str) -> None:
    assert typed_of(text) == ()


def test_letters_may_be_a_word_or_pinyin_or_initials() -> None:
    assert typed_of("li") == (Typed((), "li"), Typed(("li_",)))
    assert typed_of("hs") == (Typed((), "hs"), Typed(("_hs",)))
    assert typed_of("hanshi") == (Typed((), "hanshi"), Typed(("han_shi",)))
    assert Typed((), "han_sh") in typed_of("hansh")


def test_titles_that_begin_with_the_text_come_first_then_those_that_hold_it_short_ones_first() -> None:
    titles = ["Waves of light", "Light and more light", "Light rays", "LIGHT RAYS", "Lamps"]
    assert ordered(titles, "light", limit=10) == ["Light rays", "Light and more light", "Waves of light", "Lamps"]
    assert ordered(titles, "light", limit=1) == ["Light rays"]
    assert ordered([], "light", limit=10) == []


@given(st.text(max_size=60))
def test_any_text_is_taken_and_tokens_have_no_spaces(text: str) -> None:
    for way in typed_of(text):
        assert all(token and not token.isspace() and " " not in token for token in (*way.tokens, way.prefix or "x"))
    assert all(token and " " not in token for token in typed_tokens(text))
