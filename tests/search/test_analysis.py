"""How texts become tokens, and that any text does."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import (
    MAX_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    MAX_TOKEN_CHARACTERS,
    caption_tokens,
    folded_title,
    han_tokens,
    index_tokens,
    is_han,
    normalize,
    runs,
    word_tokens,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("二次函數的圖像", "二次函数的图像"),
        ("憂鬱的臺灣", "忧郁的台湾"),
        ("ＡＢＣ１２３", "abc123"),
        ("Élan Málaga naïve", "elan malaga naive"),
        ("Straße", "strasse"),
        ("x² + y³ = 2ⁿ", "x^2 + y^3 = 2^n"),
        ("H₂O", "h2o"),
        ("ﬁnite", "finite"),
        ("ΑΒΓ", "αβγ"),
    ],
)
def test_what_is_written_in_many_ways_has_one_form(text: str, plain: str) -> None:
    assert normalize(text) == plain


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("函数", ["函数", "函", "数"]),
        ("力", ["力"]),
        ("Newton's laws", ["newton", "law"]),
        ("Newton’s", ["newton"]),
        ("fractions", ["fraction"]),
        ("H2O", ["h2o"]),
        ("x^2", ["x^2", "x", "2"]),
        ("x²", ["x^2", "x", "2"]),
        ("sin(x)", ["sin", "x"]),
        ("a_1", ["a_1", "a", "1"]),
        ("3.14", ["3.14", "3", "14"]),
        ("don't", ["dont", "don", "t"]),
        ("C++ и физика", ["c", "и", "физика"]),
        ("水H2O的结构", ["水", "h2o", "的结", "结构", "的", "结", "构"]),
        ("，。！？ (((", []),
        ("", []),
    ],
)
def test_a_text_has_these_tokens(text: str, tokens: list[str]) -> None:
    assert index_tokens(text) == tokens


def test_captions_keep_only_the_last_character_of_a_run() -> None:
    assert caption_tokens("用配方法") == "用配 配方 方法 法"
    assert caption_tokens("力") == "力"
    assert caption_tokens("Light,") == "light"
    assert caption_tokens("，。") == ""


captions = st.lists(
    st.sampled_from(["二次函數", "力", "，", "\n", " ", "Don't", "x²", "3.14", "и", "カ", "a", "。b", "^"])
    | st.text(max_size=6)
)


@given(captions.map("".join) | st.text(alphabet="ab'. ", min_size=30, max_size=90))
def test_captions_have_the_tokens_of_a_text_but_of_single_characters_only_the_last_of_a_run(text: str) -> None:
    expected: list[str] = []
    for run in runs(normalize(text)):
        expected += [*map(str.__add__, run, run[1:]), run[-1]] if is_han(run) else word_tokens(run)
    assert Counter(caption_tokens(text).split()) == Counter(expected)


@given(
    st.text(alphabet="二次函数的图像顶点配方法", min_size=1, max_size=12), st.text(alphabet="一二三四五", max_size=5)
)
def test_every_part_of_a_chinese_text_is_among_its_tokens(part: str, around: str) -> None:
    whole = around + part + around
    assert set(han_tokens(part)) <= set(index_tokens(whole))
    held = caption_tokens(whole).split()
    assert all(any(token.startswith(character) for token in held) for character in part)


def test_another_order_of_characters_is_another_word() -> None:
    assert not set(han_tokens("数函")) & set(index_tokens("函数"))


@given(st.text(max_size=300))
def test_any_text_has_bounded_tokens_that_no_engine_cuts(text: str) -> None:
    for token in index_tokens(text):
        assert 0 < len(token) <= MAX_TOKEN_CHARACTERS
        assert not any(character.isspace() or character in "\"'*|" for character in token)
        assert token.encode()


@given(st.text(max_size=200))
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(st.text(max_size=300))
def test_a_folded_title_is_short_and_of_one_kind_of_space(text: str) -> None:
    folded = folded_title(text)
    assert len(folded) <= MAX_TITLE_CHARACTERS
    assert folded == folded.strip()
    assert not set(folded) & set("\n\t\x00\u2028\u00a0\u3000")


@pytest.mark.parametrize(
    "text", ["\ud800", "a\udfffb", "\x00" * 10, "\u202e" * 5, "x" * 300_000, "函" * 300_000, "a^" * 9000]
)
def test_hostile_text_is_taken(text: str) -> None:
    assert len(normalize(text)) <= MAX_CHARACTERS
    assert normalize(text).encode() is not None
    index_tokens(text)
    folded_title(text)


def test_a_very_long_word_is_cut() -> None:
    assert index_tokens("x" * 5000) == ["x" * MAX_TOKEN_CHARACTERS]
    assert all(len(token) <= MAX_TOKEN_CHARACTERS for token in word_tokens("ab^" * 500))


def test_runs_of_scripts_are_apart() -> None:
    assert runs(normalize("用Python学 機器學習, 第1课")) == ["用", "python", "学", "机器学习", "第", "1", "课"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("adding", "addition"), ("multiply", "multiplication"), ("evolution", "evolve"), ("solving", "solutions")],
)
def test_words_of_one_family_have_one_token(one: str, other: str) -> None:
    assert index_tokens(one) == index_tokens(other)
    assert index_tokens("animals") != index_tokens("weather")
