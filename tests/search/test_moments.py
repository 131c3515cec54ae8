"""The seconds of a lesson where a question's words are said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.documents import Cue, Document, Mark, timed_of
from search.moments import marks_of, moments_of
from search.query import Expression, expressions
from search.results import Moment
from search.spelling import Lexicon
from search.understanding import understand
from search.vocabulary import Vocabulary

VOCABULARY = Vocabulary((("三角函数", "trigonometry"), ("二次函数", "parabola"), ("配方法", "completing the square")))


def asked(text: str) -> Expression:
    return next(expressions(understand(text, vocabulary=VOCABULARY, lexicon=Lexicon({}))))


def found(text: str, *captions: str, chapters: tuple[str, ...] = ()) -> tuple[Moment, ...]:
    """Return moments; captions are at 0, 1, 2 ... s, chapters at 100, 101 ... s."""
    return moments_of(
        timed_of(
            Document(
                id="a",
                title="Any",
                captions=tuple(
                    Cue(start_ms=1000 * at, end_ms=1000 * at + 900, text=line) for at, line in enumerate(captions)
                ),
                chapters=tuple(Mark(start_ms=100_000 + 1000 * at, title=line) for at, line in enumerate(chapters)),
            )
        ),
        asked(text),
    )


def starts(moments: tuple[Moment, ...]) -> list[int]:
    return [moment.start_ms // 1000 for moment in moments]


def marked(moment: Moment) -> list[str]:
    return [moment.text[start:end] for start, end in moment.marks]


@pytest.mark.parametrize(
    ("question", "line", "words"),
    [
        ("顶点", "用配方法求顶点坐标", ["顶点"]),
        ("配方法", "用配方法求顶点", ["配方法"]),
        ("力", "浮力与重力", ["力", "力"]),
        ("函数", "二次函數的圖像", ["函數"]),
        ("函數", "二次函数", ["函数"]),
        ("light", "ＬＩＧＨＴ is light", ["ＬＩＧＨＴ", "light"]),
        ("finite", "a ﬁnite field", ["ﬁnite"]),
        ("field", "a ﬁnite field", ["field"]),
        ("fractions", "One Fraction, two fractions; no fractional part", ["Fraction", "fractions", "fractional"]),
        ("newton", "Newton’s second law", ["Newton’s"]),
        ("x^2", "so x² + 1 is", ["x²"]),
        ("trigonometry", "什么是三角函数", ["三角函数"]),
        ("三角函数", "Trigonometry of triangles", ["Trigonometry"]),
        ("elan", "l'élan vital", ["élan"]),
    ],
)
def test_marks_are_where_the_words_stand_in_the_text_as_it_was_written(
    question: str, line: str, words: list[str]
) -> None:
    (moment,) = found(question, "同学们好", line)
    assert moment.text == line
    assert marked(moment) == words


def test_a_word_inside_another_is_not_marked() -> None:
    (moment,) = found("art", "the art of starting")
    assert marked(moment) == ["art"]


def test_three_moments_at_most_in_the_order_of_time() -> None:
    assert starts(found("顶点", *["顶点"] * 9)) == [0, 1, 2]
    assert starts(found("顶点 配方法", "顶点", "配方法", "配方法求顶点", "顶点", "同学们", "用配方法和顶点")) == [
        0,
        2,
        5,
    ]


def test_those_with_more_of_the_question_win_and_a_chapter_before_a_caption() -> None:
    assert starts(found("二次函数 x", "二次方程", "二次函数")) == [1]
    assert starts(found("顶点", *["顶点"] * 3, chapters=("对称轴", "顶点"))) == [0, 1, 101]


def test_parts_of_a_word_do_where_none_is_whole() -> None:
    assert starts(found("二次函数", "同学们好", "二次方程")) == [1]


def test_a_lesson_without_lines_or_without_the_words_has_none() -> None:
    assert found("light") == ()
    assert found("light", "同学们好", chapters=("对称轴",)) == ()


def test_a_line_break_in_a_caption_does_not_shift_the_next_ones() -> None:
    moments = found("顶点", "同学们\n好\n", "求\n顶点")
    assert starts(moments) == [1]
    assert marked(moments[0]) == ["顶点"]


@pytest.mark.parametrize("character", ["\u2028", "\x85", "\r", "\ufdfa", "\u0390", "\x00"])
def test_characters_that_change_or_break_lines_do_not_shift_the_next_ones(character: str) -> None:
    assert starts(found("顶点", f"a{character}b", "顶点")) == [1]


@given(st.lists(st.text(max_size=20), max_size=5), st.sampled_from(["light 力", "三角函数", "x^2"]))
def test_marks_lie_inside_the_text_apart_and_in_order(captions: list[str], question: str) -> None:
    for moment in found(question, *captions, *(line + "力light" for line in captions)):
        flat = [place for mark in moment.marks for place in mark]
        assert flat == sorted(set(flat))
        assert moment.marks
        assert 0 <= flat[0] < flat[-1] <= len(moment.text)


def test_whole_words_are_marked_and_parts_only_where_there_is_none() -> None:
    assert marks_of("三角函数与三角形", asked("三角函数")) == ((0, 4),)
    assert marks_of("三角形的函数", asked("三角函数")) == ((0, 2), (4, 6))
    assert marks_of("三角函數函数", asked("三角函数 函数")) == ((0, 6),)
    assert marks_of("", asked("三角函数")) == ()
