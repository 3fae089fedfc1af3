"""Lots by a keyed hash: repeatable by who holds the key, as frequent as asked, kept apart."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.draws import SPAN, draw_number, draw_openly, is_drawn

KEY = b"a key that nobody else holds"


@given(st.text(), st.lists(st.text()))
def test_a_lot_is_the_same_each_time_and_in_its_span(purpose, about):
    first = draw_number(KEY, purpose, *about)
    assert first == draw_number(KEY, purpose, *about)
    assert 0 <= first < SPAN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((KEY, "a", "bc"), (KEY, "ab", "c")),
        ((KEY, "a", "b", "c"), (KEY, "a", "bc")),
        ((KEY, "a", 12, 3), (KEY, "a", 1, 23)),
        ((KEY, "a", "b"), (b"another key", "a", "b")),
        ((KEY, "a", "b\0" + "1:c"), (KEY, "a", "b", "c")),
    ],
)
def test_another_key_purpose_or_subject_gives_another_lot(one, other):
    assert draw_number(*one) != draw_number(*other)


@pytest.mark.parametrize("percent", [2, 5, 50])
def test_the_lot_falls_as_often_as_asked(percent):
    drawn = sum(is_drawn(KEY, "test", number, percent=percent) for number in range(10_000))
    # Four standard deviations around what is asked for.
    spread = 4 * (10_000 * percent / 100 * (1 - percent / 100)) ** 0.5
    assert abs(drawn - 100 * percent) < spread


def test_nothing_is_drawn_at_no_rate_and_everything_at_the_whole():
    assert not any(is_drawn(KEY, "test", number, percent=0) for number in range(1_000))
    assert all(is_drawn(KEY, "test", number, percent=100) for number in range(1_000))


def test_an_open_draw_is_the_lowest_hashes_of_seed_and_name():
    names = ["P-1", "P-2", "P-3", "P-4", "P-5"]
    by_hand = sorted((hashlib.sha256(f"dawn:{name}".encode()).hexdigest(), name) for name in names)
    assert draw_openly("dawn", names, 3) == [name for _, name in by_hand[:3]]
    # By hand: printf dawn:P-1 | sha256sum, and so on.
    assert draw_openly("dawn", names, 5) == ["P-1", "P-2", "P-4", "P-5", "P-3"]


@given(
    names=st.sets(st.integers(1, 10**6).map("P-{}".format), max_size=40), count=st.integers(1, 50)
)
def test_an_open_draw_depends_on_nothing_but_seed_and_names(names, count):
    drawn = draw_openly("s", names, count)
    assert drawn == draw_openly("s", sorted(names, reverse=True), count)
    assert len(drawn) == min(count, len(names)) == len(set(drawn))
    assert set(drawn) <= names
    assert draw_openly("s", names, count + 1)[:count] == drawn
