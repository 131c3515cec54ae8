"""Chinese titles by their sounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.pinyin import (
    MAX_SYLLABLES,
    initial_tokens,
    pinyin_tokens,
    spelled,
    syllable_tokens,
    syllables_and_rest,
)


def test_a_title_has_its_syllables_their_pairs_and_their_initials() -> None:
    assert pinyin_tokens("函数") == ["han_", "shu_", "han_shu", "_hs"]
    assert pinyin_tokens("力") == ["li_"]
    assert pinyin_tokens("Light and waves") == []
    assert "han_shu" in pinyin_tokens("二次函數 of x")


@pytest.mark.parametrize(
    ("word", "sound"),
    [
        ("音乐", "yinyue"),
        ("快乐", "kuaile"),
        ("银行", "yinhang"),
        ("行走", "xingzou"),
        ("重量", "zhongliang"),
        ("绿色", "lvse"),
    ],
)
def test_a_character_sounds_as_its_word_wants(word: str, sound: str) -> None:
    assert spelled(word) == sound


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("sanjiaohanshu", "三角函数"),
        ("hanshu", "三角函数"),
        ("li", "力"),
        ("lvse", "绿色植物"),
        ("nvxing", "女性"),
        ("guanghezuoyong", "光合作用的过程"),
    ],
)
def test_pinyin_in_full_meets_its_title(typed: str, title: str) -> None:
    tokens = syllable_tokens(typed)
    assert tokens
    assert set(tokens) <= set(pinyin_tokens(title))


@pytest.mark.parametrize(
    ("typed", "title"), [("sjhs", "三角函数"), ("hs", "三角函数"), ("ghzy", "光合作用"), ("dcgs", "电磁感生")]
)
def test_initials_meet_their_title(typed: str, title: str) -> None:
    assert initial_tokens(typed)
    assert set(initial_tokens(typed)) <= set(pinyin_tokens(title))


@pytest.mark.parametrize("word", ["the", "light", "sea", "algebra", "x", "function", "sin", "equation", "x2", "invert"])
def test_words_of_english_are_no_initials(word: str) -> None:
    assert initial_tokens(word) == ()


@pytest.mark.parametrize("word", ["photosynthesis", "physics", "graph", "x", "hs", "", "函数", "123", "é"])
def test_what_is_no_pinyin_has_no_syllables(word: str) -> None:
    assert syllable_tokens(word) == ()


def test_what_is_being_typed_has_whole_syllables_and_a_beginning() -> None:
    assert syllables_and_rest("sanjiaoh") == (("san", "jiao"), "h")
    assert syllables_and_rest("hanshu") == (("han", "shu"), "")
    assert syllables_and_rest("qqq") == ((), "")


@given(st.text(max_size=80) | st.text(alphabet="aeghinosuv", max_size=300))
def test_any_text_is_taken_and_the_answer_bounded(text: str) -> None:
    assert len(syllable_tokens(text)) <= MAX_SYLLABLES
    assert len(initial_tokens(text)) <= MAX_SYLLABLES
    sounds, rest = syllables_and_rest(text)
    assert "".join(sounds) + rest in ("", text)
    assert all(" " not in token for token in pinyin_tokens(text))
