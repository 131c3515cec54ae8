"""What a question asks for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import han_tokens
from search.pinyin import pinyin_tokens
from search.spelling import Lexicon
from search.understanding import (
    MAX_ALTERNATIVES,
    MAX_CONCEPTS,
    MAX_TOKENS,
    MISTYPED,
    RELATED,
    SAME,
    TEACHING_WEIGHT,
    TRANSLATED,
    Concept,
    Understanding,
    understand,
)
from search.vocabulary import Vocabulary, seed_vocabulary

VOCABULARY = seed_vocabulary()
LATIN = [word for term in VOCABULARY.terms for word in term.casefold().split() if word.isalpha()]
LEXICON = Lexicon(
    {"浮力": 2, "图像": 1, "light": 3, "algebra": 1, "korean": 1, "historian": 1}, (*VOCABULARY.chinese_terms, *LATIN)
)
TRIG_FUNCTION = han_tokens("三角函数")


def ask(text: str, *, vocabulary: Vocabulary = VOCABULARY, exists: frozenset[str] = frozenset()) -> Understanding:
    return understand(text, vocabulary=vocabulary, lexicon=LEXICON, exists=exists.__contains__)


def words(text: str) -> list[str]:
    return [concept.text for concept in ask(text).concepts]


def weights(concept: Concept) -> dict[tuple[str, ...], float]:
    return {alternative.tokens: alternative.weight for alternative in concept.alternatives if not alternative.is_sound}


def sounds(concept: Concept) -> list[tuple[str, ...]]:
    return [alternative.tokens for alternative in concept.alternatives if alternative.is_sound]


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("三角函数的图像", ["三角函数", "图像"]),
        ("三角函數的圖像", ["三角函数", "图像"]),
        ("三角函数 图像", ["三角函数", "图像"]),
        ("力", ["力"]),
        ("what is the law of the sea", ["law", "sea"]),
        ("quadratic functions light", ["quadratic functions", "light"]),
        ("light light LIGHT", ["light"]),
        ("the of", ["the", "of"]),
        ("的", ["的"]),
        ("sin(x)", ["sin", "x"]),
        ("H₂O", ["h2o"]),
        ("x²", ["x^2"]),
        ("化石有多少年历史了", ["化石", "历史"]),  # not the term that 历史 and the particle are near to
        ("，。！？", []),
        ("", []),
    ],
)
def test_a_question_is_cut_into_words_that_tell(text: str, concepts: list[str]) -> None:
    assert words(text) == concepts


def test_where_two_words_meet_is_a_joint_and_wanted_by_no_concept() -> None:
    understanding = ask("三角函数的图像")
    assert understanding.joints == ("数的", "的图")
    assert all(
        joint not in tokens
        for concept in understanding.concepts
        for tokens in weights(concept)
        for joint in understanding.joints
    )


@pytest.mark.parametrize("text", ["trig", "trigonometry", "三角函数", "三角学"])
def test_a_word_may_be_called_otherwise_in_both_languages(text: str) -> None:
    (concept,) = ask(text).concepts
    found = weights(concept)
    assert {("trig",), TRIG_FUNCTION} <= found.keys()
    is_chinese = not text.isascii()
    assert set(found.values()) == {1.0, SAME, TRANSLATED}
    assert found["trig",] == (TRANSLATED if is_chinese else 1.0)


def test_a_word_that_no_vocabulary_has_is_looked_up_in_the_dictionary() -> None:
    assert weights(ask("鲸鱼").concepts[0])["whale",] == TRANSLATED
    assert weights(ask("whale").concepts[0])[("鲸鱼",)] == TRANSLATED


def test_a_group_of_an_operator_counts_at_once() -> None:
    own = Vocabulary((("猫态", "cat state"),))
    (concept,) = ask("cat state", vocabulary=own).concepts
    assert weights(concept)[("猫态",)] == TRANSLATED


@pytest.mark.parametrize(
    ("text", "meant", "corrected"),
    [
        ("三角涵数", TRIG_FUNCTION, "三角函数"),
        ("三角涵数的图像", TRIG_FUNCTION, "三角函数的图像"),
        ("光合用", han_tokens("光合作用"), "光合作用"),
        ("photosynthsis", ("photosynthesi",), "photosynthesis"),
        ("photosynthsis of light", ("photosynthesi",), "photosynthesis of light"),
        ("光合用 light", han_tokens("光合作用"), "光合作用 light"),
    ],
)
def test_a_mistyped_word_is_kept_and_what_it_may_mean_is_added(
    text: str, meant: tuple[str, ...], corrected: str
) -> None:
    understanding = ask(text)
    assert understanding.corrected == corrected
    assert weights(understanding.concepts[0])[meant] == MISTYPED
    assert understanding.concepts[0].alternatives[0].weight == 1.0


def test_other_names_of_what_is_meant_count_too() -> None:
    assert weights(ask("photosynthsis").concepts[0])[han_tokens("光合作用")] == TRANSLATED
    assert weights(ask("三角涵数").concepts[0])["trig",] == TRANSLATED


def test_what_a_text_has_is_not_mistyped() -> None:
    assert ask("photosynthsis", exists=frozenset(["photosynthsi"])).corrected == ""
    assert ask("light").corrected == ask("三角函数").corrected == ""


@pytest.mark.parametrize("text", ["sjhs", "sanjiaohanshu", "三角涵数"])
def test_letters_may_be_pinyin_and_characters_may_only_sound_alike(text: str) -> None:
    heard = set(pinyin_tokens("三角函数"))
    assert any(set(tokens) <= heard for tokens in sounds(ask(text).concepts[0]))


@pytest.mark.parametrize("word", ["light", "fractions", "photosynthesis", "三角函数", "myth"])
def test_a_word_is_no_pinyin(word: str) -> None:
    assert sounds(ask(word).concepts[0]) == []


def test_words_of_teaching_count_little() -> None:
    light, lesson = ask("light lessons").concepts
    assert (light.weight, lesson.weight) == (1.0, TEACHING_WEIGHT)
    assert ask("三角函数复习").concepts[-1].weight == TEACHING_WEIGHT


HOSTILE = ["x" * 10_000, "函" * 10_000, "三角涵数" * 2500, "a b " * 2500, " ".join(f"w{n}" for n in range(2000)), "a^b_c.d " * 1250,
           "hanshu" * 1700, "\ud800\x00\u202e" * 3000, '" OR 1=1 -- * NEAR( {title} : ' * 300]  # fmt: skip


def assert_bounded(understanding: Understanding) -> None:
    concepts = understanding.concepts
    assert len(concepts) <= MAX_CONCEPTS
    assert len(understanding.joints) <= MAX_TOKENS
    assert sum(len(concept.alternatives[0].tokens) for concept in concepts[1:]) <= MAX_TOKENS
    for concept in concepts:
        assert 0 < len(concept.alternatives) <= MAX_ALTERNATIVES
        assert all(alternative.tokens and len(alternative.tokens) < 400 for alternative in concept.alternatives)
        weights = [alternative.weight for alternative in concept.alternatives]
        assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_ten_thousand_characters_ask_for_a_bounded_number_of_things(text: str) -> None:
    assert_bounded(ask(text))


@settings(deadline=None)
@given(st.text(max_size=120) | st.text(alphabet="三角函涵数的图像光合用 hansuj2^'", max_size=60))
def test_any_text_is_taken(text: str) -> None:
    assert_bounded(ask(text))


@pytest.mark.parametrize("text", ["黑豹队", "学校光"])
def test_a_word_at_the_beginning_is_apart_from_a_single_character_after_it(text: str) -> None:
    assert words(text) == [text[:2], text[2:]]


def test_an_english_word_may_be_held_by_one_of_its_family_that_a_title_has() -> None:
    (concept,) = ask("Korea").concepts
    assert weights(concept)[("korean",)] == RELATED
    assert ask("Korea").corrected == ""


def test_words_that_say_nothing_are_not_wanted_of_a_term_or_of_what_else_it_is_called() -> None:
    (concept,) = ask("law of sines").concepts
    assert concept.text == "law of sines"
    assert concept.alternatives[0].tokens == ("law", "sine")
    assert not any("of" in tokens for tokens in weights(ask("正弦定理").concepts[0]))
    assert [concept.alternatives[0].tokens for concept in ask("of the").concepts] == [("of",), ("the",)]
