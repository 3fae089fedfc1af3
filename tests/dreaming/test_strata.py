"""The arithmetic of comparisons, held against scipy."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, stats

from dreaming import strata as arithmetic
from dreaming.strata import (
    Stratum,
    adjust_p_values,
    bound_effect,
    can_differ,
    compare_strata,
    count_telling,
    exceed_expected,
    pool_effect,
    tally,
    wilson_interval,
)

cells = st.integers(0, 12)
strata = st.builds(lambda a, b, c, d: Stratum(a + b, c + d, a, c), cells, cells, cells, cells)


@settings(deadline=None)
@given(st.lists(strata, min_size=1, max_size=1))
def test_one_stratum_is_fishers_exact_test(one):
    (s,) = one
    p = compare_strata(tally(one), sides="one")
    table = [
        [s.failed_with, s.with_pattern - s.failed_with],
        [s.failed_without, s.without_pattern - s.failed_without],
    ]
    if p is None:
        assert 0 in {*map(sum, table), *map(sum, zip(*table, strict=True))}
    else:
        assert p == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(strata, min_size=2, max_size=3))
def test_several_strata_are_convolved_exactly(several):
    p = compare_strata(tally(several), sides="one")
    seen = sum(s.failed_with for s in several)
    chances = {0: 1.0}
    for s in several:
        failed = s.failed_with + s.failed_without
        law = stats.hypergeom(s.with_pattern + s.without_pattern, failed, s.with_pattern)
        chances = {
            total: math.fsum(
                chance * law.pmf(total - before)
                for before, chance in chances.items()
                if 0 <= total - before <= min(s.with_pattern, failed)
            )
            for total in range(max(chances) + min(s.with_pattern, failed) + 1)
        }
    if p is not None:
        expected = math.fsum(chance for total, chance in chances.items() if total >= seen)
        assert p == pytest.approx(min(1.0, expected), abs=1e-9)


def test_the_normal_form_agrees_with_the_exact_one_where_it_takes_over(monkeypatch):
    many = [Stratum(40, 60, 18 + n % 3, 25 - n % 2) for n in range(9)]
    exact = compare_strata(tally(many), sides="two")
    monkeypatch.setattr(arithmetic, "_EXACT_LIMIT", 0)
    normal = compare_strata(tally(many), sides="two")
    assert exact is not None
    assert normal == pytest.approx(exact, rel=0.05)


def test_large_strata_are_compared_without_convolving_them():
    many = [Stratum(500, 500, 260, 240) for _ in range(300)]
    p = compare_strata(tally(many), sides="one")
    assert p is not None
    assert p < 1e-9


@given(st.lists(strata, max_size=5))
def test_an_effect_lies_between_minus_one_and_one(several):
    effect = pool_effect(tally(several))
    assert effect is None or -1.0 <= effect <= 1.0


def test_an_effect_weighs_strata_by_what_they_can_tell():
    # Weights 1*1/2 and 2*2/4: (0.5 * 1 + 1 * 0) / 1.5
    assert pool_effect(tally([Stratum(1, 1, 1, 0), Stratum(2, 2, 1, 1)])) == pytest.approx(
        1 / 3, abs=1e-6
    )


def test_nothing_to_compare_is_no_effect():
    assert pool_effect(tally([Stratum(5, 0, 3, 0)])) is None


# Oracles


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_are_those_of_benjamini_and_hochberg(p_values):
    expected = stats.false_discovery_control(p_values)
    assert adjust_p_values(p_values) == pytest.approx(list(expected), abs=1e-6)


@settings(deadline=None)
@given(st.integers(1, 400), st.data())
def test_intervals_are_wilsons(total, data):
    hits = data.draw(st.integers(0, total))
    interval = wilson_interval(hits, total)
    expected = stats.binomtest(hits, total).proportion_ci(method="wilson")
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert interval.low <= interval.share <= interval.high or interval.share in {0.0, 1.0}


def test_no_sessions_have_no_interval():
    assert wilson_interval(0, 0) is None


@given(st.lists(strata, max_size=6))
def test_equal_strata_are_counted_and_none_is_lost(several):
    counted = tally(several)
    assert sum(counted.values()) == len(several)
    assert count_telling(counted) == sum(map(can_differ, several))


def test_what_may_still_be_the_effect_shrinks_with_more_sessions():
    few, many = tally([Stratum(20, 20, 10, 10)]), tally([Stratum(20, 20, 10, 10)] * 100)
    assert bound_effect(few) > 0.25
    assert bound_effect(many) < 0.05


def test_the_bound_is_the_effect_and_two_standard_errors():
    """For one stratum the variance is that of a hypergeometric draw (scipy)."""
    one = Stratum(30, 50, 12, 9)
    law = stats.hypergeom(80, 21, 30)
    weight = 30 * 50 / 80
    expected = abs(12 / 30 - 9 / 50) + 1.959964 * law.std() / weight
    assert bound_effect(tally([one])) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("one", [Stratum(5, 0, 3, 0), Stratum(5, 5, 5, 5), Stratum(5, 5, 0, 0)])
def test_what_can_tell_nothing_bounds_nothing(one):
    assert bound_effect(tally([one])) is None


def test_failures_beyond_what_no_association_gives():
    assert exceed_expected(tally([Stratum(10, 10, 8, 2), Stratum(4, 4, 2, 2)])) == 3.0


@settings(deadline=None, max_examples=25)
@given(st.lists(strata, min_size=1, max_size=12), st.integers(2, 9))
def test_repeated_strata_are_convolved_as_often_as_they_occur(several, times):
    """Against a sum of draws by scipy's convolution, whatever the number of equal strata."""
    usable = [s for s in several * times if can_differ(s)]
    p = compare_strata(tally(several * times), sides="one")
    if (
        not usable
        or sum(min(s.with_pattern, s.failed_with + s.failed_without) for s in usable) > 80
    ):
        return
    chances = [1.0]
    seen = 0
    for s in usable:
        failed = s.failed_with + s.failed_without
        law = stats.hypergeom(s.with_pattern + s.without_pattern, failed, s.with_pattern)
        chances = signal.convolve(
            chances, law.pmf(range(min(s.with_pattern, failed) + 1)), method="direct"
        )
        seen += s.failed_with
    assert p == pytest.approx(min(1.0, math.fsum(chances[seen:])), abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10), st.integers(0, 40))
def test_what_was_tested_and_not_given_counts_as_nothing(p_values, more):
    padded = adjust_p_values([*p_values, *[1.0] * more])
    assert adjust_p_values(p_values, among=len(p_values) + more) == padded[: len(p_values)]
