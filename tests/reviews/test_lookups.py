"""Looking words up in memory: every word, either case, fullest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.lookups import LONGEST_LINE, MOST_LINES, look_up

TEXTS = {
    "/notes/refunds.md": "# Refunds\nAsk for the order.\nA refund takes five days.\n",
    "/notes/orders.md": "Shipped orders stay shipped.\n",
    "/house/hours.md": "Open from nine.\n",
}


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("order", ["/notes/orders.md", "/notes/refunds.md"]),
        ("ORDER refund", ["/notes/refunds.md"]),
        ("hours", ["/house/hours.md"]),
        ("notes", ["/notes/orders.md", "/notes/refunds.md"]),
        ("order nine", []),
        ("", []),
        ("   ", []),
    ],
)
def test_every_word_stands_in_the_path_or_the_text(query, paths):
    assert [place.path for place in look_up(query, TEXTS)] == paths


def test_the_lines_that_hold_a_word_are_shown_by_number():
    (place,) = look_up("refund days", TEXTS)
    assert place.lines == ((1, "# Refunds"), (3, "A refund takes five days."))


def test_the_memory_that_says_it_most_comes_first():
    texts = {"/a.md": "tea", "/b.md": "tea tea tea", "/c.md": "tea tea"}
    assert [place.path for place in look_up("tea", texts)] == ["/b.md", "/c.md", "/a.md"]


def test_a_long_memory_is_shown_in_a_few_short_lines():
    (place,) = look_up("x", {"/a.md": "\n".join(["x" * 5_000] * 50)})
    assert len(place.lines) == MOST_LINES
    assert max(len(text) for _, text in place.lines) == LONGEST_LINE


@given(st.text(max_size=30), st.dictionaries(st.text(min_size=1, max_size=8), st.text()))
def test_what_is_found_holds_every_word_and_what_is_left_does_not(query, texts):
    found = {place.path for place in look_up(query, texts)}
    words = query.casefold().split()
    for path, text in texts.items():
        holds = bool(words) and all(word in f"{path}\n{text}".casefold() for word in words)
        assert (path in found) == holds
