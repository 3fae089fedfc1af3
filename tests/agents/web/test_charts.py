import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.web.charts import (
    AXIS,
    FLOOR,
    TOP,
    Growth,
    GrowthPoint,
    Rate,
    growth_of,
    level_marks,
    pair_of,
    two_rates,
    wilson,
)

WEEK = timedelta(days=7)
FIRST = date(2026, 8, 24)


def weeks(*counts: tuple[int, int, int]) -> list[GrowthPoint]:
    return [GrowthPoint(FIRST + WEEK * n, *count) for n, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("successes", "sessions", "low", "high"),
    [
        (1, 13, 0.013730, 0.333140),
        (18, 41, 0.298890, 0.589620),
        (0, 10, 0.0, 0.277540),
        (10, 10, 0.722460, 1.0),
    ],
)
def test_the_interval_is_wilsons(successes, sessions, low, high) -> None:
    assert wilson(successes, sessions) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "sessions"), [(0, 0), (2, 1), (-1, 5)])
def test_what_is_no_share_has_no_interval(successes, sessions) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        wilson(successes, sessions)


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_on_the_axis(counts) -> None:
    successes, sessions = counts
    low, high = wilson(successes, sessions)
    assert 0 <= low <= successes / sessions + 1e-9
    assert successes / sessions - 1e-9 <= high <= 1


def test_the_two_rates_stand_in_their_rows_as_numbers_too() -> None:
    chart = two_rates(Rate("Ledger not read", 1, 13), Rate("Ledger read first", 18, 41))
    assert [(row.counted, row.percent) for row in chart.rows] == [
        ("1 of 13", "8%"),
        ("18 of 41", "44%"),
    ]
    assert chart.rows[0].statement == "8%, 95 percent interval 1 to 33"


def test_the_axis_is_always_the_whole_of_zero_to_a_hundred() -> None:
    few = two_rates(Rate("a", 0, 3), Rate("b", 1, 900))
    many = two_rates(Rate("a", 3, 3), Rate("b", 899, 900))
    assert few.ticks == many.ticks
    assert [label for _, label in few.ticks] == ["0", "25", "50", "75", "100%"]


def test_the_claim_comes_first_and_is_told_apart() -> None:
    chart = two_rates(Rate("a", 1, 2), Rate("b", 1, 2))
    assert [row.series for row in chart.rows] == ["claim", "comparison"]


def test_a_side_without_sessions_has_words_but_no_mark() -> None:
    chart = two_rates(Rate("a", 12, 12), Rate("b", 0, 0))
    assert (chart.rows[1].counted, chart.rows[1].x) == ("none", None)


def test_nothing_to_compare_with_has_no_small_line() -> None:
    assert pair_of(Rate("a", 1, 2), Rate("b", 0, 0)) is None


def test_the_small_line_says_both_shares() -> None:
    pair = pair_of(Rate("a", 1, 13), Rate("b", 18, 41))
    assert pair is not None
    assert pair.statement == "8% against 44%"
    assert pair.claim_x < pair.comparison_x


def drawn(points: list[GrowthPoint]) -> Growth:
    chart = growth_of(points)
    assert chart is not None
    return chart


def test_one_period_is_no_growth() -> None:
    assert growth_of(weeks((96, 4, 1))) is None


def test_growth_says_from_where_to_where() -> None:
    chart = drawn(weeks((96, 4, 1), (99, 5, 2), (104, 7, 2)))
    assert chart.statement == "Live memories grew from 96 to 104 in 3 periods"
    assert chart.summary == "96 to 104: 16 added, 5 retired or merged."


def test_a_shrinking_and_a_steady_store_are_called_so() -> None:
    assert "fell" in drawn(weeks((9, 0, 0), (4, 0, 5))).statement
    assert "stayed" in drawn(weeks((9, 0, 0), (9, 1, 1))).statement


def test_a_store_that_was_always_empty_is_drawn_too() -> None:
    chart = drawn(weeks((0, 0, 0), (0, 0, 0)))
    assert chart.plots[0].added == ()
    assert f"{FLOOR:.1f}" in chart.plots[0].line


def test_added_and_retired_bars_share_one_scale() -> None:
    chart = drawn(weeks((10, 8, 0), (6, 0, 4)))
    plot = chart.plots[0]
    assert plot.added[0].height == pytest.approx(2 * plot.retired[0].height)
    assert plot.added[0].y < AXIS < plot.retired[0].y


@given(
    st.lists(
        st.tuples(st.integers(0, 2_000), st.integers(0, 500), st.integers(0, 500)),
        min_size=2,
        max_size=60,
    )
)
def test_no_part_of_the_growth_chart_leaves_its_frame(counts) -> None:
    for plot in drawn(weeks(*counts)).plots:
        xs = [float(x) for x in re.findall(r"[MH]([\d.]+)", plot.line)]
        ys = [float(y) for y in re.findall(r"V([\d.]+)", plot.line)]
        assert all(plot.left <= x <= plot.right for x in xs)
        assert all(TOP <= y <= FLOOR for y in ys)
        assert all(bar.y > FLOOR for bar in plot.added)
        assert all(bar.y + bar.height <= 205 for bar in plot.retired)
        assert 2 <= len(plot.days) <= 5


@given(st.integers(0, 1_000_000))
def test_levels_start_at_zero_and_cover_the_highest(highest) -> None:
    top, levels = level_marks(highest)
    assert levels[0] == 0
    assert levels[-1] == top >= highest
    assert len(levels) <= 5
