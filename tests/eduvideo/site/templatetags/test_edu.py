import html
import re
from datetime import UTC, datetime

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.site.templatetags.edu import EXCERPT, compact, exact_moment, marked, moment


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


def test_a_moment_is_there_for_the_readers_clock_and_as_text_for_who_has_no_script() -> None:
    at = datetime(2026, 5, 10, 15, 30, tzinfo=UTC)
    with translation.override("zh-hans"):
        time = '<time datetime="2026-05-10T15:30:00+00:00">2026年5月10日 15:30</time>'
        assert moment(at) == f"<edu-time>{time}</edu-time>"
        assert exact_moment(at) == f"<edu-time exact>{time}</edu-time>"
        assert moment(None) == ""


@given(st.text(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_what_is_shown_is_a_part_of_the_text(text: str, places: list[int]) -> None:
    inside = sorted({place for place in places if place <= len(text)})
    marks = tuple(zip(inside[::2], inside[1::2], strict=False))
    shown = html.unescape(re.sub("</?mark>", "", marked(text, marks)).removeprefix("…").removesuffix("…"))
    assert shown in html.unescape(html.escape(text)) or text.startswith("…") or text.endswith("…")
    assert len(shown) <= EXCERPT
    if marks and marks[0][1] > marks[0][0]:
        assert "<mark>" in marked(text, marks)


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [("en", 999, "999"), ("en", 12_345, "12.3K"), ("zh-hans", 9_999, "9999"), ("zh-hans", 12_345, "1.2万")],
)
def test_numbers_are_as_short_as_the_language_writes_them(language: str, number: int, shown: str) -> None:
    with translation.override(language):
        assert compact(number) == shown
