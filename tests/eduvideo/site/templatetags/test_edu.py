import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.site.templatetags.edu import EXCERPT, marked


@pytest.mark.parametrize(
    ("text", "marks", "shown"),
    [
        ("Resultant of all forces", ((17, 23),), "Resultant of all <mark>forces</mark>"),
        ("x < 3 and <b>", ((11, 12),), "x &lt; 3 and &lt;<mark>b</mark>&gt;"),
        ("a" * 200, (), "a" * EXCERPT + "…"),
        ("a" * 200 + "here", ((200, 204),), "…" + "a" * (EXCERPT // 3) + "<mark>here</mark>"),
    ],
)
def test_words_are_marked_and_everything_is_escaped(text: str, marks: tuple[tuple[int, int], ...], shown: str) -> None:
    assert marked(text, marks) == shown


@given(st.text(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_what_is_shown_is_a_part_of_the_text(text: str, places: list[int]) -> None:
    inside = sorted({place for place in places if place <= len(text)})
    marks = tuple(zip(inside[::2], inside[1::2], strict=False))
    shown = html.unescape(re.sub("</?mark>", "", marked(text, marks)).removeprefix("…").removesuffix("…"))
    assert shown in html.unescape(html.escape(text)) or text.startswith("…") or text.endswith("…")
    assert len(shown) <= EXCERPT
    if marks and marks[0][1] > marks[0][0]:
        assert "<mark>" in marked(text, marks)
