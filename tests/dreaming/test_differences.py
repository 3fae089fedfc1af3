"""Two shares are compared by published formulas, and nothing is told of too few."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from dreaming.differences import LEAST, TELLABLE, compare_shares, sessions_needed

COUNTS = st.integers(LEAST, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_is_that_of_the_published_examples(first, second, low, high):
    found = compare_shares(*first, *second)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.is_told
    assert not found.is_below


@pytest.mark.parametrize(
    ("first", "second"), [((0, 0), (5, 9)), ((5, 9), (0, 0)), ((4, 4), (90, 99)), ((9, 9), (1, 4))]
)
def test_with_too_few_on_a_side_nothing_is_told(first, second):
    assert compare_shares(*first, *second) is None


def test_a_difference_that_may_be_nothing_is_not_told():
    found = compare_shares(6, 10, 5, 10)
    assert found.low < 0 < found.high
    assert not found.is_told


@given(COUNTS, COUNTS)
def test_the_other_way_round_it_is_the_same_with_the_other_sign(first, second):
    one, turned = compare_shares(*first, *second), compare_shares(*second, *first)
    assert one.points == pytest.approx(-turned.points)
    assert (one.low, one.high) == pytest.approx((-turned.high, -turned.low))
    assert one.is_told == turned.is_told


@given(COUNTS, COUNTS)
def test_the_interval_holds_the_difference_and_stays_a_difference_of_shares(first, second):
    found = compare_shares(*first, *second)
    assert -1 - 1e-9 <= found.low <= found.points + 1e-9
    assert found.points - 1e-9 <= found.high <= 1 + 1e-9


def test_the_number_needed_is_that_of_the_formula_by_scipy():
    low, high, middle = 0.55, 0.65, 0.6
    z1, z2 = norm.ppf(0.975), norm.ppf(0.8)
    spread = z1 * math.sqrt(2 * middle * (1 - middle))
    spread += z2 * math.sqrt(low * (1 - low) + high * (1 - high))
    assert sessions_needed(0.6) == math.ceil(spread**2 / TELLABLE**2)


def test_a_half_takes_most_and_the_edges_fewer():
    assert sessions_needed(0.5) > sessions_needed(0.8) > sessions_needed(0.95)
    assert sessions_needed(0.0) == sessions_needed(0.05) == sessions_needed(1.0)
    assert 380 <= sessions_needed(0.5) <= 400


@given(st.floats(0, 1), st.floats(0.01, 0.5))
def test_a_larger_difference_never_takes_more(share, difference):
    assert sessions_needed(share, difference) >= sessions_needed(share, min(0.99, difference * 1.5))


@pytest.mark.parametrize(("share", "difference"), [(-0.1, 0.1), (1.1, 0.1), (0.5, 0.0), (0.5, 1.0)])
def test_what_is_no_share_is_refused(share, difference):
    with pytest.raises(ValueError, match="no share"):
        sessions_needed(share, difference)


def test_how_many_more_counts_what_each_side_has():
    found = compare_shares(60, 100, 300, 500)
    needed = sessions_needed(0.6)
    assert (found.more_read, found.more_other) == (needed - 100, 0)
