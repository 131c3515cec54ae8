import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import index_tokens, normalize, query_terms


def matches(question: str, text: str) -> bool:
    tokens = set(index_tokens(text))
    return all(token in tokens for group in query_terms(question) for token in group)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("函数", "二次函数的图像"),
        ("函", "二次函数的图像"),
        ("二次函數", "二次函数的图像"),
        ("二次函数", "二次函數的圖像"),
        ("ＡＢＣ", "abc"),
        ("fractions", "Comparing a fraction"),
        ("Newton", "Newton's second law"),
        ("newton's", "Newton’s second law"),
        ("x^2", "solve x^2 + 1"),
        ("H2O", "水 H2O 的结构"),
        ("what is photosynthesis", "Photosynthesis"),
        ("Élan", "élan vital"),
    ],
)
def test_questions_meet_texts(question: str, text: str) -> None:
    assert matches(question, text)


@pytest.mark.parametrize(("question", "text"), [("函图", "二次函数的图像"), ("数函", "函数")])
def test_questions_do_not_meet_other_texts(question: str, text: str) -> None:
    assert not matches(question, text)


def test_stop_words_alone_are_still_asked_for() -> None:
    assert query_terms("the of") != ()
    assert query_terms("the law of the sea") == query_terms("law sea")


@given(st.text(max_size=300))
def test_any_text_has_tokens_without_spaces_or_quotes(text: str) -> None:
    for token in index_tokens(text) + [token for group in query_terms(text) for token in group]:
        assert token
        assert not set(token) & set(' "\n\t')


@given(st.text(max_size=200))
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(
    st.text(alphabet="二次函数的图像顶点配方法", min_size=1, max_size=12), st.text(alphabet="一二三四五", max_size=5)
)
def test_every_part_of_a_chinese_text_finds_it(part: str, around: str) -> None:
    assert matches(part, around + part + around)


@pytest.mark.parametrize("text", ["\ud800", "\x00" * 10, "\u202e" * 5, "x" * 300_000, "，。！？", "(((("])
def test_hostile_text_is_taken(text: str) -> None:
    index_tokens(text)
    query_terms(text)
