from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.study.guide import guide_html, guide_marks


class Elements(HTMLParser):
    """Collects what a browser would make elements of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_time_stamps_become_links_to_their_second() -> None:
    html = guide_html("See [01:23] and [1:02:03], not [link](https://example.org).")
    assert 'href="?t=83"' in html
    assert 'href="?t=3723"' in html
    assert 'href="https://example.org"' in html


def test_answers_unfold() -> None:
    html = guide_html("::: answer What is *half* of 4?\nIt is **2**.\n:::\n\nMore.")
    assert "<details><summary>What is <em>half</em> of 4?</summary>" in html
    assert "<strong>2</strong>" in html
    assert html.index("</details>") < html.index("More.")


def test_headings_stand_below_the_pages_own() -> None:
    assert guide_html("# Key points") == "<h2>Key points</h2>\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](//evil.example)",
        '<a href="https://example.org" onclick="alert(1)">x</a>',
        "<style>*{display:none}</style>",
        "<iframe src=https://example.org></iframe>",
        "![x](https://example.org/pixel.gif)",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(hostile: str) -> None:
    seen = Elements()
    seen.feed(guide_html(hostile))
    assert {tag for tag, _attributes in seen.found} <= {"p", "a"}
    for _tag, attributes in seen.found:
        assert set(attributes) <= {"href", "rel"}
        assert attributes.get("href", "https://").startswith("https://")


@given(st.text(max_size=500))
def test_any_text_is_shown(text: str) -> None:
    assert "<script" not in guide_html(text)


def test_headings_with_a_time_are_marks() -> None:
    guide = "# Start\n\n## [01:05] The vertex\nSee [02:00].\n### Symmetry [1:00:01] ###\n## [00:10]\n"
    assert guide_marks(guide) == [(65, "The vertex"), (3601, "Symmetry")]
