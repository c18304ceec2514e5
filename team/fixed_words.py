"""Templates of which what never changes is drawn once, when they are loaded.

Most of a page is fixed: its headings, its buttons with their words and icons, the addresses its forms go to. While
there is one language, a word that is looked up and an icon or a page that is named are as fixed as the text around
them, and a page that draws a hundred of them anew spends a tenth of its time on it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.template import Context, Node, Template, TemplateSyntaxError
from django.template.base import NodeList, TextNode, render_value_in_context
from django.template.defaulttags import URLNode
from django.template.library import SimpleNode
from django.template.loaders.cached import Loader as CachedLoader
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape

from team.templatetags.midfield import icon

# Tags that say the same for the same words, whoever asks and whenever.
FIXED_TAGS = (icon,)


class Loader(CachedLoader):
    """Django's loader that keeps what it loaded; what is fixed in it is text from then on."""

    def get_template(self, template_name: str, skip: Any = None) -> Any:
        is_new = self.cache_key(template_name, skip) not in self.get_template_cache
        template = super().get_template(template_name, skip)
        if is_new:
            _fix(template)
        return template


def _fix(template: Template) -> None:
    _fix_nodes(template.nodelist)
    template.nodelist = _Kept(template.nodelist)
    # A partial is drawn alone as well as where it stands, from the same list of nodes.
    for partial in template.extra_data.get("partials", {}).values():
        _fix_nodes(partial.nodelist)


class _Kept(NodeList):
    """What is asked of its nodes is found once: each page that extends a frame looks for the blocks of the frame."""

    def __init__(self, nodes: NodeList) -> None:
        super().__init__(nodes)
        self.contains_nontext = nodes.contains_nontext
        self.found: dict[type[Node], list[Node]] = {}

    def get_nodes_by_type(self, nodetype: Any) -> list[Node]:
        if nodetype not in self.found:
            self.found[nodetype] = super().get_nodes_by_type(nodetype)
        return self.found[nodetype]


def _fix_nodes(nodes: NodeList) -> None:
    """In place, because others hold the same list."""
    fixed: list[Any] = []
    for node in nodes:
        for name in node.child_nodelists:
            if (inner := getattr(node, name, None)) is not None:
                _fix_nodes(inner)
        for _condition, inner in getattr(node, "conditions_nodelists", ()):
            _fix_nodes(inner)
        text = _text_of(node)
        if text is None:
            fixed.append(Sentence(node) if _is_sentence(node) else node)
        elif fixed and isinstance(fixed[-1], TextNode):
            fixed[-1] = TextNode(fixed[-1].s + text)
        else:
            fixed.append(TextNode(text))
    nodes[:] = fixed


def _text_of(node: Any) -> str | None:
    """What this node draws whoever asks, or None when that depends on something."""
    if isinstance(node, TextNode):
        return node.s
    if _is_fixed_address(node):
        return _address(node)
    if _is_fixed_file(node):
        return _file(node)
    return str(node.render(Context())) if _is_word(node) or _is_fixed_tag(node) else None


def _is_word(node: Any) -> bool:
    """A literal to translate, where there is nothing to translate it into."""
    if settings.USE_I18N or not isinstance(node, TranslateNode) or node.asvar or node.message_context:
        return False
    words = node.filter_expression
    return isinstance(words.var.literal, str) and not words.filters


def _is_fixed_address(node: Any) -> bool:
    """A page that is named outright, without what it is of."""
    return isinstance(node, URLNode) and not (node.args or node.kwargs or node.asvar) and not node.view_name.is_var


def _address(node: URLNode) -> str | None:
    """None where there is no such page: a template of a library asks for some only where they are switched on."""
    try:
        return escape(reverse(node.view_name.resolve(Context())))
    except NoReverseMatch:
        return None


def _is_fixed_file(node: Any) -> bool:
    return isinstance(node, StaticNode) and node.varname is None and isinstance(getattr(node.path, "var", None), str)


def _file(node: StaticNode) -> str | None:
    """None where its name is not known yet: it is said with the hash of what was collected."""
    try:
        return str(node.render(Context()))
    except ValueError:
        return None


def _is_fixed_tag(node: Any) -> bool:
    if not isinstance(node, SimpleNode) or node.func not in FIXED_TAGS or node.target_var is not None:
        return False
    return not node.kwargs and not any(argument.is_var for argument in node.args)


def _is_sentence(node: Any) -> bool:
    if settings.USE_I18N or not isinstance(node, BlockTranslateNode):
        return False
    return not (node.asvar or node.message_context)


class Sentence(Node):
    """A `blocktranslate` where there is nothing to translate it into: its words are put together once."""

    child_nodelists = ()

    def __init__(self, node: Any) -> None:
        self.token, self.origin, self.tag_name = node.token, node.origin, node.tag_name
        self.values = tuple(node.extra_context.items())
        self.counter, self.counted_as = node.counter, str(node.countervar)
        # Each as a pattern and the names in it.
        self.singular = node.render_token_list(node.singular)
        self.plural = node.render_token_list(node.plural) if node.plural else self.singular

    def render(self, context: Context) -> str:
        with context.push(**{name: value.resolve(context) for name, value in self.values}):
            is_one = True
            if self.counter is not None:
                context[self.counted_as] = count = self.counter.resolve(context)
                if not isinstance(count, Decimal | float | int):
                    raise TemplateSyntaxError(
                        f"{self.counted_as!r} argument to {self.tag_name!r} tag must be a number."
                    )
                is_one = count == 1
            pattern, names = self.singular if is_one else self.plural
            return str(pattern % {name: render_value_in_context(context.get(name, ""), context) for name in names})
