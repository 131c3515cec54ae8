"""What can be searched, and what engines store of it."""

import pytest
from pydantic import ValidationError

from search.documents import (
    MAX_ID_BYTES,
    MAX_TERMS,
    MAX_VERSION,
    MAX_WORD,
    Cue,
    Document,
    Mark,
    entry_of,
    read_documents,
)
from search.errors import BadDocumentError
from search.query import WEIGHTS

FULL = Document(
    id="a",
    title="二次函數 and Light",
    description="A parabola",
    subject="mathematics",
    grade="9",
    study_guide="focus and directrix",
    captions=(Cue(start_ms=0, end_ms=1, text="求顶点"), Cue(start_ms=1, end_ms=2, text="坐标")),
    chapters=(Mark(start_ms=0, title="对称轴"),),
)


def test_every_text_is_stored_in_its_field() -> None:
    tokens = {name: text.split() for name, text in entry_of(FULL).tokens.items()}
    assert tokens.keys() == WEIGHTS.keys()
    assert {"二次", "函数", "函", "light"} <= set(tokens["title"])
    assert {"对称", "轴", "mathemat"} <= set(tokens["names"])
    assert {"parabola", "focus", "directrix"} <= set(tokens["body"])
    assert tokens["captions"] == ["求顶", "顶点", "点", "坐标", "标"]
    assert {"han_shu", "_hs", "er_"} <= set(tokens["sounds"])


def test_captions_do_not_meet_across_cues() -> None:
    assert "点坐" not in entry_of(FULL).tokens["captions"].split()


def test_a_grade_that_is_a_number_is_no_word() -> None:
    assert "9" not in entry_of(FULL).tokens["names"].split()
    assert "undergradu" in entry_of(Document(id="a", title="x", grade="undergraduate")).tokens["names"].split()


def test_terms_are_the_title_then_the_others_each_between_spaces() -> None:
    terms = entry_of(FULL).terms
    title, others = terms.split(" | ")
    assert " 二次 " in terms
    assert "light" in title.split()
    assert {"parabola", "对称"} <= set(others.split())
    assert "顶点" not in terms
    many = entry_of(Document(id="a", title="x", description=" ".join(f"w{number}" for number in range(3 * MAX_TERMS))))
    assert len(many.terms.split()) <= MAX_TERMS + 2


def test_words_of_a_title_are_those_that_can_be_meant() -> None:
    assert entry_of(FULL).words == ("二次函数", "and", "light")
    assert entry_of(Document(id="a", title="力 H2O of the 力学 the")).words == ("the", "力学")


def test_the_title_that_is_compared_is_folded() -> None:
    assert entry_of(FULL).title == "二次函数 and light"


@pytest.mark.parametrize(
    "bad",
    [
        {"id": ""}, {"id": "é" * (MAX_ID_BYTES // 2 + 1)}, {"title": None}, {"subject": "x" * (MAX_WORD + 1)},
        {"version": -1}, {"version": MAX_VERSION + 1}, {"popularity": 1.1}, {"popularity": -0.1}, {"duration_s": -1},
        {"captions": [{"start_ms": -1, "end_ms": 1, "text": "x"}]}, {"audience": "school"},
    ],
)  # fmt: skip
def test_a_document_that_no_engine_can_take_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Document.model_validate({"id": "a", "title": "x", **bad})


def test_lines_are_read_and_the_first_bad_one_is_named() -> None:
    good = '{"id": "1", "title": "x", "unknown": 1}'
    assert [document.id for document in read_documents([good, "\n", good])] == ["1", "1"]
    with pytest.raises(BadDocumentError, match=r"line 3: title"):
        list(read_documents([good, "", '{"id": "2"}']))
    with pytest.raises(BadDocumentError, match=r"line 1"):
        list(read_documents(["{"]))
