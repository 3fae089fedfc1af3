import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.distances import Distance, Limits, is_far, measure

SIZES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=40)


@pytest.mark.parametrize(
    ("sizes", "of", "changes", "size", "percent"),
    [
        ([], 100, 0, 0, 0),
        ([(10, 30)], 100, 1, 30, 30),
        ([(30, 10)], 100, 1, 30, 30),
        ([(0, 5), (5, 0)], 100, 2, 10, 10),
        ([(0, 250)], 100, 1, 250, 250),
        ([(0, 1)], 0, 1, 1, 100),
        ([], 0, 0, 0, 0),
    ],
)
def test_the_longer_text_of_each_path_counts(sizes, of, changes, size, percent):
    found = measure(sizes, of)
    assert (found.changes, found.bytes, found.percent) == (changes, size, percent)


@pytest.mark.parametrize(
    ("distance", "far"),
    [
        (Distance(30, 200, 1_000), False),
        (Distance(31, 200, 1_000), True),
        (Distance(30, 201, 1_000), True),
        (Distance(0, 0, 0), False),
        (Distance(1, 1, 0), True),
    ],
)
def test_at_the_limit_is_near_and_past_either_is_far(distance, far):
    assert is_far(distance, Limits()) is far


@given(SIZES, st.integers(0, 100_000))
def test_the_way_there_is_as_long_as_the_way_back(sizes, of):
    back = [(after, before) for before, after in sizes]
    assert measure(sizes, of) == measure(back, of)


@given(SIZES, st.tuples(st.integers(0, 100), st.integers(0, 100)), st.integers(0, 100_000))
def test_one_more_change_is_never_nearer(sizes, more, of):
    before, after = measure(sizes, of), measure([*sizes, more], of)
    assert after.changes > before.changes
    assert after.percent >= before.percent
    assert not is_far(before, Limits()) or is_far(after, Limits())
