"""Words of the other language."""

import pytest

from search import dictionary


@pytest.mark.parametrize(
    ("word", "first"),
    [("鲸鱼", ("whale",)), ("光合作用", ("photosynthesis",)), ("火山", ("volcano",)), ("地震", ("earthquake",))],
)
def test_a_chinese_word_has_its_meanings(word: str, first: tuple[str, ...]) -> None:
    assert dictionary.meanings(word)[0] == first


@pytest.mark.parametrize(("meaning", "word"), [("whale", "鲸鱼"), ("volcano", "火山"), ("earthquake", "地震")])
def test_an_english_word_has_the_words_that_mean_it_first(meaning: str, word: str) -> None:
    assert word in dictionary.words_for(meaning)


@pytest.mark.parametrize("meaning", ["good", "go", "nosuchword", ""])
def test_a_word_too_wide_or_unknown_has_none(meaning: str) -> None:
    assert dictionary.words_for(meaning) == ()


def test_remarks_pointers_and_fillers_are_no_meanings() -> None:
    for word in ("学校", "函数", "老师", "分子", "台湾", "北京"):
        for words in dictionary.meanings(word):
            assert 0 < len(words) <= dictionary.MAX_MEANING_WORDS
            assert not {"see", "cl", "also", "variant", "to", "a"} & set(words)
        assert len(dictionary.meanings(word)) <= dictionary.MAX_MEANINGS
    assert dictionary.meanings("没有这个词") == ()
