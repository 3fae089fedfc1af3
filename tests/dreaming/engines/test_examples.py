import random

from dreaming.engines.base import Quote
from dreaming.engines.examples import EXCERPT_LIMIT, KEPT, QUOTES, Examples


def examples_of(*entries: tuple[str, str, int, str]) -> Examples:
    examples = Examples()
    for entry in entries:
        examples.add(*entry)
    return examples


def test_the_same_places_are_kept_whatever_order_sessions_come_in():
    entries = [(f"S-{n}", f"t{n % 7}", n, f"words {n}") for n in range(1, 60)]
    mixed = random.Random(3).sample(entries, len(entries))  # noqa: S311
    assert examples_of(*mixed) == examples_of(*entries)
    assert len(examples_of(*mixed).kept) == KEPT


def test_sessions_are_ordered_by_number():
    quotes = examples_of(("S-10", "a", 1, "x"), ("S-9", "b", 1, "x")).quotes()
    assert [quote.session for quote in quotes] == ["S-9", "S-10"]


def test_different_tasks_are_quoted_first():
    entries = [(f"S-{n}", "same", 0, "x") for n in range(1, 7)] + [("S-9", "other", 0, "x")]
    quotes = examples_of(*entries).quotes()
    assert [quote.session for quote in quotes] == ["S-1", "S-9", "S-2", "S-3", "S-4"]
    assert len(quotes) == QUOTES


def test_a_session_is_quoted_once():
    quotes = examples_of(("S-1", "a", 1, "x"), ("S-1", "a", 3, "y")).quotes()
    assert quotes == (Quote("S-1", 1, "x"),)


def test_blank_words_and_missing_events_are_no_examples():
    assert examples_of(("S-1", "a", 1, "  "), ("S-2", "a", -1, "x")).quotes() == ()


def test_words_are_cut():
    assert len(examples_of(("S-1", "a", 1, "x" * 999)).quotes()[0].text) == EXCERPT_LIMIT
