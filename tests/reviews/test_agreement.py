"""Krippendorff's alpha against tables worked out by hand and in the literature."""

from itertools import zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.agreement import alpha_of, nominal_alpha


def units(*observers: str) -> list[list[str]]:
    """One row a person, one character a unit, '.' for none: as the literature prints them."""
    return [[one for one in unit if one != "."] for unit in zip_longest(*observers, fillvalue=".")]


TABLES = {
    # Krippendorff 2011, A: Do = 4*2 / 20, De = 2*14*6 / (20*19).
    "two people, two values": (units("0100000010", "1110010000"), 0.095),
    # Krippendorff 2011, B: Do = 3*2 / 24, De = (4*20 + 3*6*18 + 2*22) / (24*23).
    "two people, five values": (units("aabbdcccedda", "babbbccceddd"), 0.692),
    # Krippendorff 2011, C: nominal, four observers, missing values.
    "four people, some missing": (
        units("123321412...", "1233224125.3", ".3332342251.", "12332441251."),
        0.743,
    ),
    # By hand: every pair unlike; Do = 1, De = 2*2*2/(4*3) = 2/3.
    "two units, never alike": (units("ab", "ba"), -0.5),
    # By hand: n = 4, Do = (0 + 2)/4, De = (3*1 + 1*3)/(4*3) = 1/2.
    "one of two alike": (units("aa", "ab"), 0.0),
    "alike throughout": (units("abab", "abab"), 1.0),
}


@pytest.mark.parametrize("name", TABLES)
def test_alpha_is_what_the_table_gives_by_hand(name):
    table, alpha = TABLES[name]
    assert nominal_alpha(table) == pytest.approx(alpha, abs=0.0005)


@pytest.mark.parametrize("table", [[], units("aaaa", "aaaa"), units("ab"), [["a"], ["b"]]])
def test_where_nothing_varies_or_nobody_judged_twice_there_is_no_alpha(table):
    assert nominal_alpha(table) is None
    assert alpha_of(table) is None


VALUES = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=12)


def by_pairs(table):
    """Alpha as it is defined: every ordered pair counted one by one."""
    kept = [unit for unit in table if len(unit) > 1]
    flat = [(value, at) for at, unit in enumerate(kept) for value in unit]
    n = len(flat)
    within = sum(
        (unit[i] != unit[j]) / (len(unit) - 1)
        for unit in kept
        for i in range(len(unit))
        for j in range(len(unit))
        if i != j
    )
    across = sum(flat[i][0] != flat[j][0] for i in range(n) for j in range(n) if i != j)
    return 1 - (within / n) / (across / (n * (n - 1))) if across else None


@given(VALUES)
def test_it_is_what_counting_every_pair_gives(table):
    expected = by_pairs(table)
    found = nominal_alpha(table)
    assert found == (None if expected is None else pytest.approx(expected))


@given(VALUES)
def test_neither_the_order_nor_the_names_of_values_matter(table):
    renamed = [
        [{"a": 1, "b": 2, "c": 3}[one] for one in reversed(unit)] for unit in reversed(table)
    ]
    found = nominal_alpha(table)
    assert nominal_alpha(renamed) == (None if found is None else pytest.approx(found))


@given(VALUES)
def test_the_interval_holds_the_value_and_ends_at_one(table):
    found = alpha_of(table)
    if found is not None:
        assert found.low <= found.value <= found.high <= 1
        assert found.values == sum(len(unit) for unit in table if len(unit) > 1)


def test_more_units_of_the_same_kind_make_the_interval_narrower():
    few, many = alpha_of(units("aabb", "aabc") * 3), alpha_of(units("aabb", "aabc") * 30)
    assert many.high - many.low < (few.high - few.low) / 2
    assert (few.units, few.values) == (12, 24)
