"""Templates that render what Django's render and look up only once what never changes.

A pane has some seven hundred names, conditions and pieces of text, and Django finds out anew for
each, each time, what kind of thing it is. `quicken` gives the nodes of a parsed template classes of
their own, which render the same, to the byte; what they do not know stays Django's.
"""

import operator
from collections.abc import Callable, Iterable
from decimal import Decimal
from html import escape
from typing import Any, Final, cast

from django.conf import settings
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    Template,
    TextNode,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode, IfNode
from django.template.library import SimpleNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import cached
from django.templatetags.i18n import BlockTranslateNode
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]
from django.utils.translation import get_language, gettext, ngettext

from agents.web.templatetags.fixed import Words

Reader = Callable[[Context], Any]
_MISSING: Final = object()
_PLAIN: dict[type, bool] = {}
"""Type -> whether a name behind a dot can only be an attribute of its values."""
_BY_PLACE = (tuple.__getitem__, list.__getitem__, str.__getitem__)
_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "is": operator.is_,
    "is not": operator.is_not,
}


class Loader(cached.Loader):
    """Keeps parsed templates as Django's does, quickened unless their errors are to be shown."""

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        """Return the template of that name. Raises TemplateDoesNotExist."""
        template = super().get_template(template_name, skip)
        if not self.engine.debug:
            quicken(template)
        return template


def quicken(template: Template) -> None:
    """Let the template's nodes look up once what never changes; nothing where it was done."""
    if not isinstance(template.nodelist, _Nodes):
        _quicken_list(template.nodelist)


def _quicken_list(nodes: NodeList) -> None:
    for node in nodes:
        _quicken_node(node)
    # Last: another thread may render this template meanwhile.
    nodes.__class__ = _Nodes


def _quicken_node(node: Node) -> None:
    """Quicken all that hangs on a node, then the node."""
    for value in list(vars(node).values()):
        _quicken_value(value)
    quick = _QUICK.get(type(node))
    if quick is not None:
        node.__class__ = quick
    elif type(node) is SimpleNode and _is_constant(node):
        node.__class__ = _Constant


def _quicken_value(value: Any) -> None:
    """Quicken what a node holds: nodes, and the expressions it asks for values."""
    if isinstance(value, FilterExpression):
        _quicken_expression(value)
    elif isinstance(value, NodeList):
        if not isinstance(value, _Nodes):
            _quicken_list(value)
    elif isinstance(value, dict):
        for one in value.values():
            _quicken_value(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _quicken_value(one)
    elif hasattr(value, "eval"):
        for one in (value.first, value.second, value.value):
            _quicken_value(one)


def _quicken_expression(expression: FilterExpression) -> None:
    expression.var = _quick_name(expression.var)
    if type(expression) is FilterExpression:
        expression.__class__ = _Expression
        for _, given in expression.filters:
            given[:] = [
                (is_name, _quick_name(one) if is_name else SafeString(one))
                for is_name, one in given
            ]


def _quick_name(given: Any) -> Any:
    return _Name(given) if type(given) is Variable and given.lookups is not None else given


class _Expression(FilterExpression):
    """A value and the filters it goes through."""

    __slots__ = ()

    def resolve(self, context: Context, ignore_failures: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's)
        """Return what comes of it as Django does."""
        if not self.is_var:
            found = self.var
        else:
            try:
                found = self.var.resolve(context)
            except VariableDoesNotExist:
                return super().resolve(context, ignore_failures)
        for function, given in self.filters:
            values = [one.resolve(context) if is_name else one for is_name, one in given]
            found = _filtered(function, found, values, context)
        return found


def _filtered(function: Any, value: Any, values: list[Any], context: Context) -> Any:
    """Return what a filter makes of a value, as what the filter says of itself wants it."""
    own = vars(function)
    if own.get("expects_localtime"):
        value = template_localtime(value, context.use_tz)
    if own.get("needs_autoescape"):
        new = function(value, *values, autoescape=context.autoescape)
    else:
        new = function(value, *values)
    is_safe = own.get("is_safe") and isinstance(value, SafeData)
    return mark_safe(new) if is_safe else new  # noqa: S308 (Django's rule for its filters)


class _Name(Variable):
    """A name with what stands behind its dots."""

    __slots__ = ("first", "rest")

    def __init__(self, given: Any) -> None:
        super().__init__(given.var)
        self.first, *rest = given.lookups
        self.rest = tuple(rest)

    def resolve(self, context: Any) -> Any:
        """Return the value as Django does. Raises VariableDoesNotExist, and what a value raises."""
        found = _MISSING if self.translate else self.find(context)
        return super().resolve(context) if found is _MISSING else found

    def find(self, context: Context) -> Any:
        """Return the value where it is found the usual way, else _MISSING."""
        first = self.first
        for scope in reversed(context.dicts):
            if first in scope:
                found = scope[first]
                break
        else:
            return _MISSING
        if callable(found):
            return _MISSING
        for name in self.rest:
            found = _behind(found, name)
            if callable(found):
                return _MISSING
        return found

    def find_or_none(self, context: Context) -> Any:
        """Return the value, None where there is none, as a condition wants it."""
        found = self.find(context)
        if found is not _MISSING:
            return found
        try:
            return super().resolve(context)
        except VariableDoesNotExist:
            return None


def _behind(value: Any, name: str) -> Any:
    """Return what stands behind a dot, _MISSING where only Django knows."""
    kind = type(value)
    plain = _PLAIN.get(kind)
    if plain is None:
        item = getattr(kind, "__getitem__", None)
        plain = _PLAIN[kind] = item is None or item in _BY_PLACE
    try:
        if plain:
            return getattr(value, name)
        if kind is dict:
            return value[name]
    except (AttributeError, KeyError):
        return _MISSING
    return _MISSING


class _Nodes(NodeList):
    """Nodes one behind the other: what is the same each time is one text, the rest is asked."""

    parts: dict[str | None, list[str | Reader]]
    """Language, None where no words stand here -> the text and what is asked, in their order."""
    has_words: bool

    def render(self, context: Context) -> SafeString:
        try:
            parts = self.parts[get_language() if self.has_words else None]
        except (AttributeError, KeyError):
            parts = self._divide(context)
        return SafeString("".join([one if isinstance(one, str) else one(context) for one in parts]))

    def _divide(self, context: Context) -> list[str | Reader]:
        """Return the parts for the language of the request, and keep them."""
        if not hasattr(self, "parts"):
            self.has_words, self.parts = any(isinstance(node, Words) for node in self), {}
        parts: list[str | Reader] = []
        for node in self:
            part = _part_of(node, context)
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            else:
                parts.append(part)
        self.parts[get_language() if self.has_words else None] = parts
        return parts


def _part_of(node: Node, context: Context) -> str | Reader:
    if type(node) is TextNode:
        return str(node.s)
    if isinstance(node, Words | _Constant):
        # Joined as text: a literal's words and an icon are markup already.
        return "".join(node.render(context))
    return node.render


class _Value(VariableNode):
    """A value that is printed."""

    def render(self, context: Context) -> Any:
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:
            return ""
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str:
            return escape(value) if context.autoescape else value
        if kind is int and not settings.USE_THOUSAND_SEPARATOR:
            return str(value)
        return render_value_in_context(value, context)


class _If(IfNode):
    """Conditions, each made a function once."""

    branches: list[tuple[Reader | None, NodeList]]

    def render(self, context: Context) -> Any:
        try:
            branches = self.branches
        except AttributeError:
            branches = self.branches = [
                (_reader_of(condition) if condition else None, nodes)
                for condition, nodes in self.conditions_nodelists
            ]
        for holds, nodes in branches:
            try:
                if holds is not None and not holds(context):
                    continue
            except VariableDoesNotExist:
                continue
            return nodes.render(context)
        return ""


def _reader_of(condition: Any) -> Reader:
    """Return what says whether a condition holds: whatever fails in one does not, as in Django."""
    first = condition.first and _reader_of(condition.first)
    second = condition.second and _reader_of(condition.second)
    name = condition.id
    if name == "literal":
        return _operand(condition)
    if name == "not":
        return _guarded(lambda context: not first(context))
    if name == "and":
        return _guarded(lambda context: first(context) and second(context))
    if name == "or":
        return _guarded(lambda context: first(context) or second(context))
    if name in _COMPARED:
        compare = _COMPARED[name]
        return _guarded(lambda context: compare(first(context), second(context)))
    return condition.eval  # type: ignore[no-any-return]


def _operand(literal: Any) -> Reader:
    expression = literal.value
    if not isinstance(expression, FilterExpression) or expression.filters:
        return literal.eval  # type: ignore[no-any-return]
    if isinstance(expression.var, _Name):
        return expression.var.find_or_none
    return literal.eval  # type: ignore[no-any-return]


def _guarded(read: Reader) -> Reader:
    def read_or_fail(context: Context) -> Any:
        try:
            return read(context)
        except Exception:  # noqa: BLE001 (Django's own rule for what stands in an if)
            return False

    return read_or_fail


class _Include(IncludeNode):
    """Another template; one that is named by a literal is looked for once."""

    found: Any

    def render(self, context: Any) -> Any:
        expression = self.template
        if expression.is_var or expression.filters:
            return super().render(context)
        name = expression.var
        if not isinstance(name, str) or name.startswith("."):
            return super().render(context)
        try:
            template = self.found
        except AttributeError:
            template = self.found = context.template.engine.get_template(name)
        values = {key: given.resolve(context) for key, given in self.extra_context.items()}
        if self.isolated_context:
            return template.render(context.new(values))
        with context.push(**values):
            return template.render(context)


class _Csrf(CsrfTokenNode):
    """The hidden field that proves a form to be ours."""

    def render(self, context: Context) -> Any:
        token = context.get("csrf_token")
        if not token or token == "NOTPROVIDED":  # noqa: S105 (a word of Django's)
            return super().render(context)
        value = conditional_escape(token)
        return f'<input type="hidden" name="csrfmiddlewaretoken" value="{value}">'


class _Sentence(BlockTranslateNode):
    """A translated sentence with values in it; how it is spelled is worked out once."""

    forms: tuple[tuple[str, list[str]], tuple[str, list[str]] | None]
    """The sentence for one and, where it has another, for many, each with what it names."""

    def render(self, context: Context, nested: bool = False) -> str:  # noqa: FBT001, FBT002 (Django's)
        if nested or self.message_context:
            return super().render(context, nested)
        values = {name: given.resolve(context) for name, given in self.extra_context.items()}
        try:
            spelled, names = self._spell(context, values)
            said = spelled % {name: _print(context, values, name) for name in names}
        except (KeyError, ValueError):
            return super().render(context)
        if self.asvar:
            context[self.asvar] = SafeString(said)
            return ""
        return said

    def _spell(self, context: Context, values: dict[str, Any]) -> tuple[str, Iterable[str]]:
        """Return the words in the language of the request, and the names of what they hold."""
        if not hasattr(self, "forms"):
            many = self.render_token_list(self.plural) if self.plural else None
            self.forms = self.render_token_list(self.singular), many
        (one, names), more = self.forms
        if not (more and self.countervar and self.counter):
            return gettext(one), names
        count = self.counter.resolve(context)
        if not isinstance(count, Decimal | float | int):
            raise KeyError(self.countervar)
        values[self.countervar] = count
        return ngettext(one, more[0], cast("float", count)), {*names, *more[1]}


def _print(context: Context, values: dict[str, Any], name: str) -> str:
    """Return a value as it is printed. Raises KeyError where there is none."""
    value = values[name] if name in values else context[name]
    return str(render_value_in_context(value, context))


class _Constant(SimpleNode):
    """A tag that always prints the same."""


def _is_constant(node: SimpleNode) -> bool:
    """Say whether a tag remembers its answers and is always given the same."""
    is_pure = hasattr(node.func, "cache_info") and not node.takes_context and not node.target_var
    given = (*node.args, *node.kwargs.values())
    return is_pure and not any(one.is_var or one.filters for one in given)


_QUICK: dict[type, type] = {
    VariableNode: _Value,
    IfNode: _If,
    IncludeNode: _Include,
    CsrfTokenNode: _Csrf,
    BlockTranslateNode: _Sentence,
}
"""Django's node -> ours."""
