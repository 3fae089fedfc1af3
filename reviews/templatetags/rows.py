"""The queue's rows: what says the same reads the same, so a row is printed once and then kept."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from reviews.lines import Line

MOST = 4_096
"""Rows that are kept in a process, some kilobytes each."""

register = template.Library()


@register.simple_tag
def row(line: Line, current: str, first: Line | str | None = "") -> SafeString:
    """Print one row of the queue.

    current: the id of the proposal that is open beside it, '' where none is; first: the row that a
    key opens, or nothing.
    """
    is_first = isinstance(first, Line) and line.id == first.id
    return _row(line, get_language() or "", line.id == current, bool(current), is_first)


@lru_cache(maxsize=MOST)
def _row(
    line: Line,
    language: str,
    is_current: bool,  # noqa: FBT001 (facts, not switches)
    has_pane: bool,  # noqa: FBT001
    is_first: bool,  # noqa: FBT001
) -> SafeString:
    said = {"is_current": is_current, "has_pane": has_pane, "is_first": is_first}
    return render_to_string("reviews/_line.html", {"line": line, **said})
