"""Words of one meaning: the seed, and what an operator makes of it."""

from collections import Counter
from importlib.resources import files

import pytest

from search.vocabulary import Vocabulary, seed_vocabulary, singular, term_key

SUBJECTS = {
    "mathematics", "physics", "chemistry", "biology", "history", "geography", "chinese", "english", "computing", "politics",
}  # fmt: skip


def test_the_seed_has_the_subjects_of_school_with_many_groups_each() -> None:
    text = files("search").joinpath("vocabulary.tsv").read_text(encoding="utf-8")
    counts = Counter(line.partition("\t")[0] for line in text.splitlines() if line and not line.startswith("#"))
    assert counts.keys() >= SUBJECTS
    assert {subject: count for subject, count in counts.items() if subject in SUBJECTS and count < 50} == {}
    assert sum(counts.values()) == len(seed_vocabulary().groups)


def test_every_term_of_the_seed_can_be_asked_for_and_has_another_name() -> None:
    vocabulary = seed_vocabulary()
    assert [term for term in vocabulary.terms if not term_key(term)] == []
    assert [group for group in vocabulary.groups if len({term_key(term) for term in group}) < 2] == []


@pytest.mark.parametrize(
    ("term", "other"),
    [
        ("三角函数", "trigonometry"), ("trigonometry", "三角函数"), ("trig", "trigonometry"), ("photosynthesis", "光合作用"),
        ("Quadratic Functions", "二次函数"), ("光合作用", "photosynthesis"),
    ],
)  # fmt: skip
def test_the_seed_joins_both_languages(term: str, other: str) -> None:
    assert term_key(other) in {term_key(same) for same in seed_vocabulary().same_as(term_key(term))}
    assert seed_vocabulary().knows(term_key(term))


def test_a_term_of_several_groups_means_all_of_them() -> None:
    vocabulary = Vocabulary((("power", "功率"), ("exponent", "power", "指数")))
    assert vocabulary.same_as(("power",)) == ("功率", "exponent", "指数")
    assert vocabulary.same_as(("nothing",)) == ()


def test_groups_of_an_operator_replace_add_and_remove() -> None:
    vocabulary = Vocabulary((("光", "light"), ("力", "force")))
    changed = vocabulary.with_groups([("光", "光线", "ray"), ("猫", "cat"), ("力",), ()])
    assert changed.groups == (("光", "光线", "ray"), ("猫", "cat"))
    assert [changed.knows((word,)) for word in ("force", "light", "cat")] == [False, False, True]
    assert vocabulary.same_as(("光",)) == ("light",)


def test_terms_of_one_language_are_told() -> None:
    vocabulary = Vocabulary((("三角函数", "trig", "sin 函数"), ("光", "light")))
    assert vocabulary.chinese_terms == ["三角函数", "光"]
    assert vocabulary.terms == ["三角函数", "trig", "sin 函数", "光", "light"]


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("functions", "function"), ("properties", "property"), ("newton's", "newton"), ("newton’s", "newton"),
        ("glass", "glass"), ("physics", "physic"), ("photosynthesis", "photosynthesis"), ("virus", "virus"), ("gas", "gas"),
        ("函数", "函数"),
    ],
)  # fmt: skip
def test_a_plural_or_possessive_is_compared_as_its_word(word: str, plain: str) -> None:
    assert singular(word) == plain


def test_a_key_is_without_case_width_script_and_plural() -> None:
    assert term_key("Newton's  LAWS") == term_key("Newton law") == ("newton", "law")
    assert term_key("三角函數") == term_key("三角函数")
    assert term_key("ＴＲＩＧ") == ("trig",)
    assert term_key(" ,.") == ()
