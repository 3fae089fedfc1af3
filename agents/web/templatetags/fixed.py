"""Tags that say the same each time they are asked: words of a language, addresses but for numbers.

They stand in for Django's of the same name, and ask those once.
"""

from functools import cache

from django import template
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as do_url
from django.templatetags import static as assets
from django.templatetags.i18n import TranslateNode, do_translate
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from agents.web.addresses import address

register = template.Library()


class Words(Node):
    """A translated literal: its words in each language it was asked for."""

    child_nodelists = ()

    def __init__(self, node: TranslateNode) -> None:
        self.node = node
        self.found: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        """Return the words in the language of the request."""
        language = get_language()
        found = self.found.get(language)
        if found is None:
            found = self.found[language] = self.node.render(context)
        return found


@register.tag("translate")
def translate(parser: Parser, token: Token) -> Node:
    """Translate as Django does; a literal that is printed in place only once a language."""
    node = do_translate(parser, token)
    return Words(node) if _is_fixed(node) else node


def _is_fixed(node: TranslateNode) -> bool:
    message = node.filter_expression
    is_literal = getattr(message.var, "literal", None) is not None and not message.filters
    return is_literal and node.asvar is None and node.message_context is None


class Address(Node):
    """The address of a page that is named by a word, with parts in their order."""

    child_nodelists = ()

    def __init__(self, name: str, node: URLNode) -> None:
        self.name, self.node = name, node

    def render(self, context: Context) -> str:
        """Return the address as Django's tag does, which is asked where a part is neither."""
        parts = [part.resolve(context) for part in self.node.args]
        if not all(isinstance(part, str | int) for part in parts):
            return self.node.render(context)
        try:
            found = address(self.name, *parts)
        except NoReverseMatch:
            return self.node.render(context)
        if self.node.asvar:
            context[self.node.asvar] = found
            return ""
        return conditional_escape(found) if context.autoescape else found


@register.tag("url")
def url(parser: Parser, token: Token) -> Node:
    """Return the address of a page as Django does."""
    node = do_url(parser, token)
    name = node.view_name.var
    is_plain = isinstance(name, str) and not node.view_name.filters and not node.kwargs
    return Address(name, node) if is_plain and ":" not in name else node


@register.simple_tag
@cache
def static(path: str) -> SafeString:
    """Return the address of a file of ours, with the hash of its content."""
    return conditional_escape(assets.static(path))
