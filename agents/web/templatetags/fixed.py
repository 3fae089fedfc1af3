"""Tags that say the same each time they are asked: the words of a language, a file's address.

They stand in for Django's of the same name, and ask those once.
"""

from functools import cache

from django import template
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.templatetags import static as assets
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

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


@register.simple_tag
@cache
def static(path: str) -> SafeString:
    """Return the address of a file of ours, with the hash of its content."""
    return conditional_escape(assets.static(path))
