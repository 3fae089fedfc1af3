"""Counts over time as columns from 0: the part within the whole, and the table beside it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.web.charts import FLOOR, TOP, Column, Columns, columns_of

FIRST = date(2026, 8, 24)
SOME = st.lists(
    st.integers(0, 5_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    min_size=2,
    max_size=30,
)


def drawn(*counts: tuple[int, int]) -> Columns | None:
    points = [
        Column(FIRST + timedelta(weeks=at), total, part) for at, (total, part) in enumerate(counts)
    ]
    return columns_of(points, what="sessions", part="failed")


def test_nothing_counted_is_no_chart():
    assert drawn((0, 0), (0, 0)) is None


def test_the_statement_sums_what_the_table_lists():
    chart = drawn((1_000, 20), (40, 10), (0, 0))
    assert chart.statement == "1,040 sessions in 3 periods, 30 failed"
    assert [(row.total, row.part) for row in chart.rows] == [(1_000, 20), (40, 10), (0, 0)]


def test_heights_are_in_proportion_from_zero():
    plot = drawn((100, 50), (50, 0)).plots[0]
    assert plot.totals[0].height == pytest.approx(2 * plot.totals[1].height, abs=0.2)
    assert plot.parts[0].height == pytest.approx(plot.totals[1].height, abs=0.2)
    assert len(plot.parts) == 1


def test_a_part_stands_where_its_whole_stands():
    plot = drawn((10, 4), (8, 8)).plots[0]
    assert [one.x for one in plot.parts] == [one.x for one in plot.totals]
    assert all(one.width == plot.totals[0].width for one in plot.parts)


@given(SOME)
def test_no_column_leaves_the_frame(counts):
    chart = drawn(*counts)
    if chart is None:
        assert not any(total for total, _ in counts)
        return
    for plot in chart.plots:
        for one in (*plot.totals, *plot.parts):
            assert plot.left <= one.x
            assert one.x + one.width <= plot.right + 0.1
            assert one.y >= TOP - 0.1
            assert one.y + one.height == pytest.approx(FLOOR, abs=0.2)
        assert 2 <= len(plot.days) <= 5
