"""A study guide's Markdown to HTML that is safe to show: no scripts, no styles, only what a text needs. Pure.

[01:23] and [1:02:03] become links to that second; a `::: answer Title` block up to `:::` unfolds.
"""

import re
from functools import cache
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "details", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "s", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_STAMP = re.compile(r"\[(?:(\d{1,2}):)?(\d{1,2}):(\d{2})\](?!\()")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
_ANSWER = re.compile(r"^:::[ \t]*answer[ \t]*([^\n]*)\n(.*?)^:::[ \t]*$", re.MULTILINE | re.DOTALL)
_OPEN, _CLOSE = "\ue000", "\ue001"  # private use characters: stand for our own markup while Markdown is read


def guide_html(markdown: str) -> str:
    """Return Markdown as safe HTML."""
    text = markdown.replace(_OPEN, "").replace(_CLOSE, "")
    folded = _ANSWER.sub(lambda match: f"\n{_OPEN}{match[1].strip()}{_CLOSE}\n\n{match[2]}\n{_CLOSE}{_OPEN}\n", text)
    html = _markdown().render(_STAMP.sub(_stamp_link, folded))
    html = re.sub(rf"<p>{_OPEN}(.*?){_CLOSE}</p>", r"<details><summary>\1</summary>", html)
    html = html.replace(f"<p>{_CLOSE}{_OPEN}</p>", "</details>")
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "data-start-ms"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
        attribute_filter=_keep_attribute,
    )


def guide_marks(markdown: str) -> list[tuple[int, str]]:
    """Return the second and the text of each heading that has a time stamp, without the stamp, in their order."""
    marks = []
    for line in _HEADING.findall(markdown):
        stamp = _STAMP.search(line)
        title = " ".join(_STAMP.sub(" ", line).split())
        if stamp and title:
            marks.append((_second(stamp), title))
    return marks


@cache
def _markdown() -> MarkdownIt:
    # A lesson's page has its own h1, so "#" is a second-level heading. Raw HTML stays text.
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("heading_open", lambda _self, tokens, index, *_rest: f"<{_level(tokens[index].tag)}>")
    parser.add_render_rule("heading_close", lambda _self, tokens, index, *_rest: f"</{_level(tokens[index].tag)}>\n")
    return parser


def _level(tag: str) -> str:
    return f"h{min(int(tag[1]) + 1, 4)}"


def _stamp_link(match: re.Match[str]) -> str:
    return f"[{match[0][1:-1]}](?t={_second(match)})"


def _second(stamp: re.Match[str]) -> int:
    hours, minutes, seconds = (int(part or 0) for part in stamp.groups())
    return hours * 3600 + minutes * 60 + seconds


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Drop links that lead nowhere sensible: relative ones other than a time stamp."""
    if (tag, name) != ("a", "href"):
        return value
    return value if urlsplit(value).scheme or re.fullmatch(r"\?t=\d+", value) else None
