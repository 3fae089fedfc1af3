"""Prices, and what usage comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.base import EngineError
from dreaming.engines.claude.costs import PRICES, Prices, add_up, prices_of

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("usage", "micros"),
    [
        ({}, 0),
        ({"input_tokens": MILLION}, 2 * MILLION),
        ({"output_tokens": MILLION}, 10 * MILLION),
        ({"cache_creation_input_tokens": MILLION}, 2_500_000),
        ({"cache_read_input_tokens": MILLION}, 200_000),
        ({"input_tokens": 1}, 2),
        ({"input_tokens": 100_000, "output_tokens": 1_000}, 210_000),
    ],
)
def test_each_sort_of_token_has_its_price(usage, micros):
    assert Prices(2.0, 10.0).cost(usage) == micros


def test_a_batch_costs_half():
    usage = {"input_tokens": MILLION, "output_tokens": MILLION}
    assert Prices(2.0, 10.0, is_batch=True).cost(usage) * 2 == Prices(2.0, 10.0).cost(usage)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_tokens_never_cost_less(first, second):
    prices = Prices(0.1, 0.5)
    both = prices.cost({"input_tokens": first + second})
    assert both >= max(prices.cost({"input_tokens": first}), prices.cost({"input_tokens": second}))


def test_what_is_set_goes_before_what_was_published():
    assert prices_of("claude-sonnet-5-5", "") == Prices(*PRICES["claude-sonnet-5-5"])
    assert prices_of("claude-sonnet-5-5", "claude-sonnet-5-5=3/15, other=1/5") == Prices(3.0, 15.0)
    assert prices_of("other", "other=1/5") == Prices(1.0, 5.0)
    assert prices_of("other", "") is None


@pytest.mark.parametrize("given", ["other", "other=1", "other=a/b", "other=1/"])
def test_a_price_that_cannot_be_read_is_named(given):
    with pytest.raises(EngineError) as told:
        prices_of("other", given)
    assert given in str(told.value)
    assert told.value.permanent


def test_usages_add_up_name_by_name():
    assert add_up({"a": 1}, {"a": 2, "b": 3}, {}) == {"a": 3, "b": 3}
