"""How the queue prints its numbers: exact up to where counting stops, said to be more beyond."""

import pytest

from reviews import lines
from reviews.queue import COUNTED, Counts, Neighbours


def counts(**numbers: int) -> Counts:
    names = ("high", "medium", "low", "conflicted", "containments", "decided_today", "open")
    return Counts(**{name: numbers.get(name, 0) for name in names})


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0"), (COUNTED, "1,000"), (COUNTED + 1, "1,000+")]
)
def test_a_count_is_exact_until_counting_stops(count: int, words: str):
    assert lines.spell_count(count) == words


@pytest.mark.parametrize(
    ("position", "total", "words"),
    [
        (3, 24, "3 of 24"),
        (1_000, 1_001, "1,000 of 1,000+"),
        (1_001, 1_001, "past 1,000"),
    ],
)
def test_a_place_is_told_as_far_as_it_is_counted(position: int, total: int, words: str):
    assert lines.spell_place(Neighbours(None, None, position, total)) == words


def test_decided_today_is_of_all_that_was_and_is_open():
    spelled = lines.spell_counts(counts(decided_today=3, open=4, high=4))
    assert (spelled["decided_today"], spelled["decided_of"], spelled["high"]) == ("3", "7", "4")


def test_decided_today_of_more_than_is_counted_says_so():
    spelled = lines.spell_counts(counts(decided_today=3, open=COUNTED + 1, low=COUNTED + 1))
    assert (spelled["decided_of"], spelled["open"], spelled["low"]) == (
        "1,003+",
        "1,000+",
        "1,000+",
    )
