from html.parser import HTMLParser

import pytest
from django.utils import translation
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.study.guide import guide_html, guide_marks, guide_text, read_guide

FIGURE = "/figures/kd83ks92jd82-800x600.webp"


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
    assert guide_html("# Key points") == '<h2 id="g-key-points">Key points</h2>\n'
    assert guide_html("#### Deep") == '<h4 id="g-deep">Deep</h4>\n'


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
        "![x](//evil.example/figures/kd83ks92jd82-800x600.webp)",
        f"![x](https://evil.example{FIGURE})",
        "![x](/figures/../accounts/logout-1x1.webp)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "![x](data:image/png;base64,iVBORw0K)",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\htmlData{onclick=alert(1)}{x}$ $\includegraphics{https://example.org/pixel.gif}$",
        "$<img src=x onerror=alert(1)>$",
        "$$</code><script>alert(1)</script>$$",
        '$"><img src=x onerror=alert(1)>$',
        "`<img src=x onerror=alert(1)>`",
        '[x](https://example.org "onmouseover=alert(1)")',
        '<https://example.org/?"onclick=alert(1)>',
    ],
)
def test_nothing_runs_and_nothing_is_fetched(hostile: str) -> None:
    seen = Elements()
    seen.feed(guide_html(hostile))
    assert {tag for tag, _attributes in seen.found} <= {"p", "a", "code"}
    for tag, attributes in seen.found:
        assert set(attributes) <= ({"class"} if tag == "code" else {"href", "rel", "title"})
        assert (attributes.get("href") or "https://").startswith("https://")


@pytest.mark.parametrize(
    "hostile",
    [
        "::: key <img src=x onerror=alert(1)> $</code><script>$\n<script>alert(1)</script>\n:::",
        "::: answer <script>alert(1)</script>\n[x](javascript:alert(1))\n:::",
        '# <b onclick=alert(1)>x</b> " onclick=alert(1)',
        f'![<script>]({FIGURE} "<script>x</script> onload=alert(1)")',
        f'![" onerror="alert(1)]({FIGURE})',
        "```js onload=alert(1)\n</code></pre><script>alert(1)</script>\n```",
        "| <script> | x |\n|--|--:|\n| </table><img src=x onerror=alert(1)> | $</td>$ |",
    ],
)
def test_blocks_hold_no_more_than_their_own_markup(hostile: str) -> None:
    seen = Elements()
    seen.feed(guide_html(hostile))
    assert not {"script", "b"} & {tag for tag, _attributes in seen.found}
    for tag, attributes in seen.found:
        assert tag != "img" or attributes["src"] == FIGURE
        assert not {name for name in attributes if name.startswith("on") or name == "style"}
        assert not (attributes.get("href") or "").startswith("javascript")


@given(st.text(max_size=500))
def test_any_text_is_shown(text: str) -> None:
    assert "<script" not in guide_html(text)


def test_headings_with_a_time_are_marks() -> None:
    guide = "# Start\n\n## [01:05] The vertex\nSee [02:00].\n### Symmetry [1:00:01] ###\n## [00:10]\n"
    assert guide_marks(guide) == [(65, "The vertex"), (3601, "Symmetry")]
    assert guide_marks(r"# [0:05] The roots $x=\frac{-b}{2a}$ of `f`") == [(5, "The roots x= -b 2a of f")]


class TestFormulas:
    @pytest.mark.parametrize(
        ("written", "formulas"),
        [
            ("$x^2$ is 4", ["x^2"]),
            ("函数$y=ax^2$，顶点「$V$」。", ["y=ax^2", "V"]),
            (r"$\text{价格} = \$5$", [r"\text{价格} = \$5"]),
            ("a $x$, b $y$.", ["x", "y"]),
            ("$$\na < b\n$$", ["a < b"]),
            ("so $$a+b$$ holds", ["a+b"]),
            ("> $$\n> a\n> b\n> $$", ["a\nb"]),
            ("$a*b*c_d_e$", ["a*b*c_d_e"]),
            ("$5 and $10", []),
            ("it costs $5, or $10, or US$20", []),
            ("从$5涨到$10", []),
            ("卖$5，那本$10。能量$E$，角$30°$", ["E", "30°"]),
            (r"\$x\$", []),
            ("`$x$` and `$y`, $z", []),
            ("$ x $", []),
            ("```\n$x$\n```", []),
            ("    $x$", []),
            ("$$\na\n\nb\n$$", []),
        ],
    )
    def test_dollars_around_a_formula_and_no_others(self, written: str, formulas: list[str]) -> None:
        seen = Elements()
        html = guide_html(written)
        seen.feed(html)
        found = [attributes for tag, attributes in seen.found if tag == "code" and attributes.get("class")]
        assert len(found) == len(formulas)
        for formula in formulas:
            assert f">{escape(formula)}</code>" in html

    def test_a_formula_in_its_own_line_says_so(self) -> None:
        assert '<code class="math display">x</code>' in guide_html("$$x$$")
        assert '<code class="math">x</code>' in guide_html("$x$")

    def test_a_bracket_in_a_formula_is_no_time(self) -> None:
        assert "?t=" not in guide_html("$[1:30]$ and `[1:30]`")


class TestBlocks:
    def test_key_points_stand_out(self) -> None:
        html = guide_html("::: key Remember $a>0$\n- one\n:::\nafter")
        assert '<div class="key"><p class="key-title">Remember <code class="math">a&gt;0</code></p>' in html
        assert html.index("one") < html.index("</div>") < html.index("after")

    def test_blocks_lie_in_blocks_with_more_colons(self) -> None:
        html = guide_html(":::: key Outer\n::: answer Inner\nx\n:::\ny\n::::")
        assert html.index("<details>") < html.index("</details>") < html.index("<p>y") < html.index("</div>")

    def test_a_block_without_a_title_has_a_name(self) -> None:
        assert "<summary>When? 0:30 here</summary>" in guide_html(
            "::: answer When? [0:30] [here](https://a.example/)\nx\n:::"
        )
        assert "<summary>Show the answer</summary>" in guide_html("::: answer\nx\n:::")
        with translation.override("zh-hans"):
            assert "<summary>显示答案</summary>" in guide_html("::: answer\nx\n:::")

    def test_other_names_stay_text(self) -> None:
        assert "::: keyboard" in guide_html("::: keyboard\nx\n:::")


class TestFigures:
    def test_an_image_that_is_a_paragraph_is_a_figure(self) -> None:
        html = guide_html(f"![Forces on $m$]({FIGURE})")
        assert "<figure><img" in html
        assert f'src="{FIGURE}" width="800" height="600" alt=""' in html
        assert '<figcaption>Forces on <code class="math">m</code></figcaption>' in html

    def test_a_title_is_the_caption_and_the_rest_describes(self) -> None:
        html = guide_html(f'![A block on a slope]({FIGURE} "Figure 1")')
        assert 'alt="A block on a slope"' in html
        assert "<figcaption>Figure 1</figcaption>" in html

    def test_an_image_in_a_line_stays_there(self) -> None:
        html = guide_html(f"see ![it]({FIGURE}) here")
        assert "<figure" not in html
        assert 'alt="it"' in html

    def test_images_from_elsewhere_are_linked(self) -> None:
        html = guide_html("![A map](https://example.org/map.png)")
        assert '<a href="https://example.org/map.png" rel="noopener nofollow ugc">A map</a>' in html


def test_headings_have_anchors_of_their_own_and_make_a_list() -> None:
    read = read_guide("# 顶点 $V$ [1:00]\n## Vertex\n# Vertex\n# [x](https://example.org)\n# !\n")
    assert [heading.id for heading in read.headings] == ["g-顶点-v", "g-vertex", "g-vertex.2", "g-x", "g-part"]
    assert [heading.level for heading in read.headings] == [2, 3, 2, 2, 2]
    assert read.headings[0].html == '顶点 <code class="math">V</code>'
    assert read.headings[3].html == "x"
    for heading in read.headings:
        assert f' id="{heading.id}">' in read.html


def test_tables_scroll_in_a_frame_and_keep_their_sides() -> None:
    html = guide_html("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert '<div class="table" role="group" aria-label="Table" tabindex="0"><table>' in html
    assert '<td class="center">1</td>' in html
    assert '<td class="right">2</td>' in html


def test_nothing_turns_the_order_of_what_follows() -> None:
    assert guide_html("a\u202eb\u2067c") == "<p>abc</p>\n"
    assert "\u200f" in guide_html("\u05d0\u200f!")  # marks of a single place are needed


def test_search_gets_words_and_neither_addresses_nor_commands() -> None:
    guide = (
        "# Start [0:10]\n\n::: key The *sine*\nSee [here](https://example.org/long): $\\frac{\\sin x}{2}$\n:::\n\n"
        f"$$\\begin{{pmatrix}}a&b\\end{{pmatrix}}$$\n\n```\nprint(1)\n```\n\n![A map]({FIGURE})\n"
    )
    assert guide_text(guide) == "Start\nThe sine\nSee here: sin x 2\na b\nprint(1)\nA map"
