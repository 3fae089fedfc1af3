"""When fast approvals are told of: never one, never slow ones, then every fifth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.paces import IN_A_ROW, SIGNS_A_SECOND, Pace, go_on, is_told, read_pace

TEXT = 250
READING_MS = TEXT * 1_000 // SIGNS_A_SECOND


def after(*taken_ms: int) -> Pace:
    pace = Pace()
    for one in taken_ms:
        pace = go_on(pace, one, TEXT)
    return pace


def test_five_fast_ones_in_a_row_are_told_with_their_numbers() -> None:
    pace = after(1_000, 1_000, 2_000, 1_000, 3_000)
    assert pace == Pace(5, 8_000, 5 * READING_MS)
    assert is_told(pace)


@pytest.mark.parametrize("count", [0, 1, 4, 6, 9])
def test_other_numbers_are_not(count: int) -> None:
    assert not is_told(after(*[1_000] * count))


def test_ten_are_told_again() -> None:
    assert is_told(after(*[1_000] * 10))


def test_a_third_of_the_reading_time_is_no_longer_fast() -> None:
    third = -(-READING_MS // 3)
    assert go_on(after(1_000), third, TEXT) == Pace()
    assert go_on(after(1_000), third - 1, TEXT).count == 2


def test_one_that_was_read_begins_the_row_anew() -> None:
    assert after(1_000, 1_000, 1_000, 1_000, 60_000, 1_000).count == 1


def test_a_text_of_no_length_is_never_fast() -> None:
    assert go_on(Pace(), 0, 0) == Pace()


def test_a_clock_that_went_back_takes_no_time() -> None:
    assert go_on(Pace(), -5_000, TEXT).taken_ms == 0


@given(st.lists(st.integers(0, 100_000), max_size=30), st.integers(0, 100_000))
def test_it_is_kept_and_read_back(taken: list[int], signs: int) -> None:
    pace = Pace()
    for one in taken:
        pace = go_on(pace, one, signs)
    assert read_pace({"pace": pace.body()}) == pace
    assert pace.count <= len(taken)


@pytest.mark.parametrize("shown", [{}, {"pace": None}, {"pace": 3}])
def test_a_decision_without_one_has_none(shown: dict) -> None:
    assert read_pace(shown) == Pace()


def test_the_row_is_of_five() -> None:
    assert IN_A_ROW == 5
