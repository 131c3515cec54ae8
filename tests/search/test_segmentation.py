"""Runs of Chinese characters as words."""

import pytest

from search.segmentation import words_of_run
from search.vocabulary import seed_vocabulary


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("二次函数的图像", ["二次函数", "的", "图像"]),
        ("三角函数", ["三角函数"]),
        ("光合作用", ["光合作用"]),
        ("力", ["力"]),
    ],
)
def test_terms_of_the_vocabulary_stay_whole(run: str, words: list[str]) -> None:
    assert words_of_run(run, seed_vocabulary()) == words


def test_a_term_that_an_operator_adds_stays_whole() -> None:
    run = "量子猫态演示"
    assert "量子猫态" not in words_of_run(run, seed_vocabulary())
    assert "量子猫态" in words_of_run(run, seed_vocabulary().with_groups([("量子猫态", "cat state")]))


def test_no_character_is_lost() -> None:
    run = "同学们好今天我们用配方法求抛物线的顶点坐标𠮷々"
    assert "".join(words_of_run(run, seed_vocabulary())) == run
