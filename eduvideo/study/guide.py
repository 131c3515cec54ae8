"""A study guide's Markdown (see markup.py) to HTML that is safe to show, and to what search knows of it. Pure.

No scripts, no styles, nothing from elsewhere: only what a text needs. Our own words in it are in the reader's language.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

import nh3
from django.utils.translation import get_language
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from eduvideo.study.markup import FORMULAS, OWN_FIGURE, block_title, guide_parser

TAGS = {
    "a", "blockquote", "br", "code", "details", "div", "em", "figcaption", "figure", "h2", "h3", "h4", "hr", "img",
    "li", "ol", "p", "pre", "s", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "code": {"class"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "img": {"src", "width", "height", "alt", "loading"},
    "ol": {"start"},
    "p": {"class"},
    "pre": {"tabindex"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "th": {"class"},
    "td": {"class"},
}
CLASSES = {"math", "math display", "key", "key-title", "table", "right", "center"}
LINK_WITHIN = re.compile(r"\?t=\d+|#g-\S+")
LOWEST, MOST_HEADINGS = 4, 200  # more of them are no list of contents
KEPT = 64  # guides that are read again and again are rendered once
# They turn the order of what follows, up to the end of the paragraph and against what is written there.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_FUNCTIONS = re.compile(r"\\(?=(?:arc)?(?:sin|cos|tan|cot|log|ln|lim|exp|max|min|det)\b)")
_COMMANDS = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+|\\.|[{}&]", re.DOTALL)
LONGEST_ANCHOR = 60


@dataclass(frozen=True, slots=True)
class GuideHeading:
    """A heading: its anchor in the page, its level from 2 to 4, and its text as safe HTML without links."""

    id: str
    level: int
    html: str


@dataclass(frozen=True, slots=True)
class ReadGuide:
    """A guide as safe HTML, and its headings in their order."""

    html: str
    headings: tuple[GuideHeading, ...]


def read_guide(markdown: str) -> ReadGuide:
    """Return a guide as a page shows it."""
    return _read(markdown, get_language() or "")


def guide_html(markdown: str) -> str:
    """Return Markdown as safe HTML."""
    return read_guide(markdown).html


def guide_marks(markdown: str) -> list[tuple[int, str]]:
    """Return the second and the text of each heading that has a time stamp, without the stamp, in their order."""
    marks = []
    for _opening, content in _headings(guide_parser().parse(markdown)):
        stamp = next((token for token in content if token.type == "stamp"), None)
        title = _plain(content)
        if stamp and title:
            marks.append((stamp.meta["second"], title))
    return marks


def guide_text(markdown: str) -> str:
    """Return the words of a guide, a line for each of its parts: no addresses, and of formulas no commands."""
    lines = (_line(token) for token in guide_parser().parse(markdown))
    return "\n".join(line for line in lines if line)


@lru_cache(KEPT)
def _read(markdown: str, language: str) -> ReadGuide:  # noqa: ARG001 - our own texts are in it
    parser = guide_parser()
    tokens = parser.parse(_TURNING.sub("", markdown))
    headings = _name(tokens)
    _make_figures(tokens)
    return ReadGuide(_safe(parser.renderer.render(tokens, parser.options, {})), headings)


def _name(tokens: Sequence[Token]) -> tuple[GuideHeading, ...]:
    """Give every heading an anchor, and a level below the page's own h1; return the first MOST_HEADINGS."""
    parser, taken = guide_parser(), Counter[str]()
    renderer = cast("RendererHTML", parser.renderer)
    found: list[GuideHeading] = []
    for opening, content in _headings(tokens):
        anchor = _anchor(_plain(content), taken)
        opening.attrSet("id", anchor)
        if len(found) < MOST_HEADINGS:
            texts = [token for token in content if token.type not in {"stamp", "image", "link_open", "link_close"}]
            html = _safe(renderer.renderInline(texts, parser.options, {})).strip()
            found.append(GuideHeading(anchor, _level(opening), html))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{_level(token)}"
    return tuple(found)


def _level(heading: Token) -> int:
    return min(int(heading.tag[1]) + 1, LOWEST)


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, list[Token]]]:
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            yield token, tokens[index + 1].children or []


def _anchor(title: str, taken: Counter[str]) -> str:
    """Return a name that no heading before has; a full stop, which no name has by itself, comes before a number."""
    name = "g-" + ("-".join(re.findall(r"\w+", title.lower()))[:LONGEST_ANCHOR] or "part")
    taken[name] += 1
    return name if taken[name] == 1 else f"{name}.{taken[name]}"


def _make_figures(tokens: Sequence[Token]) -> None:
    """Make a figure of an image that is a paragraph by itself."""
    for index, token in enumerate(tokens):
        images = token.children or []
        is_alone = token.type == "inline" and len(images) == 1 and images[0].type == "image"
        if is_alone and OWN_FIGURE.fullmatch(str(images[0].attrs.get("src"))) and not tokens[index - 1].hidden:
            images[0].meta = {"is_figure": True}
            tokens[index - 1].tag = tokens[index + 1].tag = "figure"


def _safe(html: str) -> str:
    """Return what of our own markup is meant to be there: a second lock, for the parser lets no other markup in."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
        attribute_filter=_kept_value,
    )


def _kept_value(tag: str, name: str, value: str) -> str | None:
    """Drop classes that are not ours, and addresses that lead nowhere: relative ones but of a second or a heading."""
    is_kept = True
    if name == "href":
        is_kept = bool(urlsplit(value).scheme or LINK_WITHIN.fullmatch(value))
    elif (tag, name) == ("img", "src"):
        is_kept = OWN_FIGURE.fullmatch(value) is not None
    elif name == "class":
        is_kept = value in CLASSES
    elif name == "id":
        is_kept = value.startswith("g-")
    return value if is_kept else None


def _line(token: Token) -> str:
    if token.type == "inline":
        return _plain(token.children or [])
    if token.type in {"fence", "code_block"}:
        return token.content.strip()
    if token.type == "math_block":
        return _words_of(token.content)
    if token.type.startswith("container_") and token.nesting > 0:
        return _plain(guide_parser().parseInline(block_title(token))[0].children or [])
    return ""


def _plain(tokens: Iterable[Token]) -> str:
    parts = []
    for token in tokens:
        if token.type in FORMULAS:
            parts.append(_words_of(token.content))
        elif token.type in {"text", "code_inline"}:
            parts.append(token.content)
        elif token.type == "image":
            parts.append(_plain(token.children or []))
        elif token.type in {"softbreak", "hardbreak", "stamp"}:
            parts.append(" ")
    return " ".join("".join(parts).split())


def _words_of(tex: str) -> str:
    """Return what of a formula somebody may look for: its letters, numbers and signs, and the names of functions."""
    return " ".join(_COMMANDS.sub(" ", _FUNCTIONS.sub(" ", tex)).split())
