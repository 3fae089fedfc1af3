"""The queue's rows, printed once for what they say."""

from dataclasses import replace

import pytest
from django.template import Context, Template
from django.utils.safestring import mark_safe
from django.utils.translation import override

from reviews.lines import Fact, Line
from reviews.templatetags import rows

SHOWN = Template("{% load rows %}{% row line current first %}")


@pytest.fixture(autouse=True)
def nothing_kept():
    rows._row.cache_clear()


@pytest.fixture
def line():
    return Line(
        id="P-7",
        url="/w/north/review/P-7/",
        sign="plus",
        verb="Add",
        title=mark_safe("Ask for the invoice"),
        agent="Claims",
        fact=Fact("High: money", tone="bad"),
        age="2 h",
        due=None,
        is_conflict=False,
        is_yours=True,
        is_others=False,
    )


def shown(line, current="", first=None):
    return SHOWN.render(Context({"line": line, "current": current, "first": first}))


def test_what_says_the_same_is_printed_once(line):
    assert shown(line) == shown(replace(line))
    assert rows._row.cache_info().misses == 1
    assert rows._row.cache_info().hits == 1


@pytest.mark.parametrize(
    "change",
    [
        {"age": "3 h"},
        {"title": mark_safe("Ask for the receipt")},
        {"agent": "Claims two"},
        {"fact": Fact("Needs another")},
        {"is_yours": False, "is_others": True},
        {"url": "/w/south/review/P-7/"},
    ],
)
def test_what_says_something_else_is_printed_anew(line, change):
    before = shown(line)
    after = shown(replace(line, **change))
    assert after != before
    assert shown(line) == before


def test_the_open_row_says_so_and_rows_beside_a_pane_are_fetched_into_it(line):
    assert "aria-current" not in shown(line)
    assert "hx-get" not in shown(line)
    assert 'aria-current="true"' in shown(line, current="P-7")
    beside = shown(line, current="P-8")
    assert "aria-current" not in beside
    assert 'hx-target="#pane"' in beside


def test_only_the_first_row_is_opened_by_a_key(line):
    other = replace(line, id="P-8")
    assert 'data-key="o"' in shown(line, first=line)
    assert 'data-key="o"' not in shown(other, first=line)
    assert 'data-key="o"' not in shown(line)
    assert 'data-key="o"' not in SHOWN.render(Context({"line": line, "current": ""}))


def test_a_row_is_kept_for_each_language(line):
    with override("en"):
        shown(line)
    with override("de"):
        shown(line)
    assert rows._row.cache_info().misses == 2


def test_hostile_words_are_boxed_and_escaped_also_when_kept(line):
    hostile = replace(line, agent="<script>alert(1)</script>\u202e")
    for _ in range(2):
        html = shown(hostile)
        assert "<script>" not in html
        assert "\u202e" not in html
