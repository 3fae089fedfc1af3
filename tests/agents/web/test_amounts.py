import pytest

from agents.web.amounts import (
    spell_bytes,
    spell_number,
    spell_percent,
    spell_points,
    spell_q,
    spell_signed,
)


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (18204, "18,204"), (-7, "\u22127"), (2.5, "2.5")]
)
def test_thousands_are_parted_and_the_minus_sign_is_one(value, words) -> None:
    assert spell_number(value) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0%"), (1, "100%"), (0.4390, "44%"), (0.999, "above 99%"), (0.001, "below 1%")],
)
def test_only_none_is_zero_percent_and_only_all_is_a_hundred(share, words) -> None:
    assert spell_percent(share) == words


@pytest.mark.parametrize(
    ("difference", "words"), [(0.08, "+8"), (-0.331, "\u221233"), (0.001, "0"), (-0.001, "0")]
)
def test_a_difference_of_shares_is_told_in_signed_points(difference, words) -> None:
    assert spell_points(difference) == words


@pytest.mark.parametrize(("value", "words"), [(26, "+26"), (-7, "\u22127"), (0, "0")])
def test_a_change_carries_its_sign(value, words) -> None:
    assert spell_signed(value) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(1, "1 byte"), (565, "565 bytes"), (31_000, "31 kB"), (3_400_000, "3.4 MB")],
)
def test_a_size_uses_its_largest_unit(size, words) -> None:
    assert spell_bytes(size) == words


@pytest.mark.parametrize(("q", "words"), [(0.012, "0.012"), (0.0001, "<0.001"), (1, "1.000")])
def test_a_q_value_is_never_zero(q, words) -> None:
    assert spell_q(q) == words
