"""Templates whose constant parts are rendered once for each language.

Texts, their translations, addresses of files and pages: a page of ours has a hundred of them between what is new.
"""

from collections.abc import Iterator
from itertools import groupby
from threading import RLock
from typing import Any

from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, Origin, TextNode
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString
from django.utils.translation import get_language


class ConstantNode(Node):
    """Nodes in a row that say the same in a language whenever they are rendered."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = NodeList(nodes)
        self.token, self.origin = nodes[0].token, nodes[0].origin
        self._said: dict[tuple[str | None, bool], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = get_language(), context.autoescape
        said = self._said.get(key)
        if said is None:
            said = self._said[key] = self.nodes.render(context)
        return said

    render_annotated = render  # what is constant does not fail


class Loader(cached.Loader):
    """Keeps each template as Django's cached loader does, folded before anybody renders it."""

    def __init__(self, engine: Any, loaders: list[Any]) -> None:  # Any: as Django's, which is not typed
        super().__init__(engine, loaders)
        self._folded: dict[str, Template] = {}
        self._lock = RLock()

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        key = self.cache_key(template_name, skip)
        if found := self._folded.get(key):
            return found
        with self._lock:
            template = super().get_template(template_name, skip)
            if key not in self._folded:
                fold(template.nodelist)
                self._folded[key] = template
            return self._folded[key]

    def reset(self) -> None:
        super().reset()
        self._folded.clear()


def fold(nodes: NodeList) -> None:
    """Put one node in the place of constant ones in a row, here and in all that is inside."""
    folded: list[Node] = []
    for is_constant, group in groupby(nodes, key=_is_constant):
        run = list(group)
        is_text = len(run) == 1 and isinstance(run[0], TextNode)  # which costs nothing
        folded += [ConstantNode(run)] if is_constant and not is_text else run
        for inner in () if is_constant else _inside(run):
            fold(inner)
    nodes[:] = folded


def _inside(nodes: list[Node]) -> Iterator[NodeList]:
    for node in nodes:
        if isinstance(node, IfNode):
            yield from (part for _condition, part in node.conditions_nodelists)
        else:
            yield from (
                part for name in node.child_nodelists if isinstance(part := getattr(node, name, None), NodeList)
            )


def _is_constant(node: Node) -> bool:
    match node:
        case TextNode() | CommentNode() | LoadNode():
            return True
        case TranslateNode():
            return _is_literal(node.filter_expression) and not (node.asvar or node.message_context)
        case StaticNode():
            return _is_literal(node.path) and not node.varname
        case URLNode():
            return _is_literal(node.view_name) and not (node.args or node.kwargs or node.asvar)
    return False


def _is_literal(expression: FilterExpression) -> bool:
    """Tell whether it names no variable; {% translate %} makes one of its text, without a lookup."""
    return not expression.filters and getattr(expression.var, "lookups", None) is None
