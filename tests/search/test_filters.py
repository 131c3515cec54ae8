"""Words for a grade or a subject inside a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.filters import Filters, read_filters


@pytest.mark.parametrize(
    ("text", "subject", "grade", "rest"),
    [
        ("初二物理", "physics", "8", ""),
        ("初二物理浮力", "physics", "8", "浮力"),
        ("初二 浮力", "", "8", "浮力"),
        ("浮力 初二物理", "physics", "8", "浮力"),
        ("三年级数学", "mathematics", "3", ""),
        ("小学三年级上册语文", "chinese", "3", ""),
        ("高三 物理 电磁感应", "physics", "12", "电磁感应"),
        ("高中数学必修一 函数", "mathematics", "10", "函数"),
        ("必修一", "", "10", ""),
        ("选择性必修一 化学", "chemistry", "11", ""),
        ("大学物理 力学", "physics", "undergraduate", "力学"),
        ("幼儿园 数数", "", "k", "数数"),
        ("物理 浮力", "physics", "", "浮力"),
        ("物理", "physics", "", ""),
        ("初二歷史", "history", "8", ""),
        ("grade 8 algebra", "", "8", "algebra"),
        ("Grade 8 Algebra", "", "8", "algebra"),
        ("ｇｒａｄｅ ８ algebra", "", "8", "algebra"),
        ("8th grade math fractions", "mathematics", "8", "fractions"),
        ("third grade reading", "", "3", "reading"),
        ("year 9 maths", "mathematics", "8", ""),
        ("class 12 physics", "physics", "12", ""),
        ("kindergarten math", "mathematics", "k", ""),
        ("physics", "physics", "", ""),
    ],
)
def test_a_grade_and_a_subject_are_taken_out(text: str, subject: str, grade: str, rest: str) -> None:
    assert read_filters(text) == Filters(subject, grade, rest)


@pytest.mark.parametrize(
    "text",
    [
        "the physics of sound", "最高一次", "初步认识", "清华大学", "历史的教训", "grade 13", "grade 80", "8 grades", "upgrade 8",
        "提高一点", "身高一米", "最高二次项", "最初三年", "初等数学", "art of war", "二次函数", "year 1999", "",
    ],
)  # fmt: skip
def test_an_ordinary_word_says_nothing_of_where_to_look(text: str) -> None:
    assert read_filters(text) == Filters("", "", text)


@given(st.text(max_size=60) | st.text(alphabet="初高一二三年级物理数学必修 grade8th", max_size=40))
def test_any_text_is_taken_and_nothing_is_added(text: str) -> None:
    found = read_filters(text)
    assert found.rest == found.rest.strip()
    assert "\n" not in found.rest


def test_ten_thousand_characters_are_taken() -> None:
    for text in ("初" * 10_000, "高中" * 5000, "grade " * 2000, " " * 10_000, "大学" * 5000):
        read_filters(text)
