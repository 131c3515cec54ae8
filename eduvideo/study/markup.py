"""The Markdown of study guides: CommonMark with tables, and what a lesson needs besides. Pure.

`$...$` and `$$...$$` are formulas, as Pandoc reads them: no space inside a dollar of a line, no digit after the closing
one and no code in it, so that $5 and $10 stay money. [01:23] and [1:02:03] are seconds of the lesson. What stands
between `::: answer Title` and `:::` unfolds, between `::: key Title` and `:::` it stands out; around another block more
colons are needed. A figure is one that was uploaded to us; other images are only linked, for nobody else is to learn
who reads.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from urllib.parse import urlsplit

from django.utils.html import escape
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

FORMULAS = frozenset({"math_inline", "math_inline_double", "math_block"})
OWN_FIGURE = re.compile(r"/figures/[1-9A-HJ-NP-Za-km-z]{12}-(\d{1,4})x(\d{1,4})\.webp")
STAMP = re.compile(r"\[(?:(\d{1,2}):)?(\d{1,2}):(\d{2})\](?!\()")
_PRICE = r"\d[\d.,]*[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"  # a number before Chinese: 卖$5，那本$10
_FORMULA = re.compile(
    rf"(\$)(?![\s$]|{_PRICE})((?:\\.|[^\\$`])+)(?<!\s)\$(?!\d)"
    r"|(\$\$)((?:\\.|[^\\$`]|\$(?!\$))+)\$\$",
    re.DOTALL,
)
_ALIGNMENT = re.compile(r"text-align:(right|center)")


@cache
def guide_parser() -> MarkdownIt:
    """Return the parser. Raw HTML stays text; tokens `stamp` have their second in `meta`."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_blank_lines=False)
    # The plugin's own rule for lines takes no formula at the start of a paragraph that ends with a digit.
    parser.inline.ruler.at("math_inline", _formula)
    parser.inline.ruler.before("link", "stamp", _stamp)
    for name, block in {"answer": _answer, "key": _key}.items():
        parser.use(partial(container_plugin, name=name, validate=partial(_is_block, name), render=block))
    for rule, render in _RENDERED.items():
        parser.add_render_rule(rule, render)
    return parser


def block_title(block: Token) -> str:
    """Return what stands behind the name of a block."""
    return block.info.strip().partition(" ")[2].strip()


def _formula(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the shape of a rule
    found = _FORMULA.match(state.src, state.pos) if state.src[state.pos] == "$" else None
    if found is None:
        return False
    if not silent:
        token = state.push("math_inline" if found[1] else "math_inline_double", "math", 0)
        token.content = found[2] or found[4]
    state.pos = found.end()
    return True


def _stamp(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the shape of a rule
    found = STAMP.match(state.src, state.pos) if state.src[state.pos] == "[" else None
    if found is None:
        return False
    if not silent:
        token = state.push("stamp", "a", 0)
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        token.content, token.meta = found[0][1:-1], {"second": hours * 3600 + minutes * 60 + seconds}
    state.pos = found.end()
    return True


def _is_block(name: str, line: str, _marker: str) -> bool:
    return line.strip().partition(" ")[0] == name


_Tokens = Sequence[Token]


def _answer(_self: RendererHTML, tokens: _Tokens, index: int, _options: OptionsDict, _env: EnvType) -> str:
    if tokens[index].nesting < 0:
        return "</details>\n"
    title = guide_parser().renderInline(block_title(tokens[index])) or _("Show the answer")
    title = re.sub(r"</?a\b[^>]*>", "", title)  # nothing else can be pressed in what unfolds
    return f"<details><summary>{title}</summary>\n"


def _key(_self: RendererHTML, tokens: _Tokens, index: int, _options: OptionsDict, _env: EnvType) -> str:
    if tokens[index].nesting < 0:
        return "</div>\n"
    title = guide_parser().renderInline(block_title(tokens[index])) or _("Key point")
    return f'<div class="key"><p class="key-title">{title}</p>\n'


def _rendered_formula(_self: RendererHTML, tokens: _Tokens, index: int, _options: OptionsDict, _env: EnvType) -> str:
    """Leave TeX as a code that reads well; the page draws it where scripts run (frontend/src/study/formulas.ts)."""
    kind, source = tokens[index].type, escape(tokens[index].content.strip())
    if kind == "math_inline":
        return f'<code class="math">{source}</code>'
    drawn = f'<code class="math display">{source}</code>'
    return f"<p>{drawn}</p>\n" if kind == "math_block" else drawn


def _rendered_stamp(_self: RendererHTML, tokens: _Tokens, index: int, _options: OptionsDict, _env: EnvType) -> str:
    return f'<a href="?t={tokens[index].meta["second"]}">{tokens[index].content}</a>'


def _image(self: RendererHTML, tokens: _Tokens, index: int, options: OptionsDict, env: EnvType) -> str:
    image = tokens[index]
    source, title = str(image.attrs.get("src", "")), str(image.attrs.get("title", ""))
    alt = escape(self.renderInlineAsText(image.children, options, env))
    own = OWN_FIGURE.fullmatch(source)
    if own is None:
        is_link = urlsplit(source).scheme in {"http", "https"}
        return f'<a href="{escape(source)}">{alt or escape(source)}</a>' if is_link else alt
    caption = escape(title) or self.renderInline(image.children or [], options, env)
    is_captioned = image.meta.get("is_figure") and caption
    described = alt if title or not is_captioned else ""  # a reader hears the caption once
    drawn = f'<img src="{source}" width="{own[1]}" height="{own[2]}" alt="{described}" loading="lazy">'
    return f"{drawn}<figcaption>{caption}</figcaption>" if is_captioned else drawn


def _table(_self: RendererHTML, tokens: _Tokens, index: int, _options: OptionsDict, _env: EnvType) -> str:
    """A wide table scrolls in a frame of its own, by keyboard too."""
    if tokens[index].nesting < 0:
        return "</table></div>\n"
    name = escape(_("Table"))
    return f'<div class="table" role="group" aria-label="{name}" tabindex="0"><table>\n'


def _cell(_self: RendererHTML, tokens: _Tokens, index: int, _options: OptionsDict, _env: EnvType) -> str:
    cell = tokens[index]
    side = _ALIGNMENT.search(str(cell.attrs.get("style", "")))
    return f'<{cell.tag} class="{side[1]}">' if side else f"<{cell.tag}>"


def _code(_self: RendererHTML, tokens: _Tokens, index: int, _options: OptionsDict, _env: EnvType) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'


_RENDERED: dict[str, Callable[..., str]] = {
    **dict.fromkeys(FORMULAS, _rendered_formula),
    **dict.fromkeys(("table_open", "table_close"), _table),
    **dict.fromkeys(("th_open", "td_open"), _cell),
    **dict.fromkeys(("fence", "code_block"), _code),
    "stamp": _rendered_stamp,
    "image": _image,
}
